//! Shares the caller's thread with other tasks between the runs of a statement.

/// How many runs of a statement take the thread of the caller for themselves.
const TURNS: usize = 8;

/// Yields to other tasks between runs, each of which takes some hundredths of a millisecond.
pub(super) async fn yield_sometimes(turn: usize) {
    if turn % TURNS == TURNS - 1 {
        tokio::task::yield_now().await;
    }
}
