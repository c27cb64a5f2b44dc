//! What a row costs in allocations on the thread that loads it: numbers that no other load of the machine changes. The
//! objects' own texts are among them; what is above them is the library's.
//!
//! A number that went down is written down here, so that it stays down.

use std::sync::Mutex;

use allocation_counter::measure;
use orm_core::prelude::*;
use tokio::runtime::Runtime;

#[path = "fixtures/blog.rs"]
mod blog;
#[path = "fixtures/library.rs"]
mod library;
use library::{Author, Book};

const AUTHORS: i64 = 200;
const BOOKS: i64 = 2_000;

/// Counts are of one thread, and so is everything that is counted.
struct Costs {
    runtime: Runtime,
    engine: Engine,
    wrong: Mutex<Vec<String>>,
}

impl Costs {
    fn new() -> Result<Costs> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = runtime.block_on(library())?;
        Ok(Costs { runtime, engine, wrong: Mutex::default() })
    }

    /// Compares the allocations for each of this many rows with the recorded number.
    fn hold<T>(
        &self,
        what: &str,
        rows: i64,
        recorded: f64,
        work: impl AsyncFnOnce(&mut Session) -> Result<T>,
    ) {
        let mut session = self.engine.session();
        self.hold_in(&mut session, what, rows, recorded, work);
    }

    fn hold_in<T>(
        &self,
        session: &mut Session,
        what: &str,
        rows: i64,
        recorded: f64,
        work: impl AsyncFnOnce(&mut Session) -> Result<T>,
    ) {
        let mut done = None;
        let count = measure(|| done = Some(self.runtime.block_on(work(session)))).count_total;
        done.expect("it ran").expect("it succeeds");
        #[allow(clippy::cast_precision_loss)]
        let found = count as f64 / rows as f64;
        println!("{what}: {found:.2} allocations a row");
        if (found - recorded).abs() > 0.05 + recorded * 0.02 {
            self.wrong
                .lock()
                .expect("one thread")
                .push(format!("{what}: {found:.2} instead of {recorded:.2}"));
        }
    }
}

async fn library() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Author, Book]).await?;
    let mut session = engine.session();
    let authors = (1..=AUTHORS).map(|id| Author::draft().id(id).name(format!("author {id}")));
    session.execute(insert::<Author>().rows(authors)).await?;
    session.execute(insert::<Book>().rows(drafts(BOOKS))).await?;
    session.commit().await?;
    Ok(engine)
}

fn drafts(count: i64) -> impl Iterator<Item = impl orm_core::write::CompleteDraft<Model = Book>> {
    (0..count).map(|n| {
        let (title, isbn) = (format!("the title of book {n}"), format!("isbn {n}"));
        Book::draft().author_id(n % AUTHORS + 1).title(title).isbn(isbn).pages(n % 900)
    })
}

#[test]
fn rows_cost_what_is_recorded() -> Result<()> {
    let costs = Costs::new()?;
    // Two texts, and the rest is shared by many rows.
    costs.hold("hydrate", BOOKS, 2.03, async |session| session.all(select::<Book>()).await);

    let mut session = costs.engine.session();
    let held = costs.runtime.block_on(session.all(select::<Book>()))?;
    costs.hold_in(&mut session, "identity hit", BOOKS, 0.02, async |session| {
        session.all(select::<Book>()).await
    });
    drop(held);

    costs.hold("selectin of a collection", BOOKS, 2.40, async |session| {
        session.all(select::<Author>().with(Author::BOOKS.selectin())).await
    });
    costs.hold("joined collection", BOOKS, 2.19, async |session| {
        session.all(select::<Author>().with(Author::BOOKS.joined())).await
    });
    costs.hold("selectin of a to-one", BOOKS, 2.40, async |session| {
        session.all(select::<Book>().with(Book::AUTHOR.selectin())).await
    });
    costs.hold("get", AUTHORS, 4.33, async |session| {
        for id in 1..=AUTHORS {
            session.get::<Author>(id).await?;
        }
        Ok(())
    });
    costs.hold("get_many", AUTHORS, 3.65, async |session| session.get_many::<Author>(1..=AUTHORS).await);
    costs.hold("bulk insert", BOOKS, 3.04, async |session| {
        session.execute(insert::<Book>().rows(drafts(BOOKS))).await
    });
    costs.hold("add and flush", BOOKS, 7.09, async |session| {
        for draft in drafts(BOOKS) {
            session.add(draft);
        }
        session.flush().await
    });
    let mut session = costs.engine.session();
    let held = costs.runtime.block_on(session.all(select::<Book>().filter(Book::ID.le(BOOKS))))?;
    costs.hold_in(&mut session, "edit and flush", BOOKS, 3.06, async |session| {
        for book in &held {
            session.edit(book, |book| book.pages += 1)?;
        }
        session.flush().await
    });
    drop((held, session));

    let blog = costs.runtime.block_on(async {
        let engine = Engine::connect("sqlite::memory:").await?;
        blog::fill(&engine).await?;
        // What a connection prepares once does not count as a cost of a page.
        blog::page(&mut engine.session(), 0).await?;
        blog::siblings(&mut engine.session()).await?;
        Ok::<_, Error>(engine)
    })?;
    costs.hold_in(&mut blog.session(), "page", blog::PAGE, 30.40, async |session| {
        blog::page(session, 1).await
    });
    let siblings = blog::USERS * 3 * blog::EACH;
    costs.hold_in(&mut blog.session(), "siblings", siblings, 2.06, async |session| {
        blog::siblings(session).await
    });
    let wrong = costs.wrong.lock().expect("one thread");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
