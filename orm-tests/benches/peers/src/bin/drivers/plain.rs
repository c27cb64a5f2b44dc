use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// A row of `authors`, with its books where they were loaded.
#[derive(sqlx::FromRow)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
    #[sqlx(skip)]
    pub books: Vec<Book>,
}

/// A row of `books`, with its tags where they were loaded.
#[derive(sqlx::FromRow)]
pub struct Book {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
    #[sqlx(skip)]
    pub tags: Vec<Tag>,
}

/// A row of `tags`.
pub struct Tag {
    pub id: i64,
    pub name: String,
    #[allow(dead_code)]
    pub topic_id: i64,
    pub topic: Option<Arc<Topic>>,
}

/// A row of `topics`, which many tags share.
pub struct Topic {
    pub id: i64,
    pub name: String,
}

/// A tag and the book that has it.
#[derive(sqlx::FromRow)]
pub struct TagOfBook {
    pub book_id: i64,
    pub id: i64,
    pub name: String,
    pub topic_id: i64,
}

/// A book and its author, in one row.
#[derive(sqlx::FromRow)]
pub struct Pair {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
    pub a_id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
}

/// A comment and its author, in one row.
#[derive(sqlx::FromRow)]
pub struct Remark {
    pub id: i64,
    pub book_id: i64,
    pub text: String,
    pub author_id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
}

/// A book with everything that a page shows of it.
pub struct Post {
    pub book: Pair,
    pub tags: Vec<Tag>,
    pub remarks: Vec<Remark>,
}

/// A row of `comments`.
#[derive(sqlx::FromRow)]
pub struct Comment {
    pub id: i64,
    pub book_id: i64,
    pub author_id: i64,
    pub text: String,
}

/// A row of `awards`.
#[derive(sqlx::FromRow)]
pub struct Award {
    pub id: i64,
    pub author_id: i64,
    pub name: String,
}

/// An author with three collections, one of which is in `author`.
pub struct Career {
    pub author: Author,
    pub awards: Vec<Award>,
    pub comments: Vec<Comment>,
}

/// A row of `notes`.
#[allow(dead_code)]
#[derive(sqlx::FromRow)]
pub struct Note {
    pub id: i64,
    pub author: String,
    pub text: String,
    pub likes: i64,
}

/// A row of `orders`.
pub struct Order {
    pub id: i64,
    pub day: NaiveDate,
    pub at: DateTime<Utc>,
    pub number: Uuid,
    pub amount: Decimal,
    pub details: Value,
}

/// The books and their authors, joined.
pub const PAIRS_SQL: &str = "SELECT b.id, b.author_id, b.title, b.isbn, b.pages, b.price, \
    a.id AS a_id, a.name, a.country, a.born, a.active FROM books b JOIN authors a ON a.id = b.author_id";
/// The tags of books, without the end of the condition.
pub const TAGS_SQL: &str = "SELECT l.book_id, t.id, t.name, t.topic_id FROM book_tags l JOIN tags t ON t.id = l.tag_id \
     WHERE l.book_id";

/// The comments of books with their authors, without the end of the condition.
pub const REMARKS_SQL: &str = "SELECT c.id, c.book_id, c.text, a.id AS author_id, a.name, a.country, a.born, a.active \
    FROM comments c JOIN authors a ON a.id = c.author_id WHERE c.book_id";
/// How many books there are.
pub const COUNT_SQL: &str = "SELECT count(*) FROM books";
/// The first authors, without the limit.
pub const FIRST_AUTHORS_SQL: &str = "SELECT id, name, country, born, active FROM authors ORDER BY id";
/// Awards and comments of authors, without the end of the condition.
pub const AWARDS_SQL: &str = "SELECT id, author_id, name FROM awards WHERE author_id";
pub const COMMENTS_SQL: &str = "SELECT id, book_id, author_id, text FROM comments WHERE author_id";
/// All notes.
pub const NOTES_SQL: &str = "SELECT id, author, text, likes FROM notes";
/// All orders.
pub const ORDERS_SQL: &str = "SELECT id, day, at, number, amount, details FROM orders";

/// The topics with some keys, without the end of the condition.
pub const TOPICS_SQL: &str = "SELECT id, name FROM topics WHERE id";

impl Author {
    pub fn checksum(&self) -> u64 {
        let own = contender::author(self.id, &self.name, &self.country, self.born, self.active);
        own + self.books.iter().map(Book::checksum).sum::<u64>()
    }
}

impl Book {
    pub fn checksum(&self) -> u64 {
        let own = contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price);
        own + self.tags.iter().map(Tag::checksum).sum::<u64>()
    }
}

impl Tag {
    fn checksum(&self) -> u64 {
        let topic = self.topic.as_ref().map_or(0, |topic| contender::named(topic.id, &topic.name));
        contender::named(self.id, &self.name) + topic
    }
}

impl Pair {
    pub fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
            + contender::author(self.a_id, &self.name, &self.country, self.born, self.active)
    }
}

impl Post {
    fn checksum(&self) -> u64 {
        let remark = |remark: &Remark| {
            contender::comment(remark.id, remark.book_id, remark.author_id, &remark.text)
                + contender::author(
                    remark.author_id,
                    &remark.name,
                    &remark.country,
                    remark.born,
                    remark.active,
                )
        };
        let tags: u64 = self.tags.iter().map(Tag::checksum).sum();
        self.book.checksum() + tags + self.remarks.iter().map(remark).sum::<u64>()
    }
}

impl Career {
    fn checksum(&self) -> u64 {
        let award = |award: &Award| contender::award(award.id, award.author_id, &award.name);
        let comment = |one: &Comment| contender::comment(one.id, one.book_id, one.author_id, &one.text);
        let awards: u64 = self.awards.iter().map(award).sum();
        self.author.checksum() + awards + self.comments.iter().map(comment).sum::<u64>()
    }
}

impl Order {
    pub fn checksum(&self) -> u64 {
        contender::order(self.id, self.day, self.at, self.number, self.amount, &self.details)
    }
}

/// A page of books with their authors. The page is cut out before it is joined: MariaDB would join and sort all books.
pub fn page_sql(limit: &str, skip: &str) -> String {
    format!(
        "SELECT b.id, b.author_id, b.title, b.isbn, b.pages, b.price, a.id AS a_id, a.name, a.country, a.born, a.active
         FROM (SELECT * FROM books ORDER BY id DESC LIMIT {limit} OFFSET {skip}) AS b
         JOIN authors a ON a.id = b.author_id ORDER BY b.id DESC"
    )
}

/// Puts a page together, and reads it: its books, and the number of all.
pub fn page(books: Vec<Pair>, tags: Vec<TagOfBook>, remarks: Vec<Remark>, count: i64) -> u64 {
    let places: HashMap<i64, usize> = books.iter().enumerate().map(|(at, book)| (book.id, at)).collect();
    let post = |book| Post { book, tags: Vec::new(), remarks: Vec::new() };
    let mut posts: Vec<Post> = books.into_iter().map(post).collect();
    for TagOfBook { book_id, id, name, topic_id } in tags {
        posts[places[&book_id]].tags.push(Tag { id, name, topic_id, topic: None });
    }
    for remark in remarks {
        posts[places[&remark.book_id]].remarks.push(remark);
    }
    posts.iter().map(Post::checksum).sum::<u64>() + count.unsigned_abs()
}

/// Gives every author its three collections, and reads them.
pub fn careers(
    mut authors: Vec<Author>,
    books: Vec<Book>,
    awards: Vec<Award>,
    comments: Vec<Comment>,
) -> u64 {
    shelve(&mut authors, books);
    let places: HashMap<i64, usize> =
        authors.iter().enumerate().map(|(at, author)| (author.id, at)).collect();
    let career = |author| Career { author, awards: Vec::new(), comments: Vec::new() };
    let mut careers: Vec<Career> = authors.into_iter().map(career).collect();
    for award in awards {
        careers[places[&award.author_id]].awards.push(award);
    }
    for comment in comments {
        careers[places[&comment.author_id]].comments.push(comment);
    }
    careers.iter().map(Career::checksum).sum()
}

/// Gives every author its books.
pub fn shelve(authors: &mut [Author], books: Vec<Book>) {
    let places: HashMap<i64, usize> =
        authors.iter().enumerate().map(|(at, author)| (author.id, at)).collect();
    for book in books {
        authors[places[&book.author_id]].books.push(book);
    }
}

/// Gives every book its tags, and these their topics if they have any.
pub fn label(books: &mut [Book], tags: Vec<TagOfBook>, topics: Vec<Topic>) {
    let places: HashMap<i64, usize> = books.iter().enumerate().map(|(at, book)| (book.id, at)).collect();
    let topics: HashMap<i64, Arc<Topic>> =
        topics.into_iter().map(|topic| (topic.id, Arc::new(topic))).collect();
    for tag in tags {
        let TagOfBook { book_id, id, name, topic_id } = tag;
        let topic = topics.get(&topic_id).cloned();
        books[places[&book_id]].tags.push(Tag { id, name, topic_id, topic });
    }
}

/// The keys of the topics that tags have, each once.
pub fn topic_keys(tags: &[TagOfBook]) -> Vec<i64> {
    let distinct: HashSet<i64> = tags.iter().map(|tag| tag.topic_id).collect();
    distinct.into_iter().collect()
}

/// The checksum of all authors with what they hold, which is dropped.
pub fn total(authors: Vec<Author>) -> u64 {
    authors.iter().map(Author::checksum).sum()
}
