use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::StatementOutcome;
use crate::sql::{Statement, shortened};

/// The statements that a [`QueryScope`](super::QueryScope) counted. `Display` lists them by what they load.
///
/// It keeps each text once, however often it was run, so that long work can be counted too.
#[derive(Debug, Clone, Default)]
#[must_use = "it says what ran, and nothing reads it"]
pub struct ScopeReport {
    groups: IndexMap<(Option<Arc<str>>, Arc<str>), StatementGroup>,
}

/// The runs of one text for one path.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StatementGroup {
    /// The text.
    pub sql: Arc<str>,
    /// The relationship it loads, as a path from the query's model.
    pub path: Option<Arc<str>>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// How often it was run.
    pub count: usize,
    /// The rows that all runs returned or changed.
    pub rows: u64,
    /// The time of all runs.
    pub duration: Duration,
    /// How many runs failed or were abandoned.
    pub failed: usize,
}

impl ScopeReport {
    /// How many statements were run. Transaction control is not counted.
    pub fn count(&self) -> usize {
        self.groups.values().map(|group| group.count).sum()
    }

    /// The rows that they returned or changed.
    pub fn rows(&self) -> u64 {
        self.groups.values().map(|group| group.rows).sum()
    }

    /// The time that they took, added up.
    pub fn duration(&self) -> Duration {
        self.groups.values().map(|group| group.duration).sum()
    }

    /// The statements with the same text and path as one, in the order of their first run.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &StatementGroup> {
        self.groups.values()
    }

    pub(super) fn push(&mut self, statement: &Statement, outcome: StatementOutcome) {
        let key = (statement.path.clone(), Arc::clone(&statement.sql));
        let group = self.groups.entry(key).or_insert_with(|| StatementGroup {
            sql: Arc::clone(&statement.sql),
            path: statement.path.clone(),
            strategy: statement.strategy,
            count: 0,
            rows: 0,
            duration: Duration::ZERO,
            failed: 0,
        });
        group.count += 1;
        group.rows += outcome.rows;
        group.duration += outcome.duration;
        group.failed += usize::from(outcome.failed);
    }
}

impl fmt::Display for ScopeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count();
        write!(f, "{count} statement{}", if count == 1 { "" } else { "s" })?;
        let mut by_path: IndexMap<Option<&str>, Vec<&StatementGroup>> = IndexMap::new();
        for group in self.groups() {
            by_path.entry(group.path.as_deref()).or_default().push(group);
        }
        for (path, groups) in by_path {
            let runs: usize = groups.iter().map(|group| group.count).sum();
            let rows: u64 = groups.iter().map(|group| group.rows).sum();
            write!(f, "\n  {}: {runs}, with {rows} rows", path.unwrap_or("no path"))?;
            for group in groups {
                write!(f, "\n    {} x {}", group.count, shortened(&group.sql))?;
            }
        }
        Ok(())
    }
}
