//! Users: registering, logging in, and one's own profile.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use orm_core::prelude::*;
use orm_core::write::Input;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::auth::{self, Me};
use crate::failure::{Failure, filled};
use crate::model::User;

/// `{"user": ..}`, in requests and responses.
#[derive(Serialize, Deserialize)]
pub struct Body<T> {
    user: T,
}

/// The columns that a client sees of its own user, and a token.
#[derive(Serialize)]
pub struct LoggedIn {
    #[serde(flatten)]
    user: Entity<User>,
    token: String,
}

type Answer = Result<Json<Body<LoggedIn>>, Failure>;

fn logged_in(app: &App, user: Entity<User>) -> Json<Body<LoggedIn>> {
    let token = app.signer.token(user.id);
    Json(Body { user: LoggedIn { user, token } })
}

/// What a client sends of itself: columns, and a password.
#[derive(Deserialize)]
pub struct Sent {
    password: Option<String>,
    #[serde(flatten)]
    columns: Input<User>,
}

/// `POST /api/users`
pub async fn register(
    State(app): State<App>,
    mut session: Session,
    Json(Body { user: sent }): Json<Body<Sent>>,
) -> Result<(StatusCode, Json<Body<LoggedIn>>), Failure> {
    let columns = sent.columns.permit((User::USERNAME, User::EMAIL))?;
    filled("username", columns.get(User::USERNAME)?)?;
    filled("email", columns.get(User::EMAIL)?)?;
    let password = auth::hash(app.rounds, filled("password", sent.password)?).await;
    let user = session.insert(columns.set(User::PASSWORD, password).draft()?).await?;
    session.commit().await?;
    Ok((StatusCode::CREATED, logged_in(&app, user)))
}

#[derive(Deserialize)]
pub struct Login {
    email: String,
    password: String,
}

/// `POST /api/users/login`
pub async fn log_in(
    State(app): State<App>,
    mut session: Session,
    Json(Body { user: sent }): Json<Body<Login>>,
) -> Answer {
    let user = session.one_or_none(select::<User>().filter(User::EMAIL.eq(sent.email))).await?;
    let user = user.ok_or(Failure::Unauthorized)?;
    match auth::verify(sent.password, user.password.clone()).await {
        true => Ok(logged_in(&app, user)),
        false => Err(Failure::Unauthorized),
    }
}

/// `GET /api/user`
pub async fn show(State(app): State<App>, Me(me): Me, mut session: Session) -> Answer {
    let user = session.get::<User>(me).await?.ok_or(Failure::Unauthorized)?;
    Ok(logged_in(&app, user))
}

/// `PUT /api/user`: what the client does not send stays as it is.
pub async fn change(
    State(app): State<App>,
    Me(me): Me,
    mut session: Session,
    Json(Body { user: sent }): Json<Body<Sent>>,
) -> Answer {
    let user = session.get::<User>(me).await?.ok_or(Failure::Unauthorized)?;
    let mut columns = sent.columns.permit((User::USERNAME, User::EMAIL, User::BIO, User::IMAGE))?;
    if sent.password.is_some() {
        let password = filled("password", sent.password)?;
        columns = columns.set(User::PASSWORD, auth::hash(app.rounds, password).await);
    }
    session.patch(&user, columns)?;
    session.commit().await?;
    Ok(logged_in(&app, user))
}
