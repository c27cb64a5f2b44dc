//! Runs every contender interleaved with the others, checks that all read the same, and prints what they took.
//!
//! `peers table [ROUNDS]` compares all of them; `peers tasks [ROUNDS]` does so for gets of 1 to 64 tasks at once;
//! `peers growth [ROUNDS]` measures the library at 1, 10 and 100 times the rows and at 1 to 4 levels.

mod data;
mod process;
mod server;
mod times;

use std::error::Error;

use data::Data;
use process::Process;
use times::Times;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const AUTHORS: i64 = 1_000;
/// A contender that needs longer than this for a workload runs it `FEW` times, for the sake of the others.
const LONG: f64 = 400.0;
const FEW: usize = 5;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "table".to_owned());
    let rounds = arguments.next().map_or(Ok(21), |rounds| rounds.parse())?;
    let directory = tempfile::tempdir()?;
    let server = server::Server::start()?;
    match what.as_str() {
        "table" => {
            for data in both(directory.path(), &server, AUTHORS)? {
                table(&data, rounds, &["W1", "W2", "W3", "W4", "W5", "W6", "W7"], 1)?;
                table(&data, rounds, &["G"], 64)?;
            }
        }
        "tasks" => {
            for data in both(directory.path(), &server, AUTHORS)? {
                for tasks in [1, 2, 4, 8, 16, 32, 64] {
                    println!("\n{tasks} tasks");
                    table(&data, rounds, &["G"], tasks)?;
                }
            }
        }
        "growth" => {
            for (authors, rounds) in [(AUTHORS, rounds), (AUTHORS * 10, rounds.min(7)), (AUTHORS * 100, 3)] {
                for data in both(directory.path(), &server, authors)? {
                    growth(&data, rounds)?;
                }
            }
        }
        other => return Err(format!("`{other}` is none of: table, tasks, growth").into()),
    }
    Ok(())
}

/// A file of SQLite and a database of PostgreSQL, with the same rows.
fn both(directory: &std::path::Path, server: &server::Server, authors: i64) -> Result<[Data; 2]> {
    let file = directory.join(format!("{authors}.db"));
    Ok([Data::sqlite(&file, authors)?, Data::postgres(&server.url, authors)?])
}

fn table(data: &Data, rounds: usize, workloads: &[&str], tasks: i64) -> Result<()> {
    let mut processes = Process::all(&data.url, data.authors)?;
    let mut times = Times::default();
    // The first round is for the caches.
    for round in 0..=rounds {
        for workload in workloads {
            for process in &mut processes {
                run(data, process, workload, tasks, round, &mut times)?;
            }
        }
    }
    times.print(&data.name)
}

fn growth(data: &Data, rounds: usize) -> Result<()> {
    let mut process = Process::ours(&data.url, data.authors)?;
    let mut times = Times::default();
    for round in 0..=rounds {
        for workload in ["W1", "W2", "W3", "W4", "W7", "D1", "D2", "D3", "D4"] {
            run(data, &mut process, workload, 1, round, &mut times)?;
        }
    }
    times.print(&format!("{}, {} authors", data.name, data.authors))
}

fn run(
    data: &Data,
    process: &mut Process,
    workload: &str,
    tasks: i64,
    round: usize,
    times: &mut Times,
) -> Result<()> {
    for (index, variant) in process.variants(workload) {
        if times.is_enough(workload, &variant, FEW, LONG) {
            continue;
        }
        if workload == "W6" {
            data.empty_notes()?;
        }
        let sample = process.run(index, tasks)?;
        if workload == "W6" {
            data.check_notes(&variant)?;
        }
        if round > 0 {
            times.add(workload, &variant, sample);
        }
    }
    Ok(())
}
