use std::fmt::Write as _;

use sqlx::migrate::Migrator;

use super::difference::Difference;
use super::goal::{Goal, Rename};
use super::runner::{self, NO_TRANSACTION, run_file};
use super::scratch::Scratch;
use super::script::{Backfill, Loss, Script};
use super::structure::Structure;
use crate::driver::{Borrower, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Engine;
use crate::sql::{Dialect, Statement};

/// A migration that is not written yet: what leads from the tables that the migrations of a folder produce to those that
/// the models define, and back.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Plan {
    /// The text that makes the difference; empty where there is none.
    pub up: String,
    /// The text that takes it back.
    pub down: String,
    /// What `up` loses, one sentence each. It has to be allowed, or given a value.
    pub losses: Vec<String>,
    /// What is written as a drop and an addition, and may be a rename.
    pub suggestions: Vec<String>,
    /// The places that need a value for existing rows, as `table.column`.
    pub needs_values: Vec<String>,
}

impl Plan {
    /// Whether the migrations produce what the models define.
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

/// Finds what leads from the migrations to the models, and proves it: both texts are run, and what comes of them is
/// compared.
pub(super) async fn plan(
    goal: &Goal<'_>,
    migrator: &Migrator,
    url: &str,
    backfills: &[Backfill],
) -> Result<Plan> {
    let ours = Scratch::create(url, &goal.schemas).await?;
    let theirs = match Scratch::create(url, &goal.schemas).await {
        Ok(theirs) => theirs,
        Err(error) => {
            ours.remove().await?;
            return Err(error);
        }
    };
    let found = find(goal, migrator, &ours.engine, &theirs.engine, backfills).await;
    let removed = [ours.remove().await, theirs.remove().await];
    let found = found?;
    removed.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(found)
}

async fn find(
    goal: &Goal<'_>,
    migrator: &Migrator,
    ours: &Engine,
    theirs: &Engine,
    backfills: &[Backfill],
) -> Result<Plan> {
    let dialect = ours.database().dialect();
    let create = goal.create(dialect)?;
    let mut connection = ours.database().raw_connection().await?;
    let ran = runner::run(&mut connection, migrator).await;
    connection.close().await;
    ran?;
    execute(theirs, create).await?;
    let before = read(ours, goal).await?;
    let mut target = read(theirs, goal).await?;

    let renames = goal.renames(&before, &target)?;
    let first: Vec<String> =
        renames.iter().flat_map(|rename| rename_statements(dialect, rename, false)).collect();
    execute(ours, first.clone()).await?;
    let renamed = if renames.is_empty() { before.clone() } else { read(ours, goal).await? };
    goal.settle(&renamed, &mut target);
    let ignored = |table: &crate::ddl::LiveTable| goal.ignores(table);
    let difference = Difference::between(&renamed, &target, &ignored);
    if difference.is_empty() && renames.is_empty() {
        return Ok(Plan::default());
    }
    let script = Script::of(&difference, &renamed, backfills);
    try_out(ours, &script, "up").await?;
    let reached = read(ours, goal).await?;
    same(&reached, &target, &ignored, "the models define")?;

    let back: Vec<String> =
        renames.iter().rev().flat_map(|rename| rename_statements(dialect, rename, true)).collect();
    execute(ours, back.clone()).await?;
    let unnamed = if renames.is_empty() { reached } else { read(ours, goal).await? };
    let reverse = Script::of(&Difference::between(&unnamed, &before, &ignored), &unnamed, &[]);
    try_out(ours, &reverse, "down").await?;
    same(&read(ours, goal).await?, &before, &ignored, "the migrations produced before")?;

    Ok(Plan {
        up: text(dialect, &first, &script),
        down: text(dialect, &back, &reverse),
        losses: script.losses.iter().map(|loss| loss.what.clone()).collect(),
        suggestions: goal.suggestions(&difference),
        needs_values: script.losses.into_iter().filter_map(|Loss { needs_value, .. }| needs_value).collect(),
    })
}

async fn read(engine: &Engine, goal: &Goal<'_>) -> Result<Structure> {
    let mut lease = Box::pin(engine.database().acquire(Borrower::here())).await?;
    Structure::read(engine.database(), &mut lease, &goal.schemas).await
}

async fn execute(engine: &Engine, statements: Vec<String>) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    let mut lease = Box::pin(engine.database().acquire(Borrower::here())).await?;
    lease.begin(TransactionOptions::new()).await?;
    for sql in statements {
        lease.execute(&engine.database().monitor, &Statement::plain(sql)).await?;
    }
    lease.commit().await
}

/// A text that the database refuses, or that does not lead where it should, is never written.
async fn try_out(engine: &Engine, script: &Script, direction: &str) -> Result<()> {
    if script.steps.is_empty() {
        return Ok(());
    }
    let text = &text(engine.database().dialect(), &[], script);
    let mut connection = engine.database().raw_connection().await?;
    let done = run_file(&mut connection, text).await;
    connection.close().await;
    done.map_err(|failed| {
        let message = format!(
            "the database refuses the {direction} migration that would be written: {}; write this one by hand. Its text:\n{text}",
            runner::said(&failed.error)
        );
        Error::new(ErrorKind::Migration, message).with_source(failed.error)
    })
}

fn same(
    reached: &Structure,
    expected: &Structure,
    ignored: &dyn Fn(&crate::ddl::LiveTable) -> bool,
    what: &str,
) -> Result<()> {
    let left = Difference::between(reached, expected, ignored);
    if left.is_empty() {
        return Ok(());
    }
    let rest = Script::of(&left, reached, &[]);
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "the migration that would be written does not lead to what {what}; write this one by hand. What would be left:\n{}",
            text(reached.dialect, &[], &rest)
        ),
    ))
}

fn rename_statements(dialect: Dialect, rename: &Rename, back: bool) -> Vec<String> {
    let quoted = |name: &str| {
        let mut sql = String::new();
        dialect.quote(&mut sql, name);
        sql
    };
    let within = rename.schema.as_deref().map_or_else(String::new, |schema| format!("{}.", quoted(schema)));
    let new = rename.column.as_ref().unwrap_or(&rename.table);
    let (from, to) = if back { (new, &rename.from) } else { (&rename.from, new) };
    let (from, to) = (quoted(from), quoted(to));
    vec![match &rename.column {
        Some(_) => format!("ALTER TABLE {within}{} RENAME COLUMN {from} TO {to}", quoted(&rename.table)),
        None => format!("ALTER TABLE {within}{from} RENAME TO {to}"),
    }]
}

/// A script as a file of migrations.
fn text(dialect: Dialect, first: &[String], script: &Script) -> String {
    let mut text = String::new();
    let mut steps = String::new();
    for sql in first {
        let _ = writeln!(steps, "{sql};\n");
    }
    for step in &script.steps {
        for note in &step.notes {
            let _ = writeln!(steps, "-- {}", note.replace('\n', "\n-- "));
        }
        let _ = writeln!(steps, "{};\n", step.sql);
    }
    if script.without_foreign_keys {
        let _ = writeln!(text, "{NO_TRANSACTION}");
        text.push_str(
            "-- Tables that others refer to are made anew or dropped: SQLite must not act on foreign keys meanwhile, which\n\
             -- it can be told outside transactions alone. The transaction below is the migration's own.\n\n\
             PRAGMA foreign_keys = OFF;\n\nBEGIN IMMEDIATE;\n\n",
        );
        text.push_str(&steps);
        text.push_str(
            "-- Fails, and undoes everything, where a key refers to no row.\n\
             CREATE TEMP TABLE \"_keys_that_refer_to_no_row\" (\"keys\" INTEGER CONSTRAINT \"foreign_key_check\" CHECK (\"keys\" = 0));\n\n\
             INSERT INTO \"_keys_that_refer_to_no_row\" SELECT count(*) FROM pragma_foreign_key_check;\n\n\
             DROP TABLE temp.\"_keys_that_refer_to_no_row\";\n\n\
             COMMIT;\n\nPRAGMA foreign_keys = ON;\n",
        );
        return text;
    }
    if matches!(dialect, Dialect::Mysql(_)) && first.len() + script.steps.len() > 1 {
        text.push_str("-- Each of these statements commits by itself: a failure leaves what was executed before it.\n\n");
    }
    text.push_str(steps.trim_end());
    text.push('\n');
    text
}
