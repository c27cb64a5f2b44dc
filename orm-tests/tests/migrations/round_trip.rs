//! A schema changes at random, and the migrations that are written lead there and back, keeping the rows that both
//! schemas have.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use orm_core::migrate::Migrations;
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase};

use crate::blueprint::{Blueprint, Column, Kind, Table};
use crate::details::Comments;
use crate::dice::Dice;
use crate::{details, mutation, rows};

/// How many versions a database lives through.
const VERSIONS: usize = 5;

struct Life {
    backend: Backend,
    url: String,
    engine: Engine,
    folder: PathBuf,
    /// Whether PostgreSQL keeps writing meanwhile, every second time.
    online: bool,
}

impl Life {
    /// Writes the migration to a version and runs it.
    ///
    /// It returns how many files that took.
    async fn migrate(&self, made: &Blueprint, first: usize) -> Result<usize> {
        let migrations = Migrations::new(made.schema(first), &self.folder).allow_loss();
        let migrations = if self.online { migrations.online() } else { migrations };
        let written = migrations.write(&self.url, "next").await?;
        let ran = migrations.run(&self.engine).await?;
        assert_eq!(ran.len() * 2, written.len());
        assert!(self.online || ran.len() < 2);
        Ok(ran.len())
    }

    async fn check(&self, made: &Blueprint, first: usize) -> Result<()> {
        self.engine.check(made.schema(first)).await?.into_result()
    }
}

/// A table in two versions, and the columns that both have.
type Common<'v> = (&'v Table, &'v Table, Vec<(&'v Column, &'v Column)>);

/// The tables and columns that two versions have, as each one knows them.
fn shared<'v>(before: &'v Blueprint, after: &'v Blueprint) -> Vec<Common<'v>> {
    let mut shared = Vec::new();
    for new in &after.tables {
        let Some(old) = before.table(new.renamed_from.as_ref().unwrap_or(&new.name)) else { continue };
        let mut columns = Vec::new();
        for column in &new.columns {
            let Some(was) = old.column(column.renamed_from.as_ref().unwrap_or(&column.name)) else {
                continue;
            };
            if was.computed.is_some() || column.computed.is_some() {
                continue;
            }
            let widens = was.kind == Kind::Int32 && column.kind == Kind::Int64;
            if (before.kind(was) == after.kind(column) || widens) && (column.nullable || !was.nullable) {
                columns.push((was, column));
            }
        }
        shared.push((old, new, columns));
    }
    shared
}

async fn live(life: &Life, seed: u64) -> Result<usize> {
    let mut dice = Dice::new(seed);
    let mut before = mutation::blueprint(&mut dice);
    let mut details_dice = Dice::new(seed ^ 0x00c0_ffee);
    details::change(&mut before, &mut details_dice);
    before.without_partial = matches!(life.backend, Backend::Mysql | Backend::MysqlWithoutReturning);
    let made = match life.backend {
        Backend::Sqlite => Engine::connect("sqlite::memory:").await?,
        _ => life.engine.clone(),
    };
    made.create_all(before.schema(0)).await?;
    made.check(before.schema(0)).await?.into_result()?;
    let declares = |made: &Blueprint| match life.backend == Backend::Sqlite || !made.comments {
        true => Comments::new(),
        false => details::declared(made),
    };
    assert_eq!(details::comments(&made, life.backend).await?, declares(&before), "after `create_all`");
    if life.backend != Backend::Sqlite {
        made.drop_all(before.schema(0)).await?;
    }
    life.migrate(&before, 0).await?;
    life.check(&before, 0).await?;
    rows::fill(&life.engine, life.backend, &before).await?;
    let mut changes = 0;
    for version in 1..=VERSIONS {
        let mut after = mutation::mutated(&before, &mut dice);
        details::change(&mut after, &mut details_dice);
        let (of_before, of_after) = (12 * ((version - 1) % 2), 12 * (version % 2));
        let mut expected = Vec::new();
        for (old, _, columns) in shared(&before, &after) {
            let old_columns: Vec<&Column> = columns.iter().map(|(old, _)| *old).collect();
            expected.push(rows::texts(&life.engine, life.backend, old, &old_columns).await?);
        }
        let comments_before = details::comments(&life.engine, life.backend).await?;
        // No other table has a name of the version before.
        let _ = before.schema(of_before);
        let files = life.migrate(&after, of_after).await?;
        if files == 0 {
            before = after;
            continue;
        }
        changes += 1;
        life.check(&after, of_after).await?;
        let comments_after = match after.comments {
            true => declares(&after),
            false => details::kept(&before, &after, &comments_before),
        };
        assert_eq!(
            details::comments(&life.engine, life.backend).await?,
            comments_after,
            "after the migration"
        );
        for ((_, new, columns), expected) in shared(&before, &after).into_iter().zip(&expected) {
            let new_columns: Vec<&Column> = columns.iter().map(|(_, new)| *new).collect();
            let found = rows::texts(&life.engine, life.backend, new, &new_columns).await?;
            assert_eq!(&found, expected, "`{}` after the migration, {new_columns:?}", new.name);
        }
        let migrations = Migrations::new(after.schema(of_after), &life.folder).allow_loss();
        if life.backend == Backend::Sqlite || version == VERSIONS {
            assert!(migrations.plan(&life.url).await?.is_empty(), "a second migration changes nothing");
        }
        assert_eq!(migrations.revert(&life.engine, files).await?.len(), files);
        life.check(&before, of_before).await?;
        assert_eq!(
            details::comments(&life.engine, life.backend).await?,
            comments_before,
            "after the way back"
        );
        for ((old, _, columns), expected) in shared(&before, &after).into_iter().zip(&expected) {
            let old_columns: Vec<&Column> = columns.iter().map(|(old, _)| *old).collect();
            let found = rows::texts(&life.engine, life.backend, old, &old_columns).await?;
            assert_eq!(&found, expected, "`{}` after the way back, {old_columns:?}", old.name);
        }
        assert_eq!(migrations.run(&life.engine).await?.len(), files);
        rows::fill(&life.engine, life.backend, &after).await?;
        before = after;
    }
    Ok(changes)
}

fn written(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    let shown = files.iter().rev().take(4).rev().map(|path| {
        format!("==> {}\n{}\n", path.display(), std::fs::read_to_string(path).unwrap_or_default())
    });
    shown.collect()
}

async fn lives(backend: Backend, seeds: Vec<u64>) {
    let failed = Arc::new(Mutex::new(Vec::new()));
    let changes = Arc::new(Mutex::new(0));
    for seed in seeds {
        let (failed, changes) = (Arc::clone(&failed), Arc::clone(&changes));
        orm_tests::run(backend, move |database: TestDatabase| async move {
            let folder = orm_tests::directory();
            let life = Life {
                backend,
                url: database.url().to_owned(),
                engine: database.engine().await?,
                folder: folder.path().to_owned(),
                online: backend == Backend::Postgres && seed % 2 == 1,
            };
            // The slots of the models belong to a thread.
            let done = tokio::task::spawn_blocking(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(live(&life, seed))
            });
            let why = match done.await {
                Ok(Ok(count)) => {
                    *changes.lock().expect("the lock is not poisoned") += count;
                    return Ok(());
                }
                Ok(Err(error)) => format!("{error:?}"),
                Err(panic) => panic.to_string(),
            };
            failed
                .lock()
                .expect("the lock is not poisoned")
                .push(format!("seed {seed}: {why}\n{}", written(folder.path())));
            Ok(())
        })
        .await;
    }
    let failed = failed.lock().expect("the lock is not poisoned");
    assert!(failed.is_empty(), "{} lives failed:\n{}", failed.len(), failed.join("\n\n"));
    let changes = *changes.lock().expect("the lock is not poisoned");
    println!("{changes} migrations there and back");
}

/// The seeds of a run, the first ones and those that failed once. `ORM_TEST_MIGRATIONS=1000` tries that many lives instead, and
/// `ORM_TEST_MIGRATIONS=17..18` those.
fn seeds(quick: u64, failed: &[u64]) -> Vec<u64> {
    let Ok(asked) = std::env::var("ORM_TEST_MIGRATIONS") else {
        return (0..quick).chain(failed.iter().copied()).collect();
    };
    let (first, end) = asked.split_once("..").unwrap_or(("0", &asked));
    let number = |text: &str| {
        text.parse().unwrap_or_else(|_| panic!("`{asked}` is neither a number nor a range of seeds"))
    };
    (number(first)..number(end)).collect()
}

#[tokio::test]
async fn schemas_change_and_change_back_sqlite() {
    lives(Backend::Sqlite, seeds(25, &[659])).await;
}

#[tokio::test]
async fn schemas_change_and_change_back_postgres() {
    lives(Backend::Postgres, seeds(6, &[])).await;
}

#[tokio::test]
async fn schemas_change_and_change_back_mysql() {
    lives(Backend::Mysql, seeds(4, &[19, 37, 55])).await;
}
