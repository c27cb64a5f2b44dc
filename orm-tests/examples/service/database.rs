//! The database: migrated, then compared with the models.

use std::path::Path;

use orm_core::prelude::*;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use crate::failure::Failure;
use crate::model::{Author, Book};

static MIGRATIONS: Migrator = sqlx::migrate!("examples/service/migrations");

/// Where `migrate new` writes.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/service/migrations");

/// Brings the file up to date and opens it.
pub async fn open(file: &Path) -> Result<Engine, Failure> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    // Requests that read do not wait for one that writes.
    let connection = options.journal_mode(SqliteJournalMode::Wal).connect().await?;
    connection.close().await?;

    let engine = Engine::connect(&format!("sqlite:{}", file.display())).await?;
    engine.migrate(&MIGRATIONS).await?;
    engine.check(schema![Author, Book]).await?.into_result()?;
    Ok(engine)
}
