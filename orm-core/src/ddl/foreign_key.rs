//! Foreign keys as models declare them, from either side.

use super::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{KeyAction, ModelDef, RelationDef, RelationKind};

/// A key of a table to another one, as `belongs_to`s of the table and `has_many`s and `has_one`s of others name it.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) child: &'static ModelDef,
    pub(super) columns: Vec<usize>,
    pub(super) parent: &'static ModelDef,
    pub(super) refers_to: Vec<usize>,
    pub(super) on_delete: KeyAction,
    pub(super) on_update: KeyAction,
}

impl ForeignKey {
    /// The keys of a list of models, each once.
    pub(super) fn all(schema: &Schema) -> Result<Vec<ForeignKey>> {
        let mut keys: Vec<ForeignKey> = Vec::new();
        for relation in schema.relations() {
            let Some(key) = ForeignKey::of(relation) else { continue };
            match keys.iter_mut().find(|other| other.is_same(&key)) {
                Some(other) => {
                    for (of, one, same) in [
                        ("on_delete", key.on_delete, &mut other.on_delete),
                        ("on_update", key.on_update, &mut other.on_update),
                    ] {
                        match (*same, one) {
                            (_, KeyAction::NoAction) => {}
                            (KeyAction::NoAction, one) => *same = one,
                            (same, one) if same == one => {}
                            (same, one) => return Err(two_actions(relation, of, same, one)),
                        }
                    }
                }
                None => keys.push(key),
            }
        }
        Ok(keys)
    }

    fn of(relation: &'static RelationDef) -> Option<ForeignKey> {
        let (local, remote) = (relation.local_columns(), relation.remote_columns());
        let (parent, target) = (relation.parent(), relation.target());
        match relation.kind {
            RelationKind::ManyToMany => None,
            RelationKind::ManyToOne { .. } => Some(ForeignKey {
                child: parent,
                columns: local.to_vec(),
                parent: target,
                refers_to: remote.to_vec(),
                on_delete: relation.on_delete.unwrap_or_default(),
                on_update: relation.on_update.unwrap_or_default(),
            }),
            RelationKind::OneToMany | RelationKind::OneToOne => Some(ForeignKey {
                child: target,
                columns: remote.to_vec(),
                parent,
                refers_to: local.to_vec(),
                on_delete: match relation.passive_deletes && relation.cascade.delete {
                    true => KeyAction::Cascade,
                    false => KeyAction::NoAction,
                },
                on_update: KeyAction::NoAction,
            }),
        }
    }

    fn is_same(&self, other: &ForeignKey) -> bool {
        std::ptr::eq(self.child, other.child)
            && self.columns == other.columns
            && std::ptr::eq(self.parent, other.parent)
            && self.refers_to == other.refers_to
    }

    /// Whether a column is part of the key, on either side.
    pub(super) fn names(&self, def: &'static ModelDef, column: usize) -> bool {
        (std::ptr::eq(self.child, def) && self.columns.contains(&column))
            || (std::ptr::eq(self.parent, def) && self.refers_to.contains(&column))
    }

    /// What a column of the table refers to.
    pub(super) fn target(&self, def: &'static ModelDef, column: usize) -> Option<(&'static ModelDef, usize)> {
        let at = self.columns.iter().position(|own| *own == column)?;
        if std::ptr::eq(self.child, def) { Some((self.parent, *self.refers_to.get(at)?)) } else { None }
    }
}

fn two_actions(relation: &RelationDef, option: &str, one: KeyAction, other: KeyAction) -> Error {
    let (one, other) = (one.sql(), other.sql());
    Error::new(
        ErrorKind::InvalidModel,
        format!(
            "the foreign key of `{}` is {one} by one relationship and {other} by another; give it one `{option}` \
             (`passive_deletes` with `cascade = \"all, delete\"` is ON DELETE CASCADE)",
            relation.path()
        ),
    )
}
