//! The tables, as the migrations leave them, and what clients see of them.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: Option<String>,
    #[has_many(order_by = "id", cascade = "all")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
#[serde(rename_all = "camelCase")]
pub struct Book {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    #[serde(skip)]
    pub author_id: i64,
    pub title: String,
    pub published_in: Option<i32>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}
