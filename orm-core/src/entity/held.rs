//! What a relationship holds, before it has its type.

use std::marker::PhantomData;
use std::sync::Arc;

use super::entity::Place;
use super::many::Items;
use super::{Entity, Many};
use crate::graph::{ArenaId, Region, Slot};
use crate::model::Model;

/// What a relationship holds, before it is given its shape by [`Relation::output`](super::Relation).
#[derive(Debug)]
pub struct Held<T, N> {
    region: Arc<Region>,
    items: Items,
    of: PhantomData<fn() -> (T, N)>,
}

impl<T: Model, N> Held<T, N> {
    /// What the query that `place` belongs to found; nothing where it did not load the relationship.
    pub(crate) fn answer(region: &Arc<Region>, place: Place, relation: usize) -> Held<T, N> {
        let nothing = || Held { region: Arc::clone(region), items: Items::Empty, of: PhantomData };
        Held::find(region, place, relation).unwrap_or_else(nothing)
    }

    /// What the query that `place` belongs to found, if it loaded the relationship.
    pub(crate) fn find(region: &Arc<Region>, place: Place, relation: usize) -> Option<Held<T, N>> {
        let items = Items::of_answer(region, place, relation)?;
        Some(Held { region: Arc::clone(region), items, of: PhantomData })
    }

    /// What an object's slot holds.
    pub(crate) fn slot(region: Arc<Region>, arena: ArenaId, slot: Slot) -> Held<T, N> {
        let items = match slot {
            Slot::Unloaded | Slot::Absent => Items::Empty,
            Slot::One(node) => Items::Node { arena, node },
            Slot::Many(slice) => Items::Slice { arena, slice },
        };
        Held { region, items, of: PhantomData }
    }

    /// A collection.
    pub fn many(self) -> Many<T, N> {
        Many::new(self.region, self.items)
    }

    /// At most one.
    pub fn optional(self) -> Option<Entity<T, N>> {
        let place = self.items.get(&self.region, 0)?;
        Some(Entity::new(self.region, place))
    }

    /// Exactly one. Loading makes sure of it: a required relationship without a row is an error there.
    pub fn one(self) -> Entity<T, N> {
        match self.optional() {
            Some(entity) => entity,
            None => unreachable!("a required relationship was loaded without a row"),
        }
    }
}
