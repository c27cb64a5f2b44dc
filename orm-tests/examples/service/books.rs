//! Books, each with its author.

use axum::Json;
use axum::extract::Query;
use orm_core::prelude::*;
use serde::Serialize;

use crate::model::Book;
use crate::page::{Asked, Page};

/// `GET /books`: the author is in the row of the book.
pub async fn list(mut session: Session, Query(asked): Query<Asked>) -> Result<Json<impl Serialize>> {
    let total = session.count(select::<Book>()).await?;
    let page = select::<Book>()
        .with(Book::AUTHOR.joined())
        .order_by((Book::PUBLISHED_IN, Book::ID))
        .limit(asked.limit())
        .offset(asked.offset());
    Ok(Json(Page { total, items: session.all(page).await? }))
}
