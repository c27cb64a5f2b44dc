//! Runs queries for entities, and loads relationships.

use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::session::no_connection;
use super::{RepeatedLoads, Run, Session};
use crate::entity::{AsEntity, Entity, Held, LazyLoad, Place, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Region, Slot};
use crate::identity::Store;
use crate::load::{LateLoad, Loader};
use crate::model::{Lazy, Model, RelationDef};
use crate::query::{LoadOption, LoadSpec, Select, SelectSpec, Strategy};
use crate::unit_of_work::another_session;
use crate::value::Value;

impl Session {
    /// All entities of a query, in its order.
    ///
    /// It runs one statement for the entities, and one for each relationship loaded by `selectin` or `subquery`. With
    /// autoflush, pending changes are flushed first.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let authors = session.all(select::<Author>().with(Author::BOOKS.selectin()).order_by(Author::NAME)).await?;
    /// assert_eq!(authors[0].name, "Harper Lee");
    /// assert_eq!(authors[1].get(Author::BOOKS).len(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidQuery`: the query cannot be run as it is written.
    /// * `DanglingKey`, `MultipleRows`, `InvalidValue`: the database contains rows or values that the models rule out.
    ///
    /// # Cancel safety
    /// If the future is dropped in a transaction, the session needs [`rollback`](Self::rollback). Outside a transaction it
    /// can be used again at once.
    #[track_caller]
    pub fn all<M: Model, L>(
        &mut self,
        query: Select<M, L>,
    ) -> impl Future<Output = Result<Vec<Entity<M, L>>>> + Send {
        // Not `async fn`s: those do not know their caller, whom the N+1 notice names.
        let caller = Location::caller();
        async move { Ok(Entity::of_first_level(&self.select(query.spec, caller).await?)) }
    }

    /// The only entity of a query.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::NAME.eq("Harper Lee"))).await?;
    /// assert_eq!(author.name, "Harper Lee");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `NoRows`, `MultipleRows`, and those of [`all`](Self::all).
    #[track_caller]
    pub fn one<M: Model, L>(
        &mut self,
        query: Select<M, L>,
    ) -> impl Future<Output = Result<Entity<M, L>>> + Send {
        let caller = Location::caller();
        async move {
            let found = self.at_most_one(query, caller).await?;
            let none = || {
                let text =
                    format!("the query found no `{}`; use `one_or_none` if that is expected", M::def().name);
                Error::new(ErrorKind::NoRows, text)
            };
            self.note(found.ok_or_else(none))
        }
    }

    /// The only entity of a query, or `None`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let tag = session.one_or_none(select::<Tag>().filter(Tag::NAME.eq("satire"))).await?;
    /// assert!(tag.is_none());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MultipleRows`, and those of [`all`](Self::all).
    #[track_caller]
    pub fn one_or_none<M: Model, L>(
        &mut self,
        query: Select<M, L>,
    ) -> impl Future<Output = Result<Option<Entity<M, L>>>> + Send {
        self.at_most_one(query, Location::caller())
    }

    async fn at_most_one<M: Model, L>(
        &mut self,
        query: Select<M, L>,
        caller: &'static Location<'static>,
    ) -> Result<Option<Entity<M, L>>> {
        let mut found: Vec<Entity<M, L>> = Entity::of_first_level(&self.select(query.spec, caller).await?);
        match found.len() {
            0 | 1 => Ok(found.pop()),
            several => self.note(Err(Error::new(
                ErrorKind::MultipleRows,
                format!(
                    "the query found {several} rows of `{}` where at most one was expected; use `first` with an order to \
                     take one of them",
                    M::def().name
                ),
            ))),
        }
    }

    /// The first entity of a query, or `None`. It adds `LIMIT 1`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let newest = session.first(select::<Book>().order_by(Book::YEAR.desc())).await?;
    /// assert_eq!(newest.map(|book| book.year), Some(1974));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`all`](Self::all).
    #[track_caller]
    pub fn first<M: Model, L>(
        &mut self,
        query: Select<M, L>,
    ) -> impl Future<Output = Result<Option<Entity<M, L>>>> + Send {
        let limit = query.spec.core.limit.map_or(1, |limit| limit.min(1));
        let found = self.all(query.limit(limit));
        async move { Ok(found.await?.into_iter().next()) }
    }

    /// Loads a relationship of one object, and returns what the object then holds.
    ///
    /// It runs one statement, or none if the object already holds the relationship or the session holds the target of a
    /// to-one. A loop of these is an N+1; [`load_all`](Self::load_all) needs one statement for all objects. A
    /// relationship declared `lazy = "raise"` does not compile here.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
    /// assert_eq!(session.load(&author, Author::BOOKS).await?.len(), 3);
    /// assert_eq!(author.books()?.len(), 3, "the object holds them now");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session. Those of [`all`](Self::all).
    #[track_caller]
    pub fn load<E: AsEntity, R: LazyLoad<Parent = E::Model>>(
        &mut self,
        entity: E,
        relation: R,
    ) -> LoadOne<'_, R> {
        let _ = relation;
        let entity = entity.as_entity();
        let (region, place, caller) = (Arc::clone(entity.region()), entity.place(), Location::caller());
        LoadOne { session: self, region, place, caller, relation: PhantomData }
    }

    /// Loads a relationship of many objects at once, and returns the objects with the relationship in their type. They
    /// may be any list or iterator of entities or of references to them.
    ///
    /// It runs one statement for each level, or more if there are more keys than the database can bind. `.joined()`
    /// saves a statement only in a query; here it is one statement too.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let authors = session.all(select::<Author>().order_by(Author::ID)).await?;
    /// let authors = session.load_all(authors, Author::BOOKS.selectin()).await?;
    /// assert_eq!(authors[0].get(Author::BOOKS).len(), 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: an object belongs to another session. Those of [`all`](Self::all).
    #[track_caller]
    pub fn load_all<E: AsEntity, O: LoadOption<E::Loaded>>(
        &mut self,
        entities: impl IntoIterator<Item = E>,
        load: O,
    ) -> LoadAll<'_, E::Model, O::Marked> {
        let (load, caller) = (load.into_spec(), Location::caller());
        let object = |entity: E| {
            let entity = entity.as_entity();
            self.check_mine(entity)?;
            Ok((Arc::clone(entity.region()), entity.place()))
        };
        let objects: Result<Vec<_>> = entities.into_iter().map(object).collect();
        let future = Run::new(async move {
            let objects = objects?;
            self.autoflush().await?;
            self.late(LateLoad::new(objects), load, caller).await
        });
        LoadAll { future, of: PhantomData }
    }

    pub(super) async fn load_all_of<M: Model, L, K>(
        &mut self,
        entities: Vec<Entity<M, L>>,
        load: LoadSpec,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Entity<M, K>>> {
        for entity in &entities {
            self.check_mine(entity)?;
        }
        self.autoflush().await?;
        let objects = entities.iter().map(|entity| (Arc::clone(entity.region()), entity.place())).collect();
        let (region, places) = self.late(LateLoad::new(objects), load, caller).await?;
        Ok(places.into_iter().map(|place| Entity::new(Arc::clone(&region), place)).collect())
    }

    pub(super) async fn select(
        &mut self,
        spec: SelectSpec,
        caller: &'static Location<'static>,
    ) -> Result<Arc<Region>> {
        self.autoflush().await?;
        Box::pin(self.select_now(spec, caller)).await
    }

    /// The same without a flush before it.
    pub(super) async fn select_now(
        &mut self,
        spec: SelectSpec,
        caller: &'static Location<'static>,
    ) -> Result<Arc<Region>> {
        self.connect().await?;
        if !self.options.identity_map {
            let answer = self.report(spec, caller).await;
            return self.note(answer);
        }
        let populate_existing = spec.core.populate_existing;
        let mut loader = self.loader(populate_existing, caller)?;
        let answer = loader.select(spec).await;
        let answer = self.note(answer)?;
        self.loaded(&answer, populate_existing);
        Ok(answer)
    }

    /// A query is done: what it filled in from the database is seen with what is unsaved.
    pub(super) fn loaded(&mut self, answer: &Region, overwrites: bool) {
        if !self.unit.has_work() {
            return;
        }
        self.unit.relink_expunged(&mut self.store);
        if overwrites {
            self.unit.overwritten(&mut self.store, answer);
        }
        self.unit.show_unsaved(&mut self.store);
    }

    /// Runs a query whose objects are its own.
    async fn report(&mut self, spec: SelectSpec, caller: &'static Location<'static>) -> Result<Arc<Region>> {
        let Session { database, lease: Some(lease), criteria, .. } = self else {
            return Err(no_connection());
        };
        let mut store = Store::new();
        let dialect = database.dialect();
        let mut loader = Loader::new(&mut store, lease, &database.monitor, dialect, false, criteria, caller);
        loader.select(spec).await
    }

    pub(super) async fn late(
        &mut self,
        objects: LateLoad,
        load: LoadSpec,
        caller: &'static Location<'static>,
    ) -> Result<(Arc<Region>, Vec<Place>)> {
        self.connect().await?;
        let mut loader = self.loader(false, caller)?;
        let loaded = Box::pin(loader.load(objects, load)).await;
        let loaded = self.note(loaded)?;
        self.loaded(&loaded.0, false);
        Ok(loaded)
    }

    async fn load_one<R: Relation>(
        &mut self,
        region: Arc<Region>,
        place: Place,
        caller: &'static Location<'static>,
    ) -> Result<R::Output<<R::Target as Model>::Bare>> {
        self.check_keeps_objects()?;
        if !Arc::ptr_eq(&region.bare(), self.store.region()) {
            return Err(another_session());
        }
        self.check_usable()?;
        let relation = R::def();
        let of = place.id();
        if self.unit.awaits_target(relation, of) {
            self.autoflush().await?;
            if self.unit.awaits_target(relation, of) {
                return Err(target_is_pending(relation));
            }
        }
        if !self.holds(place, R::INDEX) && !self.hold_without_sql(relation, place) {
            self.autoflush().await?;
            if relation.lazy == Lazy::RaiseOnSql {
                return Err(raise_on_sql(relation));
            }
            let mut places = vec![Place { answer: None, ..place }];
            if let (Some(origin), Some((level, _))) = (region.origin(), place.answer) {
                self.repeats.count(&self.options, relation, origin, level, caller)?;
                if self.options.repeated_loads == RepeatedLoads::LoadPeers {
                    places.extend(self.peers(&region, level, place, R::INDEX));
                }
            }
            let bare = Arc::clone(self.store.region());
            let objects = places.into_iter().map(|place| (Arc::clone(&bare), place)).collect();
            self.late(LateLoad::new(objects), LoadSpec::new(relation, Strategy::Selectin), caller).await?;
        }
        let (slot, target) = self.store.held(place.id(), R::INDEX);
        Ok(R::output(Held::slot(Arc::clone(self.store.region()), target.unwrap_or_default(), slot)))
    }

    /// Answers a to-one from the identity map: it is empty for a NULL key, and the session's object if the session
    /// holds the target.
    fn hold_without_sql(&mut self, relation: &'static RelationDef, place: Place) -> bool {
        let Some(places) = relation.primary_key_places() else { return false };
        let key = self.store.values(place.id(), relation.local_columns());
        let target = self.store.target_arena(relation);
        let slot = if key.iter().any(Value::is_null) {
            Slot::Absent
        } else {
            let criterion = self.criteria.of(relation.target().table);
            match self.store.find_target(target, &key, places) {
                Some(target) if self.store.shows(target, criterion.as_ref()) => Slot::One(target.node),
                _ => return false,
            }
        };
        self.store.fill_slot(place.id(), relation.index, target, slot);
        true
    }

    /// The other objects of the same level of a query that do not hold the relationship yet.
    fn peers(&self, region: &Region, level: u32, place: Place, relation: usize) -> Vec<Place> {
        let Some(level) = region.level(level as usize) else { return Vec::new() };
        let others = level.nodes.iter().filter(|node| **node != place.node);
        let places = others.map(|node| Place { arena: level.arena, node: *node, answer: None });
        places.filter(|place| !self.holds(*place, relation)).collect()
    }

    fn holds(&self, place: Place, relation: usize) -> bool {
        self.store.is_held(place.id(), relation)
    }

    pub(super) fn check_mine<M: Model, L>(&self, entity: &Entity<M, L>) -> Result<()> {
        self.check_keeps_objects()?;
        let place = entity.place();
        let mine = Arc::ptr_eq(&entity.region().bare(), self.store.region());
        match mine && !self.store.arena(place.arena).is_detached(place.node) {
            true => Ok(()),
            false => Err(another_session()),
        }
    }
}

/// The future of [`Session::load`]. Nothing is loaded until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
/// let loading: orm_core::futures::LoadOne<'_, author::Books> = session.load(&author, Author::BOOKS);
/// assert_eq!(loading.await?.len(), 3);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is loaded until it is awaited"]
pub struct LoadOne<'s, R> {
    session: &'s mut Session,
    region: Arc<Region>,
    place: Place,
    caller: &'static Location<'static>,
    relation: PhantomData<fn() -> R>,
}

impl<'s, R: Relation> IntoFuture for LoadOne<'s, R> {
    type Output = Result<R::Output<<R::Target as Model>::Bare>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.session.load_one::<R>(self.region, self.place, self.caller))
    }
}

/// The future of [`Session::load_all`]. Nothing is loaded until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let authors = session.all(select::<Author>()).await?;
/// let authors = session.load_all(authors, Author::BOOKS.selectin()).await?;
/// assert_eq!(authors[0].get(Author::BOOKS).len(), 3);
/// # Ok(()) }
/// ```
#[must_use = "nothing is loaded until it is awaited"]
pub struct LoadAll<'s, M, L> {
    future: Run<'s, (Arc<Region>, Vec<Place>)>,
    of: PhantomData<fn() -> (M, L)>,
}

impl<M: Model, L> Future for LoadAll<'_, M, L> {
    type Output = Result<Vec<Entity<M, L>>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (region, places) = std::task::ready!(Pin::new(&mut self.future).poll(context))?;
        let entity = |place| Entity::new(Arc::clone(&region), place);
        Poll::Ready(Ok(places.into_iter().map(entity).collect()))
    }
}

impl<M, L> std::fmt::Debug for LoadAll<'_, M, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoadAll")
    }
}

fn target_is_pending(relation: &RelationDef) -> Error {
    Error::new(
        ErrorKind::NotFlushed,
        format!(
            "`{}` was given a `{}` that is pending: it has no row yet; call `session.flush().await` first",
            relation.path(),
            relation.target().name
        ),
    )
}

fn raise_on_sql(relation: &RelationDef) -> Error {
    let (path, constant) = (relation.path(), relation.constant());
    Error::new(
        ErrorKind::NotLoaded,
        format!(
            "`{path}` is declared lazy = \"raise_on_sql\", and what the session holds does not answer it; add \
             `.with({constant}.selectin())` to the query"
        ),
    )
}
