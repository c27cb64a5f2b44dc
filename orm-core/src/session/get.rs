//! Finds an entity by its key.

use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::load::is_plain;
use crate::model::{Model, erased};
use crate::query::{LoadOption, LoadSpec, Strategy, Under, lock_methods, locked};
use crate::sql::{Expr, Lock, Source};
use crate::unit_of_work::EntityState;
use crate::value::{IntoKey, Key, ValueError};

impl Session {
    /// The entity with a primary key, or `None`.
    ///
    /// It runs one statement, or none if the session holds the object. A lock always runs one:
    /// `session.get::<User>(7).for_update().await?`. [`with`](Get::with) loads relationships too, even of an object
    /// that the session holds:
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.get::<Author>(1).with(Author::BOOKS.selectin()).await?;
    /// if let Some(author) = author {
    ///     assert_eq!(author.get(Author::BOOKS).len(), 3);
    /// }
    /// assert!(session.get::<Author>(99).await?.is_none());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidValue`: the key is out of its type's range. Those of [`all`](Self::all).
    #[track_caller]
    pub fn get<M: Model>(&mut self, key: impl IntoKey<M::Key>) -> Get<'_, M> {
        let (key, caller) = (key.into_key(), Location::caller());
        let (options, loads, of) = (Asked::default(), Vec::new(), PhantomData);
        Get { session: self, key, caller, options, loads, of }
    }

    /// The object with a key that the session holds, as its row is; `None` if the row no longer exists.
    async fn get_held<M: Model>(
        &mut self,
        at: ObjectId,
        under: &Under,
        caller: &'static Location<'static>,
    ) -> Result<Option<Entity<M>>> {
        if self.unit.state(at) == EntityState::Deleted {
            return Ok(None);
        }
        if self.store.is_expired(at) && !Box::pin(self.read_row::<M>(at, caller)).await? {
            self.unit.row_vanished(&mut self.store, at);
            return Ok(None);
        }
        if let Some(condition) = under.condition(M::def().table)
            && !Box::pin(self.sees::<M>(at, under, &condition, caller)).await?
        {
            return Ok(None);
        }
        let place = Place { arena: at.arena, node: at.node, answer: None };
        Ok(Some(Entity::new(Arc::clone(self.store.region()), place)))
    }

    /// Whether the criteria show an object that the session holds: its values tell, or the database does.
    async fn sees<M: Model>(
        &mut self,
        at: ObjectId,
        under: &Under,
        condition: &Expr,
        caller: &'static Location<'static>,
    ) -> Result<bool> {
        let def = M::def();
        if let Some(known) = self.store.meets(at, condition) {
            return Ok(known);
        }
        let key = self.store.key(at);
        let mut query = crate::query::select::<M>().raise_all();
        query.spec.core.filter =
            Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[key]));
        query.spec.one = true;
        query.spec.core.under = under.clone();
        let answer = self.select(query.spec, caller).await?;
        Ok(answer.level(0).is_some_and(|level| !level.nodes.is_empty()))
    }

    async fn get_by_key<M: Model, L>(
        &mut self,
        key: Result<M::Key, ValueError>,
        Asked { lock, populate_existing, mut under }: Asked,
        mut loads: Vec<LoadSpec>,
        caller: &'static Location<'static>,
    ) -> Result<Option<Entity<M, L>>> {
        under.set(&self.criteria);
        loads.iter_mut().for_each(|load| load.under.clone_from(&under));
        let def = M::def();
        let key = key.map_err(|error| {
            let error = if def.has_secret_key() { error.without_value() } else { error };
            Error::new(ErrorKind::InvalidValue, format!("the key of `{}`: {error}", def.name))
                .with_source(error)
        })?;
        self.check_usable()?;
        let values = def.stored_key(key.values());
        let arena = self.store.arena_of(erased::<M>())?;
        let asks = lock.is_some() || populate_existing;
        if let Some(held) = self.store.find(arena, &values).filter(|_| !asks) {
            let held = self.get_held::<M>(held, &under, caller).await?;
            let Some(held) = held else { return Ok(None) };
            return Ok(Box::pin(self.load_each(vec![held], loads, caller)).await?.pop());
        }
        let by_key_alone = under.condition(def.table).is_none();
        if self.options.identity_map && is_plain(def) && !asks && loads.is_empty() && by_key_alone {
            self.autoflush().await?;
            self.connect().await?;
            let found = self.loader(false, caller)?.by_key(arena, values).await;
            let Some(node) = self.note(found)? else { return Ok(None) };
            let place = Place { arena, node, answer: None };
            return Ok(Some(Entity::new(Arc::clone(self.store.region()), place)));
        }
        let filter = Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[values]);
        let mut query = crate::query::select::<M>();
        query.spec.core.filter = Some(filter);
        query.spec.one = true;
        (query.spec.core.lock, query.spec.core.populate_existing) = (lock, populate_existing);
        query.spec.core.under = under;
        let is_bare = loads.is_empty();
        query.spec.loads = loads;
        let answer = self.select(query.spec, caller).await?;
        let found = Entity::<M>::of_first_level(&answer).pop();
        // Without loads it keeps only the session's graph.
        Ok(found.map(|entity| if is_bare { entity.dynamic() } else { entity }).map(Entity::proven))
    }

    /// Loads relationships of objects, one after the other. `L` is what they prove together.
    pub(super) async fn load_each<M: Model, L>(
        &mut self,
        entities: Vec<Entity<M>>,
        loads: Vec<LoadSpec>,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Entity<M, L>>> {
        let mut entities = entities;
        for load in loads {
            // Options that leave a relationship out load nothing.
            if matches!(load.strategy, Strategy::Raise | Strategy::Lazy) {
                continue;
            }
            entities = self.load_all_of(entities, load, caller).await?;
        }
        Ok(entities.into_iter().map(Entity::proven).collect())
    }
}

/// The future of [`Session::get`], with options. Nothing runs until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let book = session.get::<Book>(1).with(Book::AUTHOR.joined()).populate_existing().await?;
/// assert_eq!(book.map(|book| book.get(Book::AUTHOR).name.clone()).as_deref(), Some("Ursula K. Le Guin"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is found until it is awaited"]
pub struct Get<'s, M: Model, L = <M as Model>::Bare> {
    session: &'s mut Session,
    key: Result<M::Key, ValueError>,
    caller: &'static Location<'static>,
    options: Asked,
    loads: Vec<LoadSpec>,
    of: PhantomData<fn() -> L>,
}

/// How a row is asked for.
#[derive(Debug, Default)]
struct Asked {
    lock: Option<Lock>,
    populate_existing: bool,
    /// Which of the session's criteria hold.
    under: Under,
}

impl<'s, M: Model, L> Get<'s, M, L> {
    lock_methods!();

    /// Loads a relationship with the entity and adds it to the entity's type. For an object that the session holds,
    /// this is one statement for each relationship.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.get::<Book>(3).with(Book::TAGS.selectin()).await?;
    /// assert_eq!(book.map(|book| book.get(Book::TAGS).len()), Some(1));
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> Get<'s, M, O::Marked> {
        let Get { session, key, caller, options, mut loads, .. } = self;
        loads.push(load.into_spec());
        Get { session, key, caller, options, loads, of: PhantomData }
    }

    /// Reads the row even if the session holds its object, and overwrites the object, including unsaved changes and
    /// loaded relationships.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// engine.session().transaction(async |other| other.execute(update::<Book>().set(Book::YEAR, 2000)).await).await?;
    /// session.get::<Book>(1).populate_existing().await?;
    /// assert_eq!(book.year, 2000);
    /// # Ok(()) }
    /// ```
    pub fn populate_existing(mut self) -> Self {
        self.options.populate_existing = true;
        self
    }

    /// Finds the row even if it is marked as deleted, by `#[column(deleted)]`.
    pub fn with_deleted(mut self) -> Self {
        self.options.under.show_deleted();
        self
    }

    /// Finds the row even if the session's [criteria](crate::options::SessionOptions::criteria) hide it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// let mut session = engine.session_with(SessionOptions::new().criteria::<Book>(Book::YEAR.gt(1970)));
    /// assert!(session.get::<Book>(1).await?.is_none());
    /// assert!(session.get::<Book>(1).without_criteria().await?.is_some());
    /// assert!(session.get::<Book>(1).await?.is_none(), "also when the session holds it");
    /// # Ok(()) }
    /// ```
    pub fn without_criteria(mut self) -> Self {
        self.options.under.ignore();
        self
    }

    fn lock_mut(&mut self) -> &mut Lock {
        locked(&mut self.options.lock)
    }
}

impl<'s, M: Model, L: 's> IntoFuture for Get<'s, M, L> {
    type Output = Result<Option<Entity<M, L>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        let Get { session, key, caller, options, loads, .. } = self;
        Box::pin(session.get_by_key(key, options, loads, caller))
    }
}
