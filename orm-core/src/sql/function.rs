//! Functions of databases.

use std::sync::Arc;

use super::{Dialect, TimeFunction};
use crate::value::ValueKind;

/// A function of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Function {
    /// One that has this name everywhere.
    Named(&'static str),
    /// One that a user names.
    Custom(Arc<str>),
    /// Concatenated texts.
    Concat,
    /// The number of characters of a text.
    Length,
    /// The place of a text in another one, from 1; 0 where it is not in it.
    Position,
    /// The largest of its arguments.
    Greatest,
    /// The smallest of its arguments.
    Least,
    /// The smallest value of a group.
    Smallest(ValueKind),
    /// The largest value of a group.
    Largest(ValueKind),
    /// An integer as it is; an error where the database made a rounded float of one that has no room.
    Whole,
    /// The sum of integers, as an integer.
    SumInteger,
    /// The mean, as a floating-point number.
    Average,
    /// The sum of decimals.
    SumDecimal,
    /// The mean of decimals.
    MeanDecimal,
    /// A floating-point number with this many decimal places.
    RoundFloat,
    /// The last characters of a text.
    Right,
    /// Whether a text has another one in it.
    HasText(TextPlace),
    /// A function of a date or time of a kind.
    Time(TimeFunction, ValueKind),
    /// A date or time of one kind as one of another.
    TimeAs(ValueKind, ValueKind),
    /// The value that an INSERT would have given a column if it had not met an existing row.
    Excluded,
    /// Raw SQL with places for its arguments.
    Fragment(&'static str),
    /// An operator of PostgreSQL between its two arguments.
    Operator(&'static str),
    /// A text as the words that PostgreSQL's full text search finds, in a language.
    TextVector(&'static str),
    /// What a full text search looks for, in that language.
    TextQuery(&'static str),
    /// Texts of a group in one, with what stands between them.
    JoinText(Arc<str>),
}

/// Where a text is looked for in another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPlace {
    /// Anywhere.
    Anywhere,
    /// At its start.
    Start,
    /// At its end.
    End,
}

impl Function {
    /// Whether a name may stand in SQL as a function's: words of letters, digits and `_`, with dots between them.
    pub fn is_name(name: &str) -> bool {
        let word = |word: &str| {
            let mut chars = word.chars();
            chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        name.split('.').all(word)
    }

    /// What a database calls it.
    pub(super) fn name(&self, dialect: Dialect) -> &str {
        match (self, dialect) {
            (Function::Named(name), _) => name,
            (Function::Custom(name), _) => name,
            (Function::Concat, _) => "concat",
            (Function::Length, Dialect::Mysql(_)) => "char_length",
            (Function::Length, _) => "length",
            (Function::Position, Dialect::Postgres) => "strpos",
            (Function::Position, _) => "instr",
            (Function::Greatest, Dialect::Sqlite) => "max",
            (Function::Greatest, _) => "greatest",
            (Function::Least, Dialect::Sqlite) => "min",
            (Function::Least, _) => "least",
            (Function::Smallest(ValueKind::Bool), Dialect::Postgres) => "bool_and",
            (Function::Largest(ValueKind::Bool), Dialect::Postgres) => "bool_or",
            (Function::Smallest(_), _) => "min",
            (Function::Largest(_), _) => "max",
            (Function::SumInteger | Function::SumDecimal, _) => "sum",
            (Function::Average | Function::MeanDecimal, _) => "avg",
            (Function::RoundFloat, _) => "round",
            (Function::Right, _) => "right",
            (Function::TextVector(_), _) => "to_tsvector",
            (Function::TextQuery(_), _) => "websearch_to_tsquery",
            // These are written in other ways than by a name.
            (
                Function::Excluded
                | Function::Fragment(_)
                | Function::Operator(_)
                | Function::HasText(_)
                | Function::Whole
                | Function::Time(..)
                | Function::TimeAs(..),
                _,
            ) => "",
            (Function::JoinText(_), Dialect::Postgres) => "string_agg",
            (Function::JoinText(_), _) => "group_concat",
        }
    }
}
