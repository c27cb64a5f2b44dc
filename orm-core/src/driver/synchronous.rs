//! How SQLite waits for the disk.

/// How often SQLite waits until what it wrote is on the disk: `PRAGMA synchronous`.
///
/// ```
/// use orm_core::options::{JournalMode, Synchronous};
/// # use orm_core::prelude::*;
///
/// // Faster commits; a power cut may lose the last of them, and never damages the file.
/// let builder = Engine::builder("sqlite:shop.db")
///     .journal_mode(JournalMode::Wal)
///     .synchronous(Synchronous::Normal);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// Never: a crash of the system may destroy the file.
    Off,
    /// Not at each commit. With [`JournalMode::Wal`](super::JournalMode::Wal) the file stays whole, and the last commits may
    /// be lost when the system crashes or loses power.
    Normal,
    /// At each commit: SQLite's own default.
    Full,
    /// Also for the directory of the journal.
    Extra,
}

impl Synchronous {
    pub(super) const NAMES: &str = "`off`, `normal`, `full` and `extra`";

    pub(super) fn named(name: &str) -> Option<Synchronous> {
        [Self::Off, Self::Normal, Self::Full, Self::Extra].into_iter().find(|mode| mode.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Normal => "normal",
            Self::Full => "full",
            Self::Extra => "extra",
        }
    }
}
