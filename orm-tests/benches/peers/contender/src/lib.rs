//! What every contender has in common: the rows, the checksums, and the protocol between the driver and a contender.
//!
//! A contender is a process: `contender URL AUTHORS`. It prints a line `has WORKLOAD VARIANT` for everything it can do and
//! then `ready`. To `run INDEX TASKS` it answers `done WALL CPU CHECKSUM`, with times in nanoseconds, or `failed REASON`.
//! All of them work where a server's handlers do: on a worker of tokio's runtime, and what blocks in place of one.

mod rows;

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use cpu_time::ProcessTime;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

pub use rows::*;

/// What goes wrong in a contender.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The outcome of one workload: the checksum of what it read.
pub type Outcome = Result<u64, Failure>;

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

/// Gets authors by their keys, by as many tasks as requested, and adds up what they read.
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
    shared(tasks, GETS, move |number| get(key_of_get(number, authors))).await
}

/// Shows pages, each by the number of books before it, by as many tasks as requested, and adds up what they read.
///
/// # Errors
///
/// The first one of a task.
pub async fn pages<F>(tasks: i64, authors: i64, page: impl Fn(i64) -> F + Clone + Send + 'static) -> Outcome
where
    F: Future<Output = Outcome> + Send,
{
    shared(tasks, PAGES, move |number| page(offset_of_page(number, authors))).await
}

/// Each task does its share.
async fn shared<F>(tasks: i64, count: i64, work: impl Fn(i64) -> F + Clone + Send + 'static) -> Outcome
where
    F: Future<Output = Outcome> + Send,
{
    let mut handles = Vec::new();
    for task in 0..tasks {
        let work = work.clone();
        handles.push(tokio::spawn(async move {
            let mut sum = 0;
            for at in 0..count / tasks {
                sum += work(at * tasks + task).await?;
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
