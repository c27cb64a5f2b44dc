//! Names of tables in a statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a table of a statement is called behind AS.
#[derive(Debug, Clone, PartialEq)]
pub enum Alias {
    /// As a user called it.
    Given(Arc<str>),
    /// As the writer finds it: a name that nothing in sight of it has.
    Made(Made),
}

/// A table that the library put into a statement. It has no name before the statement is written, so it cannot meet
/// another one: neither a user's nor one of a loader.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    id: u64,
    pub(super) like: &'static str,
    pub(super) numbered: bool,
}

impl Made {
    /// A table that is called `orders_1`, `orders_2`, ..: one more of those called `orders`.
    pub fn like(name: &'static str) -> Made {
        Made::new(name, true)
    }

    /// A table that is called so, unless something in sight is.
    pub fn called(name: &'static str) -> Made {
        Made::new(name, false)
    }

    fn new(like: &'static str, numbered: bool) -> Made {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Made { id: NEXT.fetch_add(1, Ordering::Relaxed), like, numbered }
    }

    /// The order in which they were made.
    pub(super) fn order(&self) -> u64 {
        self.id
    }
}

impl PartialEq for Made {
    fn eq(&self, other: &Made) -> bool {
        self.id == other.id
    }
}

impl Eq for Made {}

impl Alias {
    /// Its name, or what it is to be called like.
    pub fn name(&self) -> &str {
        match self {
            Alias::Given(name) => name,
            Alias::Made(made) => made.like,
        }
    }

    pub(super) fn made(&self) -> Option<Made> {
        match self {
            Alias::Given(_) => None,
            Alias::Made(made) => Some(*made),
        }
    }
}

impl From<&str> for Alias {
    fn from(name: &str) -> Alias {
        Alias::Given(name.into())
    }
}

impl From<Made> for Alias {
    fn from(made: Made) -> Alias {
        Alias::Made(made)
    }
}
