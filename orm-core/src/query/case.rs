use std::fmt;
use std::marker::PhantomData;

use super::{Comparand, Computed, Predicate};
use crate::sql::Expr;
use crate::value::ColumnType;

/// A value that depends on conditions: `CASE WHEN .. THEN .. ELSE .. END`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, price: i64 }
/// let class = func::case::<String>()
///     .when(Item::PRICE.gt(100), "dear")
///     .when(Item::PRICE.gt(10), "fair")
///     .otherwise("cheap");
/// let query = select_columns((Item::ID, class));
/// # let _ = query;
/// ```
#[derive(Clone)]
#[must_use = "a case is an expression once `otherwise` or `or_null` ends it"]
pub struct Case<T> {
    whens: Vec<(Expr, Expr)>,
    of: PhantomData<fn() -> T>,
}

impl<T: ColumnType> Case<T> {
    pub(super) fn new() -> Case<T> {
        Case { whens: Vec::new(), of: PhantomData }
    }

    /// Gives the value where the condition holds and no earlier one does.
    pub fn when(mut self, condition: Predicate, value: impl Comparand<T>) -> Case<T> {
        self.whens.push((condition.into_sql(), value.into_comparand()));
        self
    }

    /// Gives the value where no condition holds.
    pub fn otherwise(self, value: impl Comparand<T>) -> Computed<T> {
        let value = value.into_comparand();
        if self.whens.is_empty() {
            return Computed::new(value);
        }
        Computed::new(Expr::Case { whens: self.whens, otherwise: Some(Box::new(value)) })
    }

    /// Gives NULL where no condition holds.
    pub fn or_null(self) -> Computed<Option<T::Bare>> {
        if self.whens.is_empty() {
            return Computed::refused("a case without `.when(..)` is NULL always; give it a condition");
        }
        Computed::new(Expr::Case { whens: self.whens, otherwise: None })
    }
}

impl<T> fmt::Debug for Case<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&Expr::Case { whens: self.whens.clone(), otherwise: None }).finish()
    }
}
