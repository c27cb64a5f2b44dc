//! Warnings about likely mistakes.

use std::panic::catch_unwind;

/// A likely mistake that is not an error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    /// A relationship is loaded object by object.
    NPlusOne,
    /// A session was dropped with unsaved or uncommitted work.
    Lost,
    /// The same stream begins again and again.
    Restarted,
}

impl Notice {
    /// Warns in `tracing`. A debug build in which nothing listens to `tracing` prints the warning instead.
    pub(crate) fn give(self, text: &str) {
        match self {
            Notice::NPlusOne => tracing::warn!(target: "orm::n_plus_one", "{text}"),
            Notice::Lost => tracing::warn!(target: "orm::lost_work", "{text}"),
            Notice::Restarted => tracing::warn!(target: "orm::restarted_stream", "{text}"),
        }
        if cfg!(debug_assertions) && !tracing::dispatcher::has_been_set() {
            // The macro, so that the harness of tests captures it; it panics where standard error is closed.
            let _ = catch_unwind(|| eprintln!("warning: {text}"));
        }
    }
}
