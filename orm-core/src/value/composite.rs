use std::fmt;

use super::Value;

/// A field that is no cell yet: a list, or a value that becomes JSON. It is made one when somebody needs it.
pub trait Composite: Send + Sync {
    /// The cell; [`Value::Unfit`] where there is none.
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
