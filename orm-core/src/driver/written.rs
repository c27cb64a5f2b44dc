//! How far a standby must be to show what was committed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far the log of the primary was when the engine last committed: what a standby must have replayed before the
/// engine's sessions may read from it.
#[derive(Debug, Default)]
pub(super) struct Written(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    position: u64,
    /// How many commits there were whose position was never reported.
    doubts: u64,
    /// How many of those are covered, because a later position is known.
    settled: u64,
}

/// A commit on its way. Dropped before its position is known, it leaves a doubt.
#[derive(Debug)]
pub(super) struct Commit<'w> {
    written: &'w Written,
    ended: bool,
}

impl Written {
    /// The position; `None` while a commit may have happened whose position is unknown.
    pub(super) fn position(&self) -> Option<u64> {
        let state = self.state();
        (state.doubts == state.settled).then_some(state.position)
    }

    /// A commit is about to be sent.
    pub(super) fn commit(&self) -> Commit<'_> {
        Commit { written: self, ended: false }
    }

    /// What a position that is asked for from now on will cover.
    pub(super) fn doubts(&self) -> u64 {
        self.state().doubts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commit<'_> {
    /// It did not happen.
    pub(super) fn refused(mut self) {
        self.ended = true;
    }

    /// It happened before the log was there; `doubts` is from before that was asked.
    pub(super) fn reached(mut self, position: u64, doubts: u64) {
        self.ended = true;
        let mut state = self.written.state();
        state.position = state.position.max(position);
        state.settled = state.settled.max(doubts);
    }
}

impl Drop for Commit<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.written.state().doubts += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Written;

    #[test]
    fn a_position_never_goes_back() {
        let written = Written::default();
        assert_eq!(written.position(), Some(0));
        written.commit().reached(20, written.doubts());
        written.commit().reached(10, written.doubts());
        written.commit().refused();
        assert_eq!(written.position(), Some(20));
    }

    #[test]
    fn a_commit_that_was_dropped_is_in_doubt_until_a_later_one_is_known() {
        let written = Written::default();
        let earlier = written.doubts();
        drop(written.commit());
        assert_eq!(written.position(), None);
        written.commit().reached(10, earlier);
        assert_eq!(written.position(), None, "it was asked for before the doubt arose");
        written.commit().reached(30, written.doubts());
        assert_eq!(written.position(), Some(30));
    }
}
