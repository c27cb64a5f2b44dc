//! The text of a statement with its values, and what is known about it.

use std::sync::Arc;

use super::{Effect, TableName};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueKind};

/// A value in an expression.
#[derive(Clone)]
pub struct Bind {
    /// The value.
    pub value: Value,
    /// Whether it is a secret itself. It may have to be hidden anyway because of what is beside it in a statement.
    pub secret: bool,
    /// The kind of the column it is for, where that is known. It gives a NULL its type.
    pub kind: Option<ValueKind>,
}

/// Values are equal if the database receives the same; whether they are shown does not matter.
impl PartialEq for Bind {
    fn eq(&self, other: &Self) -> bool {
        (&self.value, self.kind) == (&other.value, other.kind)
    }
}

/// What one placeholder of a statement represents.
#[derive(Clone)]
pub enum Param {
    /// A value.
    One(Bind),
    /// An array of values of one family.
    Many {
        /// The kind of the columns they are for, where that is known. It gives NULLs their type.
        kind: Option<ValueKind>,
        /// The values; at least one of them is not NULL where the kind is not known.
        values: Vec<Value>,
        /// Whether they must not be shown.
        secret: bool,
    },
    /// A value that fills a list up to a length that more lists have, and changes nothing: no log shows it.
    Padding(Bind),
}

/// As for values.
impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Param::One(this), Param::One(other)) | (Param::Padding(this), Param::Padding(other)) => {
                this == other
            }
            (Param::Many { kind, values, .. }, Param::Many { kind: other_kind, values: others, .. }) => {
                kind == other_kind && values == others
            }
            _ => false,
        }
    }
}

/// One SQL text with its values, ready to run, and what it is for.
#[derive(Clone)]
pub struct Statement {
    /// The text.
    pub sql: Arc<str>,
    /// The values, in the order of the placeholders.
    pub params: Vec<Param>,
    /// The relationship it loads, as a path from the query's model: `User.orders.items`.
    pub path: Option<Arc<str>>,
    /// The strategy that made it.
    pub strategy: Option<&'static str>,
    /// How many rows it returns, as far as one knows before.
    pub expected: Expected,
    /// Whether it returns the same rows in the same order each time it runs on one state of the database, as far as the
    /// library can tell: it contains no raw SQL, no current time, and no unknown function.
    pub repeatable: bool,
    /// What it does to the database.
    pub effect: Effect,
    /// The table that it writes to, where the library wrote it.
    pub table: Option<TableName>,
    /// Whether it makes a type, which open connections do not know.
    pub makes_type: bool,
    /// Whether it leaves something on the connection that outlives its transaction.
    pub changes_connection: bool,
    /// The texts that together are one statement, each for a part of the values; `None` if its own text takes all of them.
    pub runs: Vec<Runs>,
    /// The text for the first row of an INSERT, which gives back the key that the database generated for it; where it is
    /// known that those of the other rows follow, one by one.
    pub leading: Option<Leading>,
    /// Which values of its rows may be shown.
    pub shown: Shown,
    /// Why it must not be sent, where the database would take it for something else.
    pub refused: Option<(ErrorKind, Arc<str>)>,
    /// Whether it computes with something that must not be shown.
    pub computes_secret: bool,
}

/// A text for the first row of several.
#[derive(Debug, Clone)]
pub struct Leading {
    /// The text.
    pub sql: Arc<str>,
    /// How many values it takes.
    pub values: usize,
}

/// Which values of a statement's rows may be shown.
#[derive(Debug, Clone)]
pub enum Shown {
    /// None: they are unknown.
    Nothing,
    /// All but those at some places.
    AllBut(Vec<usize>),
}

/// How many rows a statement returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expected {
    /// Any number.
    #[default]
    Many,
    /// A handful at most, so that starting fast is worth more than reading fast.
    Few,
    /// One at most, which a key finds.
    One,
}

/// A text for fewer rows than there are values, and how often it runs.
#[derive(Debug, Clone)]
pub struct Runs {
    /// The text.
    pub sql: Arc<str>,
    /// How many values one run takes.
    pub values: usize,
    /// How often it runs.
    pub times: usize,
}

impl From<Value> for Bind {
    fn from(value: Value) -> Bind {
        Bind { value, secret: false, kind: None }
    }
}

impl Expected {
    /// The row count that a limit implies.
    pub fn limited(limit: Option<u64>) -> Expected {
        const FEW: u64 = 8;
        match limit {
            Some(limit) if limit <= FEW => Expected::Few,
            _ => Expected::Many,
        }
    }
}

impl Shown {
    /// All but the secret ones.
    pub(super) fn of(secrets: impl Iterator<Item = bool>) -> Shown {
        Shown::AllBut(secrets.enumerate().filter(|(_, secret)| *secret).map(|(at, _)| at).collect())
    }

    /// Whether the value at a place may be shown.
    pub fn shows(&self, at: usize) -> bool {
        match self {
            Shown::Nothing => false,
            Shown::AllBut(hidden) => !hidden.contains(&at),
        }
    }
}

impl Param {
    /// Another value for the same place of a statement.
    pub(super) fn with(&self, value: Value) -> Param {
        match self {
            Param::One(Bind { secret, kind, .. }) | Param::Padding(Bind { secret, kind, .. }) => {
                Param::One(Bind { value, secret: *secret, kind: *kind })
            }
            Param::Many { kind, secret, .. } => {
                Param::Many { kind: *kind, values: vec![value], secret: *secret }
            }
        }
    }

    /// What is bound.
    pub fn values(&self) -> &[Value] {
        match self {
            Param::One(bind) | Param::Padding(bind) => std::slice::from_ref(&bind.value),
            Param::Many { values, .. } => values,
        }
    }
}

impl Statement {
    /// A text without values, whose result shape is unknown.
    pub fn plain(sql: impl Into<Arc<str>>) -> Statement {
        Statement {
            sql: sql.into(),
            params: Vec::new(),
            path: None,
            strategy: None,
            expected: Expected::Many,
            repeatable: false,
            effect: Effect::Reads,
            table: None,
            makes_type: false,
            changes_connection: false,
            runs: Vec::new(),
            leading: None,
            shown: Shown::Nothing,
            refused: None,
            computes_secret: false,
        }
    }

    /// A statement that changes tables or types, which the library wrote.
    pub fn ddl(sql: impl Into<Arc<str>>) -> Statement {
        Statement { makes_type: true, ..Statement::plain(sql) }
    }

    /// Whether it may be sent.
    ///
    /// # Errors
    /// A name in it is longer than the database takes.
    pub fn check(&self) -> Result<()> {
        match &self.refused {
            None => Ok(()),
            Some((kind, why)) => Err(Error::new(*kind, &**why)),
        }
    }

    /// Records what the statement loads, and how.
    #[must_use]
    pub fn for_path(mut self, path: &str, strategy: &'static str) -> Statement {
        self.path = Some(path.into());
        self.strategy = Some(strategy);
        self
    }

    /// The texts that make it up, each with its values; after the leading one.
    pub fn runs(&self) -> impl Iterator<Item = (&Arc<str>, &[Param])> {
        let led = self.leading.as_ref().map_or(0, |leading| leading.values);
        let mut params = self.params.get(led..).unwrap_or_default();
        // A statement that is one text runs once, also without values.
        let once = self.runs.is_empty().then_some((&self.sql, params));
        let turns = self.runs.iter().flat_map(|run| std::iter::repeat_n(run, run.times));
        let parts = turns.map(move |run| {
            let (part, rest) = params.split_at(run.values.min(params.len()));
            params = rest;
            (&run.sql, part)
        });
        once.into_iter().chain(parts)
    }
}

/// A statement for an error message: a list of thousands of placeholders does not help.
pub fn shortened(sql: &str) -> String {
    const MOST: usize = 300;
    match sql.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ..", &sql[..end]),
        None => sql.to_owned(),
    }
}
