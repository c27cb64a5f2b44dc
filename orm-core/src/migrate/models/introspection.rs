//! Writes models for existing tables.

use super::code::code;
use crate::driver::Borrower;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::goal::matches_pattern;
use crate::migrate::structure::Structure;
use crate::session::Engine;

/// Writes Rust models for the tables of a database: what the command `models` prints.
///
/// It reads the catalogue and nothing else. A struct for each table with a primary key, with its keys, indexes, defaults,
/// CHECK constraints and enums; `#[belongs_to]` for each foreign key and `#[has_many]`, `#[has_one]` (a unique key) or
/// `#[many_to_many]` (a table of nothing but two keys) on the other side. What a model cannot express is a comment that explains
/// why. The text is yours to edit: rename fields as you like, and keep `#[column(name = "..")]`.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::migrate::Introspection;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// let mut session = engine.session();
/// session.execute(sql("CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")).await?;
/// session
///     .execute(sql(
///         "CREATE TABLE albums (id INTEGER PRIMARY KEY, title TEXT NOT NULL, artist_id INTEGER NOT NULL REFERENCES artists)",
///     ))
///     .await?;
/// session.commit().await?;
///
/// let code = Introspection::new().models(&engine).await?;
/// assert!(code.contains("pub struct Album {"));
/// assert!(code.contains("#[belongs_to]\n    pub artist: BelongsTo<Artist>,"));
/// assert!(code.contains("#[has_many]\n    pub albums: HasMany<Album>,"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing until `models` is awaited"]
pub struct Introspection {
    tables: Vec<String>,
    ignored: Vec<String>,
    schemas: Vec<String>,
}

impl Introspection {
    /// All tables of the schema that connections are in.
    pub fn new() -> Introspection {
        Introspection::default()
    }

    /// Only tables with this name or pattern, in which `*` stands for anything; may be called several times. Without it, all
    /// tables.
    pub fn table(mut self, pattern: &str) -> Self {
        self.tables.push(pattern.to_owned());
        self
    }

    /// Leaves out tables, `ignore("audit_*")`, or columns, `ignore("users.legacy_*")`.
    pub fn ignore(mut self, pattern: &str) -> Self {
        self.ignored.push(pattern.to_owned());
        self
    }

    /// Also reads a schema, on PostgreSQL; its models name it.
    pub fn schema(mut self, name: &str) -> Self {
        self.schemas.push(name.to_owned());
        self
    }

    /// The text of a Rust file with the models, which uses `orm_core` and the crates whose types its columns have.
    ///
    /// On every database it runs a few statements on the catalogue, and none that writes.
    ///
    /// # Errors
    /// `Connection`: the database does not answer. `Configuration`: no table has one of the names.
    pub async fn models(&self, engine: &Engine) -> Result<String> {
        let database = engine.database();
        let mut lease = Box::pin(database.acquire(Borrower::here())).await?;
        let mut structure = Structure::read(database, &mut lease, &self.schemas).await?;
        drop(lease);
        structure.tables.retain(|table| self.includes(&table.name));
        structure.views.retain(|view| self.includes(view));
        if structure.tables.is_empty() && !self.tables.is_empty() {
            let names = self.tables.join("`, `");
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("no table is called `{names}`; a pattern may have `*` for any part of a name"),
            ));
        }
        let ignores = |table: &str, column: &str| {
            let name = format!("{table}.{column}");
            self.ignored.iter().any(|pattern| pattern.contains('.') && matches_pattern(pattern, &name))
        };
        Ok(code(&structure, &ignores))
    }

    fn includes(&self, table: &str) -> bool {
        let is_it = |pattern: &String| matches_pattern(pattern, table);
        (self.tables.is_empty() || self.tables.iter().any(is_it)) && !self.ignored.iter().any(is_it)
    }
}
