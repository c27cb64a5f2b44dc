//! Ends links between objects.

use super::links::LinkTarget;
use super::refusal::check_written;
use super::unit_of_work::{KeyFrom, LinkRow, Ref, UnitOfWork, cell_id};
use super::unsaved_links::{is_shown, shows};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ObjectId, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// Links between objects end.
impl UnitOfWork {
    /// Ends a link: the key becomes NULL, the link row goes, or the child does where it is nothing without its parent.
    pub(crate) fn disconnect(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: LinkTarget,
    ) -> Result<()> {
        check_written(relation)?;
        self.check_target(store, &target)?;
        let target = self.resolve(store, target)?;
        self.disconnect_from(store, relation, parent, target)
    }

    /// The same with the other end resolved.
    pub(super) fn disconnect_from(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Ref,
    ) -> Result<()> {
        self.check_member(store, relation, parent, &target)?;
        self.disconnect_member(store, relation, parent, target)
    }

    /// The same for a target that is a member.
    pub(super) fn disconnect_member(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Ref,
    ) -> Result<()> {
        self.key_link_ends(store, relation, parent, &target);
        match relation.kind {
            RelationKind::ManyToMany => self.unlink(store, relation, parent, &target),
            RelationKind::ManyToOne { .. } => self.clear_key(store, relation, parent)?,
            RelationKind::OneToMany | RelationKind::OneToOne => match &target {
                Ref::Pending(cell) if target.node().is_none() => {
                    return self.orphan_pending(store, relation, cell);
                }
                _ => {
                    let Some(child) = target.node() else { return Ok(()) };
                    self.orphan(store, relation, child)?;
                }
            },
        }
        let Some(target) = target.node() else { return Ok(()) };
        self.let_go(store, parent, relation, target);
        self.release_parent(store, relation, parent, target);
        Ok(())
    }

    /// Only a member can leave, as far as the session can tell without asking.
    pub(super) fn check_member(
        &self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: &Ref,
    ) -> Result<()> {
        let by_key = matches!(relation.kind, RelationKind::OneToMany | RelationKind::OneToOne);
        let member = match (target, target.node()) {
            (_, Some(child)) if by_key => self.is_led_here(store, relation, parent, child),
            (Ref::Pending(cell), None) if by_key => {
                let (here, remote) = (relation.local_columns(), relation.remote_columns());
                let own = store.values(parent, here);
                // An object of the same row that was expunged since is also the parent.
                let is_parent = |from: ObjectId, columns: &[usize]| {
                    from.arena == parent.arena && store.values(from, columns) == own
                };
                let comes = |key: &KeyFrom| {
                    key.columns == remote
                        && key.from.node().is_some_and(|from| is_parent(from, key.from_columns))
                };
                self.pending.get(cell_id(cell)).is_some_and(|entry| entry.beside.keys.iter().any(comes))
            }
            (_, Some(child)) if relation.kind == RelationKind::ManyToMany => {
                shows(store, relation, parent, child).unwrap_or(true)
            }
            _ => true,
        };
        match member {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::InvalidState,
                format!("the `{}` is not in this `{}`", relation.target().name, relation.path()),
            )),
        }
    }

    /// Ends a to-one, whichever side the key is on.
    pub(crate) fn end_to_one(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        of: ObjectId,
    ) -> Result<()> {
        check_written(relation)?;
        if matches!(relation.kind, RelationKind::ManyToOne { .. }) {
            return self.clear_key(store, relation, of);
        }
        if !relation.may_lose_child() {
            return Err(orphan_needs_a_rule(relation));
        }
        self.displace(store, relation, of, None)?;
        let target = store.target_arena(relation);
        self.set_slot(store, of, relation, Some(target), Slot::Absent);
        Ok(())
    }

    fn unlink(&mut self, store: &mut Store, relation: &'static RelationDef, parent: ObjectId, target: &Ref) {
        relation.through.iter().for_each(|through| self.rows_written(store, through.table()));
        let seen = target.node().is_some_and(|target| is_shown(store, relation, parent, target));
        let parent = Ref::Node(parent);
        let waited = self.links.remove(relation, &parent, target);
        // One that may have existed before it was made has to be deleted.
        let is_new = waited.as_ref().is_some_and(|row| row.seen);
        if let Ref::Pending(cell) = target
            && let Some(entry) = self.pending.get_mut(cell_id(cell))
        {
            entry.beside.held_by.retain(|(held, node)| !held.is(relation) || !parent.is(&Ref::Node(*node)));
            if let Some(inverse) = relation.inverse() {
                for (_, targets) in entry.beside.holds.iter_mut().filter(|(held, _)| held.is(inverse)) {
                    targets.retain(|target| !target.is(&parent));
                }
            }
        } else if !is_new {
            let seen = seen && waited.is_none();
            self.unlinks.insert(LinkRow { relation, parent, target: target.clone(), seen });
        }
    }

    /// Ends a to-one whose foreign key is in this object.
    pub(crate) fn clear_key(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        of: ObjectId,
    ) -> Result<()> {
        let old = self.parent_of(store, relation, of);
        let local = relation.local_columns();
        let def = store.def(of.arena);
        let nullable: Vec<usize> =
            local.iter().copied().filter(|column| def.columns[*column].nullable).collect();
        if nullable.is_empty() {
            return Err(required(relation));
        }
        self.cancel_waiting(store, of, |column| nullable.contains(&column));
        self.change(store, of, nullable.into_iter().map(|column| (column, Value::Null)).collect())?;
        let target = store.target_arena(relation);
        self.set_slot(store, of, relation, Some(target), Slot::Absent);
        if let (Some(old), Some(inverse)) = (old, relation.inverse()) {
            self.let_go(store, old, inverse, of);
        }
        Ok(())
    }

    /// A child loses its parent: deleted under delete-orphan, otherwise its key becomes NULL.
    pub(super) fn orphan(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        child: ObjectId,
    ) -> Result<()> {
        if relation.cascade.delete_orphan {
            self.delete_orphan(child);
            return Ok(());
        }
        let def = store.def(child.arena);
        let remote = relation.remote_columns();
        let nullable: Vec<usize> =
            remote.iter().copied().filter(|column| def.columns[*column].nullable).collect();
        if nullable.is_empty() {
            return Err(orphan_needs_a_rule(relation));
        }
        self.cancel_waiting(store, child, |column| nullable.contains(&column));
        self.change(store, child, nullable.into_iter().map(|column| (column, Value::Null)).collect())
    }
}

fn required(relation: &RelationDef) -> Error {
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "`{}` is required, so it cannot be unassigned; assign another `{}`, or delete the object",
            relation.path(),
            relation.target().name
        ),
    )
}

pub(super) fn orphan_needs_a_rule(relation: &RelationDef) -> Error {
    let target = relation.target().name;
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "a `{target}` cannot leave `{}`: its key cannot be NULL; declare `cascade = \"delete-orphan\"`, delete it, \
             or give it another parent",
            relation.path()
        ),
    )
}
