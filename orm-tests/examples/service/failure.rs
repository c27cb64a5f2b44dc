//! Why the service does not start.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    Database(#[from] orm_core::Error),
    #[error("the database file: {0}")]
    File(#[from] sqlx::Error),
    #[error("the migrations: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the server: {0}")]
    Server(#[from] std::io::Error),
}
