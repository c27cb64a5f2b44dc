use super::label::IntoLabel;
use super::without_null::without_null;
use super::{Comparand, Computed, IntoOperand, Labeled, OrderBy, Predicate, SelectColumns, Selectable};
use crate::model::{Column, Model};
use crate::sql::{BinaryOp, Expr, Function, Source, TextPlace};
use crate::value::{ColumnType, Text, Textual, Value};

/// Something with a value in every row: a column, and what is computed from columns.
///
/// Its methods compare it with values and columns of its family of types; every value is bound, never written into
/// the SQL.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, email: Option<String> }
/// let query = select::<User>()
///     .filter(User::NAME.like("j%").or(User::EMAIL.is_null()))
///     .filter(User::ID.between(1, 100) & !User::ID.is_in([7, 9]))
///     .order_by((User::NAME.asc(), User::ID.desc()));
/// # let _ = query;
/// ```
// `is_null` and `is_in` are SQL's words for what they build.
#[allow(clippy::wrong_self_convention)]
pub trait Expression: Sized {
    /// The family of types it compares with.
    type Family;
    /// What it is when it is read.
    type Value: ColumnType<Family = Self::Family>;

    /// The SQL of it.
    #[doc(hidden)]
    fn into_sql(self) -> Expr;

    /// `=`; compared with a `None` it is `IS NULL`.
    fn eq(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        if is_null(&other) { self.is_null() } else { compare(self, BinaryOp::Eq, other) }
    }

    /// `<>`; compared with a `None` it is `IS NOT NULL`.
    fn ne(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        if is_null(&other) { self.is_not_null() } else { compare(self, BinaryOp::Ne, other) }
    }

    /// `<`
    fn lt(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Lt, other)
    }

    /// `<=`
    fn le(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Le, other)
    }

    /// `>`
    fn gt(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Gt, other)
    }

    /// `>=`
    fn ge(self, other: impl Comparand<Self::Value>) -> Predicate {
        let other = other.into_comparand();
        compare(self, BinaryOp::Ge, other)
    }

    /// `BETWEEN`, both ends included.
    fn between(self, low: impl Comparand<Self::Value>, high: impl Comparand<Self::Value>) -> Predicate {
        let (low, high) = (low.into_comparand(), high.into_comparand());
        if is_null(&low) || is_null(&high) {
            // `NOT BETWEEN` would be met by the values beyond the other end.
            return compare(self, BinaryOp::Lt, bound_null());
        }
        Predicate::new(Expr::Between(Box::new(self.into_sql()), Box::new(low), Box::new(high)))
    }

    /// `IN (..)`; false for an empty list. A `None` in the list finds NULL, as `eq(None)` does.
    fn is_in<I>(self, list: I) -> Predicate
    where
        I: IntoIterator<Item: IntoOperand<Self::Family>>,
    {
        let mut finds_null = false;
        let mut listed = |value: I::Item| {
            let value = value.into_operand();
            finds_null |= is_null(&value);
            (!is_null(&value)).then_some(value)
        };
        let list: Vec<Expr> = list.into_iter().filter_map(&mut listed).collect();
        let of = self.into_sql();
        if !finds_null {
            return Predicate::new(Expr::In(Box::new(of), list));
        }
        let null = Predicate::new(Expr::IsNull(Box::new(of.clone())));
        if list.is_empty() { null } else { Predicate::new(Expr::In(Box::new(of), list)).or(null) }
    }

    /// `NOT IN (..)`; true for an empty list. With a `None` in the list it leaves NULL out, and finds all other values.
    fn not_in<I>(self, list: I) -> Predicate
    where
        I: IntoIterator<Item: IntoOperand<Self::Family>>,
    {
        !self.is_in(list)
    }

    /// `IS NULL`
    fn is_null(self) -> Predicate {
        Predicate::new(Expr::IsNull(Box::new(self.into_sql())))
    }

    /// `IS NOT NULL`
    fn is_not_null(self) -> Predicate {
        Predicate::new(Expr::IsNotNull(Box::new(self.into_sql())))
    }

    /// `IN (SELECT ..)`: whether a query of one column has the value among its rows. NULLs among the rows are no values:
    /// they are left out, so that `!` finds what is not among the others.
    fn in_query<E>(self, query: SelectColumns<E>) -> Predicate
    where
        E: Expression<Family = Self::Family> + Selectable,
    {
        let select = without_null(&query.spec);
        Predicate::new(Expr::InQuery(Box::new(self.into_sql()), Box::new(select)))
    }

    /// The same under a name, for structs and subqueries.
    fn label(self, name: impl IntoLabel<Self::Value>) -> Labeled<Self> {
        Labeled { expression: self, name: name.into_label() }
    }

    /// The same as an `Option`, where a LEFT JOIN may find no row.
    fn optional(self) -> Computed<Option<<Self::Value as ColumnType>::Bare>> {
        Computed::new(self.into_sql())
    }

    /// Ascending, for `order_by`.
    fn asc(self) -> OrderBy {
        OrderBy::new(self.into_sql(), false)
    }

    /// Descending, for `order_by`.
    fn desc(self) -> OrderBy {
        OrderBy::new(self.into_sql(), true)
    }
}

/// What only text can do, and a [`DbType`](derive@crate::DbType) around one.
pub trait TextExpression: Expression {
    /// `LIKE`: `%` is any text and `_` any character. SQLite ignores the case of ASCII letters; on MySQL the column's
    /// collation decides.
    fn like(self, pattern: impl IntoOperand<Text>) -> Predicate {
        let pattern = pattern.into_operand();
        compare(self, BinaryOp::Like, pattern)
    }

    /// `NOT LIKE`
    fn not_like(self, pattern: impl IntoOperand<Text>) -> Predicate {
        let pattern = pattern.into_operand();
        compare(self, BinaryOp::NotLike, pattern)
    }

    /// Whether another text is in it, as it is: no character of it stands for others, and upper and lower case differ. On
    /// MySQL the column's collation decides.
    fn contains(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::Anywhere, text)
    }

    /// Whether it begins with another text, as [`contains`](Self::contains) looks for it. An index may answer it.
    fn starts_with(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::Start, text)
    }

    /// Whether it ends with another text, as [`contains`](Self::contains) looks for it.
    fn ends_with(self, text: impl IntoOperand<Text>) -> Predicate {
        has_text(self, TextPlace::End, text)
    }
}

impl<E: Expression> TextExpression for E where <E::Value as ColumnType>::Stored: Textual {}

fn has_text<E: Expression>(of: E, place: TextPlace, text: impl IntoOperand<Text>) -> Predicate {
    let text = text.into_operand();
    Predicate::new(Expr::Call(Function::HasText(place), vec![of.into_sql(), text]))
}

impl<M: Model, T: ColumnType> Expression for Column<M, T> {
    type Family = T::Family;
    type Value = T;

    fn into_sql(self) -> Expr {
        self.def().expr(&Source::Table(M::def().table))
    }
}

fn compare(left: impl Expression, op: BinaryOp, right: Expr) -> Predicate {
    Predicate::new(Expr::Binary(Box::new(left.into_sql()), op, Box::new(right)))
}

fn bound_null() -> Expr {
    Expr::Bind(Value::Null.into())
}

fn is_null(operand: &Expr) -> bool {
    matches!(operand, Expr::Bind(bind) if bind.value.is_null())
}
