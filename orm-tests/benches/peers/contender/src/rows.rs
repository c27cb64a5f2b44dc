//! The rows that contenders read and write, and their checksums: every column counts, so that every column is read.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use uuid::Uuid;

/// All authors.
pub const AUTHORS_SQL: &str = "SELECT id, name, country, born, active FROM authors";
/// All books.
pub const BOOKS_SQL: &str = "SELECT id, author_id, title, isbn, pages, price FROM books";
/// All sales.
pub const SALES_SQL: &str = "SELECT id, author_id, title, isbn, pages, price FROM sales";
/// Connections in a pool.
pub const POOL: u32 = 10;
/// The most keys in one statement on SQLite, below the 32,766 values that it binds.
pub const SQLITE_KEYS: usize = 30_000;
/// How many gets all tasks together make under concurrency.
pub const GETS: i64 = 2_048;
/// How many rows are inserted, and edited.
pub const NOTES: i64 = 10_000;
/// How many pages all tasks together show.
pub const PAGES: i64 = 64;
/// How many books a page shows.
pub const PAGE: i64 = 20;
/// How many authors are read with three collections.
pub const SIBLINGS: i64 = 250;

/// The key of an author.
pub fn author_key(at: i64) -> i64 {
    at * 7 + 3
}

/// The text of a note.
pub fn note_text(at: i64) -> String {
    format!("the text of note {at}")
}

/// The key of one of many gets.
pub(crate) fn key_of_get(number: i64, authors: i64) -> i64 {
    author_key(number * 31 % authors)
}

/// How many books are before one of many pages.
pub(crate) fn offset_of_page(number: i64, authors: i64) -> i64 {
    number % (authors * 10 / PAGE) * PAGE
}

/// How many books are before each page.
pub fn offsets(authors: i64) -> impl Iterator<Item = i64> + Send {
    (0..PAGES).map(move |number| offset_of_page(number, authors))
}

/// The checksum of an author.
pub fn author(id: i64, name: &str, country: &str, born: i64, active: bool) -> u64 {
    sum(id) + length(name) + length(country) + sum(born) + u64::from(active)
}

/// The checksum of a book.
pub fn book(id: i64, author_id: i64, title: &str, isbn: &str, pages: i64, price: f64) -> u64 {
    sum(id) + sum(author_id) + length(title) + length(isbn) + sum(pages) + u64::from(price > 100.0)
}

/// The checksum of a tag or a topic.
pub fn named(id: i64, name: &str) -> u64 {
    sum(id) + length(name)
}

/// The checksum of an award.
pub fn award(id: i64, author_id: i64, name: &str) -> u64 {
    sum(id) + sum(author_id) + length(name)
}

/// The checksum of a comment.
pub fn comment(id: i64, book_id: i64, author_id: i64, text: &str) -> u64 {
    sum(id) + sum(book_id) + sum(author_id) + length(text)
}

/// The checksum of an order.
pub fn order(id: i64, day: NaiveDate, at: DateTime<Utc>, number: Uuid, amount: Decimal, details: &Value) -> u64 {
    let days = day.signed_duration_since(NaiveDate::default()).num_days();
    let cents = (amount * Decimal::ONE_HUNDRED).to_i64().unwrap_or(i64::MIN);
    plain_order(id, days, at.timestamp_micros(), number, cents, details)
}

/// The checksum of an order: its day since 1970, its time in microseconds, its amount in hundredths.
pub fn plain_order(id: i64, day: i64, at: i64, number: Uuid, cents: i64, details: &Value) -> u64 {
    let (high, low) = number.as_u64_pair();
    let lines = details["lines"].as_array().into_iter().flatten().filter_map(Value::as_i64).sum();
    let state = length(details["state"].as_str().unwrap_or_default());
    let gift = u64::from(details["gift"] == Value::Bool(true));
    sum(id) + sum(day) + sum(at) + high + low + sum(cents) + state + sum(lines) + gift
}

fn sum(number: i64) -> u64 {
    number.unsigned_abs()
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}
