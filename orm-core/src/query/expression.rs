//! What has a value in every row.

use super::label::IntoLabel;
use super::without_null::without_null;
use super::{Comparand, Computed, IntoOperand, Labeled, OrderBy, Predicate, SelectColumns, Selectable};
use crate::entity::field_stubs::AggregatedByFunction;
use crate::model::{Column, Model};
use crate::sql::{BinaryOp, Expr, Function, Source, TextPlace};
use crate::value::{ColumnType, Text, Textual, Value};

/// Something with a value in every row: a column, or what is computed from columns.
///
/// Its methods compare it with values and columns of its family of types. Every value is bound as a parameter; none
/// becomes part of the SQL text.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Book>()
///     .filter(Book::TITLE.like("The %").or(Book::YEAR.between(1960, 1969)))
///     .filter(Book::ID.lt(100) & !Book::ID.is_in([7, 9]))
///     .order_by((Book::TITLE.asc(), Book::ID.desc()));
/// assert_eq!(session.all(query).await?.len(), 4);
/// # Ok(()) }
/// ```
// `is_null` and `is_in` are SQL's words for what they build.
#[allow(clippy::wrong_self_convention)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor an expression",
    label = "expected a column or an expression, as `User::AGE` or `func::count(User::ID)` is",
    note = "how many rows a relationship has is `User::ORDERS.count()`; a plain value is bound where it is compared: `User::AGE.gt(18)`"
)]
pub trait Expression: Sized {
    /// The family of types it compares with.
    type Family;
    /// What it is when it is read.
    type Value: ColumnType<Family = Self::Family>;

    /// The SQL of it.
    #[doc(hidden)]
    fn into_sql(self) -> Expr;

    #[doc(hidden)]
    fn sum(self) -> Self
    where
        Self: AggregatedByFunction,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn avg(self) -> Self
    where
        Self: AggregatedByFunction,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn min(self) -> Self
    where
        Self: AggregatedByFunction,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn max(self) -> Self
    where
        Self: AggregatedByFunction,
    {
        Self::never()
    }

    #[doc(hidden)]
    fn count(self) -> Self
    where
        Self: AggregatedByFunction,
    {
        Self::never()
    }

    /// `=`; for `None` it is `IS NULL`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.eq(1960))).await?, 1);
    /// assert_eq!(session.count(select::<Author>().filter(Author::EMAIL.eq(None))).await?, 1);
    /// # Ok(()) }
    /// ```
    fn eq(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        if is_null(&other) { self.is_null() } else { compare(self, BinaryOp::Eq, other) }
    }

    /// `<>`; for `None` it is `IS NOT NULL`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.ne(1960))).await?, 3);
    /// # Ok(()) }
    /// ```
    fn ne(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        if is_null(&other) { self.is_not_null() } else { compare(self, BinaryOp::Ne, other) }
    }

    /// `<`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.lt(1968))).await?, 1);
    /// # Ok(()) }
    /// ```
    fn lt(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Lt, other)
    }

    /// `<=`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.le(1968))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn le(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Le, other)
    }

    /// `>`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.gt(1971))).await?, 1);
    /// # Ok(()) }
    /// ```
    fn gt(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Gt, other)
    }

    /// `>=`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.ge(1971))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn ge(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Ge, other)
    }

    /// `BETWEEN`, including both ends.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::YEAR.between(1968, 1971))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn between(self, low: impl Comparand<Self::Value>, high: impl Comparand<Self::Value>) -> Predicate {
        let (low, high) = (low.into_comparand(), high.into_comparand());
        if is_null(&low) || is_null(&high) {
            // `NOT BETWEEN` would be met by the values beyond the other end.
            return compare(self, BinaryOp::Lt, bound_null());
        }
        let of = self.into_sql();
        let (low, high) = (low.in_precision(of.precision()), high.in_precision(of.precision()));
        Predicate::new(Expr::Between(Box::new(of), Box::new(low), Box::new(high)))
    }

    /// `IN (..)`; false for an empty list. A `None` in the list matches NULL, as `eq(None)` does.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::ID.is_in([1, 3, 99]))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn is_in<I>(self, list: I) -> Predicate
    where
        I: IntoIterator<Item: IntoOperand<Self::Family>>,
    {
        let mut finds_null = false;
        let of = self.into_sql();
        let mut listed = |value: I::Item| {
            let value = value.into_operand().in_precision(of.precision());
            finds_null |= is_null(&value);
            (!is_null(&value)).then_some(value)
        };
        let list: Vec<Expr> = list.into_iter().filter_map(&mut listed).collect();
        if !finds_null {
            return Predicate::new(Expr::In(Box::new(of), list));
        }
        let null = Predicate::new(Expr::IsNull(Box::new(of.clone())));
        if list.is_empty() { null } else { Predicate::new(Expr::In(Box::new(of), list)).or(null) }
    }

    /// `NOT IN (..)`; true for an empty list. With a `None` in the list it excludes NULL and matches all other values.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::ID.not_in([1, 3]))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn not_in<I>(self, list: I) -> Predicate
    where
        I: IntoIterator<Item: IntoOperand<Self::Family>>,
    {
        !self.is_in(list)
    }

    /// `IS NULL`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Author>().filter(Author::EMAIL.is_null())).await?, 1);
    /// # Ok(()) }
    /// ```
    fn is_null(self) -> Predicate {
        Predicate::new(Expr::IsNull(Box::new(self.into_sql())))
    }

    /// `IS NOT NULL`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Author>().filter(Author::EMAIL.is_not_null())).await?, 1);
    /// # Ok(()) }
    /// ```
    fn is_not_null(self) -> Predicate {
        Predicate::new(Expr::IsNotNull(Box::new(self.into_sql())))
    }

    /// `IN (SELECT ..)`: whether the value is among the rows of a query of one column. NULLs among the rows are left
    /// out, so `!` matches what is not among the others.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let prolific = select_columns(Book::AUTHOR_ID).group_by(Book::AUTHOR_ID).having(func::count_rows().gt(1));
    /// let query = select::<Author>().filter(Author::ID.in_query(prolific));
    /// assert_eq!(session.one(query).await?.name, "Ursula K. Le Guin");
    /// # Ok(()) }
    /// ```
    fn in_query<E>(self, query: SelectColumns<E>) -> Predicate
    where
        E: Expression<Family = Self::Family> + Selectable,
    {
        let select = without_null(&query.spec);
        Predicate::new(Expr::InQuery(Box::new(self.into_sql()), Box::new(select)))
    }

    /// The expression with a name, for structs and subqueries.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// #[derive(FromRow)]
    /// struct Shelf {
    ///     author_id: i64,
    ///     books: i64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Book::AUTHOR_ID, func::count_rows().label("books")))
    ///     .group_by(Book::AUTHOR_ID)
    ///     .order_by(Book::AUTHOR_ID);
    /// let shelves: Vec<Shelf> = session.rows(query.into_struct::<Shelf>()).await?;
    /// assert_eq!((shelves[0].author_id, shelves[0].books), (1, 3));
    /// # Ok(()) }
    /// ```
    fn label(self, name: impl IntoLabel<Self::Value>) -> Labeled<Self> {
        Labeled { expression: self, name: name.into_label() }
    }

    /// The expression as an `Option`, for a table that a LEFT JOIN may not find.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Book::TITLE, Tag::NAME.optional())).left_join(Book::TAGS).order_by(Book::ID);
    /// let rows: Vec<(String, Option<String>)> = session.rows(query).await?;
    /// assert_eq!(rows[0].1, None);
    /// # Ok(()) }
    /// ```
    fn optional(self) -> Computed<Option<<Self::Value as ColumnType>::Bare>> {
        Computed::new(self.into_sql())
    }

    /// Ascending, for `order_by`. A column alone is ascending too.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let oldest = session.first(select::<Book>().order_by(Book::YEAR.asc())).await?;
    /// assert_eq!(oldest.map(|book| book.year), Some(1960));
    /// # Ok(()) }
    /// ```
    fn asc(self) -> OrderBy {
        OrderBy::new(self.into_sql(), false)
    }

    /// Descending, for `order_by`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let newest = session.first(select::<Book>().order_by(Book::YEAR.desc())).await?;
    /// assert_eq!(newest.map(|book| book.year), Some(1974));
    /// # Ok(()) }
    /// ```
    fn desc(self) -> OrderBy {
        OrderBy::new(self.into_sql(), true)
    }
}

/// Operations on text columns, including a [`DbType`](derive@crate::DbType) around text.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Book>().filter(Book::TITLE.starts_with("The ") & !Book::TITLE.contains("Heaven"));
/// assert_eq!(session.one(query).await?.title, "The Dispossessed");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column or an expression of text",
    label = "expected a text"
)]
pub trait TextExpression: Expression {
    /// `LIKE`: `%` matches any text and `_` any character. SQLite ignores the case of ASCII letters; on MySQL the
    /// column's collation decides.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.like("The %"))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn like(self, pattern: impl IntoOperand<Text>) -> Predicate {
        let pattern = pattern.into_operand();
        compare(self, BinaryOp::Like, pattern)
    }

    /// `NOT LIKE`
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.not_like("The %"))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn not_like(self, pattern: impl IntoOperand<Text>) -> Predicate {
        let pattern = pattern.into_operand();
        compare(self, BinaryOp::NotLike, pattern)
    }

    /// Whether it contains another text. No character is a wildcard, and the case of letters matters; on MySQL the
    /// column's collation decides.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.contains("Heaven"))).await?, 1);
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.contains("%"))).await?, 0);
    /// # Ok(()) }
    /// ```
    fn contains(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::Anywhere, text)
    }

    /// Whether it begins with another text, compared as by [`contains`](Self::contains). An index may serve it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.starts_with("The "))).await?, 2);
    /// # Ok(()) }
    /// ```
    fn starts_with(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::Start, text)
    }

    /// Whether it ends with another text, compared as by [`contains`](Self::contains).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.count(select::<Book>().filter(Book::TITLE.ends_with("Heaven"))).await?, 1);
    /// # Ok(()) }
    /// ```
    fn ends_with(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::End, text)
    }
}

impl<E: Expression> TextExpression for E where <E::Value as ColumnType>::Stored: Textual {}

fn has_text<E: Expression>(of: E, place: TextPlace, text: impl IntoOperand<Text>) -> Predicate {
    let text = text.into_operand();
    Predicate::new(Expr::Call(Function::HasText(place), vec![of.into_sql(), text]))
}

impl<M: Model, T: ColumnType, A> Expression for Column<M, T, A> {
    type Family = T::Family;
    type Value = T;

    fn into_sql(self) -> Expr {
        self.def().expr(&Source::Table(M::def().table))
    }
}

fn compare(left: impl Expression, op: BinaryOp, right: Expr) -> Predicate {
    let (left, right) = Expr::in_one_precision(left.into_sql(), right);
    Predicate::new(Expr::Binary(Box::new(left), op, Box::new(right)))
}

fn bound_null() -> Expr {
    Expr::Bind(Value::Null.into())
}

fn is_null(operand: &Expr) -> bool {
    matches!(operand, Expr::Bind(bind) if bind.value.is_null())
}
