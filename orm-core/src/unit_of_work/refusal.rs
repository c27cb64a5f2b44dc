//! Refuses links before anything is changed.

use super::disconnect::orphan_needs_a_rule;
use super::draft::DraftData;
use super::links::LinkTarget;
use super::register::deleted;
use super::row_checks::disagrees;
use super::unit_of_work::UnitOfWork;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::identity::{Store, cell_error};
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// What is wrong with a link, before anything is changed for it: what is refused leaves nothing half-done.
impl UnitOfWork {
    /// Whether a draft can be taken, with all that is in it.
    pub(super) fn check_draft(&self, store: &Store, draft: &DraftData) -> Result<()> {
        draft.model.def().check()?;
        // Drafts in drafts may be deep. Most have no links.
        let mut drafts = if draft.links.is_empty() { Vec::new() } else { vec![draft] };
        while let Some(draft) = drafts.pop() {
            for given in &draft.links {
                let relation = &draft.model.def().relations[given.relation];
                check_written(relation)?;
                for target in &given.targets {
                    match target {
                        LinkTarget::Draft(inner) => drafts.push(inner),
                        other => {
                            self.existing(store, other)?;
                            self.check_orphan(store, relation, None, other.node(store))?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether something can be the other end of a link.
    pub(super) fn check_target(&self, store: &Store, target: &LinkTarget) -> Result<()> {
        match target {
            LinkTarget::Draft(draft) => self.check_draft(store, draft),
            other => self.existing(store, other).map(drop),
        }
    }

    /// Whether an object can be linked to another one.
    pub(super) fn check_connect(
        &self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: &LinkTarget,
    ) -> Result<()> {
        check_written(relation)?;
        self.check_target(store, target)?;
        let node = target.node(store);
        self.check_orphan(store, relation, Some(parent), node)?;
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        match relation.kind {
            RelationKind::ManyToMany => Ok(()),
            RelationKind::ManyToOne { .. } => match self.known_key(store, target, remote) {
                Some(key) => self.check_key(store, relation, parent, local, key),
                None => Ok(()),
            },
            RelationKind::OneToMany | RelationKind::OneToOne => {
                if let Some(child) = node {
                    self.check_link(store, relation, parent, child)?;
                }
                if let LinkTarget::Draft(draft) = target {
                    check_given(relation, draft, remote, store.values(parent, local))?;
                }
                match relation.kind {
                    RelationKind::OneToOne => self.check_replaced(store, relation, parent, node),
                    _ => Ok(()),
                }
            }
        }
    }

    /// A child that lost its parent can be given another one, and no other link.
    fn check_orphan(
        &self,
        store: &Store,
        relation: &RelationDef,
        parent: Option<ObjectId>,
        target: Option<ObjectId>,
    ) -> Result<()> {
        let other = match relation.kind {
            RelationKind::OneToMany | RelationKind::OneToOne => [parent, None],
            RelationKind::ManyToOne { .. } => [target, None],
            RelationKind::ManyToMany => [parent, target],
        };
        match other.into_iter().flatten().find(|node| self.is_orphan(*node)) {
            Some(node) => Err(deleted(store.def(node.arena).name)),
            None => Ok(()),
        }
    }

    /// Whether the keys of two objects can be linked.
    pub(super) fn check_link(
        &self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: ObjectId,
    ) -> Result<()> {
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        let values = |node: ObjectId, columns: &[usize]| store.values(node, columns);
        match relation.kind {
            RelationKind::ManyToMany => Ok(()),
            RelationKind::ManyToOne { .. } => {
                self.check_key(store, relation, parent, local, values(target, remote))
            }
            RelationKind::OneToMany | RelationKind::OneToOne => {
                self.check_key(store, relation, target, remote, values(parent, local))
            }
        }
    }

    /// The key that the other end of a link has, or is given.
    fn known_key(&self, store: &Store, target: &LinkTarget, columns: &[usize]) -> Option<Vec<Value>> {
        if let Some(node) = target.node(store) {
            return Some(store.values(node, columns));
        }
        let values = match target {
            LinkTarget::Draft(draft) => &draft.values,
            LinkTarget::Pending(cell) => &self.pending.get(cell.id())?.values,
            LinkTarget::Entity { .. } => return None,
        };
        columns.iter().map(|column| values.get(*column).cloned().flatten()).collect()
    }

    /// A link may not make an object another row: a key that shares columns with the primary key can only lead to where
    /// these are the same. Nor can it give a field what it cannot hold.
    pub(super) fn check_key(
        &self,
        store: &Store,
        relation: &RelationDef,
        child: ObjectId,
        columns: &[usize],
        key: Vec<Value>,
    ) -> Result<()> {
        let (def, objects) = (store.def(child.arena), store.arena(child.arena));
        let key: Vec<(usize, Value)> = columns.iter().copied().zip(key).collect();
        let changes = |(column, value): &&(usize, Value)| objects.view(child.node, *column) != value.as_ref();
        if !key.iter().any(|part| changes(&part)) {
            return Ok(());
        }
        let other = |part: &&(usize, Value)| def.key.contains(&part.0) && changes(part);
        if let Some((column, value)) = key.iter().find(other) {
            let is = objects.view(child.node, *column).to_value();
            let shown = |value: Value| def.shown(&[*column], &[value]);
            let (name, field) = (def.name, def.columns[*column].field);
            return Err(Error::new(
                ErrorKind::InvalidState,
                format!(
                    "`{}` shares `{field}` with the primary key of `{name}`: the link would make it {} instead of {}, \
                     and the `{name}` another row; link one with the same `{field}`, or change the key itself with \
                     `session.edit`",
                    relation.path(),
                    shown(value.clone()),
                    shown(is),
                ),
            ));
        }
        objects.fits(child.node, &key).map_err(|error| cell_error(def, &error))
    }

    /// Whether the old target of a `has_one` can make room for another one.
    fn check_replaced(
        &self,
        store: &Store,
        relation: &'static RelationDef,
        parent: ObjectId,
        target: Option<ObjectId>,
    ) -> Result<()> {
        let old = store.held_objects(parent, relation.index).pop();
        let Some(old) = old.filter(|old| Some(*old) != target) else { return Ok(()) };
        match self.is_led_here(store, relation, parent, old) && !relation.may_lose_child() {
            true => Err(orphan_needs_a_rule(relation)),
            false => Ok(()),
        }
    }
}

/// Whether a draft was given another key than the parent has that it is linked to.
fn check_given(relation: &RelationDef, draft: &DraftData, columns: &[usize], key: Vec<Value>) -> Result<()> {
    for (column, value) in columns.iter().zip(key) {
        let given = draft.values.get(*column).and_then(Option::as_ref).filter(|given| !given.is_null());
        if let Some(given) = given
            && !value.is_null()
            && given.clone().into_key_form() != value.clone().into_key_form()
        {
            return Err(disagrees(draft.model.def(), *column, relation, &value));
        }
    }
    Ok(())
}

/// A relationship for reading shows what others write.
pub(super) fn check_written(relation: &RelationDef) -> Result<()> {
    if let Some(association) = relation.through.and_then(|through| through.model()) {
        let (path, name) = (relation.path(), association.name);
        return Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "`{path}` goes through `{name}`, so it is for reading; add, edit and delete objects of `{name}`"
            ),
        ));
    }
    let why = match (relation.is_filtered(), relation.view_only) {
        (false, false) => return Ok(()),
        (true, _) => "has a `filter`, so it is for reading: it shows some of what other relationships write",
        (false, true) => "is `view_only`: it shows what other relationships and models write",
    };
    Err(Error::new(ErrorKind::InvalidState, format!("`{}` {why}; link through those", relation.path())))
}
