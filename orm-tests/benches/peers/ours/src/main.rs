//! The library, on SQLite, PostgreSQL and MariaDB.

use contender::{
    Contender, Failure, NOTES, Outcome, PAGE, POOL, SIBLINGS, answer, arguments, author_key, concurrently,
    note_text, offsets, pages,
};
use orm_core::prelude::*;
use ours::{Author, Book, Comment, Note, Order, Sale, Tag};

/// A relationship, loaded as the end of a variant's name says.
macro_rules! load {
    ($variant:expr, $relationship:expr) => {
        match $variant.rsplit(' ').next() {
            Some("auto") => $relationship.auto(),
            Some("joined") => $relationship.joined(),
            _ => $relationship.selectin(),
        }
    };
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
            ("W5", "orm-core, get, a session each"),
            ("W5", "orm-core, one(select)"),
            ("W5", "orm-core, one(select), a session each"),
            ("W6", "orm-core, add and commit"),
            ("W6", "orm-core, insert().rows(..)"),
            ("W7", "orm-core, stream"),
            ("W8", "orm-core, a session a get"),
            ("W9", "orm-core, edit and commit"),
            ("W10", "orm-core, all"),
            ("W11", "orm-core, selectin"),
            ("W11", "orm-core, selectin, to-one joined"),
            ("W11", "orm-core, auto"),
            ("W12", "orm-core, selectin"),
            ("W12", "orm-core, selectin, to-one joined"),
            ("W12", "orm-core, auto"),
            ("W13", "orm-core, selectin"),
            ("W13", "orm-core, auto"),
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
            "W5" => gets(engine, variant, self.authors).await,
            "W6" => inserts(engine, variant).await,
            "W7" => stream(engine).await,
            "W8" => concurrent(engine, tasks, self.authors).await,
            "W9" => edits(engine).await,
            "W10" => typed(engine).await,
            "W11" => {
                let mut sum = 0;
                for offset in offsets(self.authors) {
                    sum += page(engine, offset, variant).await?;
                }
                Ok(sum)
            }
            "W12" => {
                let engine = engine.clone();
                let page = move |offset| {
                    let engine = engine.clone();
                    async move { page(&engine, offset, variant).await }
                };
                pages(tasks, self.authors, page).await
            }
            "W13" => siblings(engine, variant).await,
            "D1" => one_level(engine).await,
            _ => three_levels(engine, variant).await,
        }
    }
}

async fn rows(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let books = session.all(select::<Book>()).await?;
    Ok(books.iter().map(|book| book.checksum()).sum())
}

async fn one_level(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let authors = session.all(select::<Author>()).await?;
    Ok(authors.iter().map(|author| author.checksum()).sum())
}

async fn children(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let authors = session.all(select::<Author>().with(load!(variant, Author::BOOKS))).await?;
    let mut sum = 0;
    for author in &authors {
        sum += author.checksum();
        for book in author.get(Author::BOOKS) {
            sum += book.checksum();
        }
    }
    Ok(sum)
}

async fn parents(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let books = session.all(select::<Book>().with(load!(variant, Book::AUTHOR))).await?;
    Ok(books.iter().map(|book| book.checksum() + book.get(Book::AUTHOR).checksum()).sum())
}

async fn two_levels(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let load = load!(variant, Author::BOOKS).with(load!(variant, Book::TAGS));
    let authors = session.all(select::<Author>().with(load)).await?;
    let mut sum = 0;
    for author in &authors {
        sum += author.checksum();
        for book in author.get(Author::BOOKS) {
            sum += book.checksum();
            for tag in book.get(Book::TAGS) {
                sum += tag.checksum();
            }
        }
    }
    Ok(sum)
}

async fn three_levels(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let tags = load!(variant, Book::TAGS).with(load!(variant, Tag::TOPIC));
    let authors = session.all(select::<Author>().with(load!(variant, Author::BOOKS).with(tags))).await?;
    let mut sum = 0;
    for author in &authors {
        sum += author.checksum();
        for book in author.get(Author::BOOKS) {
            sum += book.checksum();
            for tag in book.get(Book::TAGS) {
                let topic = tag.get(Tag::TOPIC);
                sum += tag.checksum() + contender::named(topic.id, &topic.name);
            }
        }
    }
    Ok(sum)
}

async fn gets(engine: &Engine, variant: &str, authors: i64) -> Outcome {
    let mut session = engine.session();
    let mut sum = 0;
    for at in 0..1_000 {
        if variant.ends_with("each") {
            session = engine.session();
        }
        let key = author_key(at % authors);
        let author = match variant.contains("one(select)") {
            true => session.one_or_none(select::<Author>().filter(Author::ID.eq(key))).await?,
            false => session.get::<Author>(key).await?,
        };
        sum += author.as_deref().map_or(0, Author::checksum);
    }
    Ok(sum)
}

async fn edits(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    for note in &session.all(select::<Note>()).await? {
        session.edit(note, |note| note.likes += 1)?;
    }
    session.commit().await?;
    Ok(NOTES.unsigned_abs())
}

async fn typed(engine: &Engine) -> Outcome {
    let mut session = engine.session();
    let orders = session.all(select::<Order>()).await?;
    Ok(orders.iter().map(|order| order.checksum()).sum())
}

async fn page(engine: &Engine, offset: i64, variant: &str) -> Outcome {
    let mut session = engine.session();
    let query = select::<Book>()
        .with(load!(variant, Book::AUTHOR))
        .with(load!(in_collections(variant), Book::TAGS))
        .with(load!(in_collections(variant), Book::COMMENTS).with(load!(variant, Comment::AUTHOR)))
        .order_by(Book::ID.desc())
        .limit(PAGE.unsigned_abs())
        .offset(offset.unsigned_abs());
    let books = session.all(query).await?;
    let mut sum = session.count(select::<Book>()).await?;
    for book in &books {
        sum += book.checksum() + book.get(Book::AUTHOR).checksum();
        sum += book.get(Book::TAGS).iter().map(|tag| tag.checksum()).sum::<u64>();
        for comment in book.get(Book::COMMENTS) {
            sum += comment.checksum() + comment.get(Comment::AUTHOR).checksum();
        }
    }
    Ok(sum)
}

/// Where to-one relationships are joined, collections are not.
fn in_collections(variant: &str) -> &str {
    if variant.ends_with("joined") { "selectin" } else { variant }
}

async fn siblings(engine: &Engine, variant: &str) -> Outcome {
    let mut session = engine.session();
    let query = select::<Author>()
        .with(load!(variant, Author::BOOKS))
        .with(load!(variant, Author::AWARDS))
        .with(load!(variant, Author::COMMENTS))
        .order_by(Author::ID)
        .limit(SIBLINGS.unsigned_abs());
    let mut sum = 0;
    for author in &session.all(query).await? {
        sum += author.checksum();
        sum += author.get(Author::BOOKS).iter().map(|book| book.checksum()).sum::<u64>();
        sum += author.get(Author::AWARDS).iter().map(|award| award.checksum()).sum::<u64>();
        sum += author.get(Author::COMMENTS).iter().map(|comment| comment.checksum()).sum::<u64>();
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
            sum += sale.checksum();
        }
    }
    Ok(sum)
}

async fn concurrent(engine: &Engine, tasks: i64, authors: i64) -> Outcome {
    let engine = engine.clone();
    let get = move |key| {
        let mut session = engine.session();
        async move { Ok(session.get::<Author>(key).await?.as_deref().map_or(0, Author::checksum)) }
    };
    concurrently(tasks, authors, get).await
}
