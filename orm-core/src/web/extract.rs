//! The session of a request.

use std::convert::Infallible;

use axum_core::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::session::{Engine, Session};

/// A session for one request, of the [`Engine`] in the state of the router.
///
/// It takes a connection at its first statement, so that a request that needs no database takes none. What is not
/// committed is rolled back when the handler returns, with an error or without one, panics, or is dropped because the
/// client went away.
///
/// ```
/// use axum::{Json, Router, routing::get};
/// use orm_core::prelude::*;
///
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// async fn users(mut session: Session) -> Result<Json<Vec<Entity<User>>>> {
///     Ok(Json(session.all(select::<User>()).await?))
/// }
///
/// # async fn f() -> Result<()> {
/// let engine = Engine::connect("sqlite:app.db").await?;
/// let router: Router = Router::new().route("/users", get(users)).with_state(engine);
/// # let _ = router; Ok(()) }
/// # fn main() {}
/// ```
impl<S> FromRequestParts<S> for Session
where
    S: Send + Sync,
    Engine: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &S) -> Result<Session, Infallible> {
        Ok(Engine::from_ref(state).session())
    }
}
