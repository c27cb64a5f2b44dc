use super::order::InsertQueue;
use super::pending::PendingState;
use super::unit_of_work::{Node, PendingEntry, Ref, UnitOfWork};
use crate::driver::{Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Slice, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::sql::Dialect;
use crate::value::Value;

/// Writes a unit of work: inserts in dependency order, then updates, link rows, and deletions children first.
pub(crate) struct Flush<'s> {
    pub(super) store: &'s mut Store,
    pub(super) unit: &'s mut UnitOfWork,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// Objects whose rows the database deletes with those of their parents.
    pub(super) passively_deleted: Vec<Node>,
}

impl<'s> Flush<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        unit: &'s mut UnitOfWork,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
    ) -> Flush<'s> {
        Flush { store, unit, lease, monitor, dialect, passively_deleted: Vec::new() }
    }
}

impl Flush<'_> {
    /// Writes everything.
    ///
    /// # Errors
    /// A required column has no value, or the database refuses a row; the transaction must be rolled back then.
    pub(crate) async fn run(&mut self) -> Result<()> {
        self.confirm().await?;
        self.displace().await?;
        self.follow_deletes().await?;
        let mut made = self.switch_rows()?;
        made.extend(self.inserts().await?);
        self.keys_that_waited()?;
        for (entry, node) in made {
            self.hold(entry, node);
        }
        self.updates().await?;
        self.unlinked_rows().await?;
        self.link_rows().await?;
        self.deletes().await
    }

    async fn inserts(&mut self) -> Result<Vec<(PendingEntry, Node)>> {
        let pending = std::mem::take(&mut self.unit.pending);
        let mut made = Vec::with_capacity(pending.len());
        let mut queue = InsertQueue::new(pending);
        let mut late = Vec::new();
        loop {
            while let Some(batch) = queue.next_batch() {
                let inserted = self.insert(batch).await?;
                queue.inserted(inserted.iter().map(|(entry, _)| entry));
                made.extend(inserted);
            }
            match queue.cut() {
                Some(cut) => late.push(cut),
                None => break,
            }
        }
        if let Some(waiting) = queue.stuck() {
            return Err(cycle(waiting));
        }
        for (of, keys) in late {
            if let Some(node) = of.node() {
                self.unit.waiting_keys.extend(keys.into_iter().map(|key| (node, key)));
            }
        }
        Ok(made)
    }

    /// A draft with the key of an object that is to be deleted is that object's new state: an UPDATE, not a DELETE and
    /// an INSERT that would meet the old row.
    fn switch_rows(&mut self) -> Result<Vec<(PendingEntry, Node)>> {
        let mut made = Vec::new();
        if self.unit.deleted.is_empty() {
            return Ok(made);
        }
        let mut switched = Vec::new();
        for (id, entry) in &self.unit.pending {
            let def = entry.model.def();
            let key: Option<Vec<Value>> =
                def.key.iter().map(|column| entry.values[*column].clone()).collect();
            let Some(key) = key else { continue };
            let arena = self.store.arena_of(entry.model);
            let old = self.store.find(arena, &key).map(|node| Node { arena, node });
            switched.extend(old.filter(|old| self.unit.deleted.contains(old)).map(|old| (*id, old)));
        }
        for (id, node) in switched {
            let Some(entry) = self.unit.pending.shift_remove(&id) else { continue };
            self.unit.deleted.shift_remove(&node);
            let values = entry.values.iter().enumerate();
            let changes = values.filter_map(|(column, value)| Some((column, value.clone()?))).collect();
            self.unit.change(self.store, node, changes)?;
            let region = std::sync::Arc::downgrade(self.store.region());
            entry.cell.set(PendingState::Flushed { region, arena: node.arena, node: node.node });
            self.unit.waiting_keys.extend(entry.keys.iter().map(|key| (node, key.clone())));
            made.push((entry, node));
        }
        Ok(made)
    }

    /// Gives a new object what its draft was given, and the objects it was appended to the new one; what was linked
    /// elsewhere in the meantime is left where it is.
    fn hold(&mut self, entry: PendingEntry, node: Node) {
        for (relation, targets) in entry.holds {
            let nodes: Vec<Node> = targets
                .iter()
                .filter_map(Ref::node)
                .filter(|target| self.keys_agree(relation, node, *target))
                .collect();
            if nodes.is_empty() && !targets.is_empty() && !relation.is_collection() {
                continue;
            }
            let Some(first) = nodes.first() else {
                let arena = self.store.arena_of((relation.target)());
                let empty =
                    if relation.is_collection() { Slot::Many(Slice::of(Vec::new())) } else { Slot::Nobody };
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
            if self.keys_agree(relation, parent, node) {
                self.unit.hold_both(self.store, relation, parent, node);
            }
        }
    }

    /// Whether the keys of two objects say that they are linked; link rows have no key in the objects.
    fn keys_agree(&self, relation: &RelationDef, parent: Node, target: Node) -> bool {
        if relation.kind == RelationKind::ManyToMany {
            return true;
        }
        match (relation.local_columns(), relation.remote_columns()) {
            (Ok(local), Ok(remote)) => {
                self.store.values(parent.arena, parent.node, &local)
                    == self.store.values(target.arena, target.node, &remote)
            }
            _ => false,
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
