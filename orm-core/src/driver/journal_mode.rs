//! Journal modes of SQLite.

/// How SQLite keeps its journal, from which it rolls back: `PRAGMA journal_mode`. The file remembers [`Wal`](Self::Wal).
///
/// SQLite's `MEMORY` and `OFF` are left out: without a journal on disk a crash in a transaction destroys the file.
///
/// ```
/// use orm_core::options::JournalMode;
/// # use orm_core::prelude::*;
///
/// // Readers and the writer do not wait for each other. The same as `sqlite:shop.db?journal_mode=wal`.
/// let builder = Engine::builder("sqlite:shop.db").journal_mode(JournalMode::Wal);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalMode {
    /// A journal beside the file, deleted at each commit: SQLite's own default.
    Delete,
    /// The same, truncated instead of deleted.
    Truncate,
    /// The same, with its header overwritten instead.
    Persist,
    /// A write-ahead log: readers and the writer do not wait for each other.
    Wal,
}

impl JournalMode {
    pub(super) const NAMES: &str = "`delete`, `truncate`, `persist` and `wal`";

    pub(super) fn named(name: &str) -> Option<JournalMode> {
        [Self::Delete, Self::Truncate, Self::Persist, Self::Wal].into_iter().find(|mode| mode.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Truncate => "truncate",
            Self::Persist => "persist",
            Self::Wal => "wal",
        }
    }
}
