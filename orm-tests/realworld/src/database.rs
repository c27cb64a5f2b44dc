//! The database: migrated, then compared with the models.

use orm_core::options::Backend;
use orm_core::prelude::*;
use sqlx::migrate::Migrator;

use crate::model::schema;

// Each database has its own SQL, which the library's tool wrote. A service on one database has one folder.
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
static MARIADB: Migrator = sqlx::migrate!("migrations/mariadb");
static MYSQL: Migrator = sqlx::migrate!("migrations/mysql");

/// The migrations of a database, and their folder. MySQL and MariaDB differ in the names of collations.
fn migrations(backend: Backend) -> (&'static Migrator, &'static str) {
    match backend {
        Backend::Postgres => (&POSTGRES, "postgres"),
        Backend::MariaDb => (&MARIADB, "mariadb"),
        Backend::MySql => (&MYSQL, "mysql"),
        _ => (&SQLITE, "sqlite"),
    }
}

/// Where `migrate new` writes.
pub fn folder(backend: Backend) -> String {
    format!("{}/migrations/{}", env!("CARGO_MANIFEST_DIR"), migrations(backend).1)
}

/// Brings the tables up to date.
pub async fn prepare(engine: &Engine) -> Result<()> {
    engine.migrate(migrations(engine.backend()).0).await?;
    engine.check(schema()).await?.into_result()
}
