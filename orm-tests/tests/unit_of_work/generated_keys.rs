//! Keys that SQLite generates for many rows of one INSERT: each object has its own row's, whatever the table is.

use orm_core::prelude::*;

/// More than one run of an INSERT takes.
const MANY: i64 = 120;

#[derive(Model, Debug)]
#[model(table = "marks")]
struct Mark {
    #[key(auto)]
    id: i64,
    number: i64,
    text: String,
}

/// A table as another program may have made it, with what else happens at its inserts.
async fn engine(table: &'static str, others: &[&'static str]) -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let mut session = engine.session();
    for statement in std::iter::once(&table).chain(others) {
        session.execute(sql(statement)).await?;
    }
    session.commit().await?;
    Ok(engine)
}

/// Inserts many objects twice and holds each against the row that has its key; how many statements each flush took.
async fn flush(engine: &Engine) -> Result<Vec<usize>> {
    let mut session = engine.session();
    let mut counts = Vec::new();
    for round in 0..2 {
        let log = engine.record();
        let numbers = (round * MANY)..(round * MANY + MANY);
        let pending: Vec<_> = numbers
            .map(|number| session.add(Mark::draft().number(number).text(format!("mark {number}"))))
            .collect();
        session.flush().await?;
        counts.push(log.count());
        for (number, pending) in (round * MANY..).zip(&pending) {
            let mark = pending.entity()?;
            assert_eq!((mark.number, &*mark.text), (number, &*format!("mark {number}")));
            let row = sql("SELECT number FROM marks WHERE id = ?").bind(mark.id).rows::<(i64,)>();
            assert_eq!(session.rows(row).await?, [(number,)], "the row of key {}", mark.id);
        }
    }
    session.commit().await?;
    Ok(counts)
}

const TABLE: &str =
    "CREATE TABLE marks (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT NOT NULL)";

#[tokio::test]
async fn keys_that_follow_each_other_are_not_asked_for() -> Result<()> {
    let engine = engine(TABLE, &[]).await?;
    let log = engine.record();
    assert_eq!(flush(&engine).await?, [1, 1]);
    let inserts: Vec<String> = log
        .statements()
        .iter()
        .map(|one| one.sql.to_string())
        .filter(|sql| sql.starts_with("INSERT"))
        .collect();
    assert_eq!(inserts.len(), 2);
    assert!(inserts.iter().all(|sql| !sql.contains("RETURNING")), "{inserts:?}");
    Ok(())
}

#[tokio::test]
async fn keys_continue_after_those_of_deleted_rows() -> Result<()> {
    let engine = engine(
        "CREATE TABLE marks (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, text TEXT NOT NULL)",
        &["INSERT INTO marks (id, number, text) VALUES (5000, 0, '')", "DELETE FROM marks"],
    )
    .await?;
    assert_eq!(flush(&engine).await?, [1, 1]);
    let mut session = engine.session();
    assert_eq!(session.one(select::<Mark>().filter(Mark::NUMBER.eq(0))).await?.id, 5001);
    Ok(())
}

/// Each row takes two numbers, so the keys are not consecutive: the rows are inserted again by a statement with RETURNING.
#[tokio::test]
async fn a_trigger_that_inserts_into_the_table_is_seen() -> Result<()> {
    let doubled = "CREATE TRIGGER doubled AFTER INSERT ON marks WHEN NEW.number >= 0
         BEGIN INSERT INTO marks (number, text) VALUES (-1, 'of a trigger'); END";
    let engine = engine(TABLE, &[doubled]).await?;
    assert_eq!(flush(&engine).await?, [2, 2]);
    let mut session = engine.session();
    let all = session.count(select::<Mark>()).await?;
    assert_eq!(all, 4 * u64::try_from(MANY).expect("a count"), "nothing is left of the first attempts");
    Ok(())
}

/// The same where only a row in the middle does.
#[tokio::test]
async fn a_trigger_of_one_row_is_seen() -> Result<()> {
    let doubled = "CREATE TRIGGER doubled AFTER INSERT ON marks WHEN NEW.number % 100 = 77
         BEGIN INSERT INTO marks (number, text) VALUES (-1, 'of a trigger'); END";
    let engine = engine(TABLE, &[doubled]).await?;
    assert_eq!(flush(&engine).await?, [2, 2]);
    Ok(())
}

#[tokio::test]
async fn a_trigger_elsewhere_does_not_matter() -> Result<()> {
    let noted =
        "CREATE TRIGGER noted AFTER INSERT ON marks BEGIN INSERT INTO notes (mark) VALUES (NEW.id); END";
    let engine = engine(TABLE, &["CREATE TABLE notes (id INTEGER PRIMARY KEY, mark INTEGER)", noted]).await?;
    assert_eq!(flush(&engine).await?, [1, 1]);
    Ok(())
}

/// A row that the database refuses in a later run leaves nothing of the earlier ones, and the session can continue.
#[tokio::test]
async fn a_row_that_is_refused_leaves_none() -> Result<()> {
    let engine = engine(
        "CREATE TABLE marks (id INTEGER PRIMARY KEY, number INTEGER NOT NULL CHECK (number <> 115), text TEXT NOT NULL)",
        &[],
    )
    .await?;
    let mut session = engine.session();
    for number in 0..MANY {
        session.add(Mark::draft().number(number).text("mark"));
    }
    let error = session.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CheckViolation, "{error}");
    session.rollback().await?;
    assert_eq!(session.count(select::<Mark>()).await?, 0);
    for number in 0..100 {
        session.add(Mark::draft().number(number).text("mark"));
    }
    session.commit().await?;
    assert_eq!(session.count(select::<Mark>()).await?, 100);
    Ok(())
}
