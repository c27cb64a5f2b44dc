//! The trait that the derive implements.

use super::{HookTable, LoadedSet, LoadedSetOf, ModelDef};
use crate::graph::Record;
use crate::value::Key;

/// A struct that is a table; `#[derive(Model)]` implements it.
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Model, Debug)]
/// struct Author {
///     #[key(auto)]
///     id: i64,
///     name: String,
///     #[has_many(order_by = "id")]
///     books: HasMany<Book>,
/// }
///
/// #[derive(Model, Debug)]
/// struct Book {
///     #[key(auto)]
///     id: i64,
///     author_id: i64,
///     title: String,
///     #[belongs_to]
///     author: BelongsTo<Author>,
/// }
/// # fn main() {}
/// ```
///
/// [`derive(Model)`](derive@crate::Model) documents the attributes. As a bound it makes a function generic over models:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// async fn total<M: Model>(session: &mut Session) -> Result<u64> {
///     session.count(select::<M>()).await
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "a model is a struct with `#[derive(Model)]`"
)]
pub trait Model: Record {
    /// The primary key: the key field's type, or a tuple of them.
    type Key: Key;
    /// The loaded set in which nothing is loaded.
    type Bare: LoadedSet + LoadedSetOf<Self>;
    /// The relationships that `loaded!` can name, by their places; the others are empty. For generated code.
    #[doc(hidden)]
    const RELATIONS: &'static [&'static str] = &[];

    /// The description of the model: names, columns, key and relationships.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let def = Book::def();
    /// assert_eq!(def.table().name, "books");
    /// assert_eq!(def.columns().iter().map(|column| column.name()).collect::<Vec<_>>(), ["id", "author_id", "title", "year"]);
    /// # }
    /// ```
    fn def() -> &'static ModelDef;

    /// The model's own hooks; for generated code.
    #[doc(hidden)]
    fn hooks() -> Option<HookTable<Self>> {
        None
    }
}
