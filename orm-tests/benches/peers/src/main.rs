//! Runs every contender interleaved with the others, checks that all read the same, and prints tables in Markdown.
//!
//! `peers [all|table|tasks|growth|serve] [--rounds N] [--small]`. `table` compares all of them, also on servers that are
//! farther away, and shows what objects occupy; `tasks` those that hold
//! connections for gets of 1 to 64 tasks at once; `growth` the library, the raw driver and Diesel at 1, 10 and 100 times
//! the rows and at 1 to 4 levels. `--small` has few rows and one round: it shows in seconds that all of it works, and its
//! times mean nothing. `serve` only prints the URLs of the databases, for a profiler around a contender, until its input
//! ends.

mod data;
mod plan;
mod process;
mod proxy;
mod report;
mod rows;
mod server;
mod times;
mod versions;

use std::error::Error;
use std::path::Path;
use std::process::Command;

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
/// What several tasks do at once, and how many they are where one number is shown.
const TOGETHER: [&str; 2] = ["W8", "W12"];
const TASKS: i64 = 64;
/// What is measured from farther away.
const FAR: &str = "W11";
const LEVELS: [&str; 4] = ["D1", "D2", "D3", "D4"];

fn main() -> Result<()> {
    let plan = Plan::from_arguments(std::env::args().skip(1))?;
    let directory = tempfile::tempdir()?;
    let servers = Servers::start()?;
    versions::print(&plan)?;
    let mut data = servers.data(directory.path(), plan.authors)?;
    if plan.serve {
        data.iter().for_each(|data| println!("{} {}", data.url, data.authors));
        std::io::stdin().lines().try_for_each(|line| line.map(drop))?;
    }
    if plan.table {
        for data in &mut data {
            let times = table(data, &plan)?;
            report::table(&data.name, &times)?;
        }
        for data in data.iter_mut().filter(|data| !data.url.starts_with("sqlite:")) {
            let times = far(data, &plan)?;
            report::far(&data.name, &times)?;
        }
        memory(&data[0])?;
    }
    if plan.tasks {
        for data in &mut data {
            let times = tasks(data, &plan)?;
            report::tasks(&data.name, &times, &plan.numbers_of_tasks)?;
        }
    }
    if plan.growth {
        growth(data, directory.path(), &servers, &plan)?;
    }
    Ok(())
}

/// The servers that all databases of one run are on; without MariaDB's programs, it is left out.
struct Servers {
    postgres: Server,
    mariadb: Option<Server>,
}

impl Servers {
    fn start() -> Result<Servers> {
        let mariadb = Server::mariadb().inspect_err(|error| eprintln!("MariaDB is left out: {error}"));
        Ok(Servers { postgres: Server::postgres()?, mariadb: mariadb.ok() })
    }

    /// A file of SQLite and a database on each server, with the same rows.
    fn data(&self, directory: &Path, authors: i64) -> Result<Vec<Data>> {
        let mut data = self.data_that_grows(directory, authors)?;
        if let Some(mariadb) = &self.mariadb {
            data.push(Data::mariadb(&mariadb.url, authors)?);
        }
        Ok(data)
    }

    /// The databases that grow.
    fn data_that_grows(&self, directory: &Path, authors: i64) -> Result<Vec<Data>> {
        eprintln!("{authors} authors are written");
        let file = directory.join(format!("{authors}.db"));
        Ok(vec![Data::sqlite(&file, authors)?, Data::postgres(&self.postgres.url, authors)?])
    }
}

/// Every workload in every contender.
fn table(data: &mut Data, plan: &Plan) -> Result<Times> {
    let mut processes = Process::all(&data.url, data.authors)?;
    let mut times = Times::default();
    // The first round is for the caches.
    for round in 0..=plan.rounds {
        eprintln!("{}: round {round} of {}", data.name, plan.rounds);
        for (workload, _) in report::WORKLOADS {
            for process in &mut processes {
                let tasks = if TOGETHER.contains(&workload) { TASKS } else { 1 };
                run(data, process, workload, tasks, &mut times, workload, round > 0)?;
            }
        }
    }
    Ok(times)
}

/// Pages from a server that is as far away as another machine.
fn far(data: &mut Data, plan: &Plan) -> Result<Times> {
    let mut processes = Process::all(&proxy::start(&data.url)?, data.authors)?;
    let mut times = Times::default();
    for round in 0..=plan.rounds_of_tasks {
        eprintln!(
            "{}: pages with a round trip of 1 ms, round {round} of {}",
            data.name, plan.rounds_of_tasks
        );
        for process in &mut processes {
            run(data, process, FAR, 1, &mut times, FAR, round > 0)?;
        }
    }
    Ok(times)
}

/// Prints what objects and sessions occupy.
fn memory(data: &Data) -> Result<()> {
    let program = std::env::current_exe()?.with_file_name("memory");
    match Command::new(program).arg(&data.url).arg(data.authors.to_string()).status()?.success() {
        true => Ok(()),
        false => Err("memory was not measured".into()),
    }
}

/// Gets by different numbers of tasks.
fn tasks(data: &mut Data, plan: &Plan) -> Result<Times> {
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
fn growth(mut data: Vec<Data>, directory: &Path, servers: &Servers, plan: &Plan) -> Result<()> {
    data.truncate(2);
    let names = [data[0].name.clone(), data[1].name.clone()];
    let mut found = [(Times::default(), Vec::new()), (Times::default(), Vec::new())];
    let mut first = Some(data);
    for &(authors, rounds) in &plan.sizes {
        let mut data = match first.take() {
            Some(data) => data,
            None => servers.data_that_grows(directory, authors)?,
        };
        for (data, (times, streams)) in data.iter_mut().zip(&mut found) {
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

fn levels(data: &mut Data, rounds: usize, times: &mut Times) -> Result<()> {
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
    data: &mut Data,
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
        // The likes that each note has afterwards, beyond those with which it is inserted.
        let likes = match workload {
            "W6" => Some(0),
            "W9" => Some(1),
            _ => None,
        };
        if let Some(likes) = likes {
            data.reset_notes(likes > 0)?;
        }
        let sample = process.run(index, tasks)?;
        if let Some(likes) = likes {
            data.check_notes(&variant, likes)?;
        }
        // What takes so long is not run again, and no cache would help it.
        let counts = counts || sample.wall > LONG[1].0;
        times.add(key, &variant, counts.then_some(sample));
    }
    Ok(())
}
