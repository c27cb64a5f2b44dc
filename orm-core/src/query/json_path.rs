//! JSON columns in queries.

use std::fmt;

use super::{Computed, Expression, Predicate};
use crate::sql::{Expr, JsonRead, JsonStep};
use crate::value::{ColumnType, Document};

/// Operations on JSON columns.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "json")] mod program {
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] pub struct User { #[key(auto)] pub id: i64, pub settings: serde_json::Value }
/// # pub async fn run() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// # let mut session = engine.session();
/// session.insert(User::draft().settings(serde_json::json!({ "theme": "dark", "sizes": [1, 2] }))).await?;
/// let dark = select::<User>().filter(User::SETTINGS.at("theme").text().eq("dark"));
/// assert_eq!(session.count(dark).await?, 1);
/// let first: Option<i64> = session.row(select_columns(User::SETTINGS.at("sizes").at(0).integer())).await?;
/// assert_eq!(first, Some(1));
/// # Ok(()) }
/// # }
/// # #[cfg(feature = "json")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> { program::run().await }
/// # #[cfg(not(feature = "json"))]
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column or an expression of JSON",
    label = "expected a column of JSON, as a `Json<..>` or a `serde_json::Value` is"
)]
pub trait JsonExpression: Expression<Family = Document> {
    /// A member of an object, `at("theme")`, or an element of an array counted from 0, `at(0)`.
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

    /// The number of elements of the array; NULL for everything else.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct Recipe { #[key] id: i64, steps: serde_json::Value }
    /// let long = select::<Recipe>().filter(Recipe::STEPS.array_length().gt(10));
    /// # let _ = long; }
    /// # fn main() {}
    /// ```
    fn array_length(self) -> Computed<Option<i64>> {
        JsonPath { of: self.into_sql(), path: Vec::new() }.array_length()
    }
}

impl<E: Expression<Family = Document>> JsonExpression for E {}

/// A place in a JSON document: `User::SETTINGS.at("editor").at("theme")`.
///
/// Reading it gives NULL if the place does not exist or holds another type: text is not read as a number, nor a number
/// as text.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "json")] fn f() {
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
/// let size = User::SETTINGS.at("editor").at("font_size");
/// let large = select::<User>().filter(size.clone().integer().gt(14)).order_by(size.integer().desc());
/// # let _ = large; }
/// # fn main() {}
/// ```
#[derive(Clone)]
#[must_use = "a place in a document does nothing until it is read"]
pub struct JsonPath {
    of: Expr,
    path: Vec<JsonStep>,
}

impl JsonPath {
    /// A place further down.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let first_size = User::SETTINGS.at("sizes").at(0);
    /// # let _ = first_size; }
    /// # fn main() {}
    /// ```
    pub fn at(mut self, step: impl IntoJsonStep) -> JsonPath {
        self.path.push(step.into_step());
        self
    }

    /// The text at this place.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let dark = select::<User>().filter(User::SETTINGS.at("theme").text().eq("dark"));
    /// # let _ = dark; }
    /// # fn main() {}
    /// ```
    pub fn text(self) -> Computed<Option<String>> {
        self.read(JsonRead::Text)
    }

    /// The whole number at this place, if it fits an `i64`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let large = select::<User>().filter(User::SETTINGS.at("font_size").integer().gt(14));
    /// # let _ = large; }
    /// # fn main() {}
    /// ```
    pub fn integer(self) -> Computed<Option<i64>> {
        self.read(JsonRead::Integer)
    }

    /// The number at this place.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let zoomed = select::<User>().filter(User::SETTINGS.at("zoom").float().gt(1.5));
    /// # let _ = zoomed; }
    /// # fn main() {}
    /// ```
    pub fn float(self) -> Computed<Option<f64>> {
        self.read(JsonRead::Float)
    }

    /// The truth value at this place.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let subscribed = select::<User>().filter(User::SETTINGS.at("newsletter").boolean().eq(true));
    /// # let _ = subscribed; }
    /// # fn main() {}
    /// ```
    pub fn boolean(self) -> Computed<Option<bool>> {
        self.read(JsonRead::Boolean)
    }

    /// The JSON at this place, of any type.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let editors = select_columns((User::ID, User::SETTINGS.at("editor").value()));
    /// # let _ = editors; }
    /// # fn main() {}
    /// ```
    #[cfg(feature = "json")]
    pub fn value(self) -> Computed<Option<serde_json::Value>> {
        self.read(JsonRead::Document)
    }

    /// The number of elements of the array at this place; NULL for everything else.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let many = select::<User>().filter(User::SETTINGS.at("sizes").array_length().ge(3));
    /// # let _ = many; }
    /// # fn main() {}
    /// ```
    pub fn array_length(self) -> Computed<Option<i64>> {
        self.read(JsonRead::Length)
    }

    /// Whether the place exists, even if it holds JSON's `null`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "json")] fn f() {
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, settings: serde_json::Value }
    /// let configured = select::<User>().filter(User::SETTINGS.at("editor").exists());
    /// # let _ = configured; }
    /// # fn main() {}
    /// ```
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

/// A step into a JSON document: the name of a member as text, or the position of an element from 0 as a `usize`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "json")] fn f() {
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, details: serde_json::Value }
/// // The `sku` of the first element of `lines`.
/// let sku = Order::DETAILS.at("lines").at(0).at("sku").text();
/// let query = select::<Order>().filter(sku.eq("A-1"));
/// # let _ = query; }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step into a document",
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
