//! The result of a statement that returns no rows.

/// What an INSERT did.
#[derive(Debug, Clone)]
pub(super) struct Inserted {
    /// How many rows there are more.
    pub(super) rows: u64,
    /// The keys that the database generated, if it reports them outside RETURNING: the first key of each run, and the
    /// run's number of rows.
    pub(super) keys: Vec<(i64, u64)>,
}

impl From<u64> for Inserted {
    /// A number of rows whose keys the database does not report.
    fn from(rows: u64) -> Inserted {
        Inserted { rows, keys: Vec::new() }
    }
}
