//! Raw SQL as an expression.

use crate::model::{Column, Model};
use crate::query::{Aggregate, Computed, Expression, Predicate};
use crate::sql::{Expr, Function};
use crate::value::{ArrayElement, ColumnType, Value};

/// Raw SQL as an expression: every `?` outside of quoted texts and names is the place of a column, an expression or a value,
/// and `??` is a question mark. Columns are quoted and named as in the rest of the query, and values are bound.
///
/// The text is for one database, and `T` is the type of its value there. Its text decides whether it only reads, as for
/// [`sql`](crate::sql). Pass secret columns through places: the library does not see a column that the text names, so values
/// beside it are shown. What a fragment returns is never echoed.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, name: String, price: i64 }
/// let cents = func::fragment::<i64>("? % ?", (Item::PRICE, 100));
/// let query = select::<Item>().filter(cents.clone().gt(50)).order_by(cents.desc());
/// # let _ = query;
/// ```
///
/// Running the query fails with `InvalidQuery` if the numbers of places and parts differ, or if the text is not one
/// expression: it has a comment, a `;`, or an unmatched quote or parenthesis.
pub fn fragment<T: ColumnType>(text: &'static str, parts: impl IntoParts) -> Computed<T> {
    Computed::new(Expr::Call(Function::Fragment(text), parts.into_parts()))
}

/// Raw SQL as a condition, with places as in [`fragment`].
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, name: String, price: i64 }
/// let odd = select::<Item>().filter(func::condition("? % 2 = ?", (Item::PRICE, 1)) | Item::NAME.eq("none"));
/// # let _ = odd;
/// ```
pub fn condition(text: &'static str, parts: impl IntoParts) -> Predicate {
    Predicate::new(Expr::Call(Function::Fragment(text), parts.into_parts()))
}

/// What stands in the places of a fragment: a column, an expression, a value, or a tuple of up to 8.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let odd = func::condition("? % 2 = ?", (Book::YEAR, 1));                     // a column and a value
/// let padded = func::fragment::<String>("printf('%05d', ?)", Book::ID);        // one column
/// let version = func::fragment::<String>("sqlite_version()", ());              // no part
/// let query = select_columns((padded, version)).filter(odd);
/// assert_eq!(session.row(query).await?.0, "00002");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a fragment of SQL",
    label = "expected a column, an expression, a value, or a tuple of these",
    note = "a value of another type is given by `func::value(..)`, and nothing at all by `()`"
)]
pub trait IntoParts {
    /// The expressions.
    #[doc(hidden)]
    fn into_parts(self) -> Vec<Expr>;
}

impl IntoParts for () {
    fn into_parts(self) -> Vec<Expr> {
        Vec::new()
    }
}

impl<M: Model, T: ColumnType, A> IntoParts for Column<M, T, A> {
    fn into_parts(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl<T: ColumnType> IntoParts for Computed<T> {
    fn into_parts(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl<T: ColumnType> IntoParts for Aggregate<T> {
    fn into_parts(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl IntoParts for Predicate {
    fn into_parts(self) -> Vec<Expr> {
        vec![self.into_sql()]
    }
}

impl<T: ArrayElement> IntoParts for Vec<T> {
    fn into_parts(self) -> Vec<Expr> {
        vec![super::value(self).into_sql()]
    }
}

macro_rules! values {
    ($($ty:ty),*) => {$(
        impl IntoParts for $ty {
            fn into_parts(self) -> Vec<Expr> {
                vec![Expr::Bind(Value::from(self).into())]
            }
        }
    )*};
}

values!(i32, i64, f64, bool, &str, String);

macro_rules! tuples {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<$($ty: IntoParts),+> IntoParts for ($($ty,)+) {
            fn into_parts(self) -> Vec<Expr> {
                let mut parts = Vec::new();
                $(parts.extend(self.$at.into_parts());)+
                parts
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
