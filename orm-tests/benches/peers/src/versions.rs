use std::process::{Command, Stdio};

use crate::Result;
use crate::plan::Plan;

/// What is compared, by the lock files that it was built from.
pub fn print(plan: &Plan) -> Result<()> {
    let locked = [include_str!("../Cargo.lock"), include_str!("../toasty/Cargo.lock")].map(versions);
    let of = |name: &str| {
        let found = locked.iter().flatten().find(|(own, _)| *own == name);
        found.map_or_else(|| name.to_owned(), |(_, version)| format!("{name} {version}"))
    };
    let crates = [
        "sqlx",
        "rusqlite",
        "tokio-postgres",
        "deadpool-postgres",
        "diesel",
        "diesel-async",
        "sea-orm",
        "toasty",
    ];
    let crates = crates.map(of).join(", ");
    let cores = std::thread::available_parallelism()?;
    let (date, rustc) =
        (output(&mut Command::new("date").arg("+%F")), output(Command::new("rustc").arg("-V")));
    println!(
        "{date}, {cores} cores; {}; {crates}{}; {} rounds, {} authors.",
        rustc.split(" (").next().unwrap_or_default(),
        sqlalchemy(),
        plan.rounds,
        plan.authors
    );
    Ok(())
}

/// The packages of a lock file, with their versions.
fn versions(lock: &str) -> Vec<(&str, &str)> {
    let lines: Vec<&str> = lock.lines().collect();
    lines.windows(2).filter_map(|pair| Some((value(pair[0], "name")?, value(pair[1], "version")?))).collect()
}

fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"')
}

fn sqlalchemy() -> String {
    let Some(python) = std::env::var_os("PEERS_PYTHON") else { return String::new() };
    let program = "import sqlalchemy, sys; print(f', SQLAlchemy {sqlalchemy.__version__} on Python {sys.version.split()[0]}')";
    output(Command::new(python).args(["-c", program]))
}

/// What a program prints; empty if the program is missing.
fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::null()).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned(),
    )
}
