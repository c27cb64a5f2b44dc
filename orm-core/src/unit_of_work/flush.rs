use super::order::InsertQueue;
use super::unit_of_work::{Node, PendingEntry, Ref, UnitOfWork};
use crate::driver::{Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Slice, Slot};
use crate::identity::Store;
use crate::model::RelationDef;
use crate::sql::Dialect;

/// Writes a unit of work: inserts in dependency order, then updates, then link rows.
pub(crate) struct Flush<'s> {
    pub(crate) store: &'s mut Store,
    pub(crate) unit: &'s mut UnitOfWork,
    pub(crate) lease: &'s mut Lease,
    pub(crate) monitor: &'s Monitor,
    pub(crate) dialect: Dialect,
}

impl Flush<'_> {
    /// Writes everything.
    ///
    /// # Errors
    /// A required column has no value, or the database refuses a row; the transaction must be rolled back then.
    pub(crate) async fn run(&mut self) -> Result<()> {
        self.inserts().await?;
        self.keys_that_waited()?;
        self.updates().await?;
        self.link_rows().await
    }

    async fn inserts(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.unit.pending);
        let mut made = Vec::with_capacity(pending.len());
        let mut queue = InsertQueue::new(pending);
        while let Some(batch) = queue.next_batch() {
            let inserted = self.insert(batch).await?;
            queue.inserted(inserted.iter().map(|(entry, _)| entry));
            made.extend(inserted);
        }
        if let Some(waiting) = queue.stuck() {
            return Err(cycle(waiting));
        }
        for (entry, node) in made {
            self.hold(entry, node);
        }
        Ok(())
    }

    /// Gives a new object what its draft was given, and the objects it was appended to the new one.
    fn hold(&mut self, entry: PendingEntry, node: Node) {
        for (relation, targets) in entry.holds {
            let nodes: Vec<Node> = targets.iter().filter_map(Ref::node).collect();
            let Some(first) = nodes.first() else {
                let arena = self.store.arena_of((relation.target)());
                let empty = if relation.is_collection() { Slot::Many(Slice::of(Vec::new())) } else { Slot::Nobody };
                self.unit.set_slot(self.store, node, relation, Some(arena), empty);
                continue;
            };
            let slot = match relation.is_collection() {
                true => Slot::Many(Slice::of(nodes.iter().map(|target| target.node).collect())),
                false => Slot::One(first.node),
            };
            self.unit.set_slot(self.store, node, relation, Some(first.arena), slot);
            self.hold_inverse(relation, node, &nodes);
        }
        for (relation, parent) in entry.held_by {
            self.unit.hold_both(self.store, relation, parent, node);
        }
    }

    fn hold_inverse(&mut self, relation: &'static RelationDef, node: Node, targets: &[Node]) {
        let Some(inverse) = super::inverse::inverse_of(relation) else { return };
        for target in targets {
            match inverse.is_collection() {
                true => self.unit.hold(self.store, *target, inverse, node),
                false => {
                    self.unit.set_slot(self.store, *target, inverse, Some(node.arena), Slot::One(node.node));
                }
            }
        }
    }

    /// Keys of existing objects to new ones are known now.
    fn keys_that_waited(&mut self) -> Result<()> {
        for (node, key) in std::mem::take(&mut self.unit.waiting_keys) {
            if let Some(from) = key.from.node() {
                let values = self.store.values(from.arena, from.node, &key.from_columns);
                self.unit.change(self.store, node, key.columns.into_iter().zip(values).collect())?;
            }
        }
        Ok(())
    }
}

fn cycle(mut names: Vec<&'static str>) -> Error {
    names.sort_unstable();
    names.dedup();
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "new objects of {} refer to each other in a circle, so none can be inserted first; add one of them \
             without its link, flush, and link it then",
            names.join(", ")
        ),
    )
}
