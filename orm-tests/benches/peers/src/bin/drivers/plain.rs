use std::collections::HashMap;

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

impl Author {
    pub fn checksum(&self) -> u64 {
        let own = contender::author(self.id, &self.name, &self.country, self.born, self.active);
        own + self.books.iter().map(Book::checksum).sum::<u64>()
    }
}

impl Book {
    pub fn checksum(&self) -> u64 {
        let own = contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price);
        own + self.tags.iter().map(|tag| contender::named(tag.id, &tag.name)).sum::<u64>()
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

/// Gives every book its tags.
pub fn label(books: &mut [Book], tags: Vec<TagOfBook>) {
    let places: HashMap<i64, usize> = books.iter().enumerate().map(|(at, book)| (book.id, at)).collect();
    for tag in tags {
        let TagOfBook { book_id, id, name, topic_id } = tag;
        books[places[&book_id]].tags.push(Tag { id, name, topic_id });
    }
}

/// The checksum of all authors with what they hold, which is dropped.
pub fn total(authors: Vec<Author>) -> u64 {
    authors.iter().map(Author::checksum).sum()
}
