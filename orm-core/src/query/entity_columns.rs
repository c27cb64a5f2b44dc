//! Entities in a select list.

use std::fmt;
use std::marker::PhantomData;

use super::list::EntityItem;
use super::{LoadOption, LoadSpec, OrderBy};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Column, Model, ModelDef, erased};
use crate::sql::Source;

/// An entity in the select list of a query: `User::entity()`. Each row returns the session's object of that row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Book::entity().with(Book::TAGS.selectin()), Author::NAME))
///     .join(Book::AUTHOR)
///     .order_by(Book::ID);
/// for (book, author) in session.rows(query).await? {
///     println!("{} by {author}, {} tags", book.title, book.get(Book::TAGS).len());
/// }
/// # Ok(()) }
/// ```
#[must_use = "it does nothing until it is given to `select_columns`"]
pub struct EntityColumns<M: Model, L = <M as Model>::Bare> {
    pub(super) item: EntityItem,
    of: PhantomData<fn() -> (M, L)>,
}

/// An entity that an outer join may not find: `Order::entity().optional()`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Book::TITLE, Tag::entity().optional())).left_join(Book::TAGS).order_by(Book::ID);
/// let rows: Vec<(String, Option<Entity<Tag>>)> = session.rows(query).await?;
/// assert!(rows[0].1.is_none() && rows[1].1.is_some());
/// # Ok(()) }
/// ```
#[must_use = "it does nothing until it is given to `select_columns`"]
pub struct OptionalEntity<M: Model, L = <M as Model>::Bare> {
    pub(super) item: EntityItem,
    of: PhantomData<fn() -> (M, L)>,
}

/// Models as parts of a query's result.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select_columns((Book::entity(), Author::entity())).join(Book::AUTHOR).order_by(Book::ID);
/// let rows: Vec<(Entity<Book>, Entity<Author>)> = session.rows(query).await?;
/// assert_eq!(rows[3].1.name, "Harper Lee");
/// # Ok(()) }
/// ```
pub trait ModelExt: Model {
    /// The entity itself, to select it beside columns.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let by_year = window().partition_by(Book::AUTHOR_ID).order_by(Book::YEAR);
    /// let ranked: Vec<(Entity<Book>, i64)> =
    ///     session.rows(select_columns((Book::entity(), func::row_number().over(by_year))).order_by(Book::ID)).await?;
    /// assert_eq!(ranked[2].1, 3);
    /// # Ok(()) }
    /// ```
    fn entity() -> EntityColumns<Self> {
        EntityColumns::new(Source::Table(Self::def().table))
    }

    /// An order from a text, as a request sends it: `name`, or `-created,name` for the newest first.
    ///
    /// The names are those of serialized entities, by default the names of fields. `secret` and skipped columns cannot be
    /// named, since an order reveals something about the values that it sorts by.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[column(secret)] password: String }
    /// # async fn f(session: &mut Session, sort: &str) -> Result<()> {
    /// let users = session.all(select::<User>().order_by(User::order_named(sort)?).limit(20)).await?;
    /// # let _ = users; Ok(()) }
    /// # fn main() {
    /// assert!(User::order_named("-name,id").is_ok());
    /// assert_eq!(User::order_named("password").unwrap_err().kind(), ErrorKind::InvalidValue);
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidValue`: a name is unknown, and the message lists the known ones; or it appears twice.
    fn order_named(names: &str) -> Result<Vec<OrderBy>> {
        order_named(Self::def(), names)
    }
}

impl<M: Model> ModelExt for M {}

impl<M: Model> EntityColumns<M> {
    pub(super) fn new(source: Source) -> EntityColumns<M> {
        let item = EntityItem {
            model: erased::<M>(),
            source,
            nullable: false,
            undeferred: Vec::new(),
            loads: Vec::new(),
        };
        EntityColumns { item, of: PhantomData }
    }
}

impl<M: Model, L> EntityColumns<M, L> {
    /// Loads a relationship with the entity and adds it to the entity's type.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Author::entity().with(Author::BOOKS.selectin()), Author::NAME)).order_by(Author::ID);
    /// assert_eq!(session.rows(query).await?[0].0.get(Author::BOOKS).len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> EntityColumns<M, O::Marked> {
        let mut item = self.item;
        item.loads.push(load.into_spec());
        EntityColumns { item, of: PhantomData }
    }

    /// Reads a deferred column with the entity; see [`Deferred`](crate::Deferred).
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key(auto)] id: i64, title: String, #[column(deferred)] body: Deferred<String> }
    /// # fn main() {
    /// let query = select_columns((Post::entity().undefer(Post::BODY), Post::TITLE));
    /// # let _ = query;
    /// # }
    /// ```
    pub fn undefer<T>(mut self, column: Column<M, T>) -> EntityColumns<M, L> {
        self.item.undeferred.push(column.index());
        self
    }

    pub(super) fn loading(loads: Vec<LoadSpec>, undeferred: Vec<usize>) -> EntityColumns<M, L> {
        let source = Source::Table(M::def().table);
        let item = EntityItem { model: erased::<M>(), source, nullable: false, undeferred, loads };
        EntityColumns { item, of: PhantomData }
    }

    /// An `Option` of the entity, since an outer join may not find one.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = select_columns((Author::NAME, Book::entity().optional()))
    ///     .left_join_on::<Book>(Book::AUTHOR_ID.eq(Author::ID) & Book::YEAR.lt(1965))
    ///     .order_by(Author::ID);
    /// assert!(session.rows(query).await?[0].1.is_none());
    /// # Ok(()) }
    /// ```
    pub fn optional(self) -> OptionalEntity<M, L> {
        OptionalEntity { item: EntityItem { nullable: true, ..self.item }, of: PhantomData }
    }
}

impl<M: Model, L> fmt::Debug for EntityColumns<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EntityColumns").field(&self.item).finish()
    }
}

impl<M: Model, L> fmt::Debug for OptionalEntity<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptionalEntity").field(&self.item).finish()
    }
}

fn order_named(def: &ModelDef, names: &str) -> Result<Vec<OrderBy>> {
    let source = Source::Table(def.table);
    let mut order: Vec<OrderBy> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for term in names.split(',').map(str::trim).filter(|term| !term.is_empty()) {
        let (name, descending) = term.strip_prefix('-').map_or((term, false), |name| (name, true));
        let Some(column) = def.columns.iter().find(|column| column.serialized == Some(name)) else {
            let known: Vec<&str> = def.columns.iter().filter_map(|column| column.serialized).collect();
            return Err(Error::new(
                ErrorKind::InvalidValue,
                format!(
                    "`{}` cannot be sorted by `{name}`; its columns are `{}`",
                    def.name,
                    known.join("`, `")
                ),
            ));
        };
        if seen.contains(&name) {
            return Err(Error::new(
                ErrorKind::InvalidValue,
                format!("`{name}` is in the order twice; remove one"),
            ));
        }
        seen.push(name);
        order.push(OrderBy::new(column.expr(&source), descending));
    }
    Ok(order)
}
