//! The loaded set: which relationships a query loaded, as a type.
//!
//! For each model the derive makes a record, `UserLoads<A, B, ..>`, with one parameter per relationship: [`NotLoaded`],
//! [`Loaded`] with the loaded set of the targets, or [`Recursive`]. For each relationship it makes a trait that the records
//! with the relationship in them have, and whose absence the compiler reports in words made for it.

use std::marker::PhantomData;

use super::Relation;
use crate::model::{LoadedSet, LoadedShape, LoadedSlot};

/// In a loaded set: this relationship is not loaded.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// /// Takes authors of every query that did not load the books.
/// fn summary(author: &Entity<Author, author::AuthorLoads<NotLoaded>>) -> String {
///     author.name.clone()
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum NotLoaded {}

/// In a loaded set: this relationship is loaded, and its targets have the loaded set `N`.
/// [`loaded!`](macro@crate::loaded) writes these types for you.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// /// `loaded!(Author { books })` is shorter, and stays right if `Author` gets another relationship.
/// fn count(author: &loaded!(Author { books })) -> usize {
///     author.get(Author::BOOKS).len()
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Loaded<N>(PhantomData<fn() -> N>);

/// In a loaded set: this self-referential relationship is loaded on every level, by `.recursive(..)`. `N` is what else
/// is loaded with the objects of each level.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)]
/// # struct Folder {
/// #     #[key(auto)] id: i64, name: String, parent_id: Option<i64>,
/// #     #[has_many(key = "parent_id")] children: HasMany<Folder>,
/// # }
/// fn size(folder: &loaded!(Folder { children { .. } })) -> usize {
///     1 + folder.get(Folder::CHILDREN).iter().map(|child| size(&child)).sum::<usize>()
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Recursive<N>(PhantomData<fn() -> N>);

impl LoadedSlot for NotLoaded {
    fn shape<const RELATION: usize>() -> Option<LoadedShape> {
        None
    }
}

impl<N: LoadedSet> LoadedSlot for Loaded<N> {
    fn shape<const RELATION: usize>() -> Option<LoadedShape> {
        Some(LoadedShape::of::<N>())
    }
}

impl<N: LoadedSet> LoadedSlot for Recursive<N> {
    fn shape<const RELATION: usize>() -> Option<LoadedShape> {
        Some(LoadedShape::recursive::<N, RELATION>())
    }
}

/// What a load makes of its relationship's place in a loaded set: [`Loaded`] or [`Recursive`].
#[doc(hidden)]
pub trait LoadedAs {
    /// What is loaded with the targets.
    type Nested;
    /// The same with something else loaded with the targets.
    type Around<N>;
}

impl<N> LoadedAs for Loaded<N> {
    type Nested = N;
    type Around<T> = Loaded<T>;
}

impl<N> LoadedAs for Recursive<N> {
    type Nested = N;
    type Around<T> = Recursive<T>;
}

/// Combines two loaded sets of one model into what is loaded in either. A relationship that a query names twice is
/// loaded with everything below both. Programs do not name it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// // Named twice: the books are loaded once, with the tags and the author.
/// let query = select::<Author>()
///     .with(Author::BOOKS.selectin().with(Book::TAGS.selectin()))
///     .with(Author::BOOKS.selectin().with(Book::AUTHOR.joined()));
/// let author = session.first(query.order_by(Author::ID)).await?.expect("there are authors");
/// let book = author.get(Author::BOOKS).first().expect("the author has books");
/// assert_eq!((book.get(Book::TAGS).len(), book.get(Book::AUTHOR).id), (0, author.id));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "the loaded sets `{Self}` and `{Other}` are not known to be of one model",
    label = "a relationship is named twice here"
)]
pub trait MergesWith<Other> {
    /// What is loaded in either.
    type Merged;
}

#[diagnostic::do_not_recommend]
impl<S> MergesWith<S> for NotLoaded {
    type Merged = S;
}

#[diagnostic::do_not_recommend]
impl<N> MergesWith<NotLoaded> for Loaded<N> {
    type Merged = Loaded<N>;
}

#[diagnostic::do_not_recommend]
impl<M: MergesWith<N>, N> MergesWith<Loaded<N>> for Loaded<M> {
    type Merged = Loaded<M::Merged>;
}

// A relationship that is recursive in only one of the places is refused when the query runs.
#[diagnostic::do_not_recommend]
impl<M, N> MergesWith<Recursive<N>> for Loaded<M> {
    type Merged = Recursive<N>;
}

#[diagnostic::do_not_recommend]
impl<M> MergesWith<NotLoaded> for Recursive<M> {
    type Merged = Recursive<M>;
}

#[diagnostic::do_not_recommend]
impl<M, N> MergesWith<Loaded<N>> for Recursive<M> {
    type Merged = Recursive<M>;
}

#[diagnostic::do_not_recommend]
impl<M: MergesWith<N>, N> MergesWith<Recursive<N>> for Recursive<M> {
    type Merged = Recursive<M::Merged>;
}

/// The relationship is loaded in every entity with the loaded set `L`.
///
/// As a bound it states what a function needs:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// fn shelf<L>(author: &Entity<Author, L>) -> String
/// where
///     author::Books: LoadedIn<L>,
/// {
///     format!("{} wrote {} books", author.name, author.get(Author::BOOKS).len())
/// }
/// # fn main() {}
/// ```
///
/// A tree that was loaded with `.recursive(..)` has the same loaded set on every level, so a function that walks it can
/// call itself:
///
/// ```
/// # use orm_core::prelude::*;
/// #[derive(Model, Debug)]
/// struct Folder {
///     #[key(auto)]
///     id: i64,
///     name: String,
///     parent_id: Option<i64>,
///     #[has_many(key = "parent_id", order_by = "name")]
///     children: HasMany<Folder>,
/// }
///
/// fn walk<L>(folder: &Entity<Folder, L>, depth: usize)
/// where
///     folder::Children: LoadedIn<L, Nested = L>,
/// {
///     println!("{:depth$}{}", "", folder.name);
///     for child in folder.get(Folder::CHILDREN) {
///         walk(&child, depth + 1);
///     }
/// }
/// # async fn f(session: &mut Session) -> Result<()> {
/// for root in session.all(select::<Folder>().with(Folder::CHILDREN.selectin().recursive(..))).await? {
///     walk(&root, 0);
/// }
/// # Ok(()) }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship that can be read here",
    label = "expected a loaded relationship of this value's model, such as `User::ORDERS`",
    note = "a column is a field: `user.name`; in a function that is generic over the relationship, bound it: `R: LoadedIn<L>`"
)]
pub trait LoadedIn<L>: Relation {
    /// The loaded set of the targets.
    type Nested;
}

/// A query with the loaded set `L` that also loads this relationship has the loaded set `Marked`. `S` is [`Loaded`] or
/// [`Recursive`]. Programs rarely name it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::loaded::Marks;
/// use orm_core::query::Load;
///
/// /// A query with one more relationship, whatever it loads already.
/// fn also<M, L, R, S>(query: Select<M, L>, load: Load<R, S>) -> Select<M, R::Marked>
/// where
///     M: Model,
///     R: Marks<L, S>,
/// {
///     query.with(load)
/// }
///
/// # fn main() {
/// let query = also(select::<Author>().order_by(Author::NAME), Author::BOOKS.selectin());
/// # let _ = query;
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship of this model",
    label = "this relationship starts at another model",
    note = "load it inside the relationship that leads to its model: `.with(outer.selectin().with(inner.selectin()))`"
)]
pub trait Marks<L, S>: Relation {
    /// The loaded set with this relationship in it.
    type Marked;
}

/// The type of a loaded entity: `loaded!(User { orders { items }, profile })` is an [`Entity`](crate::Entity) of a `User`
/// with the named relationships loaded, to any depth.
///
/// It names the result of a query in a signature, a field or an alias, and stays right when the model gets another
/// relationship:
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Item { #[key] id: i64, order_id: i64 }
/// # #[derive(Model, Debug)] struct Profile { #[key] id: i64, user_id: i64 }
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, #[has_many] items: HasMany<Item> }
/// # #[derive(Model, Debug)] struct User {
/// #     #[key] id: i64, #[has_many] orders: HasMany<Order>, #[has_one] profile: HasOne<Profile>
/// # }
/// struct Page {
///     users: Vec<loaded!(User { orders { items }, profile })>,
///     total: u64,
/// }
///
/// async fn page(session: &mut Session) -> Result<Page> {
///     let total = session.count(select::<User>()).await?;
///     let query = select::<User>()
///         .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
///         .with(User::PROFILE.joined());
///     Ok(Page { users: session.all(query).await?, total })
/// }
/// # fn main() {}
/// ```
///
/// `..` behind a self-referential relationship is `.recursive(..)`: `loaded!(Folder { children { .. } })`, and with an
/// owner on every level `loaded!(Folder { children { owner, .. } })`. A relationship whose field is less visible than its
/// struct cannot be named.
#[macro_export]
macro_rules! loaded {
    ($($tokens:tt)*) => {
        $crate::__private::loaded_type!([$crate] $($tokens)*)
    };
}

// A path to the macro that does not also lead to the module of the same name.
pub use loaded;
