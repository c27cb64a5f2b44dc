// Models of the tables of an SQLite database, as its catalogue describes them.
// They use the crate `chrono`.

use orm_core::prelude::*;

// The foreign key (draft_id) to `options` is left out: its columns have other types.
#[derive(Model, Debug)]
#[model(table = "entries")]
pub struct Entry {
    #[key(auto)]
    pub id: i64,
    pub month: i64,
    pub year: i64,
    #[column(generated = "substr(note, 1, 1)")]
    pub half: Option<String>,
    pub note: Option<String>,
    pub draft_id: Option<String>,
    #[column(name = "owner")]
    pub owner_name: String,
    #[column(name = "backup")]
    pub backup_name: Option<String>,
    #[belongs_to(key = "year, month", on_delete = "cascade")]
    pub time: BelongsTo<Time>,
    #[belongs_to(key = "owner_name", target_key = "name", on_update = "cascade")]
    pub owner: BelongsTo<User>,
    #[belongs_to(key = "backup_name", target_key = "name", on_delete = "set null")]
    pub backup: BelongsTo<Option<User>>,
    #[has_many]
    pub lines: HasMany<Line>,
    #[many_to_many(through = "bookmarks")]
    pub bookmarks_users: HasMany<User>,
    #[many_to_many(through = "likes")]
    pub likes_users: HasMany<User>,
}

#[derive(Model, Debug)]
pub struct Hidden {
    #[key(auto)]
    pub id: i64,
    #[has_many]
    pub showns: HasMany<Shown>,
}

#[derive(Model, Debug)]
#[model(table = "lines")]
pub struct Line {
    #[key]
    pub entry_id: i64,
    #[key]
    pub number: i64,
    #[column(default = "'it''s \"x\"'")]
    pub text: String,
    #[belongs_to]
    pub entry: BelongsTo<Entry>,
    #[has_many(key = "line_entry_id, line_number")]
    pub parts: HasMany<Part>,
}

// The column `anything` is left out: it is declared without a type, so it may hold anything.
// The column `shape` is left out: SQLite turns what it can of a GEOMETRY into numbers; declare it
// as TEXT, INTEGER, REAL or BLOB.
// CHECK (fooBar <> foo_bar) is left out: a model declares one for its rows.
// CHECK (foo_bar <> "type") is left out: a model declares one for its rows.
#[derive(Model, Debug)]
#[model(table = "options", index = "kind where draft = true", check = "length(kind) < 5")]
pub struct OptionRow {
    #[key(auto)]
    pub id: i64,
    #[column(name = "self")]
    pub self_: Option<String>,
    pub r#type: String,
    #[column(name = "2nd")]
    pub n2nd: Option<String>,
    #[column(default = "0")]
    pub draft: bool,
    #[column(name = "fooBar")]
    pub foo_bar: Option<String>,
    #[column(name = "foo_bar")]
    pub foo_bar_2: Option<String>,
    pub at: Option<chrono::NaiveDateTime>,
    #[column(length = 10, check = "kind <> ''")]
    pub kind: Option<String>,
    #[has_one(key = "draft_id")]
    pub user: HasOne<User>,
}

#[derive(Model, Debug)]
#[model(table = "parts")]
pub struct Part {
    #[key(auto)]
    pub id: i64,
    pub line_entry_id: Option<i64>,
    pub line_number: Option<i64>,
    pub up_id: Option<i64>,
    #[belongs_to(key = "line_entry_id, line_number")]
    pub line: BelongsTo<Option<Line>>,
    #[belongs_to]
    pub up: BelongsTo<Option<Part>>,
    #[has_many(key = "up_id")]
    pub up_parts: HasMany<Part>,
}

#[derive(Model, Debug)]
pub struct Shown {
    #[key(auto)]
    pub id: i64,
    pub secret: Option<String>,
    pub hidden_id: Option<i64>,
    #[belongs_to]
    pub hidden: BelongsTo<Option<Hidden>>,
}

#[derive(Model, Debug)]
#[model(table = "times", module = "time_model")]
pub struct Time {
    #[key]
    pub year: i64,
    #[key]
    pub month: i64,
    pub day: Option<chrono::NaiveDate>,
    #[has_many(key = "year, month", cascade = "all, delete", passive_deletes)]
    pub entries: HasMany<Entry>,
}

#[derive(Model, Debug)]
#[model(table = "users")]
pub struct User {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    #[column(unique)]
    pub draft_id: Option<i64>,
    #[belongs_to(key = "draft_id")]
    pub draft_row: BelongsTo<Option<OptionRow>>,
    #[has_many(key = "owner_name", target_key = "name")]
    pub owner_entries: HasMany<Entry>,
    #[has_many(key = "backup_name", target_key = "name")]
    pub backup_entries: HasMany<Entry>,
    #[many_to_many(through = "bookmarks")]
    pub bookmarks_entries: HasMany<Entry>,
    #[many_to_many(through = "follows", key = "followed_id", target_key = "follower_id")]
    pub followers: HasMany<User>,
    #[many_to_many(through = "follows", key = "follower_id", target_key = "followed_id")]
    pub followeds: HasMany<User>,
    #[many_to_many(through = "likes")]
    pub likes_entries: HasMany<Entry>,
}

// The table `log` has no model: it has no primary key, and a model is found again by one.

// `names` has no model: a view has no key that the catalogue knows; write a struct whose `#[key]`
// finds a row of it.

/// Every model of this file.
pub fn schema() -> orm_core::schema::Schema {
    schema![Entry, Hidden, Line, OptionRow, Part, Shown, Time, User]
}
