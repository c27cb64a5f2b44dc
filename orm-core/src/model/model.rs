use super::{HookTable, LoadedSet, LoadedSetOf, ModelDef};
use crate::graph::Record;
use crate::value::Key;

/// A struct that is a table, by `#[derive(Model)]`.
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

    /// Names, columns, key and relationships.
    fn def() -> &'static ModelDef;

    /// The model's own hooks; for generated code.
    #[doc(hidden)]
    fn hooks() -> Option<HookTable<Self>> {
        None
    }
}
