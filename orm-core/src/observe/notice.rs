use std::panic::catch_unwind;

/// What a program does without an error, and hardly means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    /// A relationship is loaded object by object.
    NPlusOne,
    /// A session was dropped with work that nothing keeps.
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
