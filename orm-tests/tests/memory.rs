//! A stream takes the memory of its batches, however many rows it reads.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use tokio::sync::Mutex;

#[derive(Model, Debug)]
#[model(table = "entries")]
pub struct Entry {
    #[key]
    pub id: i64,
    pub name: String,
    pub number: i64,
    #[has_many(order_by = "id")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key]
    pub id: i64,
    #[column(index)]
    pub entry_id: i64,
    pub text: String,
    #[belongs_to]
    pub entry: BelongsTo<Entry>,
}

const TEXT: &str = "a text of a length that is usual for what people call a name";

/// The numbers below a power of ten, as SQL that every database takes.
fn numbers(digits: u32) -> String {
    let digit =
        (1..10).fold("SELECT 0 AS d".to_owned(), |sql, digit| format!("{sql} UNION ALL SELECT {digit}"));
    let sum: Vec<String> = (0..digits).map(|at| format!("n{at}.d * {}", 10_i64.pow(at))).collect();
    let from: Vec<String> = (0..digits).map(|at| format!("({digit}) AS n{at}")).collect();
    format!("SELECT {} AS i FROM {}", sum.join(" + "), from.join(" CROSS JOIN "))
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4096
}

on_every_backend! {
    async fn a_stream_is_bounded_by_its_batch(database: TestDatabase) -> Result<()> {
        // The process is measured, so nothing else may run in it.
        static ALONE: Mutex<()> = Mutex::const_new(());
        const MOST: usize = 20 << 20;
        let _alone = ALONE.lock().await;
        // `ORM_TEST_DIGITS=6` for a million rows.
        let digits = std::env::var("ORM_TEST_DIGITS").ok().and_then(|digits| digits.parse().ok()).unwrap_or(5);
        let directory = orm_tests::directory();
        let path = directory.path().join("file.db");
        let engine = match database.backend() {
            Backend::Sqlite => Engine::connect(&format!("sqlite:{}", path.display())).await?,
            _ => database.engine().await?,
        };
        engine.create_all(schema![Entry, Note]).await?;
        for fill in [
            format!("INSERT INTO entries (id, name, number) SELECT i, '{TEXT}', i FROM ({}) AS n", numbers(digits)),
            format!("INSERT INTO notes (id, entry_id, text) SELECT i, i * 4, '{TEXT}' FROM ({}) AS n", numbers(digits - 1)),
        ] {
            match database.backend() {
                Backend::Sqlite => {
                    let plain = rusqlite::Connection::open(&path).expect("the file is there");
                    plain.execute_batch(&fill).unwrap_or_else(|error| panic!("{fill}: {error}"));
                }
                _ => database.run(&fill).await,
            }
        }
        let mut session = engine.session();
        let query = select::<Entry>().with(Entry::NOTES.selectin()).order_by(Entry::ID).yield_per(500);
        let mut stream = session.stream(query);
        let (mut rows, mut notes, mut sum, mut before, mut most) = (0, 0, 0, 0, 0);
        while let Some(batch) = stream.next_batch().await? {
            rows += batch.len();
            notes += batch.iter().map(|entry| entry.get(Entry::NOTES).len()).sum::<usize>();
            sum += batch.iter().map(|entry| entry.number).sum::<i64>();
            drop(batch);
            match rows {
                // By now everything that a batch needs is allocated.
                ..=10_000 => before = resident(),
                _ => most = most.max(resident()),
            }
        }
        drop(stream);
        let all = 10_usize.pow(digits);
        assert_eq!((rows, notes), (all, all / 10));
        assert_eq!(sum, i64::try_from(all * (all - 1) / 2).unwrap());
        let grown = most.saturating_sub(before);
        println!("{:?}: {rows} rows, {} KiB more", database.backend(), grown >> 10);
        assert!(grown <= MOST, "{grown} bytes more");
        Ok(())
    }
}
