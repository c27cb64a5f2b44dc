//! Bad input: in the database, in a query, in what is handed to a session. Always an error that says where, never a
//! wrong answer, and nothing half done.

mod cells;
mod engines;
mod links;
mod queries;
mod sessions;

use orm_core::prelude::*;

/// The kind is as given, and the message has all of the parts.
fn says<T>(result: Result<T>, kind: ErrorKind, parts: &[&str]) {
    let Err(error) = result else { panic!("expected {kind:?}") };
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "no {part}: {text}");
    }
}
