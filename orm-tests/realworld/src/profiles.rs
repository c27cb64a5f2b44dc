//! Profiles: what a user sees of others.

use axum::Json;
use axum::extract::Path;
use orm_core::prelude::*;
use serde::Serialize;

use crate::auth::Me;
use crate::failure::Failure;
use crate::model::User;

#[derive(Serialize)]
pub struct Profile {
    username: String,
    bio: Option<String>,
    image: Option<String>,
    following: bool,
}

impl Profile {
    pub fn new(user: &User, following: bool) -> Profile {
        Profile {
            username: user.username.clone(),
            bio: user.bio.clone(),
            image: user.image.clone(),
            following,
        }
    }
}

/// `{"profile": ..}`
#[derive(Serialize)]
pub struct Body {
    profile: Profile,
}

type Answer = Result<Json<Body>, Failure>;

fn answer(user: &User, following: bool) -> Answer {
    Ok(Json(Body { profile: Profile::new(user, following) }))
}

/// Whether the user of the request follows a user, as a condition. It is false without a token.
pub fn is_followed_by(me: Option<Me>) -> Predicate {
    Predicate::any(me.map(|Me(me)| User::FOLLOWERS.any(User::ID.eq(me))))
}

/// `GET /api/profiles/jake`
pub async fn show(me: Option<Me>, mut session: Session, Path(name): Path<String>) -> Answer {
    let query = select_columns((User::entity(), is_followed_by(me))).filter(User::USERNAME.eq(name));
    let (user, following) = session.row(query).await?;
    answer(&user, following)
}

/// `POST /api/profiles/jake/follow`
pub async fn follow(Me(me): Me, mut session: Session, Path(name): Path<String>) -> Answer {
    let user = session.one(select::<User>().filter(User::USERNAME.eq(name))).await?;
    session.link(User::FOLLOWING, me, user.id)?;
    session.commit().await?;
    answer(&user, true)
}

/// `DELETE /api/profiles/jake/follow`
pub async fn unfollow(Me(me): Me, mut session: Session, Path(name): Path<String>) -> Answer {
    let user = session.one(select::<User>().filter(User::USERNAME.eq(name))).await?;
    session.unlink(User::FOLLOWING, me, user.id)?;
    session.commit().await?;
    answer(&user, false)
}
