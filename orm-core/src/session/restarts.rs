//! Warns of streams that return one batch.

use std::panic::Location;

use crate::observe::Notice;

/// This many streams in a row that return one batch each; a query that needs only its first batch would have a limit.
const LOOP: u32 = 3;

/// Streams that begin at one line and are dropped after one batch: `while let Some(..) = session.stream(..).next_batch()`
/// begins a new stream in each round, and never ends.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    at: Option<&'static Location<'static>>,
    count: u32,
}

impl Restarts {
    /// A stream was dropped after its first batch.
    pub(super) fn left(&mut self, at: &'static Location<'static>) {
        if self.at != Some(at) {
            *self = Restarts { at: Some(at), count: 0 };
        }
        self.count = self.count.saturating_add(1);
        if self.count == LOOP {
            Notice::Restarted.give(&format!(
                "the stream at {at} began {LOOP} times and was dropped after one batch each time; a stream is begun once, \
                 before the loop: `let mut stream = session.stream(query); while let Some(batch) = stream.next_batch().await? \
                 {{ .. }}`"
            ));
        }
    }

    /// A stream was read on.
    pub(super) fn read(&mut self) {
        *self = Restarts::default();
    }
}
