//! Runs migrations.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::{AssertSqlSafe, Either, Executor};

use crate::driver::RawConnection;
use crate::error::{Error, ErrorKind, Result};

/// How a script failed.
#[derive(Debug)]
pub(super) struct Failed {
    /// How many of its statements were executed before.
    pub(super) done: usize,
    pub(super) error: sqlx::Error,
}

impl Failed {
    pub(super) fn into_error(self) -> Error {
        Error::new(ErrorKind::Database, said(&self.error)).with_source(self.error)
    }
}

/// A database's message, without the driver's prefix.
pub(super) fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

/// What happens on one connection, whichever database it is to.
macro_rules! on {
    ($connection:expr, $it:ident => $done:expr) => {
        match $connection {
            #[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            RawConnection::None(never) => match *never {},
            #[cfg(feature = "sqlite")]
            RawConnection::Sqlite($it) => $done,
            #[cfg(feature = "postgres")]
            RawConnection::Postgres($it) => $done,
            #[cfg(feature = "mysql")]
            RawConnection::Mysql($it) => $done,
        }
    };
}

/// Runs a text of any number of statements as it is.
pub(super) async fn run_script(connection: &mut RawConnection, sql: &str) -> Result<(), Failed> {
    on!(connection, it => script(&mut **it, sql).await)
}

/// Runs one of the files that the tool writes. It is a transaction unless its first line opts out.
pub(super) async fn run_file(connection: &mut RawConnection, sql: &str) -> Result<(), Failed> {
    let within = !sql.starts_with(NO_TRANSACTION);
    if within {
        run_script(connection, "BEGIN").await?;
    }
    run_script(connection, sql).await?;
    if within {
        run_script(connection, "COMMIT").await?;
    }
    Ok(())
}

/// The first line of a file that sqlx does not put into a transaction.
pub(super) const NO_TRANSACTION: &str = "-- no-transaction";

async fn script<'c, D, E>(executor: E, sql: &str) -> Result<(), Failed>
where
    D: sqlx::Database,
    E: Executor<'c, Database = D>,
{
    let mut done = 0;
    let mut results = executor.fetch_many(AssertSqlSafe(sql.to_owned()));
    loop {
        match results.try_next().await {
            Ok(None) => return Ok(()),
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(_))) => {}
            Err(error) => return Err(Failed { done, error }),
        }
    }
}

/// The state of a migration on a database.
///
/// ```
/// use orm_core::migrate::MigrationState;
///
/// fn is_pending(state: MigrationState) -> bool {
///     state == MigrationState::Pending
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationState {
    /// Not applied yet.
    Pending,
    /// Applied.
    Applied,
    /// Applied, and its file has changed since.
    Changed,
    /// Applied, and its file is missing: the database is ahead of the folder.
    FileMissing,
    /// Failed partway, on a database that commits each statement.
    Failed,
}

/// A migration and its state on a database: what [`Migrations::status`](super::Migrations::status) returns. `Display`
/// is one line.
///
/// ```no_run
/// # use orm_core::prelude::*;
/// # use orm_core::migrate::Migrations;
/// # async fn f(migrations: Migrations, engine: Engine) -> Result<()> {
/// for migration in migrations.status(&engine).await? {
///     println!("{migration}");
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its number, the time of its file's name.
    pub version: i64,
    /// Its name; empty if its file is missing.
    pub name: String,
    /// Its state on the database.
    pub state: MigrationState,
}

impl std::fmt::Display for MigrationStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.state {
            MigrationState::Pending => "pending",
            MigrationState::Applied => "applied",
            MigrationState::Changed => "CHANGED since it was applied",
            MigrationState::FileMissing => "applied, and its file is MISSING",
            MigrationState::Failed => "FAILED half-way",
        };
        write!(f, "{} {}: {state}", self.version, self.name)
    }
}

/// Runs the pending migrations, and returns them.
pub(super) async fn run(connection: &mut RawConnection, migrator: &Migrator) -> Result<Vec<MigrationStatus>> {
    on!(connection, it => locked(&mut **it, migrator, Task::Run).await)
}

/// The state of every migration on the database. It writes nothing.
pub(super) async fn status(
    connection: &mut RawConnection,
    migrator: &Migrator,
) -> Result<Vec<MigrationStatus>> {
    on!(connection, it => states(&mut **it, migrator).await)
}

/// Reverts the last migrations, and returns them.
pub(super) async fn revert(
    connection: &mut RawConnection,
    migrator: &Migrator,
    count: usize,
) -> Result<Vec<MigrationStatus>> {
    on!(connection, it => locked(&mut **it, migrator, Task::Revert(count)).await)
}

/// Records the pending migrations without running them, and returns them.
pub(super) async fn stamp(
    connection: &mut RawConnection,
    migrator: &Migrator,
) -> Result<Vec<MigrationStatus>> {
    on!(connection, it => locked(&mut **it, migrator, Task::Stamp).await)
}

/// Applying a migration so that it is known how far it got.
trait Applies: Migrate {
    /// Whether a failure leaves what was executed before.
    const COMMITS_EACH: bool;

    /// Waits until no other program runs migrations, without blocking anything meanwhile.
    fn wait_turn(&mut self) -> impl Future<Output = Result<(), MigrateError>> {
        std::future::ready(Ok(()))
    }

    /// Runs a migration and records it.
    fn run_one(&mut self, table: &str, migration: &Migration) -> impl Future<Output = Result<(), Stopped>>;

    /// Runs the text that reverts a migration, and records that.
    fn revert_one(&mut self, table: &str, migration: &Migration)
    -> impl Future<Output = Result<(), Stopped>>;
}

/// Where a migration stopped.
struct Stopped {
    /// How many of its statements were executed, where that is known.
    done: Option<usize>,
    error: MigrateError,
}

impl From<MigrateError> for Stopped {
    fn from(error: MigrateError) -> Stopped {
        Stopped { done: None, error }
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
macro_rules! applies_at_once {
    ($connection:ty $(, $wait_turn:item)?) => {
        impl Applies for $connection {
            const COMMITS_EACH: bool = false;

            $($wait_turn)?

            async fn run_one(&mut self, table: &str, migration: &Migration) -> Result<(), Stopped> {
                Ok(self.apply(table, migration).await.map(|_: Duration| ())?)
            }

            async fn revert_one(&mut self, table: &str, migration: &Migration) -> Result<(), Stopped> {
                Ok(self.revert(table, migration).await.map(|_: Duration| ())?)
            }
        }
    };
}

#[cfg(feature = "sqlite")]
applies_at_once!(sqlx::SqliteConnection);
#[cfg(feature = "postgres")]
applies_at_once!(
    sqlx::PgConnection,
    // A program that waits inside a statement holds a snapshot, and CREATE INDEX CONCURRENTLY waits for those.
    async fn wait_turn(&mut self) -> Result<(), MigrateError> {
        const AGAIN: Duration = Duration::from_millis(50);
        loop {
            let turn = sqlx::query_scalar::<_, bool>("SELECT pg_try_advisory_lock(1869770081, 1835624306)");
            if turn.fetch_one(&mut *self).await? {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
);

/// As sqlx does it, with the statements counted.
#[cfg(feature = "mysql")]
impl Applies for sqlx::MySqlConnection {
    const COMMITS_EACH: bool = true;

    async fn run_one(&mut self, table: &str, migration: &Migration) -> Result<(), Stopped> {
        let insert = format!(
            "INSERT INTO {table} (version, description, success, checksum, execution_time) VALUES (?, ?, FALSE, ?, -1)"
        );
        let started = std::time::Instant::now();
        let insert = sqlx::query(AssertSqlSafe(insert))
            .bind(migration.version)
            .bind(migration.description.clone().into_owned())
            .bind(migration.checksum.clone().into_owned());
        insert.execute(&mut *self).await.map_err(MigrateError::from)?;
        counted(self, migration).await?;
        let nanos = i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX);
        let done = format!("UPDATE {table} SET success = TRUE, execution_time = ? WHERE version = ?");
        let done = sqlx::query(AssertSqlSafe(done)).bind(nanos).bind(migration.version);
        done.execute(&mut *self).await.map_err(MigrateError::from)?;
        Ok(())
    }

    async fn revert_one(&mut self, table: &str, migration: &Migration) -> Result<(), Stopped> {
        let begin = format!("UPDATE {table} SET success = FALSE WHERE version = ?");
        let begin = sqlx::query(AssertSqlSafe(begin)).bind(migration.version);
        begin.execute(&mut *self).await.map_err(MigrateError::from)?;
        counted(self, migration).await?;
        let done = sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE version = ?")))
            .bind(migration.version);
        done.execute(&mut *self).await.map_err(MigrateError::from)?;
        Ok(())
    }
}

#[cfg(feature = "mysql")]
async fn counted(connection: &mut sqlx::MySqlConnection, migration: &Migration) -> Result<(), Stopped> {
    script(connection, migration.sql.as_str()).await.map_err(|failed| Stopped {
        done: Some(failed.done),
        error: MigrateError::ExecuteMigration(failed.error, migration.version),
    })
}

/// What one program at a time does to a database.
#[derive(Debug, Clone, Copy)]
enum Task {
    Run,
    Stamp,
    Revert(usize),
}

async fn locked<C: Applies>(
    connection: &mut C,
    migrator: &Migrator,
    task: Task,
) -> Result<Vec<MigrationStatus>> {
    connection.wait_turn().await.map_err(refused)?;
    connection.lock().await.map_err(refused)?;
    let done = match task {
        Task::Run => apply_pending(connection, migrator, false).await,
        Task::Stamp => apply_pending(connection, migrator, true).await,
        Task::Revert(count) => revert_last(connection, migrator, count).await,
    };
    // If the unlock fails, the lock is released with the connection, which the caller closes.
    let _ = connection.unlock().await;
    done
}

/// Runs the pending migrations, or only records them.
async fn apply_pending<C: Applies>(
    connection: &mut C,
    migrator: &Migrator,
    only_record: bool,
) -> Result<Vec<MigrationStatus>> {
    let table = &*migrator.table_name;
    connection.ensure_migrations_table(table).await.map_err(refused)?;
    let states = states(connection, migrator).await?;
    refuse_what_does_not_fit(&states)?;
    let mut done = Vec::new();
    for status in states.into_iter().filter(|status| status.state == MigrationState::Pending) {
        let Some(migration) = up(migrator, status.version) else { continue };
        if only_record {
            connection.skip(table, migration).await.map_err(refused)?;
        } else {
            let ran = connection.run_one(table, migration).await;
            ran.map_err(|stopped| failed::<C>(migration, &stopped, "failed").with_source(stopped.error))?;
        }
        done.push(MigrationStatus { state: MigrationState::Applied, ..status });
    }
    Ok(done)
}

async fn revert_last<C: Applies>(
    connection: &mut C,
    migrator: &Migrator,
    count: usize,
) -> Result<Vec<MigrationStatus>> {
    let table = &*migrator.table_name;
    let states = states(connection, migrator).await?;
    refuse_what_does_not_fit(&states)?;
    let applied = states.into_iter().filter(|status| status.state == MigrationState::Applied);
    let mut applied: Vec<MigrationStatus> = applied.collect();
    applied.reverse();
    applied.truncate(count);
    let down = |status: &MigrationStatus| {
        migrator
            .iter()
            .find(|other| other.version == status.version && other.migration_type.is_down_migration())
    };
    // If one of them cannot be reverted, none is.
    if let Some(status) = applied.iter().find(|status| down(status).is_none()) {
        return Err(Error::new(
            ErrorKind::Migration,
            format!(
                "the migration {} `{}` has no `.down.sql`, so it cannot be reverted",
                status.version, status.name
            ),
        ));
    }
    for status in &mut applied {
        let Some(migration) = down(status) else { continue };
        let reverted = connection.revert_one(table, migration).await;
        reverted.map_err(|stopped| {
            failed::<C>(migration, &stopped, "could not be reverted").with_source(stopped.error)
        })?;
        status.state = MigrationState::Pending;
    }
    Ok(applied)
}

fn up(migrator: &Migrator, version: i64) -> Option<&Migration> {
    migrator.iter().find(|other| other.version == version && other.migration_type.is_up_migration())
}

async fn states<C: Migrate>(connection: &mut C, migrator: &Migrator) -> Result<Vec<MigrationStatus>> {
    let table = &*migrator.table_name;
    let applied: Vec<AppliedMigration> = match connection.list_applied_migrations(table).await {
        Ok(applied) => applied,
        // Without its table no migration was run; asking must not create it.
        Err(MigrateError::Execute(error)) if is_missing_table(&error) => Vec::new(),
        Err(error) => return Err(refused(error)),
    };
    let dirty =
        if applied.is_empty() { None } else { connection.dirty_version(table).await.map_err(refused)? };
    let mut states: Vec<MigrationStatus> = Vec::new();
    for migration in migrator.iter().filter(|migration| migration.migration_type.is_up_migration()) {
        let state = match applied.iter().find(|other| other.version == migration.version) {
            None => MigrationState::Pending,
            Some(_) if dirty == Some(migration.version) => MigrationState::Failed,
            Some(other) if other.checksum != migration.checksum => MigrationState::Changed,
            Some(_) => MigrationState::Applied,
        };
        states.push(MigrationStatus {
            version: migration.version,
            name: migration.description.to_string(),
            state,
        });
    }
    for other in applied.iter().filter(|other| up(migrator, other.version).is_none()) {
        let state = match dirty == Some(other.version) {
            true => MigrationState::Failed,
            false if migrator.ignore_missing => continue,
            false => MigrationState::FileMissing,
        };
        states.push(MigrationStatus { version: other.version, name: String::new(), state });
    }
    states.sort_by_key(|status| status.version);
    Ok(states)
}

fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        matches!(error.code().as_deref(), Some("42P01" | "42S02"))
            || error.message().starts_with("no such table")
    })
}

/// Before anything is run.
fn refuse_what_does_not_fit(states: &[MigrationStatus]) -> Result<()> {
    let refuse = |message: String| Err(Error::new(ErrorKind::Migration, message));
    for status in states {
        let MigrationStatus { version, name, state } = status;
        match state {
            MigrationState::FileMissing => {
                return refuse(format!(
                    "the database is ahead: the migration {version} was applied to it and is not in the folder; use the version \
                     of the program that has its file, or revert it with that one"
                ));
            }
            MigrationState::Changed => {
                return refuse(format!(
                    "the migration {version} `{name}` was changed after it was applied; restore its file, \
                     and write the changes as a new migration"
                ));
            }
            MigrationState::Failed => {
                return refuse(format!(
                    "the migration {version} `{name}` failed half-way, and this server keeps what was executed before; execute \
                     the rest of its file by hand and set `success` of its row in `_sqlx_migrations` to TRUE, or undo what was \
                     executed and delete the row"
                ));
            }
            MigrationState::Pending | MigrationState::Applied => {}
        }
    }
    Ok(())
}

fn failed<C: Applies>(migration: &Migration, stopped: &Stopped, how: &str) -> Error {
    let (version, name) = (migration.version, &migration.description);
    let why = match &stopped.error {
        MigrateError::ExecuteMigration(error, _) | MigrateError::Execute(error) => said(error),
        other => other.to_string(),
    };
    let place = match (C::COMMITS_EACH, stopped.done) {
        (false, _) if !migration.no_tx => "nothing of it was kept".to_owned(),
        (false, _) if migration.sql.as_str().contains("CONCURRENTLY") => {
            "it runs without a transaction, so an unfinished index exists and is invalid: drop it with DROP INDEX \
             CONCURRENTLY, remove what made it fail, and run the migration again"
                .to_owned()
        }
        // The files that the tool writes without a transaction have one of their own.
        (false, _) => {
            "it runs without a transaction of sqlx's, and what it committed by itself is kept".to_owned()
        }
        (true, Some(done)) => format!(
            "statement {} of its file stopped it, and the {done} before it are kept, since this server commits each one by \
             itself; execute the rest by hand and set `success` of its row in `_sqlx_migrations` to TRUE, or undo them and \
             delete the row",
            done + 1
        ),
        (true, None) => "it is not known how much of it was executed".to_owned(),
    };
    Error::new(ErrorKind::Migration, format!("the migration {version} `{name}` {how}: {why}; {place}"))
}

fn refused(error: MigrateError) -> Error {
    let message = match &error {
        MigrateError::Execute(error) => said(error),
        other => other.to_string(),
    };
    Error::new(ErrorKind::Migration, format!("the record of migrations cannot be used: {message}"))
        .with_source(error)
}
