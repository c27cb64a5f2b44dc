//! What stands after OVER.

use std::ops::{Bound as RangeBound, RangeBounds};

use super::{Computed, Expression, IntoExpressions, IntoOrder};
use crate::sql::{Bound, Expr, Frame, Window as WindowSql};
use crate::value::ColumnType;

/// The rows that a window function sees: what stands after OVER.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let so_far = window().partition_by(Book::AUTHOR_ID).order_by(Book::ID).rows(..=0);
/// let query = select_columns((Book::ID, func::count_rows().over(so_far))).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [(1, 1), (2, 2), (3, 3), (4, 1)]);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a window does nothing until it is given to `.over(..)`"]
pub struct Window {
    sql: WindowSql,
}

/// A window of all rows of the result, to narrow down.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Book::ID, func::count_rows().over(window()))).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?[0], (1, 4));
/// # Ok(()) }
/// ```
pub fn window() -> Window {
    Window::default()
}

impl Window {
    /// Limits the window to the rows with the same values for these.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let by_author = window().partition_by(Book::AUTHOR_ID);
    /// let query = select_columns((Book::ID, func::count_rows().over(by_author))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?, [(1, 3), (2, 3), (3, 3), (4, 1)]);
    /// # Ok(()) }
    /// ```
    pub fn partition_by(mut self, by: impl IntoExpressions) -> Window {
        self.sql.partition.extend(by.into_expressions());
        self
    }

    /// Sorts the rows of the window, after every earlier order.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let by_year = window().order_by(Book::YEAR);
    /// let query = select_columns((Book::ID, func::row_number().over(by_year))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?, [(1, 2), (2, 3), (3, 4), (4, 1)]);
    /// # Ok(()) }
    /// ```
    pub fn order_by(mut self, order: impl IntoOrder) -> Window {
        self.sql.order.extend(order.into_order());
        self
    }

    /// Limits the window to a range of rows, counted from the current row, which is 0: `rows(-2..=0)` is the current
    /// row and the two before it, and `rows(..=0)` all rows up to it. An empty range, such as `rows(0..0)`, is `InvalidQuery`
    /// when the query runs.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let with_previous = window().order_by(Book::ID).rows(-1..=0);
    /// let query = select_columns((Book::ID, func::min(Book::YEAR).over(with_previous))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?[3], (4, Some(1960)));
    /// # Ok(()) }
    /// ```
    pub fn rows(mut self, rows: impl RangeBounds<i32>) -> Window {
        self.sql.frame = Some(frame(false, &rows));
        self
    }

    /// Like [`rows`](Self::rows), with rows that sort equally treated as one: `range(..=0)` is all rows up to the
    /// current one and those that sort as it does.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let up_to_author = window().order_by(Book::AUTHOR_ID).range(..=0);
    /// let query = select_columns((Book::ID, func::count_rows().over(up_to_author))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?, [(1, 3), (2, 3), (3, 3), (4, 4)]);
    /// # Ok(()) }
    /// ```
    pub fn range(mut self, rows: impl RangeBounds<i32>) -> Window {
        self.sql.frame = Some(frame(true, &rows));
        self
    }

    pub(super) fn over<T>(self, function: Expr) -> Computed<T> {
        Computed::new(Expr::Over(Box::new(function), Box::new(self.sql)))
    }
}

fn frame(range: bool, rows: &impl RangeBounds<i32>) -> Frame {
    let from = match rows.start_bound() {
        RangeBound::Unbounded => Bound::Unbounded,
        RangeBound::Included(row) => bound(*row),
        RangeBound::Excluded(row) => bound(row.saturating_add(1)),
    };
    let to = match rows.end_bound() {
        RangeBound::Unbounded => Bound::Unbounded,
        RangeBound::Included(row) => bound(*row),
        RangeBound::Excluded(row) => bound(row.saturating_sub(1)),
    };
    Frame { range, from, to }
}

fn bound(row: i32) -> Bound {
    match row {
        0 => Bound::Current,
        row if row < 0 => Bound::Preceding(row.unsigned_abs()),
        row => Bound::Following(row.unsigned_abs()),
    }
}

/// A function that needs a window: `func::row_number().over(window()..)`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns((Book::ID, func::rank().over(by_year))).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?[3], (4, 1));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a window function needs `.over(window())`"]
pub struct WindowFunction<T> {
    function: Computed<T>,
}

impl<T: ColumnType> WindowFunction<T> {
    pub(super) fn new(expr: Expr) -> WindowFunction<T> {
        WindowFunction { function: Computed::new(expr) }
    }

    /// The function for each row, over the rows of a window.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let newest_first = window().order_by(Book::YEAR.desc());
    /// let query = select_columns((Book::ID, func::row_number().over(newest_first))).order_by(Book::ID);
    /// assert_eq!(session.rows(query).await?[2], (3, 1));
    /// # Ok(()) }
    /// ```
    pub fn over(self, window: Window) -> Computed<T> {
        window.over(self.function.into_sql())
    }
}
