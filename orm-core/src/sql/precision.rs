//! Values beside columns whose times keep fewer digits.

use super::{Expr, Function};
use crate::value::Value;

/// How many digits behind the second the times of a column keep; `None` if all that databases have, or if it is not known.
/// It does not count in comparisons: expressions that differ only in it are equal.
#[derive(Debug, Clone, Copy)]
pub struct Precision(pub Option<u8>);

impl PartialEq for Precision {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Expr {
    /// How many digits behind the second its times have at most, as far as that is known: those of a column, or of one among
    /// the values of a column.
    pub fn precision(&self) -> Option<u8> {
        match self {
            Expr::Column { precision, .. } => precision.0,
            Expr::Aggregate {
                function: Function::Smallest(_) | Function::Largest(_), of: Some(of), ..
            } => of.precision(),
            Expr::Over(function, _) => function.precision(),
            Expr::Call(Function::Excluded, of) => of.first()?.precision(),
            _ => None,
        }
    }

    /// A value as it is beside something of this precision: cut, as the values of a column are before they are stored.
    pub fn in_precision(mut self, digits: Option<u8>) -> Expr {
        if let Expr::Bind(bind) = &mut self
            && digits.is_some()
        {
            bind.value = std::mem::replace(&mut bind.value, Value::Null).cut_to(digits);
        }
        self
    }

    /// Two expressions that are compared, each in the precision of the other.
    pub fn in_one_precision(left: Expr, right: Expr) -> (Expr, Expr) {
        let (of_left, of_right) = (left.precision(), right.precision());
        (left.in_precision(of_right), right.in_precision(of_left))
    }
}
