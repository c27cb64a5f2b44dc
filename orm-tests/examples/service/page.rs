//! Pagination: which part of a list a client asks for, and what it gets.

use serde::{Deserialize, Serialize};

/// `?page=2&size=10`, from page 0.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub struct Asked {
    page: u64,
    size: u64,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked { page: 0, size: 10 }
    }
}

impl Asked {
    /// At most this many items, whatever the client asks for.
    const LARGEST: u64 = 100;

    pub fn limit(&self) -> u64 {
        self.size.min(Asked::LARGEST)
    }

    pub fn offset(&self) -> u64 {
        self.page.saturating_mul(self.limit())
    }
}

/// A part of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// How many items the whole list has.
    pub total: u64,
    pub items: Vec<T>,
}
