//! An unwritten migration.

use std::fmt::Write as _;

use sqlx::migrate::Migrator;

use super::difference::Difference;
use super::goal::{Goal, Rename};
use super::runner::{self, NO_TRANSACTION, run_file};
use super::scratch::Scratch;
use super::script::{Backfill, Later, Loss, Script, Step};
use super::structure::Structure;
use crate::driver::{Borrower, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Engine;
use crate::sql::{Dialect, Statement};

/// An unwritten migration: the SQL that leads from the tables that the migrations of a folder produce to those that
/// the models define, and back.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::migrate::Migrations;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, email: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let folder = std::env::temp_dir().join(format!("orm-core-plan-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).map_err(Error::other)?;
/// let plan = Migrations::new(schema![User], &folder).plan("sqlite::memory:").await?;
/// assert!(plan.up.contains("CREATE TABLE") && plan.losses.is_empty());
/// # std::fs::remove_dir_all(&folder).map_err(Error::other)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Plan {
    /// The SQL that applies the differences; empty if there are none.
    pub up: String,
    /// The SQL that reverts it.
    pub down: String,
    /// What `up` loses, one sentence each. Allow it, or provide a value.
    pub losses: Vec<String>,
    /// What is planned as a drop and an addition but may be a rename.
    pub suggestions: Vec<String>,
    /// The places that need a value for existing rows, as `table.column`.
    pub needs_values: Vec<String>,
    /// The files, in the order in which they run: one, or several of an online migration.
    pub(super) files: Vec<File>,
}

/// The two texts of a migration.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) up: String,
    pub(super) down: String,
}

impl Plan {
    /// Whether the migrations already produce what the models define.
    ///
    /// ```
    /// assert!(orm_core::migrate::Plan::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

/// Finds what leads from the migrations to the models, and verifies it: both texts are run, and the results are
/// compared.
pub(super) async fn plan(
    goal: &Goal<'_>,
    migrator: &Migrator,
    url: &str,
    backfills: &[Backfill],
    online: bool,
) -> Result<Plan> {
    let ours = Scratch::create(url, &goal.schemas).await?;
    let theirs = match Scratch::create(url, &goal.schemas).await {
        Ok(theirs) => theirs,
        Err(error) => {
            ours.remove().await?;
            return Err(error);
        }
    };
    let found = find(goal, migrator, &ours.engine, &theirs.engine, backfills, online).await;
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
    online: bool,
) -> Result<Plan> {
    let dialect = ours.database().dialect();
    if online && dialect != Dialect::Postgres {
        return Err(Error::new(
            ErrorKind::Configuration,
            "`online` is for PostgreSQL: MySQL and MariaDB build indexes while others write by themselves, and SQLite has one \
             writer at a time; leave it out",
        ));
    }
    let create = goal.create(dialect)?;
    let mut connection = ours.database().raw_connection().await?;
    let ran = runner::run(&mut connection, migrator).await;
    connection.close().await;
    ran?;
    execute(theirs, create).await?;
    let mut before = read(ours, goal).await?;
    let mut target = read(theirs, goal).await?;
    goal.name_kinds(&mut before);
    goal.name_kinds(&mut target);

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
    let script = Script::of(&difference, &renamed, backfills, online);
    try_out(ours, &text(dialect, &[], &script), "up").await?;
    let later = later_files(&script);
    let first_reached = if later.is_empty() { None } else { Some(read(ours, goal).await?) };
    for file in &later {
        try_out(ours, &file.up, "up").await?;
    }
    let reached = read(ours, goal).await?;
    same(&reached, &target, &ignored, "the models define")?;

    for file in later.iter().rev() {
        try_out(ours, &file.down, "down").await?;
    }
    let reached = first_reached.unwrap_or(reached);
    let back: Vec<String> =
        renames.iter().rev().flat_map(|rename| rename_statements(dialect, rename, true)).collect();
    execute(ours, back.clone()).await?;
    let unnamed = if renames.is_empty() { reached } else { read(ours, goal).await? };
    let reverse = Script::of(&Difference::between(&unnamed, &before, &ignored), &unnamed, &[], false);
    try_out(ours, &text(dialect, &[], &reverse), "down").await?;
    same(&read(ours, goal).await?, &before, &ignored, "the migrations produced before")?;

    let own = File { up: text(dialect, &first, &script), down: text(dialect, &back, &reverse) };
    let own = (!own.up.is_empty()).then_some(own);
    let files: Vec<File> = own.into_iter().chain(later).collect();
    let whole = |part: &dyn Fn(&File) -> &str, files: &mut dyn Iterator<Item = &File>| {
        let parts: Vec<&str> = files.map(part).collect();
        parts.join("\n-- The next file.\n\n")
    };
    Ok(Plan {
        up: whole(&|file| &file.up, &mut files.iter()),
        down: whole(&|file| &file.down, &mut files.iter().rev()),
        files,
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
        lease.execute(&engine.database().monitor, &Statement::ddl(sql)).await?;
    }
    lease.commit().await
}

/// A text that the database refuses, or that does not lead where it should, is never written.
async fn try_out(engine: &Engine, text: &str, direction: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut connection = engine.database().raw_connection().await?;
    let done = run_file(&mut connection, text).await;
    connection.close().await;
    done.map_err(|failed| {
        let message = format!(
            "the database refuses the generated {direction} migration: {}; write this one by hand. Its \
             text:\n{text}",
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
    let rest = Script::of(&left, reached, &[], false);
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "the generated migration does not lead to what {what}; write this one by hand. The remaining \
             differences:\n{}",
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

/// What an online migration does after its other statements: each index in its own file, since it is built outside
/// transactions, then the constraints, then what checks the rows for them.
fn later_files(script: &Script) -> Vec<File> {
    let mut files = Vec::new();
    for one in &script.alone {
        let up = format!("{NO_TRANSACTION}\n{}", statements(std::iter::once(&one.step)).trim_end());
        let undo = one.undo.as_deref().unwrap_or_default();
        files.push(File { up: format!("{up}\n"), down: format!("{NO_TRANSACTION}\n{undo};\n") });
    }
    let checks: Vec<&Later> = script.validations.iter().chain(&script.settled).collect();
    let constraints: Vec<&Later> = script.constraints.iter().collect();
    for list in [constraints, checks] {
        if list.is_empty() {
            continue;
        }
        let up = statements(list.iter().map(|later| &later.step));
        let undo: Vec<String> = list
            .iter()
            .rev()
            .filter_map(|later| later.undo.as_ref())
            .map(|undo| format!("{undo};\n"))
            .collect();
        let down = match undo.is_empty() {
            true => "-- The file before takes the constraints away.\n".to_owned(),
            false => undo.join("\n"),
        };
        files.push(File { up: format!("{}\n", up.trim_end()), down });
    }
    files
}

fn statements<'s>(steps: impl Iterator<Item = &'s Step>) -> String {
    let mut text = String::new();
    for step in steps {
        for note in &step.notes {
            let _ = writeln!(text, "-- {}", note.replace('\n', "\n-- "));
        }
        let _ = writeln!(text, "{};\n", step.sql);
    }
    text
}

/// A script as a file of migrations; empty where it does nothing.
fn text(dialect: Dialect, first: &[String], script: &Script) -> String {
    if first.is_empty() && script.steps.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    let mut steps = String::new();
    for sql in first {
        let _ = writeln!(steps, "{sql};\n");
    }
    steps.push_str(&statements(script.steps.iter()));
    if script.without_foreign_keys {
        let _ = writeln!(text, "{NO_TRANSACTION}");
        text.push_str(
            "-- Tables that others refer to are recreated or dropped: foreign keys must be off meanwhile, which SQLite can only\n\
             -- do outside transactions. The transaction below is the migration's own.\n\n\
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
