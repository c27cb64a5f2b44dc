use std::fmt;
use std::time::{Duration, Instant};

use orm_core::prelude::*;

/// What an answer took.
#[derive(Clone, Copy)]
pub struct Cost {
    pub statements: usize,
    pub rows: u64,
    pub time: Duration,
}

/// Counts the statements of an engine, from its start to its stop.
pub struct Meter {
    log: QueryLog,
    started: Instant,
}

impl Meter {
    pub fn start(engine: &Engine) -> Meter {
        Meter { log: engine.record(), started: Instant::now() }
    }

    pub fn stop(self) -> Cost {
        let time = self.started.elapsed();
        let statements = self.log.statements();
        let rows = statements.iter().map(|statement| statement.rows).sum();
        Cost { statements: statements.len(), rows, time }
    }
}

impl Cost {
    pub fn time(&self) -> String {
        format!("{:.1} ms", self.time.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.statements == 1 { "" } else { "s" };
        write!(f, "{} statement{s}, {}", self.statements, self.time())
    }
}
