use std::fmt;

use super::{Computed, Expression, Predicate};
use crate::sql::{Expr, JsonRead, JsonStep};
use crate::value::{ColumnType, Document};

/// What only JSON can do.
pub trait JsonExpression: Expression<Family = Document> {
    /// A member of an object, `at("theme")`, or an element of an array from 0, `at(0)`, to go on from or to read.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let dark = select::<User>().filter(User::SETTINGS.at("editor").at("theme").text().eq("dark"));
    /// let first: SelectColumns<_> = select_columns(User::SETTINGS.at("sizes").at(0).integer());
    /// # let _ = (dark, first); }
    /// # fn main() {}
    /// ```
    fn at(self, step: impl IntoJsonStep) -> JsonPath {
        JsonPath { of: self.into_sql(), path: vec![step.into_step()] }
    }

    /// How many elements the array has; NULL of everything else.
    fn array_length(self) -> Computed<Option<i64>> {
        JsonPath { of: self.into_sql(), path: Vec::new() }.array_length()
    }
}

impl<E: Expression<Family = Document>> JsonExpression for E {}

/// A place in a document: `User::SETTINGS.at("editor").at("theme")`.
///
/// What is read there is NULL where there is nothing, and where there is something else: a text is no number, and a number
/// no text.
#[derive(Clone)]
#[must_use = "a place in a document says nothing until something is read there"]
pub struct JsonPath {
    of: Expr,
    path: Vec<JsonStep>,
}

impl JsonPath {
    /// A place further down.
    pub fn at(mut self, step: impl IntoJsonStep) -> JsonPath {
        self.path.push(step.into_step());
        self
    }

    /// The text that is there.
    pub fn text(self) -> Computed<Option<String>> {
        self.read(JsonRead::Text)
    }

    /// The whole number that is there, where it has room in an `i64`.
    pub fn integer(self) -> Computed<Option<i64>> {
        self.read(JsonRead::Integer)
    }

    /// The number that is there.
    pub fn float(self) -> Computed<Option<f64>> {
        self.read(JsonRead::Float)
    }

    /// The truth value that is there.
    pub fn boolean(self) -> Computed<Option<bool>> {
        self.read(JsonRead::Boolean)
    }

    /// The JSON that is there, of any form.
    #[cfg(feature = "json")]
    pub fn value(self) -> Computed<Option<serde_json::Value>> {
        self.read(JsonRead::Document)
    }

    /// How many elements the array has that is there.
    pub fn array_length(self) -> Computed<Option<i64>> {
        self.read(JsonRead::Length)
    }

    /// Whether anything is there, be it JSON's `null`.
    pub fn exists(self) -> Predicate {
        let JsonPath { of, path } = self;
        Predicate::new(Expr::Json { of: Box::new(of), path, read: JsonRead::Exists })
    }

    fn read<T: ColumnType>(self, read: JsonRead) -> Computed<T> {
        let JsonPath { of, path } = self;
        Computed::new(Expr::Json { of: Box::new(of), path, read })
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonPath").field(&self.clone().exists()).finish()
    }
}

/// A step into a document: the name of a member, or the place of an element from 0.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step into a document",
    label = "expected the name of a member, or the place of an element as a `usize`"
)]
pub trait IntoJsonStep {
    /// The step.
    #[doc(hidden)]
    fn into_step(self) -> JsonStep;
}

impl IntoJsonStep for &str {
    fn into_step(self) -> JsonStep {
        JsonStep::Key(self.into())
    }
}

impl IntoJsonStep for String {
    fn into_step(self) -> JsonStep {
        JsonStep::Key(self.into())
    }
}

impl IntoJsonStep for usize {
    fn into_step(self) -> JsonStep {
        JsonStep::Index(self)
    }
}
