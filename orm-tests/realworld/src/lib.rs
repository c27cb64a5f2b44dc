//! The back end of [RealWorld](https://docs.realworld.show/specifications/backend/introduction/): users write articles,
//! comment on them, like them and follow each other. One file for each subject; start with `model`.

pub mod articles;
pub mod auth;
pub mod comments;
pub mod database;
pub mod failure;
pub mod lists;
pub mod model;
pub mod profiles;
pub mod users;
pub mod view;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{delete, get, post};
use orm_core::prelude::*;

use auth::{Rounds, Signer};

/// What handlers need besides their request.
#[derive(Debug, Clone)]
pub struct App {
    pub engine: Engine,
    pub signer: Signer,
    pub rounds: Rounds,
}

/// From here each handler gets a session of its own. It takes a connection at its first statement, and is rolled back
/// when the handler ends without a commit, however it ends.
impl FromRef<App> for Engine {
    fn from_ref(app: &App) -> Engine {
        app.engine.clone()
    }
}

pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/users", post(users::register))
        .route("/users/login", post(users::log_in))
        .route("/user", get(users::show).put(users::change))
        .route("/profiles/{username}", get(profiles::show))
        .route("/profiles/{username}/follow", post(profiles::follow).delete(profiles::unfollow))
        .route("/articles", get(lists::all).post(articles::create))
        .route("/articles/feed", get(lists::feed))
        .route("/articles/{slug}", get(articles::show).put(articles::change).delete(articles::remove))
        .route("/articles/{slug}/favorite", post(articles::like).delete(articles::unlike))
        .route("/articles/{slug}/comments", get(comments::list).post(comments::create))
        .route("/articles/{slug}/comments/{id}", delete(comments::remove))
        .route("/tags", get(lists::tags));
    Router::new().nest("/api", api).layer(from_fn(count_statements)).with_state(app)
}

/// `x-statements`: how many statements the request ran.
async fn count_statements(request: Request, next: Next) -> Response {
    let (mut response, report) = QueryScope::run(next.run(request)).await;
    response.headers_mut().insert("x-statements", report.count().into());
    response
}
