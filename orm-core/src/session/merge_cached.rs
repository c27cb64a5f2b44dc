//! Merges objects without querying.

use std::sync::Arc;

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ObjectId, Region, Slice, Slot};
use crate::model::{Hydrate, Model, erased};
use crate::unit_of_work::{EntityState, MergeGraph, Ref};
use crate::value::Value;

impl Session {
    /// Trusts the given object, for example one from a cache, and takes its state into this session without querying
    /// the database. Its columns are taken to be those of the row, and its loaded relationships to be complete.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let cached = engine.session().one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// let book = session.merge_without_loading(&cached)?;
    /// assert!(!session.is_modified(&book));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: this session deleted one of the objects, or holds unsaved changes of it. Nothing is changed
    /// then.
    pub fn merge_without_loading<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<Entity<M>> {
        self.check_usable()?;
        self.check_keeps_objects()?;
        let place = entity.place();
        let at = (entity.region().bare(), place.arena, place.node);
        let mut graph = MergeGraph::of_object(&self.unit, &self.store, erased::<M>(), at)?;
        for source in &graph.sources {
            let arena = self.store.arena_of(source.model)?;
            let held = source.key().and_then(|key| self.store.find(arena, &key));
            if let Some(what) = held.and_then(|id| self.in_the_way(id)) {
                let name = source.model.def().name;
                return Err(Error::new(
                    ErrorKind::InvalidState,
                    format!("this session's `{name}` {what}; merging without loading would lose that"),
                ));
            }
        }
        for source in &mut graph.sources {
            let arena = self.store.arena_of(source.model)?;
            let cells: Vec<Value> =
                source.values.iter().map(|value| value.clone().unwrap_or(Value::NotLoaded)).collect();
            let found = self.store.hydrate(arena, &cells.as_slice(), Hydrate::Follow)?;
            source.own = found.map(|found| Ref::Node(ObjectId { arena, node: found.node }));
        }
        for source in &graph.sources {
            let Some(own) = source.own.as_ref().and_then(Ref::node) else { continue };
            for links in &source.links {
                let target = self.store.target_arena(links.relation);
                let nodes: Vec<u32> =
                    links.targets.iter().filter_map(|target| Some(graph.own(target)?.node()?.node)).collect();
                let slot = match (links.relation.is_collection(), nodes.first()) {
                    (true, _) => Slot::Many(Slice::of(nodes)),
                    (false, Some(node)) => Slot::One(*node),
                    (false, None) => Slot::Absent,
                };
                self.store.fill_slot(own, links.relation.index, target, slot);
            }
        }
        match graph.sources.first().and_then(|source| source.own.as_ref()?.node()) {
            Some(node) => Ok(self.entity_at(node, None)),
            None => {
                let text = format!("the `{}` to merge has no key", M::def().name);
                Err(Error::new(ErrorKind::InvalidValue, text))
            }
        }
    }

    /// What keeps an object from being overwritten.
    fn in_the_way(&self, node: ObjectId) -> Option<&'static str> {
        match self.unit.state(node) {
            EntityState::Deleted => Some("is deleted"),
            _ if !self.unit.changed_columns(&self.store, node).is_empty() => Some("has unsaved changes"),
            _ if self.unit.has_unsaved_links(node) => Some("has unsaved links"),
            _ => None,
        }
    }

    /// A handle to an object of the session.
    pub(super) fn entity_at<M: Model, L>(
        &self,
        node: ObjectId,
        at: Option<(Arc<Region>, Place)>,
    ) -> Entity<M, L> {
        let bare = || {
            let place = Place { arena: node.arena, node: node.node, answer: None };
            (Arc::clone(self.store.region()), place)
        };
        let (region, place) = at.unwrap_or_else(bare);
        Entity::new(region, place)
    }
}
