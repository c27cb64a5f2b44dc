//! CASE.

use std::fmt;
use std::marker::PhantomData;

use super::{Comparand, Computed, Predicate};
use crate::sql::Expr;
use crate::value::ColumnType;

/// A value that depends on conditions: `CASE WHEN .. THEN .. ELSE .. END`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let era = func::case::<String>()
///     .when(Book::YEAR.lt(1965), "early")
///     .when(Book::YEAR.lt(1972), "middle")
///     .otherwise("late");
/// assert_eq!(session.rows(select_columns(era).order_by(Book::ID)).await?, ["middle", "middle", "late", "early"]);
/// # Ok(()) }
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

    /// The value if this condition holds and no earlier one does.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = func::case::<i64>().when(Book::YEAR.lt(1965), 1).otherwise(0);
    /// assert_eq!(session.row(select_columns(func::sum(old))).await?, Some(1));
    /// # Ok(()) }
    /// ```
    pub fn when(mut self, condition: Predicate, value: impl Comparand<T>) -> Case<T> {
        self.whens.push((condition.into_sql(), value.into_comparand()));
        self
    }

    /// The value if no condition holds.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let rank = func::case::<i64>().when(Book::TITLE.like("The %"), 0).otherwise(1);
    /// assert_eq!(session.all(select::<Book>().order_by((rank.asc(), Book::ID))).await?[0].id, 2);
    /// # Ok(()) }
    /// ```
    pub fn otherwise(self, value: impl Comparand<T>) -> Computed<T> {
        let value = value.into_comparand();
        if self.whens.is_empty() {
            return Computed::new(value);
        }
        Computed::new(Expr::Case { whens: self.whens, otherwise: Some(Box::new(value)) })
    }

    /// NULL if no condition holds.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let old = func::case::<i64>().when(Book::YEAR.lt(1965), 1).or_null();
    /// assert_eq!(session.rows(select_columns(old).order_by(Book::ID)).await?, [None, None, None, Some(1)]);
    /// # Ok(()) }
    /// ```
    pub fn or_null(self) -> Computed<Option<T::Bare>> {
        if self.whens.is_empty() {
            return Computed::refused("a case without `.when(..)` is always NULL; give it a condition");
        }
        Computed::new(Expr::Case { whens: self.whens, otherwise: None })
    }
}

impl<T> fmt::Debug for Case<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&Expr::Case { whens: self.whens.clone(), otherwise: None }).finish()
    }
}
