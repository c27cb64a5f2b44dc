use super::moves::holders;
use super::order::InsertQueue;
use super::switch::Switched;
use super::unit_of_work::{Node, PendingEntry, Ref, UnitOfWork};
use crate::driver::{Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Slice, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind, inverse_of};
use crate::sql::Dialect;

/// Writes a unit of work: inserts in dependency order, then updates, link rows, and deletions children first.
pub(crate) struct Flush<'s> {
    pub(super) store: &'s mut Store,
    pub(super) unit: &'s mut UnitOfWork,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// Objects whose rows the database deletes with those of their parents.
    pub(super) passively_deleted: Vec<Node>,
    /// Objects whose rows become those of drafts with their keys.
    pub(super) switched: Switched,
}

impl<'s> Flush<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        unit: &'s mut UnitOfWork,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
    ) -> Flush<'s> {
        Flush {
            store,
            unit,
            lease,
            monitor,
            dialect,
            passively_deleted: Vec::new(),
            switched: Switched::default(),
        }
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
        self.find_switched();
        self.follow_deletes().await?;
        self.switch_rows();
        let mut made = self.inserts().await?;
        made.extend(self.fill_switched()?);
        self.links_of_switched().await?;
        self.keys_that_waited()?;
        for (entry, node) in made {
            self.hold(entry, node);
        }
        self.updates().await?;
        self.defaults_of_switched().await?;
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
                keys.into_iter().for_each(|key| self.unit.waiting_keys.set(node, key));
            }
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
        let Some(inverse) = inverse_of(relation) else { return };
        for target in targets {
            match inverse.is_collection() {
                true => self.unit.hold(self.store, *target, inverse, node),
                false => {
                    self.unit.set_slot(self.store, *target, inverse, Some(node.arena), Slot::One(node.node));
                }
            }
        }
    }

    /// The relationship that gives an object a key in these columns, from whichever side it is declared on.
    fn relation_by(&self, child: Node, columns: &[usize]) -> Option<&'static RelationDef> {
        let own = |relation: &&RelationDef| {
            matches!(relation.kind, RelationKind::BelongsTo { .. })
                && relation.local_columns().is_ok_and(|local| local == columns)
        };
        let own = self.store.def(child.arena).relations.iter().find(own);
        own.or_else(|| {
            let holders = holders(self.store, child.arena).into_iter().map(|holder| holder.1);
            holders
                .into_iter()
                .find(|relation| relation.remote_columns().is_ok_and(|remote| remote == columns))
        })
    }

    /// Keys of existing objects to new ones are known now.
    fn keys_that_waited(&mut self) -> Result<()> {
        for (node, key) in self.unit.waiting_keys.take() {
            if let Some(from) = key.from.node() {
                let values = self.store.values(from.arena, from.node, &key.from_columns);
                if let Some(relation) = self.relation_by(node, &key.columns) {
                    self.unit.check_key(self.store, relation, node, &key.columns, values.clone())?;
                }
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
