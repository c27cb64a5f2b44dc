//! Queries for entities.

use std::fmt;
use std::marker::PhantomData;

use super::joins::join_methods;
use super::keyset;
use super::lock::{lock_methods, locked};
use super::{
    Computed, EntityColumns, FromSpec, IntoFill, IntoOrder, IntoPredicate, LoadOption, PartColumns, PartOf,
    Predicate, RelationConditions, SelectColumns, SelectSpec, Selectable, select_columns,
};
use crate::entity::{Entity, ToMany};
use crate::model::{Column, Model, erased};
use crate::sql::Lock;

/// A query for the entities of one model: what [`select`] begins and a session runs. `L` is the type of what it loads
/// with them.
///
/// A query is a value: it can be stored, cloned and passed around, and it runs nothing. Mistakes in it are reported
/// when it runs.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let mut query = select::<Book>().order_by(Book::TITLE);
/// let only_new = true;
/// if only_new {
///     query = query.filter(Book::YEAR.gt(1970));
/// }
/// assert_eq!(session.all(query.limit(10)).await?.len(), 2);
/// # Ok(()) }
/// ```
#[must_use = "a query does nothing until a session runs it"]
pub struct Select<M: Model, L = <M as Model>::Bare> {
    pub(crate) spec: SelectSpec,
    of: PhantomData<fn() -> (M, L)>,
}

/// A query for all entities of a model; narrow it down with [`filter`](Select::filter).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Book>().filter(Book::TITLE.like("The %")).order_by(Book::ID).limit(10);
/// assert_eq!(session.all(query).await?.len(), 2);
/// # Ok(()) }
/// ```
pub fn select<M: Model>() -> Select<M> {
    Select { spec: SelectSpec::of(erased::<M>()), of: PhantomData }
}

impl<M: Model, L> Select<M, L> {
    join_methods!();
    lock_methods!();

    /// Loads a relationship with every entity and adds it to the entities' type.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.all(select::<Book>().with(Book::AUTHOR.joined())).await?;
    /// println!("{}", books[0].get(Book::AUTHOR).name);
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> Select<M, O::Marked> {
        let mut spec = self.spec;
        spec.loads.push(load.into_spec());
        Select { spec, of: PhantomData }
    }

    /// Reads a deferred column with every entity; see [`Deferred`](crate::Deferred). A column that is not deferred is
    /// read anyway.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key(auto)] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Post]).await?;
    /// for post in engine.session().all(select::<Post>().undefer(Post::BODY)).await? {
    ///     println!("{}", post.body.get()?);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn undefer<T>(self, column: Column<M, T>) -> Self {
        self.map(|spec| spec.undeferred.push(column.index()))
    }

    /// Keeps the rows that meet this condition and every earlier one.
    ///
    /// Conditions are made of columns, `User::AGE.gt(18)`, and are combined with `&`, `|` and `!`, or with
    /// [`Predicate::all`](super::Predicate::all) and `Predicate::any` from a list. `None` filters nothing:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let title: Option<&str> = None;
    /// let query = select::<Book>()
    ///     .filter(Book::YEAR.gt(1965) & !Book::TITLE.like("A %"))
    ///     .filter(title.map(|title| Book::TITLE.eq(title)));
    /// assert_eq!(session.all(query).await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn filter(self, condition: impl IntoPredicate) -> Self {
        let Some(condition) = condition.into_predicate() else { return self };
        self.map(|spec| spec.core.and_where(condition.into_sql()))
    }

    /// Sorts the rows, after every earlier order.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Book>().order_by((Book::AUTHOR_ID.desc(), Book::TITLE));
    /// assert_eq!(session.all(query).await?[1].title, "A Wizard of Earthsea");
    /// # Ok(()) }
    /// ```
    pub fn order_by(self, order_or_tuple: impl IntoOrder) -> Self {
        self.map(|spec| spec.core.order_by(order_or_tuple))
    }

    /// Returns at most this many entities.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// assert_eq!(session.all(select::<Book>().order_by(Book::ID).limit(2)).await?.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn limit(self, entities: u64) -> Self {
        self.map(|spec| spec.core.limit = Some(entities))
    }

    /// Skips this many entities first. Sort the query, since the order is undefined otherwise.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let rest = session.all(select::<Book>().order_by(Book::ID).offset(3)).await?;
    /// assert_eq!(rest.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn offset(self, entities: u64) -> Self {
        self.map(|spec| spec.core.offset = Some(entities))
    }

    /// Returns one page of `size` entities; the first page is number 1. Number 0 is an error when the query runs.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let second = session.all(select::<Book>().order_by(Book::ID).page(2, 3)).await?;
    /// assert_eq!(second.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn page(self, number: u64, size: u64) -> Self {
        self.map(|spec| spec.core.page(number, size))
    }

    /// Returns the page of `size` entities after an entity in the query's order, or the first page for `None`. The
    /// primary key is added to the order, so rows that sort equally are on one page each.
    ///
    /// Unlike [`page`](Self::page) every page costs the same, and rows that are inserted or deleted in between shift
    /// nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut last: Option<Entity<Book>> = None;
    /// let mut pages = 0;
    /// loop {
    ///     let page = session.all(select::<Book>().order_by(Book::TITLE).page_after(last.as_ref(), 3)).await?;
    ///     let Some(end) = page.last() else { break };
    ///     last = Some(end.clone());
    ///     pages += 1;
    /// }
    /// assert_eq!(pages, 2);
    /// # Ok(()) }
    /// ```
    ///
    /// Call `order_by` before `page_after`, and order only by the model's own columns; use `nulls_first` or
    /// `nulls_last` for a column that may be NULL. Deferred columns of the order are read. A join that may repeat
    /// entities needs [`distinct`](Self::distinct) or [`unique`](Self::unique). Otherwise running the query is an
    /// error.
    pub fn page_after<K>(self, last: Option<&Entity<M, K>>, size: u64) -> Self {
        self.limit(size).map(|spec| {
            if let Err(error) = keyset::begin_behind(spec, last) {
                spec.core.refuse(error.message().to_owned());
            }
        })
    }

    /// Returns equal rows once, so an entity that the query's own joins repeat is one row. The database does it, so the
    /// order may only contain the model's own columns; [`unique`](Self::unique) allows any order.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().join(Author::BOOKS).filter(Book::YEAR.gt(1960)).distinct();
    /// assert_eq!(session.all(query).await?.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn distinct(self) -> Self {
        self.map(|spec| spec.core.distinct = true)
    }

    /// Returns an entity that the query's own joins repeat once, at its first position in the order, which may contain
    /// columns of joined tables. A limit, a page and a count then count entities. With a limit the database removes the
    /// repeated rows, so they cannot be locked.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().join(Author::BOOKS).order_by(Book::YEAR.desc()).unique();
    /// let two = session.all(query.limit(2)).await?;          // two authors, by their newest book
    /// assert_eq!(two[0].name, "Ursula K. Le Guin");
    /// assert_eq!(two.len(), 2);
    /// # Ok(()) }
    /// ```
    pub fn unique(self) -> Self {
        self.map(|spec| spec.unique = true)
    }

    /// Returns each entity with the number of its targets of a relationship, counted by the database in the same
    /// statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let page = select::<Author>().order_by(Author::NAME).page(1, 20).with_count(Author::BOOKS);
    /// let authors: Vec<(Entity<Author>, i64)> = session.rows(page).await?;
    /// assert_eq!((authors[0].1, authors[1].1), (1, 3));
    /// # Ok(()) }
    /// ```
    ///
    /// Together with `unique` it is an error when the query runs.
    pub fn with_count<R: ToMany>(self, relation: R) -> SelectColumns<(EntityColumns<M, L>, Computed<i64>)>
    where
        L: 'static,
    {
        self.rows_with("with_count", relation.count())
    }

    /// Returns another value beside each entity: a column of a joined table, an expression, a condition, or another entity.
    /// [`Session::rows`](crate::Session::rows) runs it. [`SelectColumns::add_column`] adds more.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let page = select::<Author>().with(Author::BOOKS.selectin()).order_by(Author::ID).page(1, 20);
    /// let page = page.add_column(Author::BOOKS.any(Book::YEAR.lt(1965))).add_column(func::length(Author::NAME));
    /// let (author, has_old_books, letters) = &session.rows(page).await?[1];
    /// assert_eq!((author.get(Author::BOOKS).len(), *has_old_books, *letters), (1, true, 10));
    /// # Ok(()) }
    /// ```
    ///
    /// Together with `unique` it is an error when the query runs.
    pub fn add_column<X: Selectable>(self, column: X) -> SelectColumns<(EntityColumns<M, L>, X::Itself)>
    where
        L: 'static,
    {
        self.rows_with("add_column", column)
    }

    fn rows_with<X: Selectable>(
        self,
        method: &str,
        column: X,
    ) -> SelectColumns<(EntityColumns<M, L>, X::Itself)>
    where
        L: 'static,
    {
        let mut spec = self.spec;
        if spec.unique {
            spec.core.refuse(format!(
                "`{method}` returns rows, but `.unique()` is for entities; use `.distinct()`"
            ));
        }
        let (loads, undeferred) = (std::mem::take(&mut spec.loads), std::mem::take(&mut spec.undeferred));
        rows_of::<M, _>(spec, select_columns((EntityColumns::loading(loads, undeferred), column.itself())))
    }

    /// Reads only some columns, as your own structs. They are not entities: the session does not hold them, and they
    /// have no relationships.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// #[derive(FromRow, Debug)]
    /// #[row(model = Book)]
    /// struct Title {
    ///     id: i64,
    ///     title: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Book>().filter(Book::YEAR.lt(1970)).order_by(Book::ID);
    /// let titles: Vec<Title> = session.rows(query.load_only::<Title>()).await?;
    /// assert_eq!(titles[0].title, "A Wizard of Earthsea");
    /// # Ok(()) }
    /// ```
    ///
    /// Together with a load, `undefer` or `unique` it is an error when the query runs.
    pub fn load_only<P: PartOf<M>>(self) -> SelectColumns<PartColumns<M, P>> {
        let mut spec = self.spec;
        let what = match (spec.loads.is_empty(), spec.undeferred.is_empty() || spec.core.behind, spec.unique)
        {
            (false, ..) => Some("`.with(..)`"),
            (_, false, _) => Some("`.undefer(..)`"),
            (_, _, true) => Some("`.unique()`"),
            _ => None,
        };
        if let Some(what) = what {
            let (part, model) = (P::NAME, M::def().name);
            spec.core.refuse(format!(
                "`load_only::<{part}>()` returns no entities of `{model}`; leave {what} out"
            ));
        }
        rows_of::<M, _>(spec, select_columns(PartColumns::new()))
    }

    /// Reads a relationship from a join of the query. `get` returns the targets present in the joined rows, which may
    /// be only some of them. Each entity is returned once. The object does not hold these targets: `user.orders()`
    /// stays unloaded. SQLAlchemy calls this `contains_eager`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select::<Author>().join(Author::BOOKS).filter(Book::YEAR.gt(1970)).fill(Author::BOOKS);
    /// let authors = session.all(query).await?;
    /// assert_eq!(authors[0].get(Author::BOOKS).len(), 2);
    /// # Ok(()) }
    /// ```
    ///
    /// Together with `limit` or `offset` it is an error when the query runs, since they would cut a collection in two.
    pub fn fill<F: IntoFill<L>>(self, relation: F) -> Select<M, F::Marked> {
        let mut spec = self.spec;
        spec.loads.push(relation.into_fill());
        Select { spec, of: PhantomData }
    }

    fn lock_mut(&mut self) -> &mut Lock {
        locked(&mut self.spec.core.lock)
    }

    fn joins_mut(&mut self) -> &mut FromSpec {
        &mut self.spec.core.from
    }

    /// Loads only what this query names: the eager defaults of every model are left out, at every level.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let plan = engine.plan(&select::<Author>().raise_all())?;
    /// assert_eq!(plan.steps().len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn raise_all(self) -> Self {
        self.map(|spec| spec.core.raise_all = true)
    }

    /// Overwrites what the session already holds of the rows, including unsaved changes and loaded relationships.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// engine.session().transaction(async |other| other.execute(update::<Book>().set(Book::YEAR, 2000)).await).await?;
    /// session.all(select::<Book>()).await?;
    /// assert_eq!(book.year, 1968, "the session keeps what it read");
    /// session.all(select::<Book>().populate_existing()).await?;
    /// assert_eq!(book.year, 2000);
    /// # Ok(()) }
    /// ```
    pub fn populate_existing(self) -> Self {
        self.map(|spec| spec.core.populate_existing = true)
    }

    /// The number of entities in a batch of `session.stream(..)`; 1,000 by default. Other methods of a session ignore
    /// it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let mut stream = session.stream(select::<Book>().yield_per(2));
    /// assert_eq!(stream.next_batch().await?.map(|batch| batch.len()), Some(2));
    /// # Ok(()) }
    /// ```
    pub fn yield_per(self, entities: usize) -> Self {
        self.map(|spec| spec.core.yield_per = Some(entities))
    }

    /// The same query without loads in its type, for loads that are chosen at run time. Both branches of an `if` then
    /// have the same type. Read what was loaded with the accessors.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let with_books = true;
    /// let mut query = select::<Author>().order_by(Author::ID);
    /// if with_books {
    ///     query = query.with(Author::BOOKS.selectin()).dynamic();
    /// }
    /// for author in session.all(query).await? {
    ///     if with_books {
    ///         println!("{} books", author.books()?.len());
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn dynamic(self) -> Select<M> {
        Select { spec: self.spec, of: PhantomData }
    }

    /// The query sees deleted rows of models with `#[column(deleted)]` too: in its own tables, conditions, subqueries and
    /// loads. Other criteria hold.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "chrono")] mod program {
    /// # use orm_core::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(Model, Debug)] pub struct Note { #[key(auto)] id: i64, #[column(deleted)] deleted_at: Option<DateTime<Utc>> }
    /// # pub async fn f(session: &mut Session) -> Result<()> {
    /// let trash = session.all(select::<Note>().with_deleted().filter(Note::DELETED_AT.is_not_null())).await?;
    /// # Ok(()) } }
    /// # fn main() {}
    /// ```
    pub fn with_deleted(self) -> Self {
        self.map(|spec| spec.core.under.show_deleted())
    }

    /// The query sees all rows, also those that the session's [criteria](crate::options::SessionOptions::criteria) hide: in its own
    /// tables, conditions, subqueries and loads.
    ///
    /// What it loads of models with criteria is read with `get` and never becomes what the objects hold.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// let recent = SessionOptions::new().criteria::<Book>(Book::YEAR.gt(1970));
    /// let mut session = engine.session_with(recent);
    /// assert_eq!(session.count(select::<Book>()).await?, 2);
    /// assert_eq!(session.count(select::<Book>().without_criteria()).await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn without_criteria(self) -> Self {
        self.map(|spec| spec.core.under.ignore())
    }

    fn map(mut self, change: impl FnOnce(&mut SelectSpec)) -> Self {
        change(&mut self.spec);
        self
    }
}

/// The rows of a query for entities, as those of one for something else.
fn rows_of<M: Model, S: Selectable>(spec: SelectSpec, mut query: SelectColumns<S>) -> SelectColumns<S> {
    query.spec.core = spec.core;
    query.spec.core.from.name_model::<M>();
    query
}

impl<M: Model, L> Clone for Select<M, L> {
    fn clone(&self) -> Self {
        Select { spec: self.spec.clone(), of: PhantomData }
    }
}

impl<M: Model, L> fmt::Debug for Select<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Select").field(&self.spec).finish()
    }
}
