//! Databases in memory.
//!
//! SQLite's own databases in memory either lock readers out during a write (`memdb`), or show them uncommitted data (a
//! shared cache). So a database in memory is a file with a write-ahead log that is never synced, in a folder that no other
//! process uses. On Unix its locks and the log's index are in this process (`unix-excl`), which makes it as fast as
//! `memdb`. Files left by a process that was killed are removed when another one makes its first database in memory.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, DirEntry, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::time::Duration;
use std::{env, io, process};

use crate::error::{Error, ErrorKind, Result};

/// The VFS that opens the files; `None` for SQLite's default.
pub(super) const VFS: Option<&str> = if cfg!(unix) { Some("unix-excl") } else { None };

/// What the names of folders begin with.
const PREFIX: &str = "orm-core-memory-";
/// The file that is locked while a process uses the folder.
const LOCK: &str = "lock";
/// A folder that is so young may not have its lock yet.
const YOUNG: Duration = Duration::from_secs(60);
/// A memory file system below this size, in KiB, is meant for something else: a container gets 64 MiB by default.
const LARGE: u64 = 1024 * 1024;

/// The folder of a database, which is removed with it.
#[derive(Debug)]
pub(super) struct MemoryFiles {
    folder: PathBuf,
    /// Its lock tells other processes that the folder is in use.
    _lock: File,
}

impl MemoryFiles {
    /// A private database.
    ///
    /// # Errors
    /// `Configuration`: the folder cannot be made.
    pub(super) fn new() -> Result<Arc<MemoryFiles>> {
        static SWEPT: Once = Once::new();
        let places = places();
        SWEPT.call_once(|| places.iter().for_each(|place| sweep(place)));
        let mut refused = None;
        for place in &places {
            match MemoryFiles::within(place) {
                Ok(files) => return Ok(Arc::new(files)),
                Err(error) => refused = Some((place, error)),
            }
        }
        let (place, why) = match refused {
            Some((place, error)) => (place.display().to_string(), error.to_string()),
            None => ("the system's temporary folder".to_owned(), "there is none".to_owned()),
        };
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "an in-memory database needs a writable folder, but `{place}` is not: {why}; set TMPDIR to \
                 one that is"
            ),
        ))
    }

    /// The database with a name in this process. It exists as long as something uses it.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub(super) fn named(name: &str) -> Result<Arc<MemoryFiles>> {
        static NAMED: Mutex<Option<HashMap<String, Weak<MemoryFiles>>>> = Mutex::new(None);
        let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
        let named = named.get_or_insert_default();
        if let Some(files) = named.get(name).and_then(Weak::upgrade) {
            return Ok(files);
        }
        named.retain(|_, files| files.strong_count() > 0);
        let files = MemoryFiles::new()?;
        named.insert(name.to_owned(), Arc::downgrade(&files));
        Ok(files)
    }

    /// The database.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("memory.db")
    }

    fn within(place: &Path) -> io::Result<MemoryFiles> {
        let folder = place.join(format!("{PREFIX}{}-{:016x}", process::id(), fastrand::u64(..)));
        folder_for_nobody_else().create(&folder)?;
        let locked = File::create(folder.join(LOCK)).and_then(|lock| {
            lock.lock()?;
            Ok(lock)
        });
        match locked {
            Ok(lock) => Ok(MemoryFiles { folder, _lock: lock }),
            Err(error) => {
                // It is empty and no longer needed.
                let _ = fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }
}

impl Drop for MemoryFiles {
    fn drop(&mut self) {
        // What cannot be removed now, another process does later.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn folder_for_nobody_else() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Where a database may be, the best place first.
fn places() -> Vec<PathBuf> {
    let mut places = vec![env::temp_dir()];
    if cfg!(target_os = "linux") {
        let large = fs::read_to_string("/proc/self/mounts").is_ok_and(|mounts| has_large_memory(&mounts));
        places.insert(if large { 0 } else { 1 }, PathBuf::from("/dev/shm"));
    }
    places
}

/// Whether the file system that is memory has room, by the list of those that are mounted.
fn has_large_memory(mounts: &str) -> bool {
    // The last one is on top of those before it.
    let Some(line) = mounts.lines().rfind(|line| line.split(' ').nth(1) == Some("/dev/shm")) else {
        return false;
    };
    let mut words = line.split(' ').skip(2);
    let (kind, options) = (words.next(), words.next().unwrap_or_default());
    let size = options.split(',').find_map(|option| option.strip_prefix("size="));
    let size = size.map(|size| size.strip_suffix('k').and_then(|size| size.parse::<u64>().ok()));
    match size {
        Some(Some(size)) => kind == Some("tmpfs") && size >= LARGE,
        Some(None) => false,
        // Half of the machine's memory.
        None => kind == Some("tmpfs"),
    }
}

/// Removes what processes left that are gone.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) && is_left(&entry) {
            // Another process may do the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether no process uses a folder any more.
fn is_left(entry: &DirEntry) -> bool {
    let old = |entry: &DirEntry| {
        let changed = entry.metadata()?.modified()?;
        io::Result::Ok(changed.elapsed().is_ok_and(|age| age > YOUNG))
    };
    if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || !old(entry).unwrap_or(false) {
        return false;
    }
    match File::open(entry.path().join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_a_container_was_given_for_something_else_is_passed_over() {
        let mounts = |options: &str| format!("proc /proc proc rw 0 0\ntmpfs /dev/shm {options} 0 0\n");
        assert!(has_large_memory(&mounts("tmpfs rw,nosuid,size=24683652k")));
        assert!(has_large_memory(&mounts("tmpfs rw,nosuid")));
        assert!(!has_large_memory(&mounts("tmpfs rw,size=65536k")));
        assert!(!has_large_memory(&mounts("ext4 rw")));
        assert!(!has_large_memory("proc /proc proc rw 0 0\n"));
        assert!(!has_large_memory(&format!("{}tmpfs /dev/shm tmpfs size=65536k 0 0", mounts("tmpfs rw"))));
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() -> io::Result<()> {
        let place = env::temp_dir().join(format!("orm-core-sweep-{}", process::id()));
        fs::create_dir_all(&place)?;
        let (used, left) = (MemoryFiles::within(&place)?, MemoryFiles::within(&place)?);
        let (used_at, left_at) = (used.folder.clone(), left.folder.clone());
        // A process that is killed closes its files, and removes nothing.
        let MemoryFiles { _lock: lock, .. } = &left;
        lock.unlock()?;
        std::mem::forget(left);
        let young = place.join(format!("{PREFIX}young"));
        fs::create_dir(&young)?;
        let long_ago = std::time::SystemTime::now() - 2 * YOUNG;
        for folder in [&used_at, &left_at] {
            File::open(folder)?.set_modified(long_ago)?;
        }
        sweep(&place);
        let there = [&used_at, &left_at, &young].map(|folder| folder.exists());
        drop(used);
        let gone = !used_at.exists();
        fs::remove_dir_all(&place)?;
        assert_eq!((there, gone), ([true, false, true], true));
        Ok(())
    }
}
