use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use toasty::Deferred;
use uuid::Uuid;

#[derive(Debug, toasty::Model)]
#[table = "authors"]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
    #[has_many]
    pub books: Deferred<Vec<Book>>,
    #[has_many]
    pub awards: Deferred<Vec<Award>>,
    #[has_many]
    pub comments: Deferred<Vec<Comment>>,
}

#[derive(Debug, toasty::Model)]
#[table = "books"]
pub struct Book {
    #[key]
    pub id: i64,
    #[index]
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
    #[belongs_to(key = author_id, references = id)]
    pub author: Deferred<Author>,
    #[has_many]
    pub links: Deferred<Vec<BookTag>>,
    #[has_many]
    pub comments: Deferred<Vec<Comment>>,
}

#[derive(Debug, toasty::Model)]
#[table = "book_tags"]
#[key(book_id, tag_id)]
pub struct BookTag {
    #[index]
    pub book_id: i64,
    #[belongs_to(key = book_id, references = id)]
    pub book: Deferred<Book>,
    #[index]
    pub tag_id: i64,
    #[belongs_to(key = tag_id, references = id)]
    pub tag: Deferred<Tag>,
}

#[derive(Debug, toasty::Model)]
#[table = "tags"]
pub struct Tag {
    #[key]
    pub id: i64,
    pub name: String,
    pub topic_id: i64,
    #[has_many]
    pub links: Deferred<Vec<BookTag>>,
}

#[derive(Debug, toasty::Model)]
#[table = "notes"]
pub struct Note {
    #[key]
    #[auto]
    pub id: i64,
    pub author: String,
    pub text: String,
    pub likes: i64,
}

#[derive(Debug, toasty::Model)]
#[table = "comments"]
pub struct Comment {
    #[key]
    pub id: i64,
    #[index]
    pub book_id: i64,
    #[belongs_to(key = book_id, references = id)]
    pub book: Deferred<Book>,
    #[index]
    pub author_id: i64,
    #[belongs_to(key = author_id, references = id)]
    pub author: Deferred<Author>,
    pub text: String,
}

#[derive(Debug, toasty::Model)]
#[table = "awards"]
pub struct Award {
    #[key]
    pub id: i64,
    #[index]
    pub author_id: i64,
    #[belongs_to(key = author_id, references = id)]
    pub author: Deferred<Author>,
    pub name: String,
}

/// Orders, whose time and JSON differ.
macro_rules! orders {
    ($module:ident, $at:ty, $json:ident, |$time:ident| $micros:expr) => {
        pub mod $module {
            use super::*;

            #[derive(Debug, toasty::Model)]
            #[table = "orders"]
            pub struct Order {
                #[key]
                pub id: i64,
                pub day: Date,
                pub at: $at,
                pub number: Uuid,
                pub amount: Decimal,
                #[column(type = $json)]
                pub details: Value,
            }

            impl Order {
                pub fn checksum(&self) -> u64 {
                    let $time = self.at;
                    checksum(self.id, self.day, $micros, self.number, self.amount, &self.details)
                }
            }
        }
    };
}

orders!(on_sqlite, DateTime, text, |time| time
    .to_zoned(TimeZone::UTC)
    .map_or(0, |time| time.timestamp().as_microsecond()));
orders!(on_postgres, Timestamp, jsonb, |time| time.as_microsecond());

fn checksum(id: i64, day: Date, at: i64, number: Uuid, amount: Decimal, details: &Value) -> u64 {
    let days = day.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    let cents = (amount * Decimal::ONE_HUNDRED).to_i64().unwrap_or(i64::MIN);
    contender::plain_order(id, days, at, number, cents, details)
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
