use std::ops::{BitAnd, BitOr, Not};

use super::Expression;
use crate::sql::Expr;
use crate::value::Boolean;

/// A condition on a row: what `filter` takes.
#[derive(Debug, Clone)]
#[must_use = "a condition does nothing until it is given to `filter`"]
pub struct Predicate {
    expr: Expr,
}

impl Predicate {
    pub(crate) fn new(expr: Expr) -> Predicate {
        Predicate { expr }
    }

    pub(crate) fn into_sql(self) -> Expr {
        self.expr
    }

    /// Both; also written `&`.
    pub fn and(self, other: Predicate) -> Predicate {
        Predicate::new(Expr::and(Some(self.expr), other.expr))
    }

    /// One of them or both; also written `|`.
    pub fn or(self, other: Predicate) -> Predicate {
        match self.expr {
            Expr::Or(mut all) => {
                all.push(other.expr);
                Predicate::new(Expr::Or(all))
            }
            expr => Predicate::new(Expr::Or(vec![expr, other.expr])),
        }
    }

    /// All of the conditions; true when there are none.
    pub fn all(conditions: impl IntoIterator<Item = Predicate>) -> Predicate {
        Predicate::new(Expr::And(conditions.into_iter().map(Predicate::into_sql).collect()))
    }

    /// Any of the conditions; false when there are none.
    pub fn any(conditions: impl IntoIterator<Item = Predicate>) -> Predicate {
        Predicate::new(Expr::Or(conditions.into_iter().map(Predicate::into_sql).collect()))
    }
}

impl BitAnd for Predicate {
    type Output = Predicate;

    fn bitand(self, other: Predicate) -> Predicate {
        self.and(other)
    }
}

impl BitOr for Predicate {
    type Output = Predicate;

    fn bitor(self, other: Predicate) -> Predicate {
        self.or(other)
    }
}

/// The opposite, also written `!`.
impl Not for Predicate {
    type Output = Predicate;

    fn not(self) -> Predicate {
        Predicate::new(Expr::Not(Box::new(self.expr)))
    }
}

/// A condition is a truth value, to be selected and compared as any other; one with a NULL in it can be NULL itself.
impl Expression for Predicate {
    type Family = Boolean;
    type Value = bool;

    fn into_sql(self) -> Expr {
        self.expr
    }
}
