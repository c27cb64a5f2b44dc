use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;

/// One contender, which waits for what it shall run.
pub struct Process {
    name: &'static str,
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    workloads: Vec<(String, String)>,
}

/// What one run took, in milliseconds on the clock and of the contender's processor time, and what it read.
pub struct Sample {
    pub wall: f64,
    pub cpu: f64,
    pub checksum: u64,
}

impl Process {
    /// Every available contender; those of Python if `PEERS_PYTHON` names an interpreter.
    pub fn all(url: &str, authors: i64) -> Result<Vec<Process>> {
        let mut names = vec!["drivers", "ours", "peer-diesel", "peer-sea-orm"];
        // Toasty needs MariaDB 11.8, which is newer than many systems have.
        if !url.starts_with("mysql:") {
            names.push("peer-toasty");
        }
        let mut processes = Process::built(&names, url, authors)?;
        match std::env::var_os("PEERS_PYTHON") {
            Some(python) => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sqlalchemy_peer.py");
                let mut command = Command::new(python);
                command.arg(script);
                processes.push(Process::start("sqlalchemy", command, url, authors)?);
            }
            None => eprintln!("PEERS_PYTHON names no interpreter: SQLAlchemy is left out"),
        }
        Ok(processes)
    }

    /// The raw drivers, the library and Diesel.
    pub fn few(url: &str, authors: i64) -> Result<Vec<Process>> {
        Process::built(&["drivers", "ours", "peer-diesel"], url, authors)
    }

    fn built(names: &[&'static str], url: &str, authors: i64) -> Result<Vec<Process>> {
        let mut processes = Vec::new();
        for name in names {
            let program = std::env::current_exe()?.with_file_name(name);
            if program.exists() {
                processes.push(Process::start(name, Command::new(program), url, authors)?);
            } else {
                eprintln!("{name} was not built and is left out");
            }
        }
        Ok(processes)
    }

    fn start(name: &'static str, mut command: Command, url: &str, authors: i64) -> Result<Process> {
        command.arg(url).arg(authors.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let questions = child.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut process = Process { name, child, questions, answers, workloads: Vec::new() };
        loop {
            let line = process.line()?;
            match line.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')) {
                Some((workload, variant)) => {
                    process.workloads.push((workload.to_owned(), variant.to_owned()));
                }
                None => return Ok(process),
            }
        }
    }

    /// The ways in which it does a workload.
    pub fn variants(&self, workload: &str) -> Vec<(usize, String)> {
        let all = self.workloads.iter().enumerate();
        all.filter(|(_, (own, _))| own == workload).map(|(at, (_, variant))| (at, variant.clone())).collect()
    }

    /// Runs one of them.
    pub fn run(&mut self, index: usize, tasks: i64) -> Result<Sample> {
        writeln!(self.questions, "run {index} {tasks}")?;
        self.questions.flush()?;
        let line = self.line()?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["done", wall, cpu, checksum] => Ok(Sample {
                wall: wall.parse::<f64>()? / 1e6,
                cpu: cpu.parse::<f64>()? / 1e6,
                checksum: checksum.parse()?,
            }),
            _ => Err(format!("{} at {:?}: {line}", self.name, self.workloads[index]).into()),
        }
    }

    /// The most memory it used at once, in megabytes, if the system reports it.
    pub fn peak_memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kilobytes / 1024.0)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(format!("{} has ended: {}", self.name, self.child.wait()?).into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is no longer needed; a process that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
