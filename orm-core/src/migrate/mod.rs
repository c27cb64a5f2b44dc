//! Migrations: the SQL that makes the tables of a database what the models define. sqlx runs and records it.
//!
//! Enters: models and a folder of migrations. Leaves: the next migration, up and down. What the folder produces and what
//! the models define are both made in scratch databases and read from the catalogue, so that no guess is needed at how a
//! database spells a type or a default; and what is written has been run there, both ways. The other way round, `models`
//! writes models for existing tables.

mod conversion;
mod difference;
mod folder;
mod goal;
mod migrations;
mod models;
mod mysql;
mod plan;
mod postgres;
mod runner;
mod scratch;
mod script;
mod sqlite;
mod structure;
mod tool;

pub use migrations::Migrations;
pub use models::Introspection;
pub use plan::Plan;
pub use runner::{MigrationState, MigrationStatus};
pub use tool::{command, main};
