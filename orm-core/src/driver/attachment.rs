use std::sync::Arc;

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::sqlite_memory::{MemoryFiles, VFS};
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
    /// `Configuration`: there is no place for a database in memory.
    pub(super) fn new(schema: &str, path: &str) -> Result<Attachment> {
        let memory = if path == ":memory:" { Some(MemoryFiles::new()?) } else { None };
        let (path, vfs) = match &memory {
            Some(memory) => (memory.file().to_string_lossy().into_owned(), VFS.unwrap_or(FILES)),
            None => (path.to_owned(), FILES),
        };
        let location = format!("file:{}?vfs={vfs}", in_uri(&path));
        Ok(Attachment { schema: schema.to_owned(), location, memory })
    }

    /// Makes a connection know it.
    pub(super) async fn attach(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let attach = sqlx::query("ATTACH DATABASE ? AS ?").bind(&self.location).bind(&self.schema);
        attach.execute(&mut *connection).await?;
        if self.memory.is_some() {
            let mut schema = String::new();
            Dialect::Sqlite.quote(&mut schema, &self.schema);
            let settings = format!("PRAGMA {schema}.journal_mode = WAL; PRAGMA {schema}.synchronous = OFF");
            sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await?;
        }
        Ok(())
    }
}

/// A path without the characters that mean something in a URI.
fn in_uri(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
