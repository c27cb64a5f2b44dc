use super::Schema;
use crate::error::Result;
use crate::model::{ModelDef, RelationDef, RelationKind};

/// A key of a table to another one, as `belongs_to`s of the table and `has_many`s and `has_one`s of others name it.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) child: &'static ModelDef,
    pub(super) columns: Vec<usize>,
    pub(super) parent: &'static ModelDef,
    pub(super) refers_to: Vec<usize>,
    /// Whether the database deletes the children of a deleted parent.
    pub(super) cascade: bool,
}

impl ForeignKey {
    /// The keys of a list of models, each once.
    pub(super) fn all(schema: &Schema) -> Result<Vec<ForeignKey>> {
        let mut keys: Vec<ForeignKey> = Vec::new();
        for relation in schema.relations() {
            let Some(key) = ForeignKey::of(relation)? else { continue };
            match keys.iter_mut().find(|other| other.is_same(&key)) {
                Some(other) => other.cascade |= key.cascade,
                None => keys.push(key),
            }
        }
        Ok(keys)
    }

    fn of(relation: &'static RelationDef) -> Result<Option<ForeignKey>> {
        let (local, remote) = (relation.local_columns()?, relation.remote_columns()?);
        let (parent, target) = (relation.parent(), relation.target());
        Ok(match relation.kind {
            RelationKind::ManyToMany => None,
            RelationKind::BelongsTo { .. } => Some(ForeignKey {
                child: parent,
                columns: local,
                parent: target,
                refers_to: remote,
                cascade: false,
            }),
            RelationKind::HasMany | RelationKind::HasOne => Some(ForeignKey {
                child: target,
                columns: remote,
                parent,
                refers_to: local,
                cascade: relation.passive_deletes && relation.cascade.delete,
            }),
        })
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
