//! Constants of relationships.

use super::Held;
use crate::model::{Model, RelationDef};

/// A relationship of a model: the type of the constant `User::ORDERS`, which the derive generates.
///
/// Loading strategies such as `.selectin()` start from it ([`RelationExt`](crate::query::RelationExt)), and so do joins
/// ([`RelationJoins`](crate::query::RelationJoins)) and conditions
/// ([`RelationConditions`](crate::query::RelationConditions)). `get`, `load`, `append` and the other methods of a
/// session take it as an argument. As a bound it makes a function generic over relationships:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::relation::{LazyLoad, Relation};
///
/// /// Loads one relationship of one object.
/// async fn follow<R>(session: &mut Session, from: &Entity<R::Parent>, relation: R) -> Result<()>
/// where
///     R: LazyLoad,
/// {
///     session.load(from, relation).await?;
///     println!("loaded {}", <R as Relation>::def().path());
///     Ok(())
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship",
    note = "relationships are the constants that `#[derive(Model)]` makes: `User::ORDERS`"
)]
pub trait Relation: Copy + Send + Sync + 'static {
    /// The model it is declared on.
    type Parent: Model;
    /// The model it leads to.
    type Target: Model;
    /// What reading it gives, for the loaded set `N` of its targets.
    type Output<N>;
    /// Its place among the parent's relationships.
    const INDEX: usize;

    /// Turns what was found into what reading gives; for generated code.
    #[doc(hidden)]
    fn output<N>(held: Held<Self::Target, N>) -> Self::Output<N>;

    /// The description of the relationship.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// use orm_core::relation::Relation;
    ///
    /// fn name<R: Relation>(_: R) -> String {
    ///     R::def().path()
    /// }
    /// # fn main() {
    /// assert_eq!(name(Author::BOOKS), "Author.books");
    /// # }
    /// ```
    fn def() -> &'static RelationDef {
        &Self::Parent::def().relations[Self::INDEX]
    }
}

/// Implemented by a relationship for each field of its targets that it fills, identified by a hash of the field's name. A
/// draft inside a parent may leave these fields out. Programs do not name it.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Author { #[key(auto)] id: i64, name: String, #[has_many] books: HasMany<Book> }
/// # #[derive(Model, Debug)] struct Book { #[key(auto)] id: i64, author_id: i64, title: String }
/// # async fn f(session: &mut Session, author: &Entity<Author>) -> Result<()> {
/// // The link fills `author_id`; by itself the draft would lack it, and `session.add(..)` would not compile.
/// session.append(author, Author::BOOKS, Book::draft().title("Go Set a Watchman"))?;
/// # Ok(()) }
/// # fn main() {}
/// ```
pub trait FillsField<const FIELD: u64> {}

/// A relationship to any number of rows: `has_many` and `many_to_many`. What
/// [`Session::append`](crate::Session::append) takes.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::relation::ToMany;
/// use orm_core::write::IntoLink;
///
/// fn link<R: ToMany, T: IntoLink<R::Target, R>>(
///     session: &mut Session,
///     from: &Entity<R::Parent>,
///     relation: R,
///     to: T,
/// ) -> Result<()> {
///     session.append(from, relation, to)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship to many rows",
    label = "expected a collection, such as `User::ORDERS`",
    note = "to set a to-one relationship use `assign` and `unassign`"
)]
pub trait ToMany: Relation {}

/// A relationship to at most one row: `belongs_to` and `has_one`. What [`Session::unassign`](crate::Session::unassign)
/// takes.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::relation::ToOne;
///
/// fn clear<R: ToOne>(session: &mut Session, from: &Entity<R::Parent>, relation: R) -> Result<()> {
///     session.unassign(from, relation)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship to one row",
    label = "expected a to-one relationship, such as `Order::USER`",
    note = "to change a collection use `append` and `remove`"
)]
pub trait ToOne: Relation {}

/// A relationship that [`Session::load`](crate::Session::load) can load for one object: every relationship except those
/// declared `lazy = "raise"`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::relation::LazyLoad;
///
/// async fn load_regardless<R: LazyLoad>(session: &mut Session, from: &Entity<R::Parent>, relation: R) -> Result<()> {
///     session.load(from, relation).await.map(drop)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is declared lazy = \"raise\"",
    label = "one object at a time is how N+1 starts",
    note = "name it in the query: `.with({Self}.selectin())`",
    note = "or load it for all objects at once: `session.load_all(objects, {Self}.selectin())`"
)]
pub trait LazyLoad: Relation {}

/// A relationship from a model to itself, such as a folder's subfolders. Only these can be loaded with
/// [`.recursive(..)`](crate::query::Load::recursive).
///
/// ```
/// # use orm_core::prelude::*;
/// #[derive(Model, Debug)]
/// struct Folder {
///     #[key(auto)]
///     id: i64,
///     parent_id: Option<i64>,
///     #[has_many(key = "parent_id")]
///     children: HasMany<Folder>,
/// }
///
/// # fn main() {
/// let whole_tree = select::<Folder>().filter(Folder::PARENT_ID.is_null()).with(Folder::CHILDREN.selectin().recursive(..));
/// # let _ = whole_tree;
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not lead from a model to itself",
    label = "only a self-referential relationship can be recursive"
)]
pub trait SelfReferential: Relation {}
