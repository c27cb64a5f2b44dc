use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use super::Session;
use crate::entity::{Entity, Held, LazyLoad, Place, Relation};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Region, Slot};
use crate::load::{LateLoad, count_statement};
use crate::model::{Model, erased};
use crate::query::{LoadOption, LoadSpec, Select, SelectSpec, Strategy};
use crate::sql::{BinaryOp, Expr, Source};
use crate::unit_of_work::another_session;
use crate::value::{Cells, IntoKey, Key, Value};

impl Session {
    /// All entities of a query, in its order.
    ///
    /// # Errors
    /// `InvalidQuery`: the query cannot be run as it is written. `DanglingKey`, `MultipleRows`, `InvalidValue`: the
    /// database holds what the models exclude.
    pub async fn all<M: Model, L>(&mut self, query: Select<M, L>) -> Result<Vec<Entity<M, L>>> {
        let answer = self.select(query.spec).await?;
        Ok(entities(&answer))
    }

    /// The one entity of a query.
    ///
    /// # Errors
    /// `NoRows`, `MultipleRows`, and those of [`all`](Self::all).
    pub async fn one<M: Model, L>(&mut self, query: Select<M, L>) -> Result<Entity<M, L>> {
        let name = M::def().name;
        self.one_or_none(query).await?.ok_or_else(|| {
            let text = format!("the query found no `{name}`; use `one_or_none` where that can be");
            Error::new(ErrorKind::NoRows, text)
        })
    }

    /// The one entity of a query, or none.
    ///
    /// # Errors
    /// `MultipleRows`, and those of [`all`](Self::all).
    pub async fn one_or_none<M: Model, L>(&mut self, query: Select<M, L>) -> Result<Option<Entity<M, L>>> {
        let mut found = self.all(query).await?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            several => Err(Error::new(
                ErrorKind::MultipleRows,
                format!(
                    "the query found {several} rows of `{}` where at most one was expected; use `first` with an \
                     order to take one of them",
                    M::def().name
                ),
            )),
        }
    }

    /// The first entity of a query, or none.
    ///
    /// # Errors
    /// Those of [`all`](Self::all).
    pub async fn first<M: Model, L>(&mut self, query: Select<M, L>) -> Result<Option<Entity<M, L>>> {
        let limit = query.spec.limit.map_or(1, |limit| limit.min(1));
        Ok(self.all(query.limit(limit)).await?.into_iter().next())
    }

    /// The entity with a primary key, or none. What the session already holds costs no statement.
    ///
    /// # Errors
    /// `InvalidValue`: the key is out of its type's range; and those of [`all`](Self::all).
    pub async fn get<M: Model>(&mut self, key: impl IntoKey<M::Key>) -> Result<Option<Entity<M>>> {
        let def = M::def();
        let key = key.into_key().map_err(|error| {
            Error::new(ErrorKind::InvalidValue, format!("the key of `{}`: {error}", def.name)).with_source(error)
        })?;
        self.autoflush().await?;
        let values = key.values();
        let arena = self.store.arena_of(erased::<M>());
        if let Some(node) = self.store.find(arena, &values) {
            let place = Place { arena, node, answer: None };
            return Ok(Some(Entity::new(Arc::clone(self.store.region()), place)));
        }
        let equals = |(column, value): (&usize, Value)| {
            let name = def.columns[*column].name;
            let column = Expr::Column { source: Source::Table(def.table), name };
            Expr::Binary(Box::new(column), BinaryOp::Eq, Box::new(Expr::Bind(value.into())))
        };
        let filter = Expr::And(def.key.iter().zip(values).map(equals).collect());
        let mut query = crate::query::select::<M>();
        query.spec.filter = Some(filter);
        let answer = self.select(query.spec).await?;
        Ok(entities::<M, M::Bare>(&answer).pop().map(|entity| entity.erase()))
    }

    /// How many entities a query has, counted by the database.
    ///
    /// # Errors
    /// Those of [`all`](Self::all).
    pub async fn count<M: Model, L>(&mut self, query: Select<M, L>) -> Result<u64> {
        self.autoflush().await?;
        self.connect().await?;
        let statement = count_statement(self.database.dialect(), query.spec);
        let mut count = None;
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            count = cells.cell(0).ok().map(|cell| cell.to_value());
            Ok(())
        };
        let Some(lease) = &mut self.lease else { return Ok(0) };
        let done = lease.fetch(&self.database.monitor, &statement, &mut sink).await;
        self.note(done)?;
        match count {
            Some(Value::Int(count)) => Ok(u64::try_from(count).unwrap_or_default()),
            _ => Err(Error::new(ErrorKind::Database, "count(*) gave no number")),
        }
    }

    /// Loads a relationship of one object, and gives what the object holds from then on. What it already holds, and a
    /// to-one whose target the session holds, cost no statement.
    ///
    /// A loop of these is how N+1 happens; [`load_all`](Self::load_all) is one statement for all objects. A
    /// relationship declared `lazy = "raise"` does not compile here.
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session; and those of [`all`](Self::all).
    pub fn load<'s, M: Model, L, R: LazyLoad<Parent = M>>(
        &'s mut self,
        entity: &Entity<M, L>,
        relation: R,
    ) -> Loading<'s, R> {
        let _ = relation;
        let (region, place) = (entity.region().bare(), Place { answer: None, ..entity.place() });
        Loading { session: self, region, place, relation: PhantomData }
    }

    /// Loads a relationship of many objects at once, and gives them back with it proven.
    ///
    /// # Errors
    /// `InvalidState`: an object belongs to another session; and those of [`all`](Self::all).
    pub async fn load_all<M, L, O>(
        &mut self,
        entities: Vec<Entity<M, L>>,
        load: O,
    ) -> Result<Vec<Entity<M, O::Marked>>>
    where
        M: Model,
        O: LoadOption<L>,
    {
        for entity in &entities {
            self.check_mine(entity)?;
        }
        self.autoflush().await?;
        let objects = entities.iter().map(|entity| (Arc::clone(entity.region()), entity.place())).collect();
        let (region, places) = self.late(objects, load.into_spec()).await?;
        Ok(places.into_iter().map(|place| Entity::new(Arc::clone(&region), place)).collect())
    }

    async fn select(&mut self, spec: SelectSpec) -> Result<Arc<Region>> {
        self.autoflush().await?;
        self.connect().await?;
        let populate_existing = spec.populate_existing;
        let answer = self.loader(populate_existing)?.select(spec).await;
        self.note(answer)
    }

    async fn late(
        &mut self,
        objects: Vec<(Arc<Region>, Place)>,
        load: LoadSpec,
    ) -> Result<(Arc<Region>, Vec<Place>)> {
        self.connect().await?;
        let loaded = self.loader(false)?.load(LateLoad { objects }, load).await;
        self.note(loaded)
    }

    async fn load_one<R: Relation>(
        &mut self,
        region: Arc<Region>,
        place: Place,
    ) -> Result<R::Output<<R::Target as Model>::Bare>> {
        if !Arc::ptr_eq(&region, self.store.region()) {
            return Err(another_session());
        }
        self.autoflush().await?;
        if !self.holds(place, R::INDEX) {
            self.late(vec![(region, place)], LoadSpec::new(R::def(), Strategy::Selectin)).await?;
        }
        let slots = self.store.arena(place.arena).slots(R::INDEX);
        let (slot, target) = slots.map_or((Slot::Unloaded, None), |slots| (slots.get(place.node), slots.target()));
        Ok(R::output(Held::slot(Arc::clone(self.store.region()), target.unwrap_or_default(), slot)))
    }

    fn holds(&self, place: Place, relation: usize) -> bool {
        self.store.arena(place.arena).slots(relation).is_some_and(|slots| slots.is_loaded(place.node))
    }

    pub(super) fn check_mine<M: Model, L>(&self, entity: &Entity<M, L>) -> Result<()> {
        match Arc::ptr_eq(&entity.region().bare(), self.store.region()) {
            true => Ok(()),
            false => Err(another_session()),
        }
    }
}

/// One relationship of one object, to be loaded when it is awaited: what [`Session::load`] gives.
///
/// A type of its own, and not the future of an `async fn`: the bound that refuses `lazy = "raise"` would be part of that
/// future, and one mistake would be three errors.
#[derive(Debug)]
#[must_use = "nothing is loaded until it is awaited"]
pub struct Loading<'s, R> {
    session: &'s mut Session,
    region: Arc<Region>,
    place: Place,
    relation: PhantomData<fn() -> R>,
}

impl<'s, R: Relation> IntoFuture for Loading<'s, R> {
    type Output = Result<R::Output<<R::Target as Model>::Bare>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.session.load_one::<R>(self.region, self.place))
    }
}

/// The entities of an answer's first level.
fn entities<M: Model, L>(answer: &Arc<Region>) -> Vec<Entity<M, L>> {
    let Some(level) = answer.level(0) else { return Vec::new() };
    let entity = |(position, node): (u32, &u32)| {
        let place = Place { arena: level.arena, node: *node, answer: Some((0, position)) };
        Entity::new(Arc::clone(answer), place)
    };
    (0u32..).zip(level.nodes.iter()).map(entity).collect()
}
