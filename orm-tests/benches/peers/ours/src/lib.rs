//! The models of the library in the benchmark.

use chrono::{DateTime, NaiveDate, Utc};
use orm_core::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
    #[has_many]
    pub books: HasMany<Book>,
    #[has_many]
    pub awards: HasMany<Award>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id")]
    pub tags: HasMany<Tag>,
    #[has_many]
    pub comments: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key]
    pub id: i64,
    pub name: String,
    pub topic_id: i64,
    #[belongs_to]
    pub topic: BelongsTo<Topic>,
}

#[derive(Model, Debug)]
#[model(table = "topics")]
pub struct Topic {
    #[key]
    pub id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key(auto)]
    pub id: i64,
    pub author: String,
    pub text: String,
    pub likes: i64,
}

#[derive(Model, Debug)]
#[model(table = "sales")]
pub struct Sale {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
}

#[derive(Model, Debug)]
#[model(table = "comments")]
pub struct Comment {
    #[key]
    pub id: i64,
    pub book_id: i64,
    pub author_id: i64,
    pub text: String,
    #[belongs_to]
    pub book: BelongsTo<Book>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "awards")]
pub struct Award {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub name: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "orders")]
pub struct Order {
    #[key]
    pub id: i64,
    pub day: NaiveDate,
    pub at: DateTime<Utc>,
    pub number: Uuid,
    /// On SQLite, the library's decimals are texts that sort, and the others' are not.
    #[column(name = "sortable_amount")]
    pub amount: Decimal,
    pub details: Value,
}

impl Author {
    pub fn checksum(&self) -> u64 {
        contender::author(self.id, &self.name, &self.country, self.born, self.active)
    }
}

impl Book {
    pub fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
    }
}

impl Tag {
    pub fn checksum(&self) -> u64 {
        contender::named(self.id, &self.name)
    }
}

impl Comment {
    pub fn checksum(&self) -> u64 {
        contender::comment(self.id, self.book_id, self.author_id, &self.text)
    }
}

impl Award {
    pub fn checksum(&self) -> u64 {
        contender::award(self.id, self.author_id, &self.name)
    }
}

impl Sale {
    pub fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
    }
}

impl Order {
    pub fn checksum(&self) -> u64 {
        contender::order(self.id, self.day, self.at, self.number, self.amount, &self.details)
    }
}
