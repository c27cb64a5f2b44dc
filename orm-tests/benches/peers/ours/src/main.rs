//! The library, on SQLite and PostgreSQL.

use contender::{
    Contender, Failure, NOTES, Outcome, POOL, answer, arguments, author_key, concurrently, note_text,
};
use orm_core::prelude::*;

#[derive(Model, Debug)]
#[model(table = "authors")]
struct Author {
    #[key]
    id: i64,
    name: String,
    country: String,
    born: i64,
    active: bool,
    #[has_many]
    books: HasMany<Book>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
struct Book {
    #[key]
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
    #[belongs_to]
    author: BelongsTo<Author>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
struct Tag {
    #[key]
    id: i64,
    name: String,
    topic_id: i64,
    #[belongs_to]
    topic: BelongsTo<Topic>,
}

#[derive(Model, Debug)]
#[model(table = "topics")]
struct Topic {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
struct Note {
    #[key(auto)]
    id: i64,
    author: String,
    text: String,
    likes: i64,
}

#[derive(Model, Debug)]
#[model(table = "sales")]
struct Sale {
    #[key]
    id: i64,
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
}

struct Ours {
    engine: Engine,
    authors: i64,
}

#[tokio::main]
async fn main() -> std::result::Result<(), Failure> {
    let (url, authors) = arguments()?;
    let engine = Engine::builder(&url).pool_size(POOL).max_overflow(0).connect().await?;
    answer(Ours { engine, authors }).await
}

impl Contender for Ours {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("W1", "orm-core, all"),
            ("W2", "orm-core, selectin"),
            ("W2", "orm-core, auto"),
            ("W3", "orm-core, selectin"),
            ("W3", "orm-core, joined"),
            ("W4", "orm-core, selectin"),
            ("W4", "orm-core, auto"),
            ("W5", "orm-core, get"),
            ("W6", "orm-core, add and commit"),
            ("W6", "orm-core, insert().rows(..)"),
            ("W7", "orm-core, stream"),
            ("W8", "orm-core, a session a get"),
            ("D1", "orm-core"),
            ("D2", "orm-core, selectin"),
            ("D2", "orm-core, auto"),
            ("D3", "orm-core, selectin"),
            ("D3", "orm-core, auto"),
            ("D4", "orm-core, selectin"),
            ("D4", "orm-core, auto"),
        ]
    }

    async fn run(&self, workload: &'static str, variant: &'static str, tasks: i64) -> Outcome {
        let engine = &self.engine;
        match workload {
            "W1" => rows(engine).await,
            "W2" | "D2" => children(engine, variant).await,
            "W3" => parents(engine, variant).await,
            "W4" | "D3" => two_levels(engine, variant).await,
            "W5" => gets(engine, self.authors).await,
            "W6" => inserts(engine, variant).await,
            "W7" => stream(engine).await,
            "W8" => concurrent(engine, tasks, self.authors).await,
            "D1" => one_level(engine).await,
            _ => three_levels(engine, variant).await,
        }
    }
}

fn of_author(author: &Author) -> u64 {
    contender::author(author.id, &author.name, &author.country, author.born, author.active)
}

fn of_book(book: &Book) -> u64 {
    contender::book(book.id, book.author_id, &book.title, &book.isbn, book.pages, book.price)
}

async fn rows(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let books = session.all(select::<Book>()).await?;
    Ok(books.iter().map(|book| of_book(book)).sum())
}

async fn one_level(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let authors = session.all(select::<Author>()).await?;
    Ok(authors.iter().map(|author| of_author(author)).sum())
}

async fn children(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let load = if variant.ends_with("auto") { Author::BOOKS.auto() } else { Author::BOOKS.selectin() };
    let authors = session.all(select::<Author>().with(load)).await?;
    let mut sum = 0;
    for author in &authors {
        sum += of_author(author);
        for book in author.get(Author::BOOKS) {
            sum += of_book(&book);
        }
    }
    Ok(sum)
}

async fn parents(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let load = if variant.ends_with("joined") { Book::AUTHOR.joined() } else { Book::AUTHOR.selectin() };
    let books = session.all(select::<Book>().with(load)).await?;
    Ok(books.iter().map(|book| of_book(book) + of_author(&book.get(Book::AUTHOR))).sum())
}

async fn two_levels(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let auto = variant.ends_with("auto");
    let tags = if auto { Book::TAGS.auto() } else { Book::TAGS.selectin() };
    let load = if auto { Author::BOOKS.auto() } else { Author::BOOKS.selectin() };
    let authors = session.all(select::<Author>().with(load.with(tags))).await?;
    let mut sum = 0;
    for author in &authors {
        sum += of_author(author);
        for book in author.get(Author::BOOKS) {
            sum += of_book(&book);
            for tag in book.get(Book::TAGS) {
                sum += contender::named(tag.id, &tag.name);
            }
        }
    }
    Ok(sum)
}

async fn three_levels(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let auto = variant.ends_with("auto");
    let topic = if auto { Tag::TOPIC.auto() } else { Tag::TOPIC.selectin() };
    let tags = if auto { Book::TAGS.auto() } else { Book::TAGS.selectin() };
    let load = if auto { Author::BOOKS.auto() } else { Author::BOOKS.selectin() };
    let authors = session.all(select::<Author>().with(load.with(tags.with(topic)))).await?;
    let mut sum = 0;
    for author in &authors {
        sum += of_author(author);
        for book in author.get(Author::BOOKS) {
            sum += of_book(&book);
            for tag in book.get(Book::TAGS) {
                let topic = tag.get(Tag::TOPIC);
                sum += contender::named(tag.id, &tag.name) + contender::named(topic.id, &topic.name);
            }
        }
    }
    Ok(sum)
}

async fn gets(engine: &Engine, authors: i64) -> Outcome {
    let mut session = engine.session();
    let mut sum = 0;
    for at in 0..1_000 {
        let author = session.get::<Author>(author_key(at % authors)).await?;
        sum += author.as_deref().map_or(0, of_author);
    }
    Ok(sum)
}

async fn inserts(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let drafts = (0..NOTES).map(|at| Note::draft().author("jack").text(note_text(at)).likes(at));
    if variant.ends_with("commit") {
        for draft in drafts {
            session.add(draft);
        }
    } else {
        session.execute(insert::<Note>().rows(drafts)).await?;
    }
    session.commit().await?;
    Ok(NOTES.unsigned_abs())
}

async fn stream(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let mut stream = session.stream(select::<Sale>());
    let mut sum = 0;
    while let Some(sales) = stream.next_batch().await? {
        for sale in &sales {
            sum += contender::book(sale.id, sale.author_id, &sale.title, &sale.isbn, sale.pages, sale.price);
        }
    }
    Ok(sum)
}

async fn concurrent(engine: &Engine, tasks: i64, authors: i64) -> Outcome {
    let engine = engine.clone();
    let get = move |key| {
        let mut session = engine.session();
        async move { Ok(session.get::<Author>(key).await?.as_deref().map_or(0, of_author)) }
    };
    concurrently(tasks, authors, get).await
}
