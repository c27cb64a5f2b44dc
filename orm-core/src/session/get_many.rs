//! Finds entities by their keys.

use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ArenaId;
use crate::model::{Model, erased};
use crate::query::{LoadOption, LoadSpec, Under};
use crate::sql::{Expr, Source};
use crate::unit_of_work::EntityState;
use crate::value::{IntoKey, Key, Value, ValueError};

impl Session {
    /// The entities with the given primary keys, in the order of the keys; `None` for a key without a row.
    ///
    /// Objects that the session holds cost nothing. The rest is one statement, or more if there are more keys than the
    /// database can bind.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books: Vec<Option<Entity<Book>>> = session.get_many::<Book>([3, 99, 3]).await?;
    /// assert_eq!(books.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    /// for book in session.get_many::<Book>([1, 2]).with(Book::TAGS.selectin()).await?.into_iter().flatten() {
    ///     println!("{} has {} tags", book.title, book.get(Book::TAGS).len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidValue`: a key is out of its type's range. Those of [`all`](Self::all).
    #[track_caller]
    pub fn get_many<M: Model>(&mut self, keys: impl IntoIterator<Item: IntoKey<M::Key>>) -> GetMany<'_, M> {
        let keys = keys.into_iter().map(IntoKey::into_key).collect();
        let (caller, loads) = (Location::caller(), Vec::new());
        GetMany { session: self, keys, caller, under: Under::default(), loads, of: PhantomData }
    }

    async fn get_many_by_key<M: Model>(
        &mut self,
        keys: Result<Vec<M::Key>, ValueError>,
        under: &Under,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Option<Entity<M>>>> {
        let def = M::def();
        let keys = keys.map_err(|error| {
            let error = if def.has_secret_key() { error.without_value() } else { error };
            Error::new(ErrorKind::InvalidValue, format!("a key of `{}`: {error}", def.name))
                .with_source(error)
        })?;
        self.check_usable()?;
        let arena = self.store.arena_of(erased::<M>())?;
        let keys: Vec<Vec<Value>> = keys.iter().map(|key| def.stored_key(key.values())).collect();
        let criterion = under.condition(def.table);
        let mut distinct = HashSet::new();
        let mut ask: Vec<Vec<Value>> = Vec::new();
        for key in &keys {
            let held = self.store.find(arena, key);
            let held =
                held.is_some_and(|id| !self.store.is_expired(id) && self.store.shows(id, criterion.as_ref()));
            if !held && distinct.insert(key) {
                ask.push(key.clone());
            }
        }
        if !self.options.identity_map {
            ask.clone_from(&keys);
        }
        let most = self.database.dialect().key_limit(def.key.len(), 0).max(1);
        let mut read: HashSet<u32> = HashSet::new();
        let mut own: HashMap<Vec<Value>, Entity<M>> = HashMap::new();
        for keys in ask.chunks(most) {
            let mut query = crate::query::select::<M>();
            query.spec.core.filter =
                Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), keys));
            query.spec.core.under = under.clone();
            let answer = self.select(query.spec, caller).await?;
            if !self.options.identity_map {
                // Objects of their own, with no other handles.
                let found = Entity::<M>::of_first_level(&answer);
                own.extend(found.iter().map(|entity| (key_of(entity, def.key), entity.dynamic())));
                continue;
            }
            read.extend(answer.level(0).into_iter().flat_map(|level| level.nodes.iter()));
        }
        if !self.options.identity_map {
            return Ok(keys.iter().map(|key| own.get(&in_key_form(key.clone())).cloned()).collect());
        }
        Ok(keys.iter().map(|key| self.found(arena, key, criterion.as_ref(), &read)).collect())
    }

    async fn get_many_with<M: Model, L>(
        &mut self,
        keys: Result<Vec<M::Key>, ValueError>,
        mut under: Under,
        mut loads: Vec<LoadSpec>,
        caller: &'static Location<'static>,
    ) -> Result<Vec<Option<Entity<M, L>>>> {
        under.set(&self.criteria);
        loads.iter_mut().for_each(|load| load.under.clone_from(&under));
        let found = self.get_many_by_key(keys, &under, caller).await?;
        let is_there: Vec<bool> = found.iter().map(Option::is_some).collect();
        let loaded = self.load_each(found.into_iter().flatten().collect(), loads, caller).await?;
        let mut loaded = loaded.into_iter();
        Ok(is_there.into_iter().map(|is_there| if is_there { loaded.next() } else { None }).collect())
    }

    /// The object with a key, after the rows of all that were asked for were read.
    fn found<M: Model>(
        &mut self,
        arena: ArenaId,
        key: &[Value],
        criterion: Option<&Expr>,
        read: &HashSet<u32>,
    ) -> Option<Entity<M>> {
        let id = self.store.find(arena, key)?;
        if self.unit.state(id) == EntityState::Deleted {
            return None;
        }
        if !read.contains(&id.node) {
            let is_expired = self.store.is_expired(id);
            // A row that no query finds may be hidden or gone, and is known to be gone where nothing hides it.
            match criterion {
                None if is_expired => {
                    self.unit.row_vanished(&mut self.store, id);
                    return None;
                }
                Some(_) if is_expired || !self.store.shows(id, criterion) => return None,
                _ => {}
            }
        }
        Some(Entity::new(Arc::clone(self.store.region()), Place { arena, node: id.node, answer: None }))
    }
}

fn key_of<M: Model>(entity: &Entity<M>, columns: &[usize]) -> Vec<Value> {
    in_key_form(columns.iter().map(|column| entity.view(*column).to_value()).collect())
}

fn in_key_form(key: Vec<Value>) -> Vec<Value> {
    key.into_iter().map(Value::into_key_form).collect()
}

/// The future of [`Session::get_many`], with options. Nothing runs until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let books = session.get_many::<Book>([3, 99, 1]).with(Book::AUTHOR.selectin()).await?;
/// assert!(books[1].is_none(), "no book has the key 99");
/// let author = books[0].as_ref().map(|book| book.get(Book::AUTHOR).name.clone());
/// assert_eq!(author.as_deref(), Some("Ursula K. Le Guin"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is found until it is awaited"]
pub struct GetMany<'s, M: Model, L = <M as Model>::Bare> {
    session: &'s mut Session,
    keys: Result<Vec<M::Key>, ValueError>,
    caller: &'static Location<'static>,
    under: Under,
    loads: Vec<LoadSpec>,
    of: PhantomData<fn() -> L>,
}

impl<'s, M: Model, L> GetMany<'s, M, L> {
    /// Loads a relationship of all the entities, by one statement for each level, and adds it to their type.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.get_many::<Book>([1, 2]).with(Book::TAGS.selectin()).await?;
    /// assert_eq!(books.into_iter().flatten().map(|book| book.get(Book::TAGS).len()).collect::<Vec<_>>(), [0, 1]);
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> GetMany<'s, M, O::Marked> {
        let GetMany { session, keys, caller, under, mut loads, .. } = self;
        loads.push(load.into_spec());
        GetMany { session, keys, caller, under, loads, of: PhantomData }
    }

    /// Finds rows even if they are marked as deleted, by `#[column(deleted)]`.
    pub fn with_deleted(mut self) -> Self {
        self.under.show_deleted();
        self
    }

    /// Finds rows even if the session's [criteria](crate::options::SessionOptions::criteria) hide them.
    pub fn without_criteria(mut self) -> Self {
        self.under.ignore();
        self
    }
}

impl<'s, M: Model, L: 's> IntoFuture for GetMany<'s, M, L> {
    type Output = Result<Vec<Option<Entity<M, L>>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.session.get_many_with(self.keys, self.under, self.loads, self.caller))
    }
}
