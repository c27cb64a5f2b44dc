use std::sync::Arc;

use crate::value::Value;

/// A value that a statement binds.
#[derive(Debug, Clone, PartialEq)]
pub struct Bind {
    /// The value.
    pub value: Value,
    /// Whether it must not be shown: it belongs to a `secret` column.
    pub secret: bool,
}

/// One SQL text with its values, ready to run, and what it is for.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text.
    pub sql: Arc<str>,
    /// The values.
    pub binds: Vec<Bind>,
    /// The relationship it loads, as a path from the query's model: `User.orders.items`.
    pub path: Option<Arc<str>>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
}

impl From<Value> for Bind {
    fn from(value: Value) -> Bind {
        Bind { value, secret: false }
    }
}

impl Statement {
    /// A text without values.
    pub fn plain(sql: impl Into<Arc<str>>) -> Statement {
        Statement { sql: sql.into(), binds: Vec::new(), path: None, strategy: None }
    }

    /// Says what the statement loads, and how.
    #[must_use]
    pub fn for_path(mut self, path: &str, strategy: &'static str) -> Statement {
        self.path = Some(path.into());
        self.strategy = Some(strategy);
        self
    }
}
