use std::fmt;
use std::marker::PhantomData;

use super::list::EntityItem;
use super::{LoadOption, LoadSpec};
use crate::model::{Column, Model, erased};
use crate::sql::Source;

/// An entity among what a query selects: `User::entity()`.
///
/// Each row gives a handle to the row's object, which is in the session's identity map as any other.
#[must_use = "it does nothing until it is given to `select_columns`"]
pub struct EntityColumns<M: Model, L = <M as Model>::Bare> {
    pub(super) item: EntityItem,
    of: PhantomData<fn() -> (M, L)>,
}

/// An entity that an outer join may not find: `Order::entity().optional()`.
#[must_use = "it does nothing until it is given to `select_columns`"]
pub struct OptionalEntity<M: Model, L = <M as Model>::Bare> {
    pub(super) item: EntityItem,
    of: PhantomData<fn() -> (M, L)>,
}

/// Models as parts of a query's result.
pub trait ModelExt: Model {
    /// The entity itself, to be selected beside columns.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, department_id: i64 }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let by_id = window().partition_by(User::DEPARTMENT_ID).order_by(User::ID);
    /// let ranked: Vec<(Entity<User>, i64)> =
    ///     session.rows(select_columns((User::entity(), func::row_number().over(by_id)))).await?;
    /// # let _ = ranked; Ok(()) }
    /// # fn main() {}
    /// ```
    fn entity() -> EntityColumns<Self> {
        EntityColumns::new(Source::Table(Self::def().table))
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
    /// Loads a relationship with the entity; what it gives is part of the entity's type.
    pub fn with<O: LoadOption<L>>(self, load: O) -> EntityColumns<M, O::Marked> {
        let mut item = self.item;
        item.loads.push(load.into_spec());
        EntityColumns { item, of: PhantomData }
    }

    /// Reads a deferred column with the entity; see [`Deferred`](crate::Deferred).
    pub fn undefer<T>(mut self, column: Column<M, T>) -> EntityColumns<M, L> {
        self.item.undeferred.push(column.index());
        self
    }

    pub(super) fn loading(loads: Vec<LoadSpec>, undeferred: Vec<usize>) -> EntityColumns<M, L> {
        let source = Source::Table(M::def().table);
        let item = EntityItem { model: erased::<M>(), source, nullable: false, undeferred, loads };
        EntityColumns { item, of: PhantomData }
    }

    /// An `Option` of the entity: an outer join may find none.
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
