//! Shares the caller's thread with other tasks between the runs of a statement.

/// Counts the runs of a statement that have the thread of the caller to themselves.
#[derive(Debug, Default)]
pub(super) struct Turns {
    spent: usize,
}

/// How much runs before other tasks can: some tenths of a millisecond.
const MOST: usize = 160;
/// So many values take as long as all else of a run: about a microsecond.
const VALUES: usize = 8;

impl Turns {
    /// Counts a run with this many values; returns whether other tasks should run before it.
    pub(super) fn yields(&mut self, values: usize) -> bool {
        self.spent += 1 + values / VALUES;
        let yields = self.spent > MOST;
        if yields {
            self.spent = 0;
        }
        yields
    }
}
