//! Lists.

use super::{ColumnType, Composite, IntoValue, Value, ValueError, ValueKind, ValueRef};

/// A type that lists in columns may hold: a `Vec<T>` is a column on PostgreSQL.
///
/// A `Vec<u8>` is bytes on every database; a list of small numbers is a `Vec<i16>`.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Model, Debug)]
/// struct Recipe {
///     #[key(auto)]
///     id: i64,
///     steps: Vec<String>,
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a column cannot be a list of `{Self}`",
    label = "not an element of a list",
    note = "a list holds `bool`, `i16`, `i32`, `i64`, `f32`, `f64`, `String`, dates, times, UUIDs, decimals, or an `Option` of one of these"
)]
pub trait ArrayElement: ColumnType {}

macro_rules! element {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ArrayElement for $ty {}
    )*};
}

element!(bool, i16, i32, i64, f32, f64, String);

#[diagnostic::do_not_recommend]
impl<T: ArrayElement> ArrayElement for Option<T> {}

impl<T: ArrayElement> Composite for Vec<T> {
    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(|element| element.view().to_value()).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<T: ArrayElement> ColumnType for Vec<T> {
    type Family = Vec<T>;
    type Stored = Vec<T>;
    type Bare = Self;
    type Like<U: ColumnType> = U;
    const KIND: ValueKind = ValueKind::Array(&T::KIND);

    fn read(cell: ValueRef<'_>) -> Result<Self, ValueError> {
        match cell {
            ValueRef::Composite(list) => match list.to_value() {
                Value::Array(elements) => elements.iter().map(|element| T::read(element.as_ref())).collect(),
                Value::Unfit(why) => Err(ValueError::Driver(why)),
                other => Err(ValueError::mismatch(other.as_ref(), "Vec")),
            },
            other => Err(ValueError::mismatch(other, "Vec")),
        }
    }

    fn view(&self) -> ValueRef<'_> {
        ValueRef::Composite(self)
    }
}

macro_rules! into_list {
    ($($of:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ArrayElement> IntoValue<Vec<T>> for $of {
            fn into_value(self) -> Value {
                Value::Array(self.iter().map(|element| element.view().to_value()).collect())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: ArrayElement> IntoValue<Option<Vec<T>>> for $of {
            fn into_value(self) -> Value {
                IntoValue::<Vec<T>>::into_value(self)
            }
        }
    )*};
}

into_list!(Vec<T>, &Vec<T>, &[T]);
