//! Columns that are written after their row.

use hashbrown::HashMap;

use super::flush::Flush;
use super::known::Known;
use super::moves::holders;
use super::pending_entry::PendingEntry;
use super::row_checks::disagrees;
use super::schedule::{Part, Step};
use super::unit_of_work::{CellId, KeyFrom, cell_id};
use super::work::{Row, Rows};
use crate::error::Result;
use crate::graph::ObjectId;
use crate::model::{RelationDef, RelationKind};
use crate::value::Value;

/// Which columns of a row are NULL before it is written, and after.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub(super) cleared: Vec<usize>,
    /// Those that a later step still has to write.
    pub(super) late: Vec<usize>,
    /// What a new row was given for them.
    values: Vec<(usize, Value)>,
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
        if self.cut.is_empty() {
            return self.insert(batch).await;
        }
        let mut waiting: Vec<Vec<KeyFrom>> = Vec::with_capacity(batch.len());
        for entry in &mut batch {
            waiting.push(self.take_late(entry, Row::New(cell_id(&entry.cell)))?);
        }
        let cells = batch.iter().map(|entry| cell_id(&entry.cell));
        let mut waiting: HashMap<CellId, Vec<KeyFrom>> = cells.zip(waiting).collect();
        let made = self.insert(batch).await?;
        for (entry, node) in &made {
            let cell = cell_id(&entry.cell);
            if let Some(cut) = self.cut.get_mut(&Row::New(cell)) {
                cut.node = Some(*node);
            }
            for key in waiting.remove(&cell).into_iter().flatten() {
                self.unit.waiting_keys.set(*node, key);
            }
        }
        Ok(made)
    }

    /// Takes out of a draft what its row gets late: the keys, which its object waits for from then on, and the values.
    pub(super) fn take_late(&mut self, entry: &mut PendingEntry, row: Row) -> Result<Vec<KeyFrom>> {
        let late = self.late_of(row).to_vec();
        let is_late = |key: &KeyFrom| key.columns.iter().any(|column| late.contains(column));
        let keys: Vec<KeyFrom> = entry.beside.keys.extract_if(.., |key| is_late(key)).collect();
        let known = Known::new(self.unit, self.store, &self.switched);
        keys.iter().try_for_each(|key| known.parts_of(entry, key, &late))?;
        // What a function made gives way to the link.
        let gives_way = |column: &usize| {
            entry.beside.made.contains(column) && keys.iter().any(|key| key.columns.contains(column))
        };
        let given: Vec<usize> = late.iter().copied().filter(|column| !gives_way(column)).collect();
        let values: Vec<(usize, Value)> =
            given.into_iter().filter_map(|column| Some((column, entry.values[column].take()?))).collect();
        late.iter().for_each(|column| entry.values[*column] = Some(Value::Null));
        if let Some(cut) = self.cut.get_mut(&row) {
            cut.values = values;
        }
        Ok(keys)
    }

    /// Gives an object what a step writes late, now that it is known.
    pub(super) fn late_values(&mut self, row: Row, columns: &[usize]) -> Result<()> {
        let Some(node) = self.node_of(row) else { return Ok(()) };
        let (mut values, mut late) = (Vec::new(), Vec::new());
        if let Some(cut) = self.cut.get_mut(&row) {
            cut.late.retain(|column| !columns.contains(column));
            values = cut.values.extract_if(.., |(column, _)| columns.contains(column)).collect();
            late.clone_from(&cut.late);
        }
        // A value that an object is given ends its wait for a key.
        let keys = self.unit.waiting_keys.take_of(node);
        self.unit.change(self.store, node, values)?;
        for key in keys {
            self.take_late_key(node, key, &late)?;
        }
        Ok(())
    }

    /// Gives an object the columns of a key that are written now. `late` are those that have to wait still.
    fn take_late_key(&mut self, node: ObjectId, key: KeyFrom, late: &[usize]) -> Result<()> {
        if !key.columns.iter().any(|column| late.contains(column)) {
            return self.take_key(node, key);
        }
        let known = Known::new(self.unit, self.store, &self.switched);
        let parts = key.columns.iter().zip(key.from_columns).filter(|(column, _)| !late.contains(*column));
        let parts = parts.filter_map(|(column, from)| Some((*column, known.given_from(&key.from, *from)?)));
        let parts: Vec<(usize, Value)> = parts.collect();
        self.unit.change(self.store, node, parts)?;
        self.unit.waiting_keys.set(node, key);
        Ok(())
    }

    /// The columns that a row gets late.
    pub(super) fn late_of(&self, row: Row) -> &[usize] {
        self.cut.get(&row).map_or(&[], |cut| &cut.late)
    }

    /// Whether a later step writes a column of an object, whatever its row has until then.
    pub(super) fn is_late(&self, node: ObjectId, column: usize) -> bool {
        [Row::Changed(node), Row::Switched(node)].iter().any(|row| self.late_of(*row).contains(&column))
    }

    /// A draft that was given a key which its row gets late, and a link: they lead to one row.
    fn agrees(&self, node: ObjectId, key: &KeyFrom, values: &[Value]) -> Result<()> {
        let Some(relation) = key.given_by else { return Ok(()) };
        let form = |value: &Value| value.clone().into_key_form();
        let given = self.store.values(node, key.columns);
        for ((column, given), value) in key.columns.iter().zip(&given).zip(values) {
            if !given.is_null() && form(given) != form(value) {
                return Err(disagrees(self.store.def(node.arena), *column, relation, value));
            }
        }
        Ok(())
    }

    /// The relationship that gives an object a key in these columns, from whichever side it is declared on.
    fn relation_by(&self, child: ObjectId, columns: &[usize]) -> Option<&'static RelationDef> {
        let own = |relation: &&RelationDef| {
            matches!(relation.kind, RelationKind::ManyToOne { .. }) && relation.local_columns() == columns
        };
        let own = self.store.def(child.arena).relations.iter().find(own);
        own.or_else(|| {
            let holders = holders(self.store, child.arena).into_iter().map(|holder| holder.1);
            holders.into_iter().find(|relation| relation.remote_columns() == columns)
        })
    }

    /// Gives an existing object the keys of others that are known now, but for what is written late.
    pub(super) fn keys_that_waited(&mut self, node: ObjectId) -> Result<()> {
        let (keys, late) = (self.unit.waiting_keys.take_of(node), self.late_of(Row::Changed(node)).to_vec());
        keys.into_iter().try_for_each(|key| self.take_late_key(node, key, &late))
    }

    fn take_key(&mut self, node: ObjectId, key: KeyFrom) -> Result<()> {
        let Some(from) = key.from.node() else {
            // It closes a circle, and is written late.
            self.unit.waiting_keys.set(node, key);
            return Ok(());
        };
        let values = self.values_from(&key.from, from, key.from_columns);
        self.agrees(node, &key, &values)?;
        if let Some(relation) = self.relation_by(node, key.columns) {
            self.unit.check_key(self.store, relation, node, key.columns, values.clone())?;
        }
        self.unit.change(self.store, node, key.columns.iter().copied().zip(values).collect())
    }
}
