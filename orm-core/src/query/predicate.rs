//! Conditions.

use std::ops::{BitAnd, BitOr, Not};

use super::Expression;
use crate::sql::{Expr, MOST_DEPTH};
use crate::value::Boolean;

/// A condition on a row: what `filter` takes. Conditions are combined with `&`, `|` and `!`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let recent = Book::YEAR.gt(1970);
/// let by_lee = Book::AUTHOR.has(Author::NAME.like("%Lee"));
/// assert_eq!(session.count(select::<Book>().filter(recent | by_lee)).await?, 3);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a condition does nothing until it is given to `filter`"]
pub struct Predicate {
    expr: Expr,
    /// The depth of the expression, stored so that adding a condition does not measure a long list again.
    depth: usize,
}

impl Predicate {
    pub(crate) fn new(expr: Expr) -> Predicate {
        let depth = expr.depth();
        Predicate::of_depth(expr, depth)
    }

    fn of_depth(expr: Expr, depth: usize) -> Predicate {
        match depth > MOST_DEPTH {
            true => Predicate { expr: Expr::too_deep(), depth: 1 },
            false => Predicate { expr, depth },
        }
    }

    pub(crate) fn into_sql(self) -> Expr {
        self.expr
    }

    /// Both conditions; also written `&`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Book>().filter(Book::YEAR.gt(1970).and(Book::TITLE.like("%Heaven")));
    /// assert_eq!(session.count(query).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn and(self, other: Predicate) -> Predicate {
        let depth = other.depth + 1;
        match self.expr {
            Expr::And(_) => {
                Predicate::of_depth(Expr::and(Some(self.expr), other.expr), depth.max(self.depth))
            }
            expr => Predicate::of_depth(Expr::And(vec![expr, other.expr]), depth.max(self.depth + 1)),
        }
    }

    /// At least one of the conditions; also written `|`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Book>().filter(Book::YEAR.lt(1965).or(Book::YEAR.gt(1972)));
    /// assert_eq!(session.count(query).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn or(self, other: Predicate) -> Predicate {
        let depth = other.depth + 1;
        match self.expr {
            Expr::Or(mut all) => {
                all.push(other.expr);
                Predicate::of_depth(Expr::Or(all), depth.max(self.depth))
            }
            expr => Predicate::of_depth(Expr::Or(vec![expr, other.expr]), depth.max(self.depth + 1)),
        }
    }

    /// All of the conditions; true if there are none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let conditions = vec![Book::YEAR.gt(1965), Book::TITLE.like("The %")];
    /// assert_eq!(session.count(select::<Book>().filter(Predicate::all(conditions))).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn all(conditions: impl IntoIterator<Item = Predicate>) -> Predicate {
        Predicate::of_list(conditions, Expr::And)
    }

    /// At least one of the conditions; false if there are none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let conditions = ["A %", "To %"].map(|pattern| Book::TITLE.like(pattern));
    /// assert_eq!(session.count(select::<Book>().filter(Predicate::any(conditions))).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn any(conditions: impl IntoIterator<Item = Predicate>) -> Predicate {
        Predicate::of_list(conditions, Expr::Or)
    }

    fn of_list(conditions: impl IntoIterator<Item = Predicate>, list: fn(Vec<Expr>) -> Expr) -> Predicate {
        let mut depth = 0;
        let part = |condition: Predicate| {
            depth = depth.max(condition.depth);
            condition.expr
        };
        let all = conditions.into_iter().map(part).collect();
        Predicate::of_depth(list(all), depth + 1)
    }
}

/// The condition of a relationship; for generated code, whose type says what the function must return.
#[doc(hidden)]
pub fn relation_filter(condition: Predicate) -> Expr {
    condition.into_sql()
}

/// What `filter` takes: a [`Predicate`], or an `Option` of one. `None` filters nothing.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let title: Option<&str> = None;
/// let query = select::<Book>().filter(title.map(|title| Book::TITLE.eq(title)));
/// assert_eq!(session.count(query).await?, 4);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "expected a condition: `User::AGE.gt(18)`",
    note = "a condition is SQL, neither a `bool` nor a closure nor a text: columns have `.eq(..)`, `.gt(..)`, `.like(..)`, \
            `.is_in(..)` and more, and conditions combine with `&`, `|` and `!`, or `Predicate::all` and `Predicate::any`"
)]
pub trait IntoPredicate {
    /// The condition; `None` filters nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// use orm_core::query::IntoPredicate;
    ///
    /// # fn main() {
    /// assert!(Book::YEAR.gt(1970).into_predicate().is_some());
    /// assert!(None::<Predicate>.into_predicate().is_none());
    /// # }
    /// ```
    fn into_predicate(self) -> Option<Predicate>;
}

impl IntoPredicate for Predicate {
    fn into_predicate(self) -> Option<Predicate> {
        Some(self)
    }
}

impl IntoPredicate for Option<Predicate> {
    fn into_predicate(self) -> Option<Predicate> {
        self
    }
}

impl BitAnd for Predicate {
    type Output = Predicate;

    fn bitand(self, other: Predicate) -> Predicate {
        self.and(other)
    }
}

impl BitOr for Predicate {
    type Output = Predicate;

    fn bitor(self, other: Predicate) -> Predicate {
        self.or(other)
    }
}

/// The opposite, also written `!`.
impl Not for Predicate {
    type Output = Predicate;

    fn not(self) -> Predicate {
        Predicate::of_depth(Expr::Not(Box::new(self.expr)), self.depth + 1)
    }
}

/// A condition is a truth value, to be selected and compared as any other; one with a NULL in it can be NULL itself.
impl Expression for Predicate {
    type Family = Boolean;
    type Value = bool;

    fn into_sql(self) -> Expr {
        self.expr
    }
}
