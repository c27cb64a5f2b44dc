//! How to open a database, as its URL specifies.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::attachment::Attachment;
use super::connection::NotOpened;
use super::memory::{MemoryFiles, VFS};
use crate::driver::{ConnectOptions, DatabaseUrl, JournalMode, Synchronous};
use crate::error::{Error, ErrorKind, Result};

/// How long a statement waits for a lock by default.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// SQLite counts the milliseconds of a wait in 32 bits.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// How the connections of an engine are opened.
#[derive(Debug)]
pub(super) struct Opening {
    /// A path, or a URI.
    location: String,
    flags: OpenFlags,
    /// The VFS that opens the file; `None` for SQLite's default.
    vfs: Option<String>,
    busy_timeout: Duration,
    /// None leaves it as the file has it.
    journal_mode: Option<JournalMode>,
    synchronous: Option<Synchronous>,
    foreign_keys: bool,
    /// The files of a database in memory, which are deleted once no connection can be opened.
    memory: Option<Arc<MemoryFiles>>,
    attached: Vec<Attachment>,
}

/// The parameters of a URL, after its `?`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    mode: Mode,
    shared_cache: bool,
    immutable: bool,
    vfs: Option<String>,
    journal_mode: Option<JournalMode>,
    synchronous: Option<Synchronous>,
    foreign_keys: Option<bool>,
    busy_timeout: Option<Duration>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Mode {
    /// As SQLite itself does: creates a missing file.
    #[default]
    ReadWriteCreate,
    ReadWrite,
    ReadOnly,
    Memory,
}

impl Opening {
    /// How to connect. Every engine has its own database in memory, unless the URL names a shared one:
    /// `sqlite:file:name?mode=memory&cache=shared`.
    ///
    /// # Errors
    /// `Configuration`: the URL has an unknown setting, or no file can be created for a database in memory.
    pub(super) fn new(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Opening> {
        let rest = url.as_str().strip_prefix("sqlite:").unwrap_or_default();
        let path = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let settings = Settings::read(query).map_err(|why| unreadable(url, &why))?;
        let path = path.strip_prefix("file:").unwrap_or(path);
        let path = decoded(path).ok_or_else(|| unreadable(url, "its path is not UTF-8"))?;
        let attached = options.attached.iter().map(|(schema, path)| Attachment::new(schema, path));
        let mut opening = Opening {
            flags: settings.flags(),
            vfs: settings.vfs,
            busy_timeout: options.busy_timeout.or(settings.busy_timeout).unwrap_or(BUSY_TIMEOUT).min(LONGEST),
            journal_mode: options.journal_mode.or(settings.journal_mode),
            synchronous: options.synchronous.or(settings.synchronous),
            foreign_keys: options.foreign_keys.or(settings.foreign_keys).unwrap_or(true),
            memory: None,
            attached: attached.collect::<Result<_>>()?,
            location: path,
        };
        if opening.location == ":memory:" || settings.mode == Mode::Memory {
            let shared = settings.shared_cache && !matches!(&*opening.location, "" | ":memory:");
            let memory = match shared {
                true => MemoryFiles::named(&opening.location)?,
                false => MemoryFiles::new()?,
            };
            opening.location = memory.file().to_string_lossy().into_owned();
            (opening.flags, opening.vfs) = (Settings::default().flags(), VFS.map(str::to_owned));
            opening.memory = Some(memory);
            // The file does not outlive the engine, and readers do not wait.
            (opening.journal_mode, opening.synchronous) = (Some(JournalMode::Wal), Some(Synchronous::Off));
        } else if opening.location.is_empty() {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the URL names no file; write `sqlite:path/to/file.db` or `sqlite::memory:`",
            ));
        } else if settings.immutable {
            opening.location = format!("file:{}?immutable=1", in_uri(&opening.location));
        }
        Ok(opening)
    }

    /// The path of the file.
    pub(super) fn location(&self) -> &str {
        &self.location
    }

    /// Whether the first connection makes the file.
    pub(super) fn makes_its_file(&self) -> bool {
        let makes = self.memory.is_none() && self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE);
        makes && Path::new(&self.location).try_exists().is_ok_and(|exists| !exists)
    }

    /// Opens a connection, and makes it reject a quoted name that is not a column instead of reading it as a text.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) fn connect(&self) -> Result<Connection, NotOpened> {
        let raw = match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.location, self.flags, vfs.as_str())?,
            None => Connection::open_with_flags(&self.location, self.flags)?,
        };
        raw.busy_timeout(self.busy_timeout)?;
        for option in [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_DQS_DDL] {
            raw.set_db_config(option, false)?;
        }
        if let Some(mode) = self.journal_mode {
            let asked = mode.name();
            let stays: String =
                raw.query_row(&format!("PRAGMA journal_mode = {asked}"), (), |row| row.get(0))?;
            if stays != asked {
                return Err(NotOpened::Journal { asked, stays });
            }
        }
        if let Some(synchronous) = self.synchronous {
            raw.execute_batch(&format!("PRAGMA synchronous = {}", synchronous.name()))?;
        }
        raw.execute_batch(&format!("PRAGMA foreign_keys = {}", self.foreign_keys))?;
        self.attached.iter().try_for_each(|attachment| attachment.attach(&raw))?;
        Ok(raw)
    }
}

#[cfg(feature = "migrate")]
impl Opening {
    /// Opens a connection of sqlx's, for migrations.
    ///
    /// # Errors
    /// SQLite refuses.
    pub(super) async fn connect_sqlx(&self) -> sqlx::Result<sqlx::SqliteConnection> {
        use sqlx::ConnectOptions as _;
        use sqlx::sqlite::SqliteConnectOptions;

        let mut options = SqliteConnectOptions::new()
            .filename(&self.location)
            .create_if_missing(self.flags.contains(OpenFlags::SQLITE_OPEN_CREATE))
            .read_only(self.flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY))
            .busy_timeout(self.busy_timeout)
            .foreign_keys(self.foreign_keys)
            .disable_statement_logging();
        if let Some(vfs) = &self.vfs {
            options = options.vfs(vfs.clone());
        }
        if let Some(mode) = self.journal_mode {
            options = options.pragma("journal_mode", mode.name());
        }
        if let Some(synchronous) = self.synchronous {
            options = options.pragma("synchronous", synchronous.name());
        }
        let mut connection = options.connect().await?;
        for attachment in &self.attached {
            attachment.attach_sqlx(&mut connection).await?;
        }
        Ok(connection)
    }
}

impl Settings {
    fn read(query: &str) -> std::result::Result<Settings, String> {
        let mut settings = Settings::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let unknown = |values: &str| Err(format!("`{key}` is one of {values}"));
            match (key, value) {
                ("mode", "rwc") => settings.mode = Mode::ReadWriteCreate,
                ("mode", "rw") => settings.mode = Mode::ReadWrite,
                ("mode", "ro") => settings.mode = Mode::ReadOnly,
                ("mode", "memory") => settings.mode = Mode::Memory,
                ("mode", _) => return unknown("`ro`, `rw`, `rwc` and `memory`"),
                ("cache", "shared") => settings.shared_cache = true,
                ("cache", "private") => settings.shared_cache = false,
                ("cache", _) => return unknown("`shared` and `private`"),
                ("immutable", "true" | "1") => settings.immutable = true,
                ("immutable", "false" | "0") => settings.immutable = false,
                ("immutable", _) => return unknown("`true` and `false`"),
                ("vfs", vfs) => settings.vfs = Some(decoded(vfs).ok_or("`vfs` is not UTF-8")?),
                ("journal_mode", name) => match JournalMode::named(&name.to_ascii_lowercase()) {
                    Some(mode) => settings.journal_mode = Some(mode),
                    None => return unknown(JournalMode::NAMES),
                },
                ("synchronous", name) => match Synchronous::named(&name.to_ascii_lowercase()) {
                    Some(synchronous) => settings.synchronous = Some(synchronous),
                    None => return unknown(Synchronous::NAMES),
                },
                ("foreign_keys", "on" | "true" | "1") => settings.foreign_keys = Some(true),
                ("foreign_keys", "off" | "false" | "0") => settings.foreign_keys = Some(false),
                ("foreign_keys", _) => return unknown("`on` and `off`"),
                ("busy_timeout", milliseconds) => match milliseconds.parse() {
                    Ok(milliseconds) => settings.busy_timeout = Some(Duration::from_millis(milliseconds)),
                    Err(_) => return Err("`busy_timeout` is a number of milliseconds".to_owned()),
                },
                (key, _) => {
                    return Err(format!(
                        "it has an unknown setting `{key}`; the settings are `mode`, `cache`, `immutable`, `vfs`, \
                         `journal_mode`, `synchronous`, `foreign_keys` and `busy_timeout`"
                    ));
                }
            }
        }
        Ok(settings)
    }

    fn flags(&self) -> OpenFlags {
        let access = match self.mode {
            Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::ReadWriteCreate | Mode::Memory => {
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
            }
        };
        let cache = match self.shared_cache {
            true => OpenFlags::SQLITE_OPEN_SHARED_CACHE,
            false => OpenFlags::SQLITE_OPEN_PRIVATE_CACHE,
        };
        // One thread has a connection at a time, and databases are attached by URI.
        access | cache | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI
    }
}

/// A path without the characters that mean something in a URI.
pub(super) fn in_uri(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// A text with its `%3F` read; `None` if that is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

fn unreadable(url: &DatabaseUrl, why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("`{url}` is not a URL of SQLite: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(url: &str) -> Result<Opening> {
        Opening::new(&DatabaseUrl::new(url), &ConnectOptions::default())
    }

    #[test]
    fn a_url_specifies_how_a_file_is_opened() -> Result<()> {
        let plain = Settings::default().flags();
        for (url, location) in [
            ("sqlite:a.db", "a.db"),
            ("sqlite://a.db", "a.db"),
            ("sqlite:///a/b.db?mode=rwc", "/a/b.db"),
            ("sqlite:file:a.db?cache=private", "a.db"),
            ("sqlite:what%3f%20100%.db", "what? 100%.db"),
            ("sqlite:a%23.db?immutable=1&immutable=true", "file:a%23.db?immutable=1"),
        ] {
            let opening = opening(url)?;
            assert_eq!((&*opening.location, opening.flags), (location, plain), "{url}");
        }
        let read_only = opening("sqlite:a.db?mode=ro&cache=shared&vfs=unix%2dnone")?;
        assert_eq!(read_only.vfs.as_deref(), Some("unix-none"));
        assert!(
            read_only.flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_SHARED_CACHE)
        );
        assert!(!opening("sqlite:a.db?mode=rw")?.flags.contains(OpenFlags::SQLITE_OPEN_CREATE));
        Ok(())
    }

    #[test]
    fn unknown_parameters_of_a_url_are_refused_without_their_values() {
        for (url, said) in [
            ("sqlite:a.db?mode=s3cret", "`mode` is one of `ro`, `rw`, `rwc` and `memory`"),
            ("sqlite:a.db?cache=s3cret", "`cache` is one of"),
            ("sqlite:a.db?immutable=s3cret", "`immutable` is one of"),
            (
                "sqlite:a.db?journal_mode=off",
                "`journal_mode` is one of `delete`, `truncate`, `persist` and `wal`",
            ),
            ("sqlite:a.db?synchronous=s3cret", "`synchronous` is one of"),
            ("sqlite:a.db?foreign_keys=s3cret", "`foreign_keys` is one of"),
            ("sqlite:a.db?busy_timeout=s3cret", "a number of milliseconds"),
            ("sqlite:a.db?key=s3cret", "unknown setting `key`"),
            ("sqlite::memory:?key=s3cret", "unknown setting `key`"),
            ("sqlite:", "names no file"),
            ("sqlite:%ff.db", "not UTF-8"),
        ] {
            let refused = opening(url).err().map(|error| (error.kind(), error.to_string()));
            let Some((ErrorKind::Configuration, message)) = refused else {
                unreachable!("{url} was not refused: {refused:?}")
            };
            assert!(message.contains(said) && !message.contains("s3cret"), "{url}: {message}");
        }
    }
}
