//! Window functions.

use super::call::Bare;
use crate::query::{Expression, WindowFunction};
use crate::sql::{Expr, Function};
use crate::value::ColumnType;

/// The number of a row in its window, from 1.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::row_number().over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [2, 3, 4, 1]);
/// # Ok(()) }
/// ```
pub fn row_number() -> WindowFunction<i64> {
    over("row_number")
}

/// The number of the first row that sorts like this one: 1, 1, 3.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_author = window().order_by(Book::AUTHOR_ID);
/// let query = select_columns(func::rank().over(by_author)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [1, 1, 1, 4]);
/// # Ok(()) }
/// ```
pub fn rank() -> WindowFunction<i64> {
    over("rank")
}

/// The number of a row, counting rows that sort equally as one: 1, 1, 2.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_author = window().order_by(Book::AUTHOR_ID);
/// let query = select_columns(func::dense_rank().over(by_author)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [1, 1, 1, 2]);
/// # Ok(()) }
/// ```
pub fn dense_rank() -> WindowFunction<i64> {
    over("dense_rank")
}

/// The rank as a fraction of the rows, from 0 to 1.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::percent_rank().over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?[3], 0.0);
/// # Ok(()) }
/// ```
pub fn percent_rank() -> WindowFunction<f64> {
    over("percent_rank")
}

/// The fraction of the rows that sort no later than this one.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::cume_dist().over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [0.5, 0.75, 1.0, 0.25]);
/// # Ok(()) }
/// ```
pub fn cume_dist() -> WindowFunction<f64> {
    over("cume_dist")
}

/// The number of a row's group, from 1, when the rows are divided into this many groups of equal size.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::ntile(2).over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [1, 2, 2, 1]);
/// # Ok(()) }
/// ```
pub fn ntile(groups: u32) -> WindowFunction<i64> {
    WindowFunction::new(Expr::Call(Function::Named("ntile"), vec![Expr::Number(groups.max(1).into())]))
}

/// The value this many rows before; NULL if there is no such row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::lag(Book::YEAR, 1).over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [Some(1960), Some(1968), Some(1971), None]);
/// # Ok(()) }
/// ```
pub fn lag<E: Expression>(of: E, rows: u32) -> WindowFunction<Option<Bare<E>>> {
    near("lag", of, Some(rows))
}

/// The value this many rows after; NULL if there is no such row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::lead(Book::YEAR, 1).over(by_year)).order_by(Book::ID);
/// assert_eq!(session.rows(query).await?, [Some(1971), Some(1974), None, Some(1968)]);
/// # Ok(()) }
/// ```
pub fn lead<E: Expression>(of: E, rows: u32) -> WindowFunction<Option<Bare<E>>> {
    near("lead", of, Some(rows))
}

/// The value in the first row of the frame.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let by_year = window().order_by(Book::YEAR);
/// let query = select_columns(func::first_value(Book::TITLE).over(by_year)).order_by(Book::ID).limit(1);
/// assert_eq!(session.row(query).await?.as_deref(), Some("To Kill a Mockingbird"));
/// # Ok(()) }
/// ```
pub fn first_value<E: Expression>(of: E) -> WindowFunction<Option<Bare<E>>> {
    near("first_value", of, None)
}

/// The value in the last row of the frame. A window with an order ends at the current row, unless its
/// [`rows`](crate::query::Window::rows) end elsewhere.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let whole = window().order_by(Book::YEAR).rows(..);
/// let query = select_columns(func::last_value(Book::YEAR).over(whole)).order_by(Book::ID).limit(1);
/// assert_eq!(session.row(query).await?, Some(1974));
/// # Ok(()) }
/// ```
pub fn last_value<E: Expression>(of: E) -> WindowFunction<Option<Bare<E>>> {
    near("last_value", of, None)
}

/// The value in a row of the frame, counted from 1; NULL if there is no such row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let whole = window().order_by(Book::YEAR).rows(..);
/// let query = select_columns(func::nth_value(Book::YEAR, 2).over(whole)).order_by(Book::ID).limit(1);
/// assert_eq!(session.row(query).await?, Some(1968));
/// # Ok(()) }
/// ```
pub fn nth_value<E: Expression>(of: E, row: u32) -> WindowFunction<Option<Bare<E>>> {
    near("nth_value", of, Some(row.max(1)))
}

fn over<T: ColumnType>(name: &'static str) -> WindowFunction<T> {
    WindowFunction::new(Expr::Call(Function::Named(name), Vec::new()))
}

fn near<E: Expression>(name: &'static str, of: E, rows: Option<u32>) -> WindowFunction<Option<Bare<E>>> {
    let mut arguments = vec![of.into_sql()];
    arguments.extend(rows.map(|rows| Expr::Number(rows.into())));
    WindowFunction::new(Expr::Call(Function::Named(name), arguments))
}
