//! Warns of work that was not committed.

use std::thread;

use super::Session;
use crate::driver::Lease;
use crate::observe::Notice;

impl Drop for Session {
    /// Dropping a session rolls back. If nothing failed before, a `commit` was more likely forgotten than left out.
    fn drop(&mut self) {
        if self.erred || self.failed.is_some() || thread::panicking() {
            return;
        }
        let cancelled = |lease: &Lease| lease.is_abandoned() || lease.is_lost();
        if self.lease.as_ref().is_some_and(cancelled) {
            return;
        }
        let mut lost = match self.unit.has_work() {
            true => self.unit.unsaved(&self.store),
            false => Vec::new(),
        };
        if self.lease.as_ref().is_some_and(Lease::has_written) {
            lost.push("an uncommitted transaction".to_owned());
        }
        if lost.is_empty() {
            return;
        }
        let (lost, at) = (lost.join(", "), self.borrower.made_at());
        Notice::Lost.give(&format!(
            "a session that was made at {at} was dropped with {lost}, which is lost now; `session.commit().await` keeps it, \
             and `session.rollback().await` discards it without this warning"
        ));
    }
}
