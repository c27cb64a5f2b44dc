use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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

/// The books and their authors, joined.
pub const PAIRS_SQL: &str = "SELECT b.id, b.author_id, b.title, b.isbn, b.pages, b.price, \
    a.id AS a_id, a.name, a.country, a.born, a.active FROM books b JOIN authors a ON a.id = b.author_id";
/// The tags of books, without the end of the condition.
pub const TAGS_SQL: &str = "SELECT l.book_id, t.id, t.name, t.topic_id FROM book_tags l JOIN tags t ON t.id = l.tag_id \
     WHERE l.book_id";

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
