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
use crate::query::{LoadOption, LoadSpec, Strategy, lock_methods, locked};
use crate::sql::{Expr, Lock, Source};
use crate::unit_of_work::EntityState;
use crate::value::{IntoKey, Key, ValueError};

impl Session {
    /// The entity with a primary key, or none. What the session already holds costs no statement, unless the row is to be
    /// locked: `session.get::<User>(7).for_update().await?`. Relationships are loaded with it as with a query, also of an
    /// object that the session holds:
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String, #[has_many] posts: HasMany<Post> }
    /// # #[derive(Model, Debug)] struct Post { #[key(auto)] id: i64, user_id: i64 }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let user = session.get::<User>(7).with(User::POSTS.selectin()).await?;
    /// if let Some(user) = user {
    ///     println!("{} has {} posts", user.name, user.get(User::POSTS).len());
    /// }
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidValue`: the key is out of its type's range; and those of [`all`](Self::all).
    #[track_caller]
    pub fn get<M: Model>(&mut self, key: impl IntoKey<M::Key>) -> Get<'_, M> {
        let (key, caller) = (key.into_key(), Location::caller());
        let (lock, loads, of) = (None, Vec::new(), PhantomData);
        Get { session: self, key, caller, lock, populate_existing: false, loads, of }
    }

    /// The object with a key that the session holds, as its row is; `None` if the row no longer exists.
    async fn get_held<M: Model>(
        &mut self,
        at: ObjectId,
        caller: &'static Location<'static>,
    ) -> Result<Option<Entity<M>>> {
        if self.unit.state(at) == EntityState::Deleted {
            return Ok(None);
        }
        if self.store.is_expired(at) && !self.read_row::<M>(at, caller).await? {
            self.unit.row_vanished(&mut self.store, at);
            return Ok(None);
        }
        let place = Place { arena: at.arena, node: at.node, answer: None };
        Ok(Some(Entity::new(Arc::clone(self.store.region()), place)))
    }

    async fn get_by_key<M: Model, L>(
        &mut self,
        key: Result<M::Key, ValueError>,
        lock: Option<Lock>,
        populate_existing: bool,
        loads: Vec<LoadSpec>,
        caller: &'static Location<'static>,
    ) -> Result<Option<Entity<M, L>>> {
        let def = M::def();
        let key = key.map_err(|error| {
            let error = if def.has_secret_key() { error.without_value() } else { error };
            Error::new(ErrorKind::InvalidValue, format!("the key of `{}`: {error}", def.name))
                .with_source(error)
        })?;
        self.check_usable()?;
        let values = key.values();
        let arena = self.store.arena_of(erased::<M>())?;
        let asks = lock.is_some() || populate_existing;
        if let Some(held) = self.store.find(arena, &values).filter(|_| !asks) {
            let held = self.get_held::<M>(held, caller).await?;
            let Some(held) = held else { return Ok(None) };
            return Ok(self.load_each(vec![held], loads, caller).await?.pop());
        }
        if self.options.identity_map && is_plain(def) && !asks && loads.is_empty() {
            self.autoflush().await?;
            self.connect().await?;
            let found = self.loader(false, caller)?.by_key(arena, values).await;
            let Some(node) = self.note(found)? else { return Ok(None) };
            let place = Place { arena, node, answer: None };
            return Ok(Some(Entity::new(Arc::clone(self.store.region()), place)));
        }
        let filter = Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[values]);
        let mut query = crate::query::select::<M>();
        query.spec.filter = Some(filter);
        query.spec.one = true;
        (query.spec.lock, query.spec.populate_existing) = (lock, populate_existing);
        let is_bare = loads.is_empty();
        query.spec.loads = loads;
        let answer = self.select(query.spec, caller).await?;
        let found = Entity::<M>::of_first_level(&answer).pop();
        // Without what it loaded, it keeps the session's graph alone.
        Ok(found.map(|entity| if is_bare { entity.dynamic() } else { entity }).map(Entity::proven))
    }

    /// Loads relationships of objects, one after the other. What they prove together is `L`.
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

/// One entity by its key, to be found when it is awaited: what [`Session::get`] gives.
///
/// A type of its own for the same reason as [`LoadOne`](super::LoadOne): a wrong key is one error.
#[derive(Debug)]
#[must_use = "nothing is found until it is awaited"]
pub struct Get<'s, M: Model, L = <M as Model>::Bare> {
    session: &'s mut Session,
    key: Result<M::Key, ValueError>,
    caller: &'static Location<'static>,
    lock: Option<Lock>,
    populate_existing: bool,
    loads: Vec<LoadSpec>,
    of: PhantomData<fn() -> L>,
}

impl<'s, M: Model, L> Get<'s, M, L> {
    lock_methods!();

    /// Loads a relationship with the entity; what it gives is part of the entity's type. For an object that the session
    /// holds it is one statement for each relationship.
    pub fn with<O: LoadOption<L>>(self, load: O) -> Get<'s, M, O::Marked> {
        let Get { session, key, caller, lock, populate_existing, mut loads, .. } = self;
        loads.push(load.into_spec());
        Get { session, key, caller, lock, populate_existing, loads, of: PhantomData }
    }

    /// Reads the row and overwrites what the session already holds of it, unsaved changes and loaded relationships
    /// included.
    pub fn populate_existing(mut self) -> Self {
        self.populate_existing = true;
        self
    }

    fn lock_mut(&mut self) -> &mut Lock {
        locked(&mut self.lock)
    }
}

impl<'s, M: Model, L: 's> IntoFuture for Get<'s, M, L> {
    type Output = Result<Option<Entity<M, L>>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        let Get { session, key, caller, lock, populate_existing, loads, .. } = self;
        Box::pin(session.get_by_key(key, lock, populate_existing, loads, caller))
    }
}
