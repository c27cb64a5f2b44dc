//! Handlers. Each has its own session, which takes a connection at its first statement and is rolled back when the
//! handler ends without a commit, however it ends.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use orm_core::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::{Author, Book};
use crate::page::{Asked, Page};

/// What a client sends of a new author.
#[derive(Debug, Deserialize)]
pub struct NewAuthor {
    name: String,
    email: Option<String>,
    #[serde(default)]
    books: Vec<NewBook>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewBook {
    title: String,
    published_in: Option<i32>,
}

/// `GET /authors`: one statement counts them, one reads the page, one the books of all authors on it.
pub async fn list(mut session: Session, Query(asked): Query<Asked>) -> Result<Json<impl Serialize>> {
    let total = session.count(select::<Author>()).await?;
    let page = select::<Author>()
        .with(Author::BOOKS.selectin())
        .order_by((Author::NAME, Author::ID))
        .limit(asked.limit())
        .offset(asked.offset());
    Ok(Json(Page { total, items: session.all(page).await? }))
}

/// `GET /authors/1`: if the author does not exist, the error is a 404.
pub async fn show(mut session: Session, Path(id): Path<i64>) -> Result<Json<impl Serialize>> {
    let author = select::<Author>().filter(Author::ID.eq(id)).with(Author::BOOKS.joined());
    Ok(Json(session.one(author).await?))
}

/// `POST /authors`: all of it or nothing. An email that is taken is a 409.
pub async fn create(
    mut session: Session,
    Json(new): Json<NewAuthor>,
) -> Result<(StatusCode, Json<impl Serialize>)> {
    let book = |new: NewBook| Book::draft().title(new.title).published_in(new.published_in);
    let books: Vec<_> = new.books.into_iter().map(book).collect();
    let author = session.insert(Author::draft().name(new.name).email(new.email).books(books)).await?;
    session.commit().await?;
    Ok((StatusCode::CREATED, Json(author)))
}

/// `DELETE /authors/1`: with the books.
pub async fn remove(mut session: Session, Path(id): Path<i64>) -> Result<StatusCode> {
    let author = session.one(select::<Author>().filter(Author::ID.eq(id))).await?;
    session.delete(&author)?;
    session.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
