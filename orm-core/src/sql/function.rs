use std::sync::Arc;

use super::Dialect;

/// A function of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Function {
    /// One that has this name everywhere.
    Named(&'static str),
    /// One that a user names.
    Custom(Arc<str>),
    /// Texts one after the other.
    Concat,
    /// The number of characters of a text.
    Length,
    /// The place of a text in another one, from 1; 0 where it is not in it.
    Position,
    /// The largest of its arguments.
    Greatest,
    /// The smallest of its arguments.
    Least,
    /// The sum of integers, as an integer.
    SumInteger,
    /// The mean, as a floating-point number.
    Average,
    /// Texts of a group in one, with what stands between them.
    JoinText(Arc<str>),
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
            (Function::SumInteger, _) => "sum",
            (Function::Average, _) => "avg",
            (Function::JoinText(_), Dialect::Postgres) => "string_agg",
            (Function::JoinText(_), _) => "group_concat",
        }
    }
}
