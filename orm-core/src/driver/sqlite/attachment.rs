//! Attached databases of SQLite.

use std::sync::Arc;

use rusqlite::Connection;

use super::memory::{MemoryFiles, VFS};
use super::opening::in_uri;
use crate::error::Result;
use crate::sql::Dialect;

/// A second database that the connections of an engine on SQLite know under a name: SQLite's schemas.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    schema: String,
    /// A path or a URI, as ATTACH takes it.
    location: String,
    /// Its files, if it is in memory.
    memory: Option<Arc<MemoryFiles>>,
}

/// Which part of SQLite opens files; that of a database in memory would be taken over otherwise.
const FILES: &str = if cfg!(windows) { "win32" } else { "unix" };

impl Attachment {
    /// `path` is a file's, or `:memory:` for a database that lives as long as the engine.
    ///
    /// # Errors
    /// `Configuration`: the folder for databases in memory cannot be made.
    pub(super) fn new(schema: &str, path: &str) -> Result<Attachment> {
        let memory = if path == ":memory:" { Some(MemoryFiles::new()?) } else { None };
        let (path, vfs) = match &memory {
            Some(memory) => (memory.file().to_string_lossy().into_owned(), VFS.unwrap_or(FILES)),
            None => (path.to_owned(), FILES),
        };
        let location = format!("file:{}?vfs={vfs}", in_uri(&path));
        Ok(Attachment { schema: schema.to_owned(), location, memory })
    }

    /// Makes a connection of sqlx's know it.
    ///
    /// # Errors
    /// SQLite refuses.
    #[cfg(feature = "migrate")]
    pub(super) async fn attach_sqlx(&self, connection: &mut sqlx::SqliteConnection) -> sqlx::Result<()> {
        let attach = sqlx::query("ATTACH DATABASE ? AS ?").bind(&self.location).bind(&self.schema);
        attach.execute(&mut *connection).await?;
        if self.memory.is_some() {
            let mut schema = String::new();
            Dialect::Sqlite.quote(&mut schema, &self.schema);
            let fast = format!("PRAGMA {schema}.journal_mode = WAL; PRAGMA {schema}.synchronous = OFF");
            sqlx::raw_sql(sqlx::AssertSqlSafe(fast)).execute(connection).await?;
        }
        Ok(())
    }

    /// Makes a connection know it.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn attach(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.execute("ATTACH DATABASE ? AS ?", (&self.location, &self.schema))?;
        if self.memory.is_some() {
            let mut schema = String::new();
            Dialect::Sqlite.quote(&mut schema, &self.schema);
            connection.execute_batch(&format!(
                "PRAGMA {schema}.journal_mode = WAL; PRAGMA {schema}.synchronous = OFF"
            ))?;
        }
        Ok(())
    }
}
