//! Aggregates.

use std::marker::PhantomData;

use super::computed::expression;
use super::selectable::ValueReader;
use super::{Computed, Predicate, SelectList, Selectable, Window};
use crate::sql::Expr;
use crate::value::ColumnType;

/// A function of the rows of a group: `func::count(Order::ID)`.
///
/// Without [`group_by`](super::SelectColumns::group_by) all rows are one group. With [`over`](Self::over) it is a
/// window function instead, and every row remains.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((func::count_rows(), func::min(Book::YEAR), func::max(Book::YEAR)));
/// assert_eq!(session.row(query).await?, (4, Some(1960), Some(1974)));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Aggregate<T> {
    expr: Expr,
    of: PhantomData<fn() -> T>,
}

impl<T: ColumnType> Aggregate<T> {
    pub(super) fn new(expr: Expr) -> Aggregate<T> {
        Aggregate { expr: expr.bounded(), of: PhantomData }
    }

    /// Counts equal values once.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.row(select_columns(func::count(Book::AUTHOR_ID).distinct())).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn distinct(mut self) -> Aggregate<T> {
        if let Expr::Aggregate { distinct, .. } = &mut self.expr {
            *distinct = true;
        }
        self
    }

    /// Takes only the rows that meet this condition and every earlier one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((func::count_rows(), func::count_rows().filter(Book::YEAR.lt(1970)))).from::<Book>();
    /// assert_eq!(session.row(query).await?, (4, 2));
    /// # Ok(()) }
    /// ```
    pub fn filter(mut self, condition: Predicate) -> Aggregate<T> {
        if let Expr::Aggregate { filter, .. } = &mut self.expr {
            let earlier = filter.take().map(|earlier| *earlier);
            *filter = Some(Box::new(Expr::and(earlier, condition.into_sql())));
        }
        self
    }

    /// The function for each row, over the rows of a window.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let so_far = window().order_by(Book::ID).rows(..=0);
    /// let query = select_columns((Book::ID, func::sum(Book::YEAR).over(so_far))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?[1], (2, Some(1968 + 1971)));
    /// # Ok(()) }
    /// ```
    pub fn over(self, window: Window) -> Computed<T> {
        window.over(self.expr)
    }
}

expression!(Aggregate);

impl<T: ColumnType> Selectable for Aggregate<T> {
    type Itself = Self;
    type Row = T;
    type Reader = ValueReader<T>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> Self::Reader {
        Computed::new(self.expr).list(list)
    }
}
