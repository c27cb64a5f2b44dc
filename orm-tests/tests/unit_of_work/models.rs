//! One model for each rule that a relationship can have.
use orm_core::observe::QueryLog;
use orm_core::prelude::*;
use orm_tests::TestDatabase;

/// Its books lose their key with it, its profile too.
#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: Option<String>,
    #[has_many(order_by = "id")]
    pub books: HasMany<Book>,
    #[has_one]
    pub profile: HasOne<Profile>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key(auto)]
    pub id: i64,
    pub author_id: Option<i64>,
    pub title: String,
    pub pages: i64,
    #[belongs_to]
    pub author: BelongsTo<Option<Author>>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "profiles")]
pub struct Profile {
    #[key(auto)]
    pub id: i64,
    pub author_id: Option<i64>,
    pub text: String,
    #[belongs_to]
    pub author: BelongsTo<Option<Author>>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[many_to_many(through = "book_tags", key = "tag_id", target_key = "book_id", order_by = "id")]
    pub books: HasMany<Book>,
}

/// Its members are nothing without it.
#[derive(Model, Debug)]
#[model(table = "teams")]
pub struct Team {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub members: HasMany<Member>,
    #[has_one(cascade = "all, delete-orphan")]
    pub badge: HasOne<Badge>,
}

#[derive(Model, Debug)]
#[model(table = "members")]
pub struct Member {
    #[key(auto)]
    pub id: i64,
    pub team_id: i64,
    pub name: String,
    #[belongs_to]
    pub team: BelongsTo<Team>,
    #[has_many(order_by = "id", cascade = "all")]
    pub tasks: HasMany<Task>,
}

#[derive(Model, Debug)]
#[model(table = "tasks")]
pub struct Task {
    #[key(auto)]
    pub id: i64,
    pub member_id: i64,
    pub name: String,
    #[belongs_to]
    pub member: BelongsTo<Member>,
}

#[derive(Model, Debug)]
#[model(table = "badges")]
pub struct Badge {
    #[key(auto)]
    pub id: i64,
    pub team_id: i64,
    pub name: String,
    #[belongs_to]
    pub team: BelongsTo<Team>,
}

/// The database deletes its pages.
#[derive(Model, Debug)]
#[model(table = "sites")]
pub struct Site {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id", cascade = "all", passive_deletes)]
    pub pages: HasMany<Page>,
}

#[derive(Model, Debug)]
#[model(table = "pages")]
pub struct Page {
    #[key(auto)]
    pub id: i64,
    pub site_id: i64,
    pub name: String,
    #[belongs_to]
    pub site: BelongsTo<Site>,
}

/// Its key to itself may be NULL.
#[derive(Model, Debug)]
#[model(table = "nodes")]
pub struct Node {
    #[key(auto)]
    pub id: i64,
    pub parent_id: Option<i64>,
    pub name: String,
    #[belongs_to(key = "parent_id")]
    pub parent: BelongsTo<Option<Node>>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Node>,
}

/// A person has pets and one of them is the favourite: two tables that refer to each other.
#[derive(Model, Debug)]
#[model(table = "people")]
pub struct Person {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    pub favourite_id: Option<i64>,
    #[belongs_to]
    pub favourite: BelongsTo<Option<Pet>>,
    #[has_many(key = "owner_id", order_by = "id", inverse = "owner")]
    pub pets: HasMany<Pet>,
}

#[derive(Model, Debug)]
#[model(table = "pets")]
pub struct Pet {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    pub owner_id: Option<i64>,
    #[belongs_to(inverse = "pets")]
    pub owner: BelongsTo<Option<Person>>,
}

/// Guarded by a version; the key is given, not generated.
#[derive(Model, Debug)]
#[model(table = "accounts")]
pub struct Account {
    #[key]
    pub id: i64,
    pub owner: String,
    pub balance: i64,
    #[column(version)]
    pub version: i64,
}

/// A key of two columns.
#[derive(Model, Debug)]
#[model(table = "seats")]
pub struct Seat {
    #[key]
    pub row: i64,
    #[key]
    pub number: String,
    pub guest: Option<String>,
}

pub async fn engine() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    create(&engine).await?;
    Ok(engine)
}

pub async fn create(engine: &Engine) -> Result<()> {
    engine
        .create_all(schema![
            Author, Book, Profile, Tag, Team, Member, Task, Badge, Site, Page, Node, Person, Pet, Account,
            Seat
        ])
        .await
}

/// What was run, as `INSERT books`, `UPDATE books`, `DELETE book_tags`, `SELECT tags`.
pub fn shape(log: &QueryLog) -> Vec<String> {
    log.statements()
        .iter()
        .map(|statement| {
            let sql = statement.sql.as_ref();
            let verb = sql.split_whitespace().next().unwrap_or_default();
            let before_table = match verb {
                "INSERT" => "INTO ",
                "UPDATE" => "UPDATE ",
                _ => "FROM ",
            };
            let table = sql.split(before_table).nth(1).unwrap_or_default();
            let table = table.split_whitespace().next().unwrap_or_default().trim_matches(['"', '`']);
            format!("{verb} {table}")
        })
        .collect()
}

/// The columns that the one UPDATE of the log sets.
pub fn columns_set(sql: &str) -> Vec<String> {
    let set = sql.split(" SET ").nth(1).unwrap_or_default();
    let set = set.split(" WHERE ").next().unwrap_or_default();
    let set = set.split(" FROM ").next().unwrap_or_default();
    set.split(", ")
        .map(|term| term.split(" = ").next().unwrap_or_default().trim_matches(['"', '`']))
        .map(|name| name.rsplit('.').next().unwrap_or_default().trim_matches('`').to_owned())
        .collect()
}

/// The names of the nodes, books and the rest that a collection shows.
pub fn titles(books: &Many<Book>) -> Vec<String> {
    books.iter().map(|book| book.title.clone()).collect()
}

/// All books as another session finds them: key, author's key and title.
pub async fn book_rows(engine: &Engine) -> Result<Vec<(i64, Option<i64>, String)>> {
    let books = engine.session().all(select::<Book>().order_by(Book::ID)).await?;
    Ok(books.iter().map(|book| (book.id, book.author_id, book.title.clone())).collect())
}

/// Two authors with two books each, 1 to 4, committed.
pub async fn library() -> Result<Engine> {
    let engine = engine().await?;
    fill_library(&engine).await?;
    Ok(engine)
}

/// The same on any database.
pub async fn library_on(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    create(&engine).await?;
    fill_library(&engine).await?;
    Ok(engine)
}

pub async fn fill_library(engine: &Engine) -> Result<()> {
    let mut session = engine.session();
    for (author, titles) in [("ann", ["a1", "a2"]), ("ben", ["b1", "b2"])] {
        session.add(
            Author::draft().name(author).books(titles.map(|title| Book::draft().title(title).pages(100))),
        );
    }
    session.commit().await
}
