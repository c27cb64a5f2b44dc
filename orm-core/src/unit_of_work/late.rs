//! Columns that are written after their row.

use super::flush::Flush;
use super::insert::disagrees;
use super::known::Known;
use super::moves::holders;
use super::schedule::{Part, Step};
use super::unit_of_work::{KeyFrom, PendingEntry, cell_id};
use super::work::{Row, Rows};
use crate::error::Result;
use crate::graph::ObjectId;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// Which columns of a row are NULL before it is written, and after.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub(super) cleared: Vec<usize>,
    pub(super) late: Vec<usize>,
    /// What a new row gets late: given values, and keys of other objects.
    values: Vec<(usize, Value)>,
    keys: Vec<KeyFrom>,
    /// The new object, once it has a row.
    pub(super) node: Option<ObjectId>,
}

/// Rows that are written in parts, because they are in a circle.
impl Flush<'_> {
    pub(super) fn note_cuts(&mut self, rows: &Rows, steps: &[Step]) {
        for Step { part, operations, .. } in steps.iter().filter(|step| step.part != Part::Whole) {
            for operation in operations {
                let cut = self.cut.entry(rows.rows[*operation]).or_default();
                match part {
                    Part::Clear(columns) => cut.cleared.extend(columns),
                    Part::Late(columns) => cut.late.extend(columns),
                    Part::Whole => {}
                }
            }
        }
    }

    /// Inserts new objects; what they get late is NULL at first.
    pub(super) async fn insert_whole(
        &mut self,
        mut batch: Vec<PendingEntry>,
    ) -> Result<Vec<(PendingEntry, ObjectId)>> {
        if !self.cut.is_empty() {
            for entry in &mut batch {
                let Some(cut) = self.cut.get_mut(&Row::New(cell_id(&entry.cell))) else { continue };
                let is_late = |columns: &[usize]| columns.iter().any(|column| cut.late.contains(column));
                cut.keys = entry.keys.extract_if(.., |key| is_late(key.columns)).collect();
                let known = Known::new(self.unit, self.store, &self.switched);
                for key in &cut.keys {
                    known.parts_of(entry, key, &cut.late)?;
                }
                for column in &cut.late {
                    let value = entry.values[*column].replace(Value::Null);
                    cut.values.extend(value.map(|value| (*column, value)));
                }
            }
        }
        let made = self.insert(batch).await?;
        if !self.cut.is_empty() {
            for (entry, node) in &made {
                if let Some(cut) = self.cut.get_mut(&Row::New(cell_id(&entry.cell))) {
                    cut.node = Some(*node);
                }
            }
        }
        Ok(made)
    }

    /// Gives an object what it gets late, now that it is known.
    pub(super) fn late_values(&mut self, row: Row) -> Result<()> {
        if let Row::Changed(node) | Row::Switched(node) = row {
            return self.keys_that_waited(node);
        }
        let Some(cut) = self.cut.get_mut(&row) else { return Ok(()) };
        let (keys, values) = (std::mem::take(&mut cut.keys), std::mem::take(&mut cut.values));
        let Some(node) = cut.node else { return Ok(()) };
        for key in keys.iter().filter(|key| key.given_by.is_some()) {
            self.agrees(node, key, &values)?;
        }
        self.unit.change(self.store, node, values)?;
        keys.into_iter().try_for_each(|key| self.take_key(node, key))
    }

    /// The columns that a row gets late.
    pub(super) fn late_of(&self, row: Row) -> &[usize] {
        self.cut.get(&row).map_or(&[], |cut| &cut.late)
    }

    /// A draft that was given a key which its row gets late, and a link: they lead to one row.
    fn agrees(&self, node: ObjectId, key: &KeyFrom, given: &[(usize, Value)]) -> Result<()> {
        let (Some(relation), Some(from)) = (key.given_by, key.from.node()) else { return Ok(()) };
        let values = self.store.values(from, key.from_columns);
        let same = |one: &Value, other: &Value| one.clone().into_key_form() == other.clone().into_key_form();
        for (column, value) in key.columns.iter().zip(values) {
            let given = given.iter().filter(|(other, given)| other == column && !given.is_null());
            if given.into_iter().any(|(_, given)| !same(given, &value)) {
                return Err(disagrees(self.store.def(node.arena), *column, relation, &value));
            }
        }
        Ok(())
    }

    /// The relationship that gives an object a key in these columns, from whichever side it is declared on.
    fn relation_by(&self, child: ObjectId, columns: &[usize]) -> Option<&'static RelationDef> {
        let own = |relation: &&RelationDef| {
            matches!(relation.kind, RelationKind::BelongsTo { .. }) && relation.local_columns() == columns
        };
        let own = self.store.def(child.arena).relations.iter().find(own);
        own.or_else(|| {
            let holders = holders(self.store, child.arena).into_iter().map(|holder| holder.1);
            holders.into_iter().find(|relation| relation.remote_columns() == columns)
        })
    }

    /// Gives an existing object the keys to new ones that are known now.
    pub(super) fn keys_that_waited(&mut self, node: ObjectId) -> Result<()> {
        let keys = self.unit.waiting_keys.take_of(node);
        keys.into_iter().try_for_each(|key| self.take_key(node, key))
    }

    fn take_key(&mut self, node: ObjectId, key: KeyFrom) -> Result<()> {
        let Some(from) = key.from.node() else {
            // It closes a circle, and is written late.
            self.unit.waiting_keys.set(node, key);
            return Ok(());
        };
        let values = self.store.values(from, key.from_columns);
        if let Some(relation) = self.relation_by(node, key.columns) {
            self.unit.check_key(self.store, relation, node, key.columns, values.clone())?;
        }
        self.unit.change(self.store, node, key.columns.iter().copied().zip(values).collect())
    }
}
