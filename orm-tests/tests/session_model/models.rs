use orm_core::prelude::*;

/// Its books lose their key with it; its notes go with it.
#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub books: HasMany<Book>,
    #[has_many(order_by = "id", cascade = "merge, delete, delete-orphan")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key]
    pub id: i64,
    pub author_id: Option<i64>,
    pub name: String,
    #[column(version)]
    pub version: i64,
    #[belongs_to]
    pub author: BelongsTo<Option<Author>>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub name: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key]
    pub id: i64,
    pub name: String,
    #[many_to_many(through = "book_tags", key = "tag_id", target_key = "book_id", order_by = "id")]
    pub books: HasMany<Book>,
}

/// The tables: keys follow those that they refer to.
pub const TABLES: [&str; 5] = [
    "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE books (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES authors (id) ON UPDATE CASCADE, \
     name TEXT NOT NULL, version INTEGER NOT NULL)",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors (id) ON UPDATE CASCADE, \
     name TEXT NOT NULL)",
    "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE book_tags (book_id INTEGER NOT NULL REFERENCES books (id), tag_id INTEGER NOT NULL REFERENCES tags (id), \
     PRIMARY KEY (book_id, tag_id))",
];
