//! What every contender has in common: the rows, the checksums, and the protocol between the driver and a contender.
//!
//! A contender is a process: `contender URL AUTHORS`. It prints a line `has WORKLOAD VARIANT` for everything it can do and
//! then `ready`. To `run INDEX TASKS` it answers `done WALL CPU CHECKSUM`, with times in nanoseconds, or `failed REASON`.
//! All of them work where a server's handlers do: on a worker of tokio's runtime, and what blocks in place of one.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use cpu_time::ProcessTime;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

/// What goes wrong in a contender.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The outcome of one workload: the checksum of what it read.
pub type Outcome = Result<u64, Failure>;

/// All authors.
pub const AUTHORS_SQL: &str = "SELECT id, name, country, born, active FROM authors";
/// All books.
pub const BOOKS_SQL: &str = "SELECT id, author_id, title, isbn, pages, price FROM books";
/// All sales.
pub const SALES_SQL: &str = "SELECT id, author_id, title, isbn, pages, price FROM sales";
/// Connections in a pool.
pub const POOL: u32 = 10;
/// The most keys in one statement on SQLite, below the 32,766 values that it binds.
pub const SQLITE_KEYS: usize = 30_000;
/// How many gets all tasks together make under concurrency.
pub const GETS: i64 = 2_048;
/// How many rows are inserted.
pub const NOTES: i64 = 10_000;

/// The key of an author.
pub fn author_key(at: i64) -> i64 {
    at * 7 + 3
}

/// The text of a note.
pub fn note_text(at: i64) -> String {
    format!("the text of note {at}")
}

/// The keys that one of several tasks gets.
fn keys_of_task(task: i64, tasks: i64, authors: i64) -> impl Iterator<Item = i64> {
    (0..GETS / tasks).map(move |at| author_key((at * tasks + task) * 31 % authors))
}

/// The checksum of an author: every column counts, so that every column is read.
pub fn author(id: i64, name: &str, country: &str, born: i64, active: bool) -> u64 {
    sum(id) + length(name) + length(country) + sum(born) + u64::from(active)
}

/// The checksum of a book.
pub fn book(id: i64, author_id: i64, title: &str, isbn: &str, pages: i64, price: f64) -> u64 {
    sum(id) + sum(author_id) + length(title) + length(isbn) + sum(pages) + u64::from(price > 100.0)
}

/// The checksum of a tag, a topic or a section.
pub fn named(id: i64, name: &str) -> u64 {
    sum(id) + length(name)
}

fn sum(number: i64) -> u64 {
    number.unsigned_abs()
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

/// The arguments of a contender: the database's URL and how many authors it has.
///
/// # Errors
///
/// Where one is missing.
pub fn arguments() -> Result<(String, i64), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(authors)) = (arguments.next(), arguments.next()) else {
        return Err("contender URL AUTHORS".into());
    };
    Ok((url, authors.parse()?))
}

/// A library with its connections.
pub trait Contender: Send + Sync + 'static {
    /// The workloads it can do, each with a name for the way in which it does it.
    fn workloads(&self) -> Vec<(&'static str, &'static str)>;

    /// Does one of them.
    fn run(
        &self,
        workload: &'static str,
        variant: &'static str,
        tasks: i64,
    ) -> impl Future<Output = Outcome> + Send;
}

/// Answers the driver until it has no more to ask.
///
/// # Errors
///
/// Where the driver cannot be read or written to.
pub async fn answer(contender: impl Contender) -> Result<(), Failure> {
    // The future that `main` waits for is not on a worker of the runtime.
    tokio::spawn(serve(contender)).await?
}

async fn serve(contender: impl Contender) -> Result<(), Failure> {
    let workloads = contender.workloads();
    for (workload, variant) in &workloads {
        println!("has {workload} {variant}");
    }
    println!("ready");
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let mut words = line.split(' ').skip(1);
        let (Some(index), Some(tasks)) = (words.next(), words.next()) else {
            return Err(format!("`{line}` was asked").into());
        };
        let (workload, variant) = workloads[index.parse::<usize>()?];
        let tasks = tasks.parse()?;
        let (clock, processor) = (Instant::now(), ProcessTime::try_now()?);
        let outcome = contender.run(workload, variant, tasks).await;
        let (wall, cpu) = (clock.elapsed(), processor.try_elapsed()?);
        match outcome {
            Ok(checksum) => println!("done {} {} {checksum}", wall.as_nanos(), cpu.as_nanos()),
            Err(reason) => println!("failed {}", reason.to_string().replace('\n', " ")),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Runs as many tasks as requested, each with its share of the authors, and adds up what they read.
///
/// # Errors
///
/// The first one of a task.
pub async fn concurrently<F>(
    tasks: i64,
    authors: i64,
    get: impl Fn(i64) -> F + Clone + Send + 'static,
) -> Outcome
where
    F: Future<Output = Outcome> + Send,
{
    let mut handles = Vec::new();
    for task in 0..tasks {
        let get = get.clone();
        handles.push(tokio::spawn(async move {
            let mut sum = 0;
            for key in keys_of_task(task, tasks, authors) {
                sum += get(key).await?;
            }
            Outcome::Ok(sum)
        }));
    }
    let mut sum = 0;
    for handle in handles {
        sum += handle.await??;
    }
    Ok(sum)
}
