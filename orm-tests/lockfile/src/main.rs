//! Reads a `Cargo.lock` into SQLite and answers questions about it, with the statements and the time of each answer.
//!
//! ```text
//! cargo run -p lockfile                        the workspace's own lock file
//! cargo run -p lockfile -- path/to/Cargo.lock  another one
//! cargo run -p lockfile -- --tree tokio        what a package depends on
//! cargo run -p lockfile -- --db lock.db        keep the database
//! ```

mod cost;
mod database;
mod duplicates;
mod failure;
mod lock;
mod model;
mod page;
mod popular;
mod store;
mod tree;
mod ways;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use database::Database;
use failure::Failure;
use lock::Lock;
use page::Page;

/// Reads a Cargo.lock into SQLite and answers questions about it, with the statements that each answer takes.
#[derive(Parser)]
#[command(name = "lockfile")]
struct Arguments {
    /// The lock file; without it, the one of the workspace that this program belongs to
    path: Option<PathBuf>,
    /// Draws what a package depends on
    #[arg(long, value_name = "NAME")]
    tree: Option<String>,
    /// Keeps the database in a file; a lock file that it already holds is not stored again
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Lists everything, where otherwise the first few stand for all
    #[arg(long)]
    full: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await.and_then(print) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let line = failure.to_string().replace('\n', " ");
            // With standard error closed, the message has no reader.
            let _ = writeln!(io::stderr(), "error: {line}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Page, Failure> {
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let lock = Lock::read(arguments.path.as_deref().unwrap_or(own))?;
    if let Some(name) = &arguments.tree {
        lock.require(name)?;
    }
    let database = match &arguments.db {
        None => Database::in_memory(&lock).await?,
        Some(path) => Database::in_file(&lock, path).await?,
    };
    let page = answers(arguments, &lock, &database).await;
    database.engine.close().await;
    page
}

async fn answers(arguments: &Arguments, lock: &Lock, database: &Database) -> Result<Page, Failure> {
    let mut page = Page::default();
    let packages = count(lock.packages(), "package", "packages");
    let versions = count(lock.versions.len(), "version", "versions");
    let dependencies = count(lock.dependencies(), "dependency", "dependencies");
    page.line(&format!("{}: {packages}, {versions}, {dependencies}", lock.path));
    page.line(&format!("{} ({})", database.history, database.cost));
    let (engine, full) = (&database.engine, arguments.full);
    if let Some(name) = &arguments.tree {
        tree::answer(engine, &mut page, name).await?;
        return Ok(page);
    }
    duplicates::answer(engine, &mut page, full).await?;
    popular::answer(engine, &mut page, full).await?;
    ways::answer(engine, &mut page).await?;
    Ok(page)
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// Prints a page. A reader that has seen enough, such as `head`, is not a failure.
fn print(page: Page) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(page.into_text().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}
