//! Operators of PostgreSQL.

use super::{Expression, IntoOperand, Predicate};
use crate::sql::{Bind, Expr, Function};
use crate::value::{ArrayElement, ColumnType, Document, IntoValue, Text, Textual};

/// Operators that only PostgreSQL has. On another database a query with one of them fails with `InvalidQuery` before it is
/// sent.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "json")] fn f() {
/// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String>, meta: serde_json::Value }
/// let query = select::<Post>()
///     .filter(Post::TITLE.ilike("%rust%"))
///     .filter(Post::TAGS.contains_all(vec!["async".to_owned()]))
///     .filter(Post::META.contains_all(serde_json::json!({ "draft": false })))
///     .filter(Post::TITLE.matches_text("english", "orm -java"));
/// # let _ = query; }
/// # fn main() {}
/// ```
pub trait PostgresExpression: Expression {
    /// `ILIKE`: whether the text matches a pattern, ignoring case.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TITLE.ilike("%rust%"));
    /// # let _ = query;
    /// ```
    fn ilike(self, pattern: impl IntoOperand<Text>) -> Predicate
    where
        <Self::Value as ColumnType>::Stored: Textual,
    {
        operator("ILIKE", self.into_sql(), pattern.into_operand())
    }

    /// `NOT ILIKE`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TITLE.not_ilike("draft:%"));
    /// # let _ = query;
    /// ```
    fn not_ilike(self, pattern: impl IntoOperand<Text>) -> Predicate
    where
        <Self::Value as ColumnType>::Stored: Textual,
    {
        operator("NOT ILIKE", self.into_sql(), pattern.into_operand())
    }

    /// `@>`: whether a list has all elements of another one, in any order, or a JSON document contains another one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TAGS.contains_all(vec!["rust".to_owned(), "async".to_owned()]));
    /// # let _ = query;
    /// ```
    fn contains_all(self, other: impl IntoValue<Bare<Self>>) -> Predicate
    where
        Self::Family: Containment,
    {
        operator("@>", self.into_sql(), bound::<Self>(other))
    }

    /// `<@`: whether another list has all elements of this one, or another JSON document contains this one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TAGS.contained_in(vec!["rust".to_owned(), "async".to_owned()]));
    /// # let _ = query;
    /// ```
    fn contained_in(self, other: impl IntoValue<Bare<Self>>) -> Predicate
    where
        Self::Family: Containment,
    {
        operator("<@", self.into_sql(), bound::<Self>(other))
    }

    /// `&&`: whether two lists have an element in common.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TAGS.overlaps(vec!["rust".to_owned(), "java".to_owned()]));
    /// # let _ = query;
    /// ```
    fn overlaps(self, other: impl IntoValue<Bare<Self>>) -> Predicate
    where
        Self::Family: Overlap,
    {
        operator("&&", self.into_sql(), bound::<Self>(other))
    }

    /// `?`: whether a JSON object has a member of that name, or a JSON array such a text.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, meta: serde_json::Value }
    /// let query = select::<Post>().filter(Post::META.has_key("draft"));
    /// # let _ = query; }
    /// # fn main() {}
    /// ```
    fn has_key(self, key: impl IntoOperand<Text>) -> Predicate
    where
        Self: Expression<Family = Document>,
    {
        operator("?", self.into_sql(), key.into_operand())
    }

    /// Full text search, `to_tsvector(..) @@ websearch_to_tsquery(..)`, in a language that the server knows, such as
    /// `"english"` or `"simple"`. The query is what a person types: words, `"a phrase"`, `or`, and `-` before words to
    /// exclude. An index makes it fast: `USING gin (to_tsvector('english', title))`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
    /// let query = select::<Post>().filter(Post::TITLE.matches_text("english", "orm \"unit of work\" -java"));
    /// # let _ = query;
    /// ```
    fn matches_text(self, language: &'static str, query: impl IntoOperand<Text>) -> Predicate
    where
        <Self::Value as ColumnType>::Stored: Textual,
    {
        let vector = Expr::Call(Function::TextVector(language), vec![self.into_sql()]);
        operator("@@", vector, Expr::Call(Function::TextQuery(language), vec![query.into_operand()]))
    }
}

impl<E: Expression> PostgresExpression for E {}

/// Families of types whose values can contain one another: lists and JSON.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
/// use orm_core::query::Containment;
///
/// /// Rows whose list contains one value.
/// fn with_tag<E>(column: E, tag: &str) -> Predicate
/// where
///     E: Expression<Family: Containment, Value = Vec<String>> + PostgresExpression,
/// {
///     column.contains_all(vec![tag.to_owned()])
/// }
/// let query = select::<Post>().filter(with_tag(Post::TAGS, "rust"));
/// # let _ = query;
/// ```
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` contain no others",
    label = "neither a list nor JSON",
    note = "a text is searched with `.contains(..)`"
)]
pub trait Containment {}

impl Containment for Document {}
impl<T: ArrayElement> Containment for Vec<T> {}

/// Families of lists.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Post { #[key] id: i64, title: String, tags: Vec<String> }
/// use orm_core::query::Overlap;
///
/// /// Rows whose list has one of some values.
/// fn with_some<E>(column: E, tags: &[&str]) -> Predicate
/// where
///     E: Expression<Family: Overlap, Value = Vec<String>> + PostgresExpression,
/// {
///     column.overlaps(tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
/// }
/// let query = select::<Post>().filter(with_some(Post::TAGS, &["rust", "java"]));
/// # let _ = query;
/// ```
#[diagnostic::on_unimplemented(
    message = "values of the family `{Self}` have no elements",
    label = "not a list"
)]
pub trait Overlap {}

impl<T: ArrayElement> Overlap for Vec<T> {}

type Bare<E> = <<E as Expression>::Value as ColumnType>::Bare;

fn bound<E: Expression>(value: impl IntoValue<Bare<E>>) -> Expr {
    Expr::Bind(Bind { kind: Some(<E::Value as ColumnType>::KIND), ..value.into_value().into() })
}

fn operator(operator: &'static str, left: Expr, right: Expr) -> Predicate {
    Predicate::new(Expr::Call(Function::Operator(operator), vec![left, right]))
}
