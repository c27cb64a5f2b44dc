//! What can happen to a database, and how each call ends then.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use orm_core::prelude::*;
use orm_tests::Cut;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::calls::{Asks, CALLS, Call};
use crate::world::{World, builder, ends, fill, url};

/// How a call may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Fails(ErrorKind),
    /// With one of these two kinds, whichever occurs first.
    Either(ErrorKind),
}

const BUSY: End = End::Fails(ErrorKind::Busy);
const REFUSED: End = End::Fails(ErrorKind::Database);

impl End {
    fn allows(self, result: &Result<()>) -> bool {
        match (self, result) {
            (End::Done | End::Either(_), Ok(())) => true,
            (End::Fails(kind) | End::Either(kind), Err(error)) => error.kind() == kind,
            (End::Done, Err(_)) | (End::Fails(_), Ok(())) => false,
        }
    }
}

/// A file with the rows, to be copied for each call.
struct Files {
    directory: TempDir,
    filled: PathBuf,
}

impl Files {
    async fn new() -> Result<Files> {
        let directory = orm_tests::directory();
        let filled = directory.path().join("filled.db");
        let engine = builder(&url(&filled)).connect().await?;
        fill(&engine).await?;
        engine.close().await;
        Ok(Files { directory, filled })
    }

    /// A separate file for a call.
    fn copy(&self, call: usize) -> PathBuf {
        let file = self.directory.path().join(format!("{call}.db"));
        fs::copy(&self.filled, &file).expect("the file can be copied");
        file
    }
}

/// Runs calls, each in a separate world to which something has happened; what `happens` returns stays until the call has
/// ended. The session is rolled back afterwards, which must end as well.
async fn each<T>(
    calls: impl Iterator<Item = &'static Call>,
    mut happens: impl AsyncFnMut(usize, &Call) -> Result<(World, T)>,
    end: impl Fn(Asks) -> End,
) -> Result<()> {
    let mut wrong = Vec::new();
    for (at, call) in calls.enumerate() {
        let (mut world, happened) = happens(at, call).await?;
        let result = ends(call.name, (call.run)(&mut world)).await;
        let expected = end(call.asks);
        if !expected.allows(&result) {
            wrong.push(format!("{}: {expected:?} was expected, and it gave {result:?}", call.name));
        }
        if let Err(error) = ends("the rollback", world.session.rollback()).await {
            wrong.push(format!("rollback after {}: {error:?}", call.name));
        }
        drop((world, happened));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A world on a copy of the file, to which something happens.
async fn on_a_file<T>(files: &Files, at: usize, happens: impl FnOnce(&Path) -> T) -> Result<(World, T)> {
    let file = files.copy(at);
    let world = World::new(builder(&url(&file)).connect().await?).await?;
    Ok((world, happens(&file)))
}

fn run(file: &Path, sql: &str) -> Connection {
    let connection = Connection::open(file).expect("the file can be opened");
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    connection
}

fn overwrite(file: &Path, parts: &[(u64, usize)]) {
    let mut open = OpenOptions::new().write(true).open(file).expect("the file is there");
    for &(at, length) in parts {
        open.seek(SeekFrom::Start(at)).expect("it is long enough");
        open.write_all(&vec![0xa5; length]).expect("it can be written");
    }
}

#[tokio::test]
async fn every_call_ends_when_another_process_has_the_file_locked() -> Result<()> {
    let files = Files::new().await?;
    let locked = async |at, _: &Call| on_a_file(&files, at, |file| run(file, "BEGIN EXCLUSIVE")).await;
    each(CALLS.iter(), locked, |asks| match asks {
        Asks::Nothing => End::Done,
        Asks::Plans => End::Either(ErrorKind::Busy),
        _ => BUSY,
    })
    .await
}

#[tokio::test]
async fn every_call_ends_on_a_damaged_file() -> Result<()> {
    let files = Files::new().await?;
    let damaged = async |at, _: &Call| {
        on_a_file(&files, at, |file| {
            let length = fs::metadata(file).expect("the file is there").len();
            let length = usize::try_from(length).expect("it is small");
            // The counter of changes, so that no cached page is trusted, and every page after the first.
            overwrite(file, &[(24, 4), (4096, length - 4096)]);
        })
        .await
    };
    each(CALLS.iter(), damaged, |asks| match asks {
        Asks::Nothing => End::Done,
        Asks::Plans | Asks::Begins | Asks::Definitions | Asks::Creates => End::Either(ErrorKind::Database),
        Asks::Reads | Asks::Lists | Asks::Writes => REFUSED,
    })
    .await
}

#[tokio::test]
async fn every_call_ends_on_a_file_that_is_not_a_database() -> Result<()> {
    let files = Files::new().await?;
    let replaced = async |at, _: &Call| on_a_file(&files, at, |file| overwrite(file, &[(0, 4096)])).await;
    each(CALLS.iter(), replaced, |asks| match asks {
        Asks::Nothing => End::Done,
        Asks::Plans => End::Either(ErrorKind::Database),
        _ => REFUSED,
    })
    .await
}

#[tokio::test]
async fn every_call_ends_when_its_statement_is_refused() -> Result<()> {
    let files = Files::new().await?;
    let gone = async |at, _: &Call| {
        on_a_file(&files, at, |file| run(file, "DROP TABLE things; DROP TABLE owners")).await
    };
    each(CALLS.iter(), gone, |asks| match asks {
        Asks::Nothing | Asks::Begins | Asks::Definitions | Asks::Creates => End::Done,
        Asks::Plans => End::Either(ErrorKind::Database),
        Asks::Reads | Asks::Lists | Asks::Writes => REFUSED,
    })
    .await
}

#[tokio::test]
async fn every_list_ends_at_a_value_that_does_not_fit() -> Result<()> {
    let files = Files::new().await?;
    // One that is found among the first rows, behind a batch, behind all that are on their way, and at the end.
    for id in [2, 300, 1_300, 2_000] {
        let unfit = async |at, _: &Call| {
            let sql = format!("UPDATE things SET n = 'no number' WHERE id = {id}");
            on_a_file(&files, at, |file| run(file, &sql)).await
        };
        let lists = CALLS.iter().filter(|call| call.asks == Asks::Lists);
        each(lists, unfit, |_| End::Fails(ErrorKind::InvalidValue)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_call_can_be_dropped_anywhere() -> Result<()> {
    let files = Files::new().await?;
    for (at, call) in CALLS.iter().enumerate() {
        for polls in [1, 2, 3, 5, 8, 13] {
            let (mut world, ()) = on_a_file(&files, at, |_| ()).await?;
            let ended = ends(call.name, Cut::after(polls, (call.run)(&mut world))).await;
            ends("the rollback", world.session.rollback()).await?;
            // The next one reads and writes, with as long to wait for a lock as everybody has.
            let engine = Engine::connect(&url(&files.directory.path().join(format!("{at}.db")))).await?;
            let mut session = engine.session();
            let created = sql("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, n INTEGER)");
            ends("the next session", session.execute(created)).await?;
            ends("the next session", session.execute(sql("UPDATE things SET n = n"))).await?;
            ends("the next session", session.commit()).await?;
            if let Some(Err(error)) = ended {
                panic!("{} failed: {error:?}", call.name);
            }
        }
    }
    Ok(())
}

/// What readers and writers see while another session has flushed, and not committed: the same in memory and in a file.
#[tokio::test]
async fn every_call_ends_while_another_session_has_flushed() -> Result<()> {
    let files = Files::new().await?;
    for place in ["sqlite::memory:", "named", "a file"] {
        let flushed = async |at, _: &Call| {
            let world = match place {
                "a file" => on_a_file(&files, at, |_| ()).await?.0,
                memory => {
                    // Each has a different name: a connection may still be about to close when its engine has gone.
                    let named = format!("sqlite:file:waits-{at}?mode=memory&cache=shared");
                    let url = if memory == "named" { &*named } else { memory };
                    let engine = builder(url).connect().await?;
                    fill(&engine).await?;
                    World::new(engine).await?
                }
            };
            let mut writer = world.engine.session();
            writer.execute(sql("UPDATE things SET n = -1")).await?;
            writer.execute(sql("UPDATE owners SET name = 'nobody'")).await?;
            Ok((world, writer))
        };
        each(CALLS.iter(), flushed, |asks| match asks {
            Asks::Nothing | Asks::Plans | Asks::Reads | Asks::Lists | Asks::Definitions => End::Done,
            Asks::Begins | Asks::Writes | Asks::Creates => BUSY,
        })
        .await?;
    }
    Ok(())
}
