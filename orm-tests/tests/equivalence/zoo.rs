//! The models: every kind of relationship and of key, and names that are hard to quote or look like a loader's own.

use chrono::NaiveDateTime;
use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "author")]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    pub rating: Option<i32>,
    pub country_code: Option<String>,
    #[belongs_to(key = "country_code")]
    pub country: BelongsTo<Option<Country>>,
    #[has_many(key = "author_id", order_by = "title, id desc")]
    pub books: HasMany<Book>,
    #[has_many(key = "editor_id", order_by = "id")]
    pub edited: HasMany<Book>,
    #[has_one]
    pub profile: HasOne<Profile>,
    // Its rows may occur twice, and refer to missing rows.
    #[many_to_many(
        through = "author_tag",
        key = "author_id",
        target_key = "tag_name",
        order_by = "weight desc, name"
    )]
    pub tags: HasMany<Tag>,
    #[many_to_many(
        through = Shelved,
        target_key = "shelf_room, shelf_upper",
        order_by = "Shelved.shelf_room, upper desc"
    )]
    pub shelves: HasMany<Shelf>,
    #[has_many(key = "author_id", filter = "late", order_by = "id")]
    pub late_books: HasMany<Book>,
    #[many_to_many(
        through = Tagged,
        target_key = "tag_name",
        filter = "heavy",
        order_by = "Tagged.tag_name desc"
    )]
    pub heavy_tags: HasMany<Tag>,
}

/// A link whose columns sort the shelves of an author.
#[derive(Model, Debug)]
#[model(table = "author_shelf")]
pub struct Shelved {
    #[key]
    pub author_id: i64,
    #[key]
    pub shelf_room: i32,
    #[key]
    pub shelf_upper: bool,
}

/// A link that the database may hold twice, although its model says that it cannot.
#[derive(Model, Debug)]
#[model(table = "author_tag")]
pub struct Tagged {
    #[key]
    pub author_id: i64,
    #[key]
    pub tag_name: String,
}

/// About the target and about the link.
fn heavy() -> Predicate {
    Tag::WEIGHT.gt(0) & Tagged::AUTHOR_ID.is_in([1, 2, 3, 4, 5, -7, i64::MAX, 0])
}

fn late() -> Predicate {
    Book::TITLE.gt("m")
}

fn known() -> Predicate {
    Author::ID.gt(2)
}

fn placed() -> Predicate {
    Category::POSITION.gt(0)
}

#[derive(Model, Debug)]
// As long as PostgreSQL allows; `profile` and the links of books and tags differ from it only in their last letter.
#[model(table = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxx")]
pub struct Country {
    #[key]
    pub code: String,
    pub rank: Option<i16>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[has_many(key = "country_code", order_by = "rating desc, id")]
    pub authors: HasMany<Author>,
}

#[derive(Model, Debug)]
#[model(table = "book")]
pub struct Book {
    #[key]
    pub id: u32,
    pub title: String,
    #[column(unique)]
    pub isbn: Option<String>,
    pub author_id: i64,
    pub editor_id: Option<i64>,
    pub room: Option<i32>,
    pub upper: Option<bool>,
    #[column(deleted, name = "go\"ne`?")]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[belongs_to(key = "editor_id")]
    pub editor: BelongsTo<Option<Author>>,
    #[belongs_to(key = "room, upper")]
    pub shelf: BelongsTo<Option<Shelf>>,
    #[has_many(key = "book_id", order_by = "number desc")]
    pub chapters: HasMany<Chapter>,
    #[has_many(key = "isbn", target_key = "isbn", order_by = "id")]
    pub loans: HasMany<Loan>,
    #[many_to_many(
        through = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxy",
        key = "book_id",
        target_key = "tag_name",
        order_by = "name"
    )]
    pub tags: HasMany<Tag>,
    #[belongs_to(key = "author_id", filter = "known")]
    pub known_author: BelongsTo<Option<Author>>,
}

// An alias of `book` must not be taken for this table.
#[derive(Model, Debug)]
#[model(table = "book_1")]
pub struct Chapter {
    #[key]
    pub book_id: u32,
    #[key]
    pub number: u8,
    pub pages: Option<i16>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to]
    pub book: BelongsTo<Book>,
    #[has_many(key = "book_id, chapter_number", order_by = "id")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "no\"te'; DROP TABLE author; --")]
pub struct Note {
    #[key]
    pub id: i64,
    pub book_id: Option<i64>,
    #[column(name = "_rank")]
    pub chapter_number: Option<i16>,
    #[column(name = "te\"xt, ? :a $1")]
    pub text: Option<String>,
    #[belongs_to(key = "book_id, chapter_number")]
    pub chapter: BelongsTo<Option<Chapter>>,
}

#[derive(Model, Debug)]
#[model(table = "_parents")]
pub struct Shelf {
    #[key]
    pub room: i32,
    #[key]
    pub upper: bool,
    #[column(name = "_link_0")]
    pub label: Option<String>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[has_many(key = "room, upper", order_by = "id")]
    pub books: HasMany<Book>,
    #[many_to_many(
        through = "author_shelf",
        key = "shelf_room, shelf_upper",
        target_key = "author_id",
        order_by = "name, id"
    )]
    pub authors: HasMany<Author>,
}

#[derive(Model, Debug)]
#[model(table = "category")]
pub struct Category {
    #[key]
    pub id: i32,
    pub parent_id: Option<i32>,
    pub position: Option<i8>,
    pub book_id: Option<u32>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to]
    pub parent: BelongsTo<Option<Category>>,
    #[has_many(key = "parent_id", order_by = "position, id")]
    pub children: HasMany<Category>,
    #[many_to_many(through = "category_link", key = "from_id", target_key = "to_id", order_by = "id desc")]
    pub related: HasMany<Category>,
    #[has_many(key = "category_id", order_by = "name")]
    pub tags: HasMany<Tag>,
    #[belongs_to]
    pub book: BelongsTo<Option<Book>>,
    #[has_many(key = "parent_id", filter = "placed", order_by = "id desc")]
    pub placed_children: HasMany<Category>,
}

#[derive(Model, Debug)]
#[model(table = "tag")]
pub struct Tag {
    #[key]
    pub name: String,
    pub weight: i8,
    pub category_id: Option<i32>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to]
    pub category: BelongsTo<Option<Category>>,
    #[many_to_many(
        through = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxy",
        key = "tag_name",
        target_key = "book_id",
        order_by = "title desc, id"
    )]
    pub books: HasMany<Book>,
    #[many_to_many(through = "author_tag", key = "tag_name", target_key = "author_id", order_by = "id")]
    pub authors: HasMany<Author>,
    #[many_to_many(
        through = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxy",
        key = "tag_name",
        target_key = "book_id",
        filter = "late",
        order_by = "id desc"
    )]
    pub late_books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxx")]
pub struct Profile {
    #[key]
    pub id: u16,
    pub author_id: Option<i32>,
    pub motto: Option<String>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to]
    pub author: BelongsTo<Option<Author>>,
}

#[derive(Model, Debug)]
#[model(table = "loan")]
pub struct Loan {
    #[key]
    pub id: i64,
    pub isbn: Option<String>,
    pub stamp: Option<Vec<u8>>,
    #[belongs_to(key = "isbn", target_key = "isbn")]
    pub book: BelongsTo<Option<Book>>,
    #[belongs_to(key = "stamp")]
    pub seal: BelongsTo<Option<Seal>>,
}

#[derive(Model, Debug)]
#[model(table = "_page")]
pub struct Seal {
    #[key]
    pub bytes: Vec<u8>,
    pub year: Option<u16>,
    #[has_many(key = "stamp", order_by = "id")]
    pub loans: HasMany<Loan>,
}

// The same tables, whose relationships are loaded by default.
#[derive(Model, Debug)]
#[model(table = "author")]
pub struct EagerAuthor {
    #[key]
    pub id: i64,
    pub name: String,
    pub rating: Option<i32>,
    pub country_code: Option<String>,
    #[belongs_to(key = "country_code", lazy = "joined")]
    pub country: BelongsTo<Option<Country>>,
    #[has_many(key = "author_id", order_by = "title, id desc", lazy = "joined")]
    pub books: HasMany<EagerBook>,
    #[has_many(key = "editor_id", order_by = "id")]
    pub edited: HasMany<Book>,
    #[many_to_many(
        through = "author_tag",
        key = "author_id",
        target_key = "tag_name",
        order_by = "weight desc, name",
        lazy = "subquery"
    )]
    pub tags: HasMany<Tag>,
    #[has_many(key = "author_id", filter = "late", order_by = "id", lazy = "selectin")]
    pub late_books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "book")]
pub struct EagerBook {
    #[key]
    pub id: u32,
    pub title: String,
    #[column(unique)]
    pub isbn: Option<String>,
    pub author_id: i64,
    pub editor_id: Option<i64>,
    pub room: Option<i32>,
    pub upper: Option<bool>,
    #[column(deleted, name = "go\"ne`?")]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to(lazy = "joined")]
    pub author: BelongsTo<EagerAuthor>,
    #[belongs_to(key = "room, upper")]
    pub shelf: BelongsTo<Option<Shelf>>,
    #[has_many(key = "book_id", order_by = "number desc", lazy = "selectin")]
    pub chapters: HasMany<Chapter>,
    #[many_to_many(
        through = "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxy",
        key = "book_id",
        target_key = "tag_name",
        order_by = "name",
        lazy = "joined"
    )]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "category")]
pub struct EagerCategory {
    #[key]
    pub id: i32,
    pub parent_id: Option<i32>,
    pub position: Option<i8>,
    pub book_id: Option<u32>,
    #[column(deleted)]
    pub gone: Option<NaiveDateTime>,
    #[belongs_to(lazy = "joined")]
    pub parent: BelongsTo<Option<EagerCategory>>,
    #[has_many(key = "parent_id", order_by = "position, id", lazy = "joined")]
    pub children: HasMany<EagerCategory>,
    #[many_to_many(through = "category_link", key = "from_id", target_key = "to_id", order_by = "id desc")]
    pub related: HasMany<EagerCategory>,
    #[belongs_to(lazy = "subquery")]
    pub book: BelongsTo<Option<EagerBook>>,
}
