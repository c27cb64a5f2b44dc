//! What is not an error and probably a mistake is a warning: in `tracing`, or else on standard error.

use std::cell::RefCell;
use std::fmt;
use std::process::Command;
use std::time::Duration;

use orm_core::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::authors::{Author, Book, authors, filled};

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Collects the warnings of this thread.
struct Warnings;

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, of: &tracing::Metadata<'_>) -> bool {
        of.target() != "orm::sql"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        if event.metadata().target().starts_with("orm::") {
            let mut message = Message(String::new());
            event.record(&mut message);
            let text = format!("{} {}", event.metadata().target(), message.0);
            WARNINGS.with_borrow_mut(|warnings| warnings.push(text));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The text of one warning.
fn one() -> String {
    let warnings = WARNINGS.take();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings.into_iter().next().unwrap_or_default()
}

fn none() {
    assert_eq!(WARNINGS.take(), [""; 0]);
}

fn book() -> impl CompleteDraft<Model = Book> {
    Book::draft().author_id(1).title("Solaris")
}

#[tokio::test]
async fn work_that_is_lost_with_its_session() -> Result<()> {
    let _guard = tracing::subscriber::set_default(Warnings);
    let engine = authors().await?;
    WARNINGS.take();

    let line = line!() + 1;
    let mut session = engine.session();
    let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
    session.edit(&author, |author| author.name = "Ursula".into())?;
    session.add(book());
    session.add(book());
    drop(session);
    let said = one();
    assert!(said.starts_with("orm::lost_work a session that was made at "), "{said}");
    assert!(said.contains(&format!("warnings.rs:{line}:")), "{said}");
    assert!(said.contains("was dropped with 2 unsaved new rows, 1 unsaved changed object, which"), "{said}");

    let mut session = engine.session();
    session.add(book());
    session.flush().await?;
    drop(session);
    assert!(one().contains("with an uncommitted transaction, "));

    let mut session = engine.session();
    let other = session.one(select::<Author>().filter(Author::ID.eq(2))).await?;
    session.delete(&other)?;
    drop(session);
    assert!(one().contains("with 1 unsaved deletion, "));

    let mut session = engine.session();
    session.execute(delete::<Book>().filter(Book::ID.eq(1))).await?;
    drop(session);
    assert!(one().contains("with an uncommitted transaction, "));
    assert_eq!(engine.session().count(select::<Book>()).await?, 4, "nothing was kept");
    Ok(())
}

#[tokio::test]
async fn sessions_that_lose_nothing_or_failed() -> Result<()> {
    let _guard = tracing::subscriber::set_default(Warnings);
    let engine = authors().await?;

    let mut session = engine.session();
    session.begin().await?;
    let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
    session.edit(&author, |author| author.name = author.name.clone())?;
    drop(session);
    none();

    let mut session = engine.session();
    session.add(book());
    session.rollback().await?;
    drop(session);
    none();

    let mut session = engine.session();
    session.add(book());
    session.commit().await?;
    drop(session);
    none();

    let mut session = engine.session();
    session.add(book());
    let missing = session.one(select::<Author>().filter(Author::ID.eq(99))).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NoRows);
    drop(session);
    none();

    let mut session = engine.session();
    session.add(Book::draft().id(1).author_id(1).title("again"));
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    drop(session);
    none();

    let held = Engine::builder("sqlite::memory:")
        .pool_size(2)
        .max_overflow(0)
        .pool_timeout(Duration::from_millis(20))
        .busy_timeout(Duration::from_millis(20));
    let held = filled(held.connect().await?).await?;
    let mut holder = held.session();
    holder.begin().await?;
    let mut late = held.session();
    late.add(book());
    assert_eq!(late.commit().await.unwrap_err().kind(), ErrorKind::Busy);
    let mut later = held.session();
    later.add(book());
    assert_eq!(later.commit().await.unwrap_err().kind(), ErrorKind::PoolTimeout);
    drop((late, later));
    none();

    let failed: Result<()> = engine
        .session()
        .transaction(async |session| {
            session.add(book());
            Err(Error::other("no"))
        })
        .await;
    assert!(failed.is_err());
    none();
    Ok(())
}

#[tokio::test]
async fn a_stream_that_begins_in_every_round_of_a_loop() -> Result<()> {
    let _guard = tracing::subscriber::set_default(Warnings);
    let engine = authors().await?;
    let mut session = engine.session();
    let (mut rounds, line) = (0, line!() + 1);
    while let Some(batch) = session.stream(select::<Book>()).next_batch().await? {
        rounds += batch.len();
        if rounds == 20 {
            break;
        }
    }
    let said = one();
    assert!(said.starts_with("orm::restarted_stream the stream at "), "{said}");
    assert!(said.contains(&format!("warnings.rs:{line}:")), "{said}");

    // One that is read to its end in every round is meant.
    for _ in 0..5 {
        let mut stream = session.stream(select::<Book>().filter(Book::AUTHOR_ID.eq(1)).yield_per(10));
        while let Some(batch) = stream.next_batch().await? {
            assert_eq!(batch.len(), 2);
        }
    }
    none();
    Ok(())
}

const CHILD: &str = "ORM_TESTS_WARNS";

#[tokio::test]
async fn without_a_subscriber_it_is_printed() -> Result<()> {
    if std::env::var_os(CHILD).is_none() {
        let exe = std::env::current_exe().expect("it is known");
        let name = "warnings::without_a_subscriber_it_is_printed";
        let child = Command::new(exe).args(["--exact", name, "--nocapture"]).env(CHILD, "1").output();
        let child = child.expect("it runs");
        let said = String::from_utf8_lossy(&child.stderr);
        let warnings: Vec<&str> = said.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(warnings.len(), 1, "{said}");
        assert!(warnings[0].contains("was dropped with 1 unsaved new row"), "{said}");
        return Ok(());
    }
    let engine = authors().await?;
    engine.session().add(book());
    Ok(())
}
