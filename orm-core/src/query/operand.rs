//! What columns are compared with.

use super::Expression;
use crate::model::{Column, Model};
use crate::sql::{Bind, Expr};
use crate::value::{ArrayElement, Boolean, Bytes, ColumnType, Float, Integer, Null, Text, Value};
#[allow(unused_imports)]
use crate::value::{Date, DateTime, Decimal, Time, Timestamp, Uuid};

/// What a column of the family `F` can be compared with: a value, an `Option` of a value, or another column or
/// expression.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let old = select::<Book>().filter(Book::YEAR.lt(1965));                   // a value
/// let year: Option<i32> = Some(1971);
/// let of_year = select::<Book>().filter(Book::YEAR.eq(year));               // an `Option` of one
/// let odd = select::<Book>().filter(Book::ID.ge(Book::AUTHOR_ID + 2));      // an expression
/// assert_eq!(session.all(old).await?.len(), 1);
/// # let _ = (session.all(of_year).await?, session.all(odd).await?);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{F}`",
    label = "the column's type is `{F}`"
)]
pub trait IntoOperand<F> {
    /// The SQL of it.
    #[doc(hidden)]
    fn into_operand(self) -> Expr;
}

/// What a value of type `T` can be compared with or set to: everything that [`IntoOperand`] accepts for its family, and
/// `None`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let address: Option<String> = None;
/// let without_address = select::<Author>().filter(Author::EMAIL.eq(address));     // IS NULL
/// assert_eq!(session.one(without_address).await?.name, "Harper Lee");
/// let same = select::<Book>().filter(Book::ID.eq(Book::AUTHOR_ID));                // another column
/// assert_eq!(session.count(same).await?, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{T}`",
    label = "the column's type is `{T}`",
    note = "an `Option` is taken of the column's own type: `None`, `Some(..)`, or `other.map(Into::into)`",
    note = "JSON has no equality; compare what is at a place in it: `column.at(\"theme\").text().eq(\"dark\")`"
)]
pub trait Comparand<T> {
    /// The SQL of it.
    #[doc(hidden)]
    fn into_comparand(self) -> Expr;
}

/// Operands that are not an `Option`; for generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "`{Self}` is not a value of a column", label = "not a value")]
pub trait Plain {}

#[diagnostic::do_not_recommend]
impl<T: ColumnType, V: IntoOperand<T::Family> + Plain> Comparand<T> for V {
    fn into_comparand(self) -> Expr {
        self.into_operand()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType + IntoOperand<T::Family> + Plain> Comparand<Option<T>> for Option<T> {
    fn into_comparand(self) -> Expr {
        self.into_operand()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType + IntoOperand<T::Family> + Plain> Comparand<T> for Option<T> {
    fn into_comparand(self) -> Expr {
        self.into_operand()
    }
}

impl<M: Model, T: ColumnType, A> Plain for Column<M, T, A> {}
impl<V: ?Sized> Plain for &V {}
impl Plain for Null {}
impl<T> Plain for Vec<T> {}

#[diagnostic::do_not_recommend]
impl<M: Model, T: ColumnType, A> IntoOperand<T::Family> for Column<M, T, A> {
    fn into_operand(self) -> Expr {
        self.into_sql()
    }
}

#[diagnostic::do_not_recommend]
impl<F, V: IntoOperand<F>> IntoOperand<F> for Option<V> {
    fn into_operand(self) -> Expr {
        match self {
            Some(value) => value.into_operand(),
            None => bind(Value::Null),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<F, V: IntoOperand<F> + Clone> IntoOperand<F> for &V {
    fn into_operand(self) -> Expr {
        self.clone().into_operand()
    }
}

#[diagnostic::do_not_recommend]
impl<F> IntoOperand<F> for Null {
    fn into_operand(self) -> Expr {
        bind(Value::Null)
    }
}

macro_rules! operand {
    ($($family:ty: $($from:ty),+;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<$family> for $from {
            fn into_operand(self) -> Expr {
                bind(Value::from(self))
            }
        }
    )+)*};
}

macro_rules! plain {
    ($($from:ty),+) => {$(
        impl Plain for $from {}
    )+};
}

plain! {
    i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, String, Box<str>, std::borrow::Cow<'_, str>, char, bool
}

operand! {
    Integer: i8, i16, i32, i64, u8, u16, u32, u64;
    Float: f32, f64;
    Text: String, &str, Box<str>, std::borrow::Cow<'_, str>, char;
    Boolean: bool;
    Bytes: Vec<u8>, &[u8];
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoOperand<Bytes> for &[u8; N] {
    fn into_operand(self) -> Expr {
        bind(Value::Bytes(self.to_vec()))
    }
}

#[cfg(feature = "chrono")]
plain! {
    chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime, chrono::DateTime<chrono::Utc>,
    chrono::DateTime<chrono::FixedOffset>
}

#[cfg(feature = "time")]
plain!(time::Date, time::Time, time::PrimitiveDateTime, time::OffsetDateTime);

#[cfg(feature = "jiff")]
plain!(jiff::civil::Date, jiff::civil::Time, jiff::civil::DateTime, jiff::Timestamp);

#[cfg(feature = "uuid")]
plain!(uuid::Uuid);

#[cfg(feature = "decimal")]
plain!(rust_decimal::Decimal);

#[cfg(feature = "chrono")]
operand! {
    Date: chrono::NaiveDate;
    Time: chrono::NaiveTime;
    DateTime: chrono::NaiveDateTime;
    Timestamp: chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::FixedOffset>;
}

#[cfg(feature = "time")]
operand! {
    Date: time::Date;
    Time: time::Time;
    DateTime: time::PrimitiveDateTime;
    Timestamp: time::OffsetDateTime;
}

#[cfg(feature = "jiff")]
operand! {
    Date: jiff::civil::Date;
    Time: jiff::civil::Time;
    DateTime: jiff::civil::DateTime;
    Timestamp: jiff::Timestamp;
}

#[cfg(feature = "uuid")]
operand! {
    Uuid: uuid::Uuid;
}

#[cfg(feature = "decimal")]
operand! {
    Decimal: rust_decimal::Decimal;
}

#[diagnostic::do_not_recommend]
impl<T: ArrayElement> IntoOperand<Vec<T>> for Vec<T> {
    fn into_operand(self) -> Expr {
        operand(&self)
    }
}

macro_rules! integer_as_decimal {
    ($($from:ty),*) => {$(
        #[cfg(feature = "decimal")]
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Decimal> for $from {
            fn into_operand(self) -> Expr {
                bind(rust_decimal::Decimal::from(self).into())
            }
        }
    )*};
}

// Literals without a point: `PRICE.gt(5)`.
integer_as_decimal!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! integer_as_float {
    ($($from:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoOperand<Float> for $from {
            fn into_operand(self) -> Expr {
                bind(Value::Float(f64::from(self)))
            }
        }
    )*};
}

// Literals without a point: `PRICE.gt(5)`.
integer_as_float!(i8, i16, i32, u8, u16, u32);

/// A value whose type determines how its columns are declared; for generated code.
#[doc(hidden)]
pub fn operand<T: ColumnType>(value: &T) -> Expr {
    Expr::Bind(Bind { kind: Some(T::KIND), ..value.view().to_value().into() })
}

fn bind(value: Value) -> Expr {
    Expr::Bind(value.into())
}
