//! Conditions whose answer follows from values in memory.

use super::{BinaryOp, Bind, Expr};
use crate::value::{Value, ValueRef};

/// What a condition is on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Null,
}

impl Expr {
    /// Whether a row meets the condition, where the values of its columns tell; `None` if only the database can.
    pub fn holds_for<'v>(&self, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Option<bool> {
        self.truth(column).map(|truth| truth == Truth::True)
    }

    fn truth<'v>(&self, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Option<Truth> {
        match self {
            Expr::And(all) => all_of(all.iter().map(|part| part.truth(column)), Truth::False, Truth::True),
            Expr::Or(all) => all_of(all.iter().map(|part| part.truth(column)), Truth::True, Truth::False),
            Expr::Not(of) => of.truth(column).map(|truth| match truth {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Null => Truth::Null,
            }),
            Expr::IsNull(of) => of.known(column).map(|value| truth_of(value.is_null())),
            Expr::IsNotNull(of) => of.known(column).map(|value| truth_of(!value.is_null())),
            Expr::Binary(left, op, right) => compare(&left.known(column)?, *op, &right.known(column)?),
            Expr::In(of, list) => {
                let of = of.known(column)?;
                let equal = |item: &Expr| compare(&of, BinaryOp::Eq, &item.known(column)?);
                all_of(list.iter().map(equal), Truth::True, Truth::False)
            }
            Expr::Column { .. } | Expr::Bind(_) => match self.known(column)? {
                Value::Bool(value) => Some(truth_of(value)),
                Value::Null => Some(Truth::Null),
                _ => None,
            },
            _ => None,
        }
    }

    /// A value that is in memory.
    fn known<'v>(&self, column: &dyn Fn(&str) -> Option<ValueRef<'v>>) -> Option<Value> {
        match self {
            Expr::Column { name, .. } => match column(name)? {
                ValueRef::NotLoaded => None,
                value => Some(value.to_value()),
            },
            Expr::Bind(Bind { value, .. }) => Some(value.clone()),
            _ => None,
        }
    }
}

fn truth_of(value: bool) -> Truth {
    if value { Truth::True } else { Truth::False }
}

/// Many truths as one: `decides` if one of them is, and otherwise the other one, NULL or unknown.
fn all_of(parts: impl Iterator<Item = Option<Truth>>, decides: Truth, otherwise: Truth) -> Option<Truth> {
    let mut all = Some(otherwise);
    for part in parts {
        match part {
            Some(part) if part == decides => return Some(decides),
            None => all = None,
            Some(Truth::Null) => all = all.map(|_| Truth::Null),
            Some(_) => {}
        }
    }
    all
}

/// A comparison whose answer is the same in every database: collations and precisions decide the others.
fn compare(left: &Value, op: BinaryOp, right: &Value) -> Option<Truth> {
    if left.is_null() || right.is_null() {
        return Some(Truth::Null);
    }
    let (left, right) = (left.clone().into_key_form(), right.clone().into_key_form());
    match (&left, &right) {
        (Value::Int(left), Value::Int(right)) => Some(truth_of(match op {
            BinaryOp::Eq => left == right,
            BinaryOp::Ne => left != right,
            BinaryOp::Lt => left < right,
            BinaryOp::Le => left <= right,
            BinaryOp::Gt => left > right,
            BinaryOp::Ge => left >= right,
            _ => return None,
        })),
        (Value::Bytes(left), Value::Bytes(right)) => match op {
            BinaryOp::Eq => Some(truth_of(left == right)),
            BinaryOp::Ne => Some(truth_of(left != right)),
            _ => None,
        },
        // Texts that differ here may be equal there.
        (Value::Text(left), Value::Text(right)) if left == right => match op {
            BinaryOp::Eq => Some(Truth::True),
            BinaryOp::Ne => Some(Truth::False),
            _ => None,
        },
        _ => None,
    }
}
