//! Named expressions.

use std::fmt;
use std::marker::PhantomData;

use super::{Expression, IntoOperand, IntoOrder, Plain};
use crate::model::{Column, Model};
use crate::sql::{Expr, Order};
use crate::value::ColumnType;

/// An expression with a name: `func::count(Order::ID).label("orders")`.
///
/// The field of a struct, and the column of a subquery or a common table expression, is found by this name.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let years = select_columns(Book::YEAR.label("published")).subquery("years");
/// let newest = select_columns(func::max(years.column(label::<i32>("published")))).from_table(&years);
/// assert_eq!(session.row(newest).await?, Some(1974));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Labeled<E> {
    pub(super) expression: E,
    pub(super) name: &'static str,
}

/// The name of a column of a subquery, with its type.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// const BOOKS: Label<i64> = label("books");
/// let counts = select_columns((Book::AUTHOR_ID, func::count_rows().label(BOOKS)))
///     .group_by(Book::AUTHOR_ID)
///     .subquery("counts");
/// let many = select_columns(counts.column(Book::AUTHOR_ID)).from_table(&counts).filter(counts.column(BOOKS).gt(1));
/// assert_eq!(session.rows(many).await?, [1]);
/// # Ok(()) }
/// ```
pub struct Label<T> {
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

/// The name of a column of a subquery, with its type.
///
/// ```
/// use orm_core::prelude::*;
///
/// const TOTAL: Label<i64> = label("total");
/// ```
pub const fn label<T>(name: &'static str) -> Label<T> {
    Label { name, of: PhantomData }
}

impl<T> Clone for Label<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Label<T> {}

impl<T> fmt::Debug for Label<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Label").field(&self.name).finish()
    }
}

/// What names a column: a text, or a [`Label`] of the column's type.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// const DECADE: Label<i32> = label("decade");
/// let by_label = select_columns((Book::YEAR / 10).label(DECADE)).subquery("by_label");
/// let by_text = select_columns((Book::YEAR / 10).label("decade")).subquery("by_text");
/// assert_eq!(session.rows(select_columns(by_label.column(DECADE)).from_table(&by_label)).await?.len(), 4);
/// assert_eq!(session.rows(select_columns(by_text.column(DECADE)).from_table(&by_text)).await?.len(), 4);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a column of type `{T}`",
    label = "expected a name, or a `Label<{T}>`"
)]
pub trait IntoLabel<T> {
    /// The name.
    #[doc(hidden)]
    fn into_label(self) -> &'static str;
}

impl<T> IntoLabel<T> for &'static str {
    fn into_label(self) -> &'static str {
        self
    }
}

impl<T> IntoLabel<T> for Label<T> {
    fn into_label(self) -> &'static str {
        self.name
    }
}

/// What names a column of a subquery: a column of a model, or a [`Label`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// const BOOKS: Label<i64> = label("books");
/// let counts = select_columns((Book::AUTHOR_ID, func::count_rows().label(BOOKS))).group_by(Book::AUTHOR_ID);
/// let counts = counts.subquery("counts");
/// // By the column that the subquery selects, and by a label.
/// let rows = select_columns((counts.column(Book::AUTHOR_ID), counts.column(BOOKS))).from_table(&counts);
/// assert_eq!(session.rows(rows.order_by(counts.column(BOOKS))).await?, [(2, 1), (1, 3)]);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a column",
    label = "expected a column of a model, or a label"
)]
pub trait ColumnName {
    /// The column's type.
    type Value: ColumnType;

    /// The name, and whether values of the column must not be shown.
    #[doc(hidden)]
    fn column_name(self) -> (&'static str, bool);
}

impl<M: Model, T: ColumnType, A> ColumnName for Column<M, T, A> {
    type Value = T;

    fn column_name(self) -> (&'static str, bool) {
        (self.def().name, self.def().secret)
    }
}

impl<T: ColumnType> ColumnName for Label<T> {
    type Value = T;

    fn column_name(self) -> (&'static str, bool) {
        (self.name, false)
    }
}

impl<E: Expression> Expression for Labeled<E> {
    type Family = E::Family;
    type Value = E::Value;

    fn into_sql(self) -> Expr {
        self.expression.into_sql()
    }
}

impl<E> Plain for Labeled<E> {}

#[diagnostic::do_not_recommend]
impl<F, E: Expression<Family = F>> IntoOperand<F> for Labeled<E> {
    fn into_operand(self) -> Expr {
        self.expression.into_sql()
    }
}

impl<E: Expression> IntoOrder for Labeled<E> {
    fn into_order(self) -> Vec<Order> {
        self.asc().into_order()
    }
}
