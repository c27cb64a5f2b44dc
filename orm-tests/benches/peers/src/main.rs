//! Runs every contender interleaved with the others, checks that all read the same, and prints tables in Markdown.
//!
//! `peers [all|table|tasks|growth|serve] [--rounds N] [--small]`. `table` compares all of them; `tasks` those that hold
//! connections for gets of 1 to 64 tasks at once; `growth` the library, the raw driver and Diesel at 1, 10 and 100 times
//! the rows and at 1 to 4 levels. `--small` has few rows and one round: it shows in seconds that all of it works, and its
//! times mean nothing. `serve` only prints the URLs of the databases, for a profiler around a contender, until its input
//! ends.

mod data;
mod plan;
mod process;
mod report;
mod server;
mod times;
mod versions;

use std::error::Error;
use std::path::Path;

use data::Data;
use plan::Plan;
use process::Process;
use report::Stream;
use server::Server;
use times::Times;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A contender that needs more milliseconds than this for a workload runs it only this many times, to save the others'
/// time.
const LONG: [(f64, usize); 2] = [(250.0, 3), (1_000.0, 1)];
/// How many tasks make the gets where one number is shown.
const TASKS: i64 = 64;
const LEVELS: [&str; 4] = ["D1", "D2", "D3", "D4"];

fn main() -> Result<()> {
    let plan = Plan::from_arguments(std::env::args().skip(1))?;
    let directory = tempfile::tempdir()?;
    let server = Server::start()?;
    versions::print(&plan)?;
    let data = both(directory.path(), &server, plan.authors)?;
    if plan.serve {
        data.iter().for_each(|data| println!("{} {}", data.url, data.authors));
        std::io::stdin().lines().try_for_each(|line| line.map(drop))?;
    }
    if plan.table {
        for data in &data {
            report::table(&data.name, &table(data, &plan)?)?;
        }
    }
    if plan.tasks {
        for data in &data {
            report::tasks(&data.name, &tasks(data, &plan)?, &plan.numbers_of_tasks)?;
        }
    }
    if plan.growth {
        growth(data, directory.path(), &server, &plan)?;
    }
    Ok(())
}

/// A file of SQLite and a database of PostgreSQL, with the same rows.
fn both(directory: &Path, server: &Server, authors: i64) -> Result<[Data; 2]> {
    eprintln!("{authors} authors are written");
    let file = directory.join(format!("{authors}.db"));
    Ok([Data::sqlite(&file, authors)?, Data::postgres(&server.url, authors)?])
}

/// Every workload in every contender.
fn table(data: &Data, plan: &Plan) -> Result<Times> {
    let mut processes = Process::all(&data.url, data.authors)?;
    let mut times = Times::default();
    // The first round is for the caches.
    for round in 0..=plan.rounds {
        eprintln!("{}: round {round} of {}", data.name, plan.rounds);
        for workload in ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8"] {
            for process in &mut processes {
                run(data, process, workload, TASKS, &mut times, workload, round > 0)?;
            }
        }
    }
    Ok(times)
}

/// Gets by different numbers of tasks.
fn tasks(data: &Data, plan: &Plan) -> Result<Times> {
    let mut processes = Process::few(&data.url, data.authors)?;
    let mut times = Times::default();
    for round in 0..=plan.rounds_of_tasks {
        eprintln!("{}: tasks, round {round} of {}", data.name, plan.rounds_of_tasks);
        for &tasks in &plan.numbers_of_tasks {
            for process in &mut processes {
                run(data, process, "W8", tasks, &mut times, &tasks.to_string(), round > 0)?;
            }
        }
    }
    Ok(times)
}

/// Levels of relationships with more and more rows, and the memory of a stream.
fn growth(data: [Data; 2], directory: &Path, server: &Server, plan: &Plan) -> Result<()> {
    let names = data.each_ref().map(|data| data.name.clone());
    let mut found = [(Times::default(), Vec::new()), (Times::default(), Vec::new())];
    let mut first = Some(data);
    for &(authors, rounds) in &plan.sizes {
        let data = match first.take() {
            Some(data) => data,
            None => both(directory, server, authors)?,
        };
        for (data, (times, streams)) in data.iter().zip(&mut found) {
            levels(data, rounds, times)?;
            if authors <= plan.authors * 10 {
                streams.extend(stream(data)?);
            }
        }
    }
    let sizes: Vec<i64> = plan.sizes.iter().map(|(authors, _)| *authors).collect();
    for (name, (times, streams)) in names.iter().zip(&found) {
        report::growth(name, times, streams, &sizes)?;
    }
    Ok(())
}

fn levels(data: &Data, rounds: usize, times: &mut Times) -> Result<()> {
    let mut processes = Process::few(&data.url, data.authors)?;
    for round in 0..=rounds {
        eprintln!("{}, {} authors: round {round} of {rounds}", data.name, data.authors);
        for level in LEVELS {
            for process in &mut processes {
                let key = report::size_key(level, data.authors);
                run(data, process, level, 1, times, &key, round > 0)?;
            }
        }
    }
    Ok(())
}

/// Streams in processes that have done nothing else.
fn stream(data: &Data) -> Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for process in &mut Process::few(&data.url, data.authors)? {
        let Some((index, variant)) = process.variants("W7").into_iter().next() else { continue };
        let milliseconds = process.run(index, 1)?.wall;
        if let Some(megabytes) = process.peak_memory() {
            streams.push(Stream { variant, sales: data.sales(), milliseconds, megabytes });
        }
    }
    Ok(streams)
}

/// Runs a workload in each way that a contender has for it.
fn run(
    data: &Data,
    process: &mut Process,
    workload: &str,
    tasks: i64,
    times: &mut Times,
    key: &str,
    counts: bool,
) -> Result<()> {
    for (index, variant) in process.variants(workload) {
        if LONG.iter().any(|(long, few)| times.is_enough(key, &variant, *few, *long)) {
            continue;
        }
        if workload == "W6" {
            data.empty_notes()?;
        }
        let sample = process.run(index, tasks)?;
        if workload == "W6" {
            data.check_notes(&variant)?;
        }
        // What takes so long is not run again, and no cache would help it.
        let counts = counts || sample.wall > LONG[1].0;
        times.add(key, &variant, counts.then_some(sample));
    }
    Ok(())
}
