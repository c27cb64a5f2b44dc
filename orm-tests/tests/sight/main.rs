//! Observers of statements: hooks, scopes, spans, slow ones; and what tests assert about their number.

mod authors;
mod hooks;
mod scopes;
mod spans;
mod tests_that_count;
mod warnings;
