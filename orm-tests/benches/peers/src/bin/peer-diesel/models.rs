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
    topics (id) { id -> BigInt, name -> Text, }
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
diesel::table! {
    comments (id) { id -> BigInt, book_id -> BigInt, author_id -> BigInt, text -> Text, }
}
diesel::table! {
    awards (id) { id -> BigInt, author_id -> BigInt, name -> Text, }
}
diesel::joinable!(books -> authors (author_id));
diesel::joinable!(comments -> authors (author_id));
diesel::joinable!(book_tags -> books (book_id));
diesel::joinable!(book_tags -> tags (tag_id));
diesel::joinable!(tags -> topics (topic_id));
diesel::allow_tables_to_appear_in_same_query!(authors, books, comments, tags, topics, book_tags);

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

#[derive(Queryable, Selectable)]
#[diesel(table_name = topics)]
pub struct Topic {
    pub id: i64,
    pub name: String,
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

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = comments, belongs_to(Book), belongs_to(Author))]
pub struct Comment {
    pub id: i64,
    pub book_id: i64,
    pub author_id: i64,
    pub text: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = awards, belongs_to(Author))]
pub struct Award {
    pub id: i64,
    pub author_id: i64,
    pub name: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = notes)]
pub struct Note {
    pub id: i64,
    pub author: String,
    pub text: String,
    pub likes: i64,
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

impl Comment {
    pub fn checksum(&self) -> u64 {
        contender::comment(self.id, self.book_id, self.author_id, &self.text)
    }
}

impl Sale {
    pub fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
    }
}

/// The authors with what belongs to each.
pub fn shelved(authors: Vec<Author>, books: Vec<Book>) -> Vec<(Author, Vec<Book>)> {
    let books = books.grouped_by(&authors);
    authors.into_iter().zip(books).collect()
}

/// The authors with their books, and these with whatever `rest` has beside each link to a tag.
pub fn labelled<T>(
    authors: Vec<Author>,
    books: Vec<Book>,
    links: Vec<(BookTag, T)>,
) -> Vec<(Author, Vec<(Book, Vec<(BookTag, T)>)>)> {
    let links = links.grouped_by(&books);
    let books: Vec<(Book, Vec<(BookTag, T)>)> = books.into_iter().zip(links).collect();
    let books = books.grouped_by(&authors);
    authors.into_iter().zip(books).collect()
}

/// The checksum of authors and their books.
pub fn total(authors: &[(Author, Vec<Book>)]) -> u64 {
    let books = |books: &[Book]| books.iter().map(Book::checksum).sum::<u64>();
    authors.iter().map(|(author, all)| author.checksum() + books(all)).sum()
}

/// The checksum of authors, their books and what these are linked to.
pub fn total_linked<T>(
    authors: &[(Author, Vec<(Book, Vec<(BookTag, T)>)>)],
    linked: impl Fn(&T) -> u64 + Copy,
) -> u64 {
    let links = |links: &[(BookTag, T)]| links.iter().map(|(_, one)| linked(one)).sum::<u64>();
    let books = |books: &[(Book, Vec<(BookTag, T)>)]| {
        books.iter().map(|(book, all)| book.checksum() + links(all)).sum::<u64>()
    };
    authors.iter().map(|(author, all)| author.checksum() + books(all)).sum()
}

/// The checksum of a tag.
pub fn of_tag(tag: &Tag) -> u64 {
    contender::named(tag.id, &tag.name)
}

/// The checksum of a tag and its topic.
pub fn of_tag_and_topic((tag, topic): &(Tag, Topic)) -> u64 {
    of_tag(tag) + contender::named(topic.id, &topic.name)
}

/// Puts a page together, and reads it: its books, and the number of all.
pub fn page(
    rows: Vec<(Book, Author)>,
    links: Vec<(BookTag, Tag)>,
    comments: Vec<(Comment, Author)>,
    count: i64,
) -> u64 {
    let (books, authors): (Vec<Book>, Vec<Author>) = rows.into_iter().unzip();
    let (links, comments) = (links.grouped_by(&books), comments.grouped_by(&books));
    let posts: Vec<_> = books.into_iter().zip(authors).zip(links.into_iter().zip(comments)).collect();
    let comment = |(comment, author): &(Comment, Author)| comment.checksum() + author.checksum();
    let post = |((book, author), (links, comments)): &((Book, Author), (Vec<(BookTag, Tag)>, Vec<_>))| {
        let tags: u64 = links.iter().map(|(_, tag)| of_tag(tag)).sum();
        book.checksum() + author.checksum() + tags + comments.iter().map(comment).sum::<u64>()
    };
    posts.iter().map(post).sum::<u64>() + count.unsigned_abs()
}

/// Gives every author its three collections, and reads them.
pub fn careers(authors: Vec<Author>, books: Vec<Book>, awards: Vec<Award>, comments: Vec<Comment>) -> u64 {
    let books = books.grouped_by(&authors);
    let (awards, comments) = (awards.grouped_by(&authors), comments.grouped_by(&authors));
    let careers: Vec<_> = authors.into_iter().zip(books).zip(awards.into_iter().zip(comments)).collect();
    let award = |award: &Award| contender::award(award.id, award.author_id, &award.name);
    let career =
        |((author, books), (awards, comments)): &((Author, Vec<Book>), (Vec<Award>, Vec<Comment>))| {
            author.checksum()
                + books.iter().map(Book::checksum).sum::<u64>()
                + awards.iter().map(award).sum::<u64>()
                + comments.iter().map(Comment::checksum).sum::<u64>()
        };
    careers.iter().map(career).sum()
}
