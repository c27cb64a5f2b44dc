use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqliteConnection;

/// A second database that the connections of an engine on SQLite know under a name: SQLite's schemas.
#[derive(Debug, Clone)]
pub(super) struct Attachment {
    schema: String,
    /// A path or a URI, as ATTACH takes it.
    location: String,
    in_memory: bool,
}

/// Which part of SQLite opens files; that of a database in memory would be taken over otherwise.
const FILES: &str = if cfg!(windows) { "win32" } else { "unix" };

impl Attachment {
    /// `path` is a file's, or `:memory:` for a database that lives as long as the engine.
    pub(super) fn new(schema: &str, path: &str) -> Attachment {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let in_memory = path == ":memory:";
        let location = match in_memory {
            true => format!("file:/orm-core-attached-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed)),
            false => format!("file:{}?vfs={FILES}", in_uri(path)),
        };
        Attachment { schema: schema.to_owned(), location, in_memory }
    }

    /// Whether it is gone when nobody is connected to it.
    pub(super) fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// Makes a connection know it.
    pub(super) async fn attach(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let attach = sqlx::query("ATTACH DATABASE ? AS ?").bind(&self.location).bind(&self.schema);
        attach.execute(connection).await.map(|_| ())
    }
}

/// A path without the characters that mean something in a URI.
fn in_uri(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
