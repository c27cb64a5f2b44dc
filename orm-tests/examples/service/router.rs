//! The routes, and a header on every response with its cost.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use orm_core::prelude::*;

use crate::{authors, books};

pub fn router(engine: Engine) -> Router {
    Router::new()
        .route("/authors", get(authors::list).post(authors::create))
        .route("/authors/{id}", get(authors::show).delete(authors::remove))
        .route("/books", get(books::list))
        .layer(from_fn(count_statements))
        .with_state(engine)
}

/// `x-statements`: how many statements the request ran.
async fn count_statements(request: Request, next: Next) -> Response {
    let (mut response, report) = QueryScope::run(next.run(request)).await;
    response.headers_mut().insert("x-statements", report.count().into());
    response
}
