//! The database: migrated, then compared with the models.

use orm_core::prelude::*;
use sqlx::migrate::Migrator;

use crate::model::schema;

// Each database has its own SQL, which the library's tool wrote. A service on one database has one folder.
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
static MARIADB: Migrator = sqlx::migrate!("migrations/mariadb");

/// The migrations of the database that a URL names, and their folder.
fn migrations(url: &str) -> (&'static Migrator, &'static str) {
    match url.split(':').next() {
        Some("postgres" | "postgresql") => (&POSTGRES, "postgres"),
        Some("mysql" | "mariadb") => (&MARIADB, "mariadb"),
        _ => (&SQLITE, "sqlite"),
    }
}

/// Where `migrate new` writes.
pub fn folder(url: &str) -> String {
    format!("{}/migrations/{}", env!("CARGO_MANIFEST_DIR"), migrations(url).1)
}

/// Brings the tables up to date.
pub async fn prepare(engine: &Engine, url: &str) -> Result<()> {
    engine.migrate(migrations(url).0).await?;
    engine.check(schema()).await?.into_result()
}
