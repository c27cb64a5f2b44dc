//! The database that questions are asked of: in memory, or a file that is kept.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use orm_core::prelude::*;
use tempfile::TempPath;

use crate::cost::{Cost, Meter};
use crate::failure::Failure;
use crate::lock::Lock;
use crate::model::{LockFile, Package, Source, Version};
use crate::store::store;

/// A database that holds the lock file.
pub struct Database {
    pub engine: Engine,
    /// What was done to have it hold the lock file, and what that cost.
    pub history: String,
    pub cost: Cost,
}

impl Database {
    /// A database that lives as long as the program.
    pub async fn in_memory(lock: &Lock) -> Result<Database, Failure> {
        let engine = Engine::connect("sqlite::memory:").await?;
        let cost = fill(&engine, lock).await?;
        Ok(Database { engine, history: "Stored in memory".to_owned(), cost })
    }

    /// A database in a file. One that holds this lock file already is used as it is, one that holds another lock file
    /// is replaced.
    ///
    /// The new one is written beside the file and takes its place when it is complete, so no reader ever finds half of
    /// it.
    pub async fn in_file(lock: &Lock, path: &Path) -> Result<Database, Failure> {
        let shown = path.display().to_string();
        let unwritable = |reason| Failure::Unwritable { path: shown.clone(), reason };
        let done = match held(path, &shown).await? {
            Some((engine, contents, cost)) if contents == lock.contents => {
                return Ok(Database { engine, history: format!("Found unchanged in {shown}"), cost });
            }
            Some((engine, ..)) => {
                engine.close().await;
                "Replaced"
            }
            None => "Stored",
        };
        let file = full(path).map_err(unwritable)?;
        let partial = TempPath::try_from_path(beside(&file)).map_err(unwritable)?;
        File::create(&partial).map_err(unwritable)?;
        let engine = Engine::connect(&url(&partial).map_err(unwritable)?).await?;
        let filled = fill(&engine, lock).await;
        engine.close().await;
        let cost = filled?;
        partial.persist(&file).map_err(|error| unwritable(error.error))?;
        let engine = Engine::connect(&url(&file).map_err(unwritable)?).await?;
        Ok(Database { engine, history: format!("{done} in {shown}"), cost })
    }
}

async fn fill(engine: &Engine, lock: &Lock) -> Result<Cost> {
    engine.create_all(schema![Package, Version, Source, LockFile]).await?;
    let meter = Meter::start(engine);
    store(&mut engine.session(), lock).await?;
    Ok(meter.stop())
}

/// The database in a file, and the text of the lock file that it holds; `None` without a database.
async fn held(path: &Path, shown: &str) -> Result<Option<(Engine, String, Cost)>, Failure> {
    let foreign = |reason: &str| Failure::ForeignDatabase {
        path: shown.to_owned(),
        reason: reason.lines().next().unwrap_or_default().to_owned(),
    };
    let unreadable = |reason| Failure::Unreadable { path: shown.to_owned(), reason };
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => return Ok(None),
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(foreign("it is no file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    }
    let file = full(path).map_err(unreadable)?;
    let engine = Engine::connect(&url(&file).map_err(unreadable)?).await?;
    let meter = Meter::start(&engine);
    let found = engine.session().first(select::<LockFile>().order_by(LockFile::ID)).await;
    let cost = meter.stop();
    match found {
        Ok(Some(lock)) => Ok(Some((engine, lock.contents.clone(), cost))),
        Ok(None) => Err(foreign("it holds no lock file")),
        Err(error) if error.kind() == ErrorKind::Busy => Err(error.into()),
        Err(error) => Err(foreign(&error.to_string())),
    }
}

/// The path from the root, through links: replacing a link would leave the file that it leads to.
fn full(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize().or_else(|_| std::path::absolute(path))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    file.with_file_name(name)
}

/// The URL of an existing file. In a URL `?` begins the options.
fn url(file: &Path) -> io::Result<String> {
    let not_text = || io::Error::new(io::ErrorKind::InvalidFilename, "its name is not UTF-8");
    let path = file.to_str().ok_or_else(not_text)?.replace('%', "%25").replace('?', "%3F");
    Ok(format!("sqlite:{path}?mode=rw"))
}
