use contender::NOTES;
use diesel::prelude::*;

diesel::table! {
    authors (id) { id -> BigInt, name -> Text, country -> Text, born -> BigInt, active -> Bool, }
}
diesel::table! {
    books (id) { id -> BigInt, author_id -> BigInt, title -> Text, isbn -> Text, pages -> BigInt, price -> Double, }
}
diesel::table! {
    tags (id) { id -> BigInt, name -> Text, topic_id -> BigInt, }
}
diesel::table! {
    book_tags (book_id, tag_id) { book_id -> BigInt, tag_id -> BigInt, }
}
diesel::table! {
    notes (id) { id -> BigInt, author -> Text, text -> Text, likes -> BigInt, }
}
diesel::table! {
    sales (id) { id -> BigInt, author_id -> BigInt, title -> Text, isbn -> Text, pages -> BigInt, price -> Double, }
}
diesel::joinable!(books -> authors (author_id));
diesel::joinable!(book_tags -> books (book_id));
diesel::joinable!(book_tags -> tags (tag_id));
diesel::allow_tables_to_appear_in_same_query!(authors, books, tags, book_tags);

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = authors)]
pub struct Author {
    pub id: i64,
    pub name: String,
    pub country: String,
    pub born: i64,
    pub active: bool,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = books, belongs_to(Author))]
pub struct Book {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
}

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = tags)]
pub struct Tag {
    pub id: i64,
    pub name: String,
    #[allow(dead_code)]
    pub topic_id: i64,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = book_tags, primary_key(book_id, tag_id), belongs_to(Book), belongs_to(Tag))]
pub struct BookTag {
    pub book_id: i64,
    pub tag_id: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sales)]
pub struct Sale {
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub isbn: String,
    pub pages: i64,
    pub price: f64,
}

#[derive(Insertable)]
#[diesel(table_name = notes)]
pub struct NewNote {
    author: &'static str,
    text: String,
    likes: i64,
}

/// What is inserted.
pub fn new_notes() -> Vec<NewNote> {
    (0..NOTES).map(|at| NewNote { author: "jack", text: contender::note_text(at), likes: at }).collect()
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

impl Sale {
    pub fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
    }
}

/// The checksum of books and of what belongs to each, which is read through the lists of the association.
pub fn with_tags(books: &[(Book, Vec<(BookTag, Tag)>)]) -> u64 {
    let tags = |tags: &[(BookTag, Tag)]| -> u64 {
        tags.iter().map(|(_, tag)| contender::named(tag.id, &tag.name)).sum()
    };
    books.iter().map(|(book, all)| book.checksum() + tags(all)).sum()
}
