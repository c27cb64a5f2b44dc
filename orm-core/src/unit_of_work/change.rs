use hashbrown::HashSet;

use super::links::LinkTarget;
use super::state::EntityState;
use super::unit_of_work::{KeyFrom, LinkRow, Node, Ref, UnitOfWork, cell_id};
use super::unsaved_links::is_shown;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Slot;
use crate::identity::{Store, cell_error};
use crate::model::{RelationDef, RelationKind, inverse_of};
use crate::value::Value;

impl UnitOfWork {
    /// Changes columns of an object, so that the next flush writes them; values equal to the row's are no change.
    pub(crate) fn change(
        &mut self,
        store: &mut Store,
        node: Node,
        changes: Vec<(usize, Value)>,
    ) -> Result<()> {
        let arena = store.arena(node.arena);
        if store.is_expired(node.arena, node.node) {
            // What the row has is not known, so equal to what it had is no reason not to write it.
            self.assign(store, node, changes.iter().map(|(column, _)| *column));
        }
        let differs = |(column, value): &(usize, Value)| arena.view(node.node, *column) != value.as_ref();
        let changes: Vec<_> = changes.into_iter().filter(differs).collect();
        if changes.is_empty() {
            return Ok(());
        }
        // Of a link to a pending object and a value, the later one counts.
        self.waiting_keys.cancel(node, |column| changes.iter().any(|(changed, _)| *changed == column));
        self.touch(store, node);
        let before = arena.version(node.node);
        let done = arena.change(node.node, &changes);
        done.map_err(|error| cell_error(store.def(node.arena), &error))?;
        let columns: Vec<usize> = changes.iter().map(|(column, _)| *column).collect();
        self.keys_changed(store, node, &columns, before);
        Ok(())
    }

    /// What an object holds for a relationship from now on, until a rollback.
    pub(super) fn set_slot(
        &mut self,
        store: &Store,
        node: Node,
        relation: &RelationDef,
        target: Option<u32>,
        slot: Slot,
    ) {
        let Some(mut slots) = store.arena(node.arena).slots_mut(relation.index) else { return };
        let Some(target) = target.or(slots.target()) else { return };
        self.journal.slot_changed(node, relation.index, target, || slots.get(node.node));
        *slots.slot_mut(node.node, target) = slot;
    }

    /// Adds a member to a collection that an object holds; one that is not loaded stays so.
    pub(super) fn hold(&mut self, store: &Store, parent: Node, relation: &RelationDef, target: Node) {
        self.edit_slot(store, parent, relation, target, |slot| match slot {
            Slot::Many(members) if members.contains(target.node) => None,
            Slot::Many(_) => Some(|slot, node| {
                if let Slot::Many(members) = slot {
                    members.edit(|nodes| nodes.push(node));
                }
            }),
            Slot::One(_) | Slot::Nobody => Some(|slot, node| *slot = Slot::One(node)),
            Slot::Unloaded => None,
        });
    }

    /// Takes a member out of a collection that an object holds.
    pub(super) fn let_go(&mut self, store: &Store, parent: Node, relation: &RelationDef, target: Node) {
        self.edit_slot(store, parent, relation, target, |slot| match slot {
            Slot::Many(members) if members.contains(target.node) => Some(|slot, node| {
                if let Slot::Many(members) = slot {
                    members.edit(|nodes| {
                        if let Some(at) = nodes.iter().position(|other| *other == node) {
                            nodes.remove(at);
                        }
                    });
                }
            }),
            Slot::One(held) if *held == target.node => Some(|slot, _| *slot = Slot::Nobody),
            _ => None,
        });
    }

    /// Changes what an object holds where it is, after a note of what it was: `how` looks at it first.
    fn edit_slot(
        &mut self,
        store: &Store,
        of: Node,
        relation: &RelationDef,
        target: Node,
        how: impl FnOnce(&Slot) -> Option<fn(&mut Slot, u32)>,
    ) {
        let Some(mut slots) = store.arena(of.arena).slots_mut(relation.index) else { return };
        let Some(slot) = slots.loaded_mut(of.node) else { return };
        if let Some(edit) = how(slot) {
            self.journal.slot_changed(of, relation.index, target.arena, || slot.clone());
            edit(slot, target.node);
        }
    }

    /// The object that a key refers to, if the session holds it.
    pub(super) fn parent_of(&self, store: &mut Store, relation: &RelationDef, child: Node) -> Option<Node> {
        let places = relation.primary_key_places()?;
        let key = store.values(child.arena, child.node, &relation.local_columns().ok()?);
        let arena = store.arena_of((relation.target)());
        store.find_target(arena, &key, &places).map(|node| Node { arena, node })
    }

    /// Links two objects from a session's `append` or `assign`: keys, and what the objects hold. What is refused changes
    /// nothing.
    pub(crate) fn connect(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: LinkTarget,
    ) -> Result<()> {
        self.check_connect(store, relation, parent, &target)?;
        let target = self.resolve(store, target)?;
        self.connect_to(store, relation, parent, target)
    }

    /// The same with the other end resolved, and the link checked.
    pub(super) fn connect_to(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: Ref,
    ) -> Result<()> {
        match relation.kind {
            RelationKind::ManyToMany => {}
            RelationKind::BelongsTo { .. } => self.adopt(parent),
            RelationKind::HasMany | RelationKind::HasOne => {
                target.node().into_iter().for_each(|child| self.adopt(child))
            }
        }
        let there = self.is_linked(store, relation, parent, &target)?;
        if !there {
            self.leave_old(store, relation, parent, &target)?;
            self.link(store, relation, &Ref::Node(parent), &target)?;
        }
        match (&target, target.node()) {
            (_, Some(target)) => self.hold_both(store, relation, parent, target),
            (Ref::Pending(cell), None) => {
                // The new object is held as soon as a flush made it, and the old one no more.
                if let Some(entry) = self.pending.get_mut(&cell_id(cell)) {
                    entry.held_by.push((relation, parent));
                }
                if !relation.is_collection() {
                    self.set_slot(store, parent, relation, None, Slot::Unloaded);
                }
            }
            (Ref::Node(_), None) => {}
        }
        Ok(())
    }

    /// Whether a link is there already: a key says so, or a link row. One that was to be deleted stays, one that is held
    /// is not inserted again.
    fn is_linked(
        &mut self,
        store: &Store,
        relation: &RelationDef,
        parent: Node,
        target: &Ref,
    ) -> Result<bool> {
        if relation.kind != RelationKind::ManyToMany {
            return self.key_says_so(store, relation, parent, target);
        }
        let ended = self.unlinks.remove(relation, &Ref::Node(parent), target);
        let held = target.node().is_some_and(|target| is_shown(store, relation, parent, target));
        Ok(held || ended || self.links.contains(relation, &Ref::Node(parent), target))
    }

    /// Whether two objects are linked by their keys. What an expired object shows is no proof, nor is a key that is
    /// about to change.
    fn key_says_so(&self, store: &Store, relation: &RelationDef, parent: Node, target: &Ref) -> Result<bool> {
        let Some(target) = target.node() else { return Ok(false) };
        let (local, remote) = (relation.local_columns()?, relation.remote_columns()?);
        let (child, columns) = match relation.kind {
            RelationKind::BelongsTo { .. } => (parent, &local),
            _ => (target, &remote),
        };
        if self.waiting_keys.wait(child, columns) || store.is_expired(child.arena, child.node) {
            return Ok(false);
        }
        let key = store.values(parent.arena, parent.node, &local);
        Ok(!key.iter().any(Value::is_null) && key == store.values(target.arena, target.node, &remote))
    }

    /// What a new link ends: the child's link to its old parent, and the old target of a to-one.
    fn leave_old(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: &Ref,
    ) -> Result<()> {
        match relation.kind {
            RelationKind::ManyToMany => {}
            RelationKind::BelongsTo { .. } => {
                let Some(inverse) = inverse_of(relation) else { return Ok(()) };
                if let Some(old) = self.parent_of(store, relation, parent) {
                    self.let_go(store, old, inverse, parent);
                }
            }
            RelationKind::HasMany | RelationKind::HasOne => {
                if let (Some(child), Some(inverse)) = (target.node(), inverse_of(relation))
                    && let Some(old) = self.parent_of(store, inverse, child)
                {
                    self.let_go(store, old, relation, child);
                }
                if relation.kind == RelationKind::HasOne {
                    self.displace(store, relation, parent, Some(target))?;
                }
            }
        }
        Ok(())
    }

    /// A `has_one` gets another target, or none: the old one loses its key, at the next flush where it is not known
    /// yet.
    fn displace(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: Option<&Ref>,
    ) -> Result<()> {
        let waiting: Vec<_> = self
            .pending
            .values()
            .filter(|entry| entry.held_by.iter().any(|(held, node)| held.is(relation) && *node == parent))
            .map(|entry| Ref::Pending(std::sync::Arc::clone(&entry.cell)))
            .filter(|entry| !target.is_some_and(|target| target.is(entry)))
            .collect();
        for old in waiting {
            if let Ref::Pending(cell) = old {
                self.orphan_pending(store, relation, &cell)?;
            }
        }
        let held = store.arena(parent.arena).slots(relation.index);
        let (slot, arena) =
            held.map_or((Slot::Unloaded, None), |slots| (slots.get(parent.node), slots.target()));
        match (slot, arena) {
            (Slot::One(old), Some(arena)) => {
                let old = Node { arena, node: old };
                if target.is_some_and(|target| target.is(&Ref::Node(old))) {
                    return Ok(());
                }
                let here = store.values(parent.arena, parent.node, &relation.local_columns()?);
                let remote = relation.remote_columns()?;
                // One that waits for another parent's key has moved already.
                let stays = store.values(old.arena, old.node, &remote) == here
                    && !self.waiting_keys.wait(old, &remote);
                if stays {
                    self.orphan(store, relation, old)?;
                    self.let_go_of_parent(store, relation, parent, old);
                }
            }
            (Slot::Unloaded, _) => {
                self.displaced.insert((parent, relation.index), relation);
            }
            _ => {}
        }
        Ok(())
    }

    /// A child that was taken from its parent has none, which is known without asking.
    fn let_go_of_parent(&mut self, store: &Store, relation: &RelationDef, parent: Node, child: Node) {
        let Some(inverse) = inverse_of(relation) else { return };
        match inverse.is_collection() {
            true => self.let_go(store, child, inverse, parent),
            // A required one has none only until its object is deleted.
            false if inverse.kind == (RelationKind::BelongsTo { required: true }) => {
                self.set_slot(store, child, inverse, None, Slot::Unloaded);
            }
            false => self.set_slot(store, child, inverse, Some(parent.arena), Slot::Nobody),
        }
    }

    /// Ends a link: the key becomes NULL, the link row goes, or the child does where it is nothing without its parent.
    pub(crate) fn disconnect(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: LinkTarget,
    ) -> Result<()> {
        self.check_target(store, &target)?;
        let target = self.resolve(store, target)?;
        self.disconnect_from(store, relation, parent, target)
    }

    /// The same with the other end resolved.
    pub(super) fn disconnect_from(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        target: Ref,
    ) -> Result<()> {
        self.check_member(store, relation, parent, &target)?;
        match relation.kind {
            RelationKind::ManyToMany => self.unlink(store, relation, parent, &target),
            RelationKind::BelongsTo { .. } => self.clear_key(store, relation, parent)?,
            RelationKind::HasMany | RelationKind::HasOne => match &target {
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
        self.let_go_of_parent(store, relation, parent, target);
        Ok(())
    }

    /// Only a member can leave, as far as the session can tell without asking.
    pub(super) fn check_member(
        &self,
        store: &Store,
        relation: &'static RelationDef,
        parent: Node,
        target: &Ref,
    ) -> Result<()> {
        let by_key = matches!(relation.kind, RelationKind::HasMany | RelationKind::HasOne);
        let member = match (target, target.node()) {
            (_, Some(child)) if by_key => {
                let (here, remote) = (relation.local_columns()?, relation.remote_columns()?);
                store.values(child.arena, child.node, &remote)
                    == store.values(parent.arena, parent.node, &here)
                    && !self.waiting_keys.wait(child, &remote)
            }
            (Ref::Pending(cell), None) if by_key => {
                let (here, remote) = (relation.local_columns()?, relation.remote_columns()?);
                let own = store.values(parent.arena, parent.node, &here);
                // The object of the same row that was expunged since is the parent as well.
                let is_parent = |from: Node, columns: &[usize]| {
                    from.arena == parent.arena && store.values(from.arena, from.node, columns) == own
                };
                let comes = |key: &KeyFrom| {
                    key.columns == remote
                        && key.from.node().is_some_and(|from| is_parent(from, &key.from_columns))
                };
                self.pending.get(&cell_id(cell)).is_some_and(|entry| entry.keys.iter().any(comes))
            }
            (_, Some(child)) if relation.kind == RelationKind::ManyToMany => {
                match store.arena(parent.arena).slots(relation.index) {
                    Some(slots) => match slots.get(parent.node) {
                        Slot::Many(slice) => slice.as_slice().contains(&child.node),
                        _ => true,
                    },
                    None => true,
                }
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
        of: Node,
    ) -> Result<()> {
        if matches!(relation.kind, RelationKind::BelongsTo { .. }) {
            return self.clear_key(store, relation, of);
        }
        if !relation.may_lose_child()? {
            return Err(orphan_needs_a_rule(relation));
        }
        self.displace(store, relation, of, None)?;
        let target = store.arena_of((relation.target)());
        self.set_slot(store, of, relation, Some(target), Slot::Nobody);
        Ok(())
    }

    /// Makes a loaded collection hold exactly these targets.
    pub(crate) fn replace(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        parent: Node,
        targets: Vec<super::LinkTarget>,
    ) -> Result<()> {
        let held = store
            .arena(parent.arena)
            .slots(relation.index)
            .map(|slots| (slots.get(parent.node), slots.target()));
        let Some((Slot::Many(slice), Some(arena))) = held else {
            return Err(Error::new(
                ErrorKind::NotLoaded,
                format!(
                    "`{}` is not loaded, so what to take out of it is not known; load it before it is replaced: \
                     `session.load(&object, {})`",
                    relation.path(),
                    relation.constant()
                ),
            ));
        };
        // What is refused has changed nothing, so all of it is looked at first.
        let given: HashSet<Node> = targets.iter().filter_map(|target| target.node(store)).collect();
        let held: HashSet<u32> = slice.as_slice().iter().copied().collect();
        let new = |target: &LinkTarget| target.node(store).is_none_or(|node| !held.contains(&node.node));
        for target in &targets {
            match new(target) {
                true => self.check_connect(store, relation, parent, target)?,
                false => self.check_target(store, target)?,
            }
        }
        let members = slice.as_slice().iter().map(|node| Node { arena, node: *node });
        let leaving: Vec<Node> = members.filter(|member| !given.contains(member)).collect();
        for member in leaving.iter().filter(|member| self.state(**member) != EntityState::Deleted) {
            self.check_member(store, relation, parent, &Ref::Node(*member))?;
            if relation.kind == RelationKind::HasMany && !relation.may_lose_child()? {
                return Err(orphan_needs_a_rule(relation));
            }
        }
        let mut waiting = self.pending_members(relation, parent)?;
        for target in targets {
            let target = self.resolve(store, target)?;
            waiting.retain(|member| !member.is(&target));
            if !target.node().is_some_and(|node| held.contains(&node.node)) {
                self.connect_to(store, relation, parent, target)?;
            }
        }
        for member in leaving {
            match self.state(member) {
                EntityState::Deleted => self.let_go(store, parent, relation, member),
                _ => self.disconnect_from(store, relation, parent, Ref::Node(member))?,
            }
        }
        waiting.into_iter().try_for_each(|member| self.disconnect_from(store, relation, parent, member))
    }

    /// New objects that join a collection with the next flush.
    pub(super) fn pending_members(&self, relation: &RelationDef, parent: Node) -> Result<Vec<Ref>> {
        if relation.kind != RelationKind::ManyToMany {
            let children = self.pending_children(relation, parent.arena, &[parent.node])?;
            return Ok(children.into_iter().map(Ref::Pending).collect());
        }
        let parent = Ref::Node(parent);
        let ends = self.links.iter().flat_map(|row| [&row.parent, &row.target]);
        let linked = |end: &&Ref| end.node().is_none() && self.links.contains(relation, &parent, end);
        Ok(ends.filter(linked).cloned().collect())
    }

    fn unlink(&mut self, store: &Store, relation: &'static RelationDef, parent: Node, target: &Ref) {
        let seen = target.node().is_some_and(|target| is_shown(store, relation, parent, target));
        let parent = Ref::Node(parent);
        let waited = self.links.remove(relation, &parent, target);
        if let Ref::Pending(cell) = target
            && let Some(entry) = self.pending.get_mut(&cell_id(cell))
        {
            entry.held_by.retain(|(held, node)| !held.is(relation) || !parent.is(&Ref::Node(*node)));
            if let Some(inverse) = inverse_of(relation) {
                for (_, targets) in entry.holds.iter_mut().filter(|(held, _)| held.is(inverse)) {
                    targets.retain(|target| !target.is(&parent));
                }
            }
        } else if !waited {
            self.unlinks.insert(LinkRow { relation, parent, target: target.clone(), seen });
        }
    }

    /// Ends a to-one whose key is here.
    pub(crate) fn clear_key(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        of: Node,
    ) -> Result<()> {
        let old = self.parent_of(store, relation, of);
        let local = relation.local_columns()?;
        let def = store.def(of.arena);
        let nullable: Vec<usize> =
            local.iter().copied().filter(|column| def.columns[*column].nullable).collect();
        if nullable.is_empty() {
            return Err(required(relation));
        }
        self.waiting_keys.cancel(of, |column| nullable.contains(&column));
        self.change(store, of, nullable.into_iter().map(|column| (column, Value::Null)).collect())?;
        let target = store.arena_of((relation.target)());
        self.set_slot(store, of, relation, Some(target), Slot::Nobody);
        if let (Some(old), Some(inverse)) = (old, inverse_of(relation)) {
            self.let_go(store, old, inverse, of);
        }
        Ok(())
    }

    /// A child loses its parent: deleted under delete-orphan, otherwise its key becomes NULL.
    pub(super) fn orphan(
        &mut self,
        store: &mut Store,
        relation: &'static RelationDef,
        child: Node,
    ) -> Result<()> {
        if relation.cascade.delete_orphan {
            self.delete_orphan(child);
            return Ok(());
        }
        let def = store.def(child.arena);
        let remote = relation.remote_columns()?;
        let nullable: Vec<usize> =
            remote.iter().copied().filter(|column| def.columns[*column].nullable).collect();
        if nullable.is_empty() {
            return Err(orphan_needs_a_rule(relation));
        }
        self.waiting_keys.cancel(child, |column| nullable.contains(&column));
        self.change(store, child, nullable.into_iter().map(|column| (column, Value::Null)).collect())
    }

    /// Both ends of a link hold each other, where they hold anything.
    pub(super) fn hold_both(
        &mut self,
        store: &Store,
        relation: &'static RelationDef,
        parent: Node,
        target: Node,
    ) {
        match relation.is_collection() {
            true => self.hold(store, parent, relation, target),
            false => self.set_slot(store, parent, relation, Some(target.arena), Slot::One(target.node)),
        }
        let Some(inverse) = inverse_of(relation) else { return };
        match inverse.is_collection() {
            true => self.hold(store, target, inverse, parent),
            false => self.set_slot(store, target, inverse, Some(parent.arena), Slot::One(parent.node)),
        }
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
