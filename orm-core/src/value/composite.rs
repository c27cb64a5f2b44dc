//! Cells that are converted when they are needed.

use std::fmt;

use super::Value;

/// A field that is converted into a cell only when it is needed: a list, or a value that is stored as JSON.
///
/// ```
/// use orm_core::value::{ColumnType, ValueRef};
///
/// let steps = vec!["boil".to_owned(), "serve".to_owned()];
/// assert!(matches!(steps.view(), ValueRef::Composite(_)));
/// ```
pub trait Composite: Send + Sync {
    /// The cell; [`Value::Unfit`] if the field cannot be stored.
    ///
    /// ```
    /// use orm_core::value::{Composite, Value};
    ///
    /// assert_eq!(vec![1_i32, 2].to_value(), Value::Array(vec![Value::Int(1), Value::Int(2)]));
    /// ```
    fn to_value(&self) -> Value;
}

impl Composite for Vec<Value> {
    fn to_value(&self) -> Value {
        Value::Array(self.clone())
    }
}

impl fmt::Debug for dyn Composite + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}
