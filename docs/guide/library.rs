// What the programs of the guide begin with: two authors, their books, and the books' tags.

use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[column(unique)]
    pub email: Option<String>,
    #[has_many(order_by = "id", cascade = "all")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key(auto)]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    pub year: i32,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key(auto)]
    pub id: i64,
    pub name: String,
}

/// An engine on a database in memory that holds them.
async fn library() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Author, Book, Tag]).await?;
    let mut session = engine.session();
    let utopia = session.add(Tag::draft().name("utopia"));
    let book = |title: &str, year: i32| Book::draft().title(title).year(year);
    session.add(Author::draft().name("Ursula K. Le Guin").email("ursula@example.com").books([
        book("A Wizard of Earthsea", 1968),
        book("The Lathe of Heaven", 1971).tags([&utopia]),
        book("The Dispossessed", 1974).tags([&utopia]),
    ]));
    session.add(Author::draft().name("Harper Lee").books([book("To Kill a Mockingbird", 1960)]));
    session.commit().await?;
    Ok(engine)
}
