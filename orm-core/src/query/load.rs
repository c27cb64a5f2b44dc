//! Relationships to load, and how.

use std::marker::PhantomData;
use std::ops::RangeFull;

use super::spec::Depth;
use super::{Alias, IntoOrder, IntoPredicate, LoadSpec, Strategy};
use crate::entity::{Loaded, LoadedAs, Marks, Recursive, Relation, SelfReferential, ToMany};
use crate::model::{Column, LoadedSetOf, Model};

/// A relationship to load, with a strategy: `User::ORDERS.selectin()`. Its methods set what to load below the
/// relationship, and, for collections, which part of it. `S` is its place in the loaded set: [`Loaded`] or
/// [`Recursive`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let load = Author::BOOKS.selectin().with(Book::TAGS.selectin());
/// for author in session.all(select::<Author>().with(load)).await? {
///     let tags: usize = author.get(Author::BOOKS).iter().map(|book| book.get(Book::TAGS).len()).sum();
///     println!("{}: {tags} tags", author.name);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a load does nothing until it is given to `with` or `load_all`"]
pub struct Load<R, S> {
    spec: LoadSpec,
    of: PhantomData<fn() -> (R, S)>,
}

/// A load that is not part of the query's type: what [`Load::dynamic`] returns.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::DynamicLoad;
///
/// /// The relationships that a client asked for.
/// fn loads(names: &[&str]) -> Vec<DynamicLoad<Book>> {
///     let load = |name: &&str| match *name {
///         "author" => Some(Book::AUTHOR.joined().dynamic()),
///         "tags" => Some(Book::TAGS.selectin().dynamic()),
///         _ => None,
///     };
///     names.iter().filter_map(load).collect()
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
#[must_use = "a load does nothing until it is given to `with` or `load_all`"]
pub struct DynamicLoad<M> {
    spec: LoadSpec,
    of: PhantomData<fn() -> M>,
}

/// A relationship that this query does not load, although the model loads it by default: `User::ORDERS.raise()`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Book { #[key(auto)] id: i64, author_id: i64 }
/// #[derive(Model, Debug)]
/// struct Author {
///     #[key(auto)]
///     id: i64,
///     #[has_many(lazy = "selectin")]
///     books: HasMany<Book>,
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Author, Book]).await?;
/// assert_eq!(engine.plan(&select::<Author>())?.steps().len(), 2);
/// assert_eq!(engine.plan(&select::<Author>().with(Author::BOOKS.raise()))?.steps().len(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "it does nothing until it is given to `with`"]
pub struct LeaveOut<R> {
    spec: LoadSpec,
    of: PhantomData<fn() -> R>,
}

/// The loading strategies of a relationship.
///
/// | strategy | additional statements |
/// |---|---|
/// | [`selectin`](Self::selectin) | one for each level |
/// | [`joined`](Self::joined) | none |
/// | [`subquery`](Self::subquery) | one for each level, without keys |
/// | [`auto`](Self::auto) | the cheapest of these |
///
/// A strategy never changes which entities a query returns, nor their order.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Book>().with(Book::AUTHOR.joined()).with(Book::TAGS.selectin());
/// for book in session.all(query).await? {
///     println!("{} by {}, {} tags", book.title, book.get(Book::AUTHOR).name, book.get(Book::TAGS).len());
/// }
/// # Ok(()) }
/// ```
pub trait RelationExt: Relation {
    /// By a second statement, `SELECT .. WHERE key IN (..)`, with as many keys as the database can bind.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(log.count(), 2, "{log}");
    /// # Ok(()) }
    /// ```
    fn selectin(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Selectin)
    }

    /// By a LEFT JOIN in the statement of the parents. The list of parents is the same as with every other strategy:
    /// limits, DISTINCT and the query's own joins apply to the parents, which become a subquery if necessary.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// let books = session.all(select::<Book>().with(Book::AUTHOR.joined())).await?;
    /// assert_eq!(log.count(), 1, "{log}");
    /// println!("{}", books[0].get(Book::AUTHOR).name);
    /// # Ok(()) }
    /// ```
    fn joined(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Joined)
    }

    /// By a second statement that joins the target to the parents' own statement, so it sends no keys. Below a load
    /// without a statement to repeat (`selectin`, `load_all`) it uses the known keys.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().filter(Author::NAME.like("%Lee")).with(Author::BOOKS.subquery())).await?;
    /// assert_eq!(log.count(), 2, "{log}");
    /// # Ok(()) }
    /// ```
    fn subquery(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Subquery)
    }

    /// The cheapest correct strategy.
    ///
    /// A to-one of a page, or of one row found by its key, is joined; if rows are sorted or skipped, it is joined
    /// behind the page. Otherwise each distinct target that the session does not hold is selected once. A collection of
    /// all rows of a table is selected without sending keys, and no row without a parent is read.
    /// [`Engine::plan`](crate::Engine::plan) shows the choice.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let plan = engine.plan(&select::<Book>().with(Book::AUTHOR.auto()).limit(10))?;
    /// assert_eq!(plan.steps().len(), 1, "joined: {plan}");
    /// # Ok(()) }
    /// ```
    fn auto(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Auto)
    }

    /// From a join that the query itself contains, with more to load below it; for
    /// [`Select::fill`](crate::Select::fill).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>()
    ///     .join(Author::BOOKS)
    ///     .filter(Book::YEAR.gt(1970))
    ///     .fill(Author::BOOKS.filled().with(Book::TAGS.selectin()));
    /// let authors = session.all(query).await?;
    /// assert_eq!(authors[0].get(Author::BOOKS).len(), 2);
    /// # Ok(()) }
    /// ```
    fn filled(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Filled)
    }

    /// Like [`filled`](Self::filled), from a join of an aliased target.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let recent = alias::<Book>("recent");
    /// let query = select::<Author>()
    ///     .join(Author::BOOKS.to_alias(&recent))
    ///     .filter(recent.column(Book::YEAR).gt(1970))
    ///     .fill(Author::BOOKS.filled_by(&recent));
    /// assert_eq!(session.all(query).await?[0].get(Author::BOOKS).len(), 2);
    /// # Ok(()) }
    /// ```
    fn filled_by(self, target: &Alias<Self::Target>) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        let source = target.source();
        Load::new(Strategy::Filled).map(|spec| spec.source = Some(source))
    }

    /// Not loaded by this query, although the model loads it by default.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let authors = session.all(select::<Author>().with(Author::BOOKS.raise())).await?;
    /// assert_eq!(authors[0].books().unwrap_err().kind(), ErrorKind::NotLoaded);
    /// # Ok(()) }
    /// ```
    fn raise(self) -> LeaveOut<Self> {
        LeaveOut { spec: LoadSpec::new(Self::def(), Strategy::Raise), of: PhantomData }
    }

    /// Not loaded by this query, although the model loads it by default; `session.load` may load it later.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let authors = session.all(select::<Author>().with(Author::BOOKS.lazy())).await?;
    /// assert_eq!(session.load(&authors[0], Author::BOOKS).await?.len(), 3);
    /// # Ok(()) }
    /// ```
    fn lazy(self) -> LeaveOut<Self> {
        LeaveOut { spec: LoadSpec::new(Self::def(), Strategy::Lazy), of: PhantomData }
    }
}

impl<R: Relation> RelationExt for R {}

/// What [`Select::fill`](crate::Select::fill) takes: a relationship that the query joins, or `User::ORDERS.filled()`
/// with more to load below it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// // The books that the join finds are the books of their author; each comes with its tags.
/// let query = select::<Author>()
///     .join(Author::BOOKS)
///     .filter(Book::YEAR.ge(1970))
///     .fill(Author::BOOKS.filled().with(Book::TAGS.selectin()));
/// let authors = session.all(query).await?;
/// assert_eq!(authors[0].get(Author::BOOKS).iter().map(|book| book.get(Book::TAGS).len()).sum::<usize>(), 2);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship to fill",
    label = "expected a relationship that the query joins: `User::ORDERS`"
)]
pub trait IntoFill<L> {
    /// The loaded set with it.
    type Marked;

    /// The load without its types.
    #[doc(hidden)]
    fn into_fill(self) -> LoadSpec;
}

impl<L, R: Marks<L, Loaded<<<R as Relation>::Target as Model>::Bare>>> IntoFill<L> for R {
    type Marked = R::Marked;

    fn into_fill(self) -> LoadSpec {
        LoadSpec::new(R::def(), Strategy::Filled)
    }
}

impl<L, R: Marks<L, S>, S> IntoFill<L> for Load<R, S> {
    type Marked = R::Marked;

    fn into_fill(self) -> LoadSpec {
        self.spec
    }
}

impl<R: Relation, S> Load<R, S> {
    fn new(strategy: Strategy) -> Load<R, S> {
        Load { spec: LoadSpec::new(R::def(), strategy), of: PhantomData }
    }

    pub(super) fn map(self, change: impl FnOnce(&mut LoadSpec)) -> Load<R, S> {
        self.retype(change)
    }

    fn retype<T>(self, change: impl FnOnce(&mut LoadSpec)) -> Load<R, T> {
        let mut spec = self.spec;
        change(&mut spec);
        Load { spec, of: PhantomData }
    }

    /// Reads a deferred column of every target; see [`Deferred`](crate::Deferred).
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key(auto)] id: i64, blog_id: i64, #[column(deferred)] body: Deferred<String> }
    /// # #[derive(Model, Debug)] struct Blog { #[key(auto)] id: i64, #[has_many] posts: HasMany<Post> }
    /// # fn main() {
    /// let with_bodies = select::<Blog>().with(Blog::POSTS.selectin().undefer(Post::BODY));
    /// # let _ = with_bodies;
    /// # }
    /// ```
    pub fn undefer<T>(self, column: Column<R::Target, T>) -> Load<R, S> {
        self.map(|spec| spec.undeferred.push(column.index()))
    }

    /// Loads a relationship of the targets too. A relationship that is named twice is loaded once, with everything
    /// below either.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().with(Author::BOOKS.selectin().with(Book::TAGS.selectin()))).await?;
    /// assert_eq!(log.count(), 3, "{log}");
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<S::Nested>>(self, load: O) -> Load<R, S::Around<O::Marked>>
    where
        S: LoadedAs,
    {
        self.retype(|spec| spec.loads.push(load.into_spec()))
    }

    /// The same load without an entry in the query's type, for loads that are chosen while the program runs. Read what
    /// it loads with the accessors.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let with_books = true;
    /// let mut query = select::<Author>();
    /// if with_books {
    ///     query = query.with(Author::BOOKS.selectin().dynamic());
    /// }
    /// for author in session.all(query).await? {
    ///     if with_books {
    ///         println!("{} books", author.books()?.len());
    ///     }
    /// }
    ///
    /// // Loads of one model have one type then.
    /// let chosen = [Book::AUTHOR.joined().dynamic(), Book::TAGS.selectin().dynamic()];
    /// let query = chosen.into_iter().fold(select::<Book>(), |query, load| query.with(load));
    /// assert_eq!(session.all(query).await?[0].author()?.name, "Ursula K. Le Guin");
    /// # Ok(()) }
    /// ```
    pub fn dynamic(self) -> DynamicLoad<R::Parent> {
        DynamicLoad { spec: self.spec, of: PhantomData }
    }

    /// The largest number of keys in one statement; by default as many as the database can bind. 0 is an error when the
    /// query runs.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let log = engine.record();
    /// session.all(select::<Author>().with(Author::BOOKS.selectin().batch_size(1))).await?;
    /// assert_eq!(log.count(), 3, "one for the authors, and one for each of the two: {log}");
    /// # Ok(()) }
    /// ```
    pub fn batch_size(self, keys: usize) -> Load<R, S> {
        self.map(|spec| spec.batch_size = Some(keys))
    }

    /// Makes a join an inner join: parents without a target are left out.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let written = session.all(select::<Book>().with(Book::TAGS.joined().inner())).await?;
    /// assert_eq!(written.len(), 2, "the books with tags");
    /// # Ok(()) }
    /// ```
    pub fn inner(self) -> Load<R, S> {
        self.map(|spec| spec.inner = true)
    }

    /// Follows a self-referential relationship below its first level: `.recursive(2)` two more levels, `.recursive(..)`
    /// to the last level, including circles. It runs one statement for each level.
    ///
    /// With `..` every level is part of the type, so `get` reads it anywhere. With a number only the first level is;
    /// below it, read the accessor, which returns `NotLoaded` beyond the limit and never an empty collection.
    ///
    /// With `..` an object that is reached again is not selected again. With a number each level is read as a whole, so
    /// in a circle an object is selected once for each level on which it is.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Folder {
    /// #     #[key(auto)] id: i64, name: String, parent_id: Option<i64>,
    /// #     #[has_many(key = "parent_id")] children: HasMany<Folder>,
    /// # }
    /// # fn size(folder: &loaded!(Folder { children { .. } })) -> usize {
    /// #     1 + folder.get(Folder::CHILDREN).iter().map(|child| size(&child)).sum::<usize>()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Folder]).await?;
    /// # let mut session = engine.session();
    /// # session.add(Folder::draft().name("/").children([Folder::draft().name("etc"), Folder::draft().name("usr")]));
    /// # session.commit().await?;
    /// let query = select::<Folder>().filter(Folder::PARENT_ID.is_null()).with(Folder::CHILDREN.selectin().recursive(..));
    /// let root = session.one(query).await?;
    /// assert_eq!(size(&root), 3);
    /// # Ok(()) }
    /// ```
    pub fn recursive<D: RecursionDepth<S>>(self, depth: D) -> Load<R, D::Slot>
    where
        R: SelfReferential,
    {
        self.retype(|spec| spec.depth = Some(depth.into_depth()))
    }
}

/// How many levels [`Load::recursive`] follows: a number of further levels, or `..` for all.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Folder { #[key(auto)] id: i64, parent_id: Option<i64>,
/// #   #[has_many(key = "parent_id")] children: HasMany<Folder> }
/// let two_levels = select::<Folder>().with(Folder::CHILDREN.selectin().recursive(1));
/// let all_levels = select::<Folder>().with(Folder::CHILDREN.selectin().recursive(..));
/// # let _ = (two_levels, all_levels);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a recursion depth",
    label = "expected a number of levels, or `..` for all"
)]
pub trait RecursionDepth<S> {
    /// The relationship's place in the loaded set.
    type Slot;

    /// The depth without its type.
    #[doc(hidden)]
    fn into_depth(self) -> Depth;
}

impl<S> RecursionDepth<S> for usize {
    type Slot = S;

    fn into_depth(self) -> Depth {
        Depth::Limited(self)
    }
}

impl<S: LoadedAs> RecursionDepth<S> for RangeFull {
    type Slot = Recursive<S::Nested>;

    fn into_depth(self) -> Depth {
        Depth::Unlimited
    }
}

/// Part of a relationship: read with `get`, it never becomes what the object holds.
impl<R: ToMany, S> Load<R, S> {
    /// Loads only the targets that meet the condition. The part is read with `get`; it never becomes what the object
    /// holds.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().with(Author::BOOKS.selectin().filter(Book::YEAR.gt(1970))).order_by(Author::ID);
    /// let authors = session.all(query).await?;
    /// assert_eq!(authors[0].get(Author::BOOKS).len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn filter(self, condition: impl IntoPredicate) -> Load<R, S> {
        let Some(condition) = condition.into_predicate() else { return self };
        self.map(|spec| {
            let condition = condition.into_sql();
            spec.filter = Some(crate::sql::Expr::and(spec.filter.take(), condition));
        })
    }

    /// Loads the targets in this order instead of the relationship's own.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().with(Author::BOOKS.selectin().order_by(Book::TITLE)).order_by(Author::ID);
    /// let authors = session.all(query).await?;
    /// assert_eq!(authors[0].get(Author::BOOKS).first().map(|book| book.id), Some(1));
    /// # Ok(()) }
    /// ```
    pub fn order_by(self, order: impl IntoOrder) -> Load<R, S> {
        self.map(|spec| spec.order.extend(order.into_order()))
    }

    /// Loads at most this many targets of each parent.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let newest = Author::BOOKS.selectin().order_by(Book::YEAR.desc()).limit(1);
    /// for author in session.all(select::<Author>().with(newest)).await? {
    ///     assert_eq!(author.get(Author::BOOKS).len(), 1);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn limit(self, targets: u64) -> Load<R, S> {
        self.map(|spec| spec.limit = Some(targets))
    }
}

/// What [`Select::with`](crate::Select::with) takes: a load of a relationship that starts at the query's model.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::{LoadOption, RelationExt};
///
/// /// A load that several queries share.
/// fn with_tags<L>() -> impl LoadOption<L>
/// where
///     book::Tags: orm_core::loaded::Marks<L, Loaded<<Tag as Model>::Bare>>,
/// {
///     Book::TAGS.selectin()
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something to load",
    label = "expected a relationship with a strategy: `User::ORDERS.selectin()`"
)]
pub trait LoadOption<L> {
    /// The loaded set with it.
    type Marked;

    /// The load without its types.
    #[doc(hidden)]
    fn into_spec(self) -> LoadSpec;
}

impl<L, R: Marks<L, S>, S> LoadOption<L> for Load<R, S> {
    type Marked = R::Marked;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}

impl<L, R: Marks<L, Loaded<<<R as Relation>::Target as Model>::Bare>>> LoadOption<L> for LeaveOut<R> {
    type Marked = L;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}

impl<M: Model, L: LoadedSetOf<M>> LoadOption<L> for DynamicLoad<M> {
    type Marked = L;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}
