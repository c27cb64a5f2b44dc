//! Authors and their books.

use orm_core::prelude::*;

#[derive(Model, Debug)]
pub struct Author {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[column(secret)]
    pub password: Option<String>,
    #[has_many(order_by = "id")]
    pub books: HasMany<Book>,
}

#[derive(Model, Debug)]
pub struct Book {
    #[key(auto)]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

/// Two authors with two books each.
pub async fn authors() -> Result<Engine> {
    filled(Engine::connect("sqlite::memory:").await?).await
}

pub async fn filled(engine: Engine) -> Result<Engine> {
    engine.create_all(schema![Author, Book]).await?;
    let mut session = engine.session();
    for name in ["Le Guin", "Lem"] {
        let books = ["first", "second"].map(|title| Book::draft().title(title));
        session.add(Author::draft().name(name).books(books));
    }
    session.commit().await?;
    Ok(engine)
}

/// The authors, and then the books of all of them: two statements.
pub async fn read(engine: &Engine) -> Result<usize> {
    let authors = engine.session().all(select::<Author>().with(Author::BOOKS.selectin())).await?;
    Ok(authors.iter().map(|author| author.get(Author::BOOKS).len()).sum())
}
