//! Drafts that replace deleted rows.

use std::any::TypeId;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use indexmap::IndexMap;

use super::flush::Flush;
use super::known::Known;
use super::pending::PendingState;
use super::pending_entry::PendingEntry;
use super::taking::Taking;
use super::unit_of_work::{CellId, UnitOfWork, by_arena};
use super::work::Row;
use crate::error::Result;
use crate::graph::{ArenaId, ObjectId};
use crate::identity::Store;
use crate::model::ModelDef;
use crate::sql::{Expr, NewRows, Source, Update, Writer};
use crate::value::{Cells, Value};

/// Rows that are replaced: a draft with the key of an object that is to be deleted is that object's new state. It is an
/// UPDATE instead of a DELETE and an INSERT, which could conflict. Only the key and the version of the old row stay,
/// and the version is incremented.
#[derive(Debug, Default)]
pub(super) struct Switched {
    nodes: IndexMap<CellId, ObjectId>,
    cells: HashMap<ObjectId, CellId>,
    /// Columns that drafts left to the database, and the objects that they are of.
    defaults: IndexMap<(ArenaId, Vec<usize>), Vec<u32>>,
}

/// The drafts by the keys that their rows will have. Of two with one key the first counts.
#[derive(Debug)]
pub(super) struct NewKeys {
    cells: HashMap<(TypeId, Vec<Value>), CellId>,
}

impl Switched {
    /// The drafts with keys of objects that are to be deleted.
    pub(super) fn of(unit: &UnitOfWork, store: &Store) -> Switched {
        let mut switched = Switched::default();
        if !unit.deleted.is_empty() && !unit.pending.is_empty() {
            switched.find(&NewKeys::of(unit, store), unit, store, &unit.deleted);
            switched.nodes.sort_unstable_keys();
        }
        switched
    }

    /// Finds those among some objects whose rows become others.
    pub(super) fn find<'n>(
        &mut self,
        keys: &NewKeys,
        unit: &UnitOfWork,
        store: &Store,
        deleted: impl IntoIterator<Item = &'n ObjectId>,
    ) {
        for node in deleted {
            // A row that is only marked as deleted stays what it is.
            if unit.only_marks(store, *node) {
                continue;
            }
            if let Some(cell) = keys.cell_of(unit, store, *node) {
                self.nodes.insert(cell, *node);
                self.cells.insert(*node, cell);
            }
        }
    }

    /// The drafts, with the objects that they are the new rows of.
    pub(super) fn iter(&self) -> impl Iterator<Item = (CellId, ObjectId)> {
        self.nodes.iter().map(|(cell, node)| (*cell, *node))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn contains(&self, node: ObjectId) -> bool {
        self.cells.contains_key(&node)
    }

    /// The object whose row becomes that of a draft.
    pub(super) fn node_of(&self, cell: CellId) -> Option<ObjectId> {
        self.nodes.get(&cell).copied()
    }

    /// The draft whose row an object's becomes.
    pub(super) fn cell_of(&self, node: ObjectId) -> Option<CellId> {
        self.cells.get(&node).copied()
    }
}

impl NewKeys {
    pub(super) fn of(unit: &UnitOfWork, store: &Store) -> NewKeys {
        let switched = &Switched::default();
        let known = Known::new(unit, store, switched);
        let mut cells = HashMap::new();
        for (cell, entry) in unit.pending.iter() {
            let key = entry.model.def().key.iter().map(|column| known.given(entry, *column));
            if let Some(key) = key.map(|value| value.map(Value::into_key_form)).collect() {
                cells.entry((entry.model.type_id(), key)).or_insert(cell);
            }
        }
        NewKeys { cells }
    }

    /// The draft with the key of an object's row.
    fn cell_of(&self, unit: &UnitOfWork, store: &Store, node: ObjectId) -> Option<CellId> {
        let key = unit.saved_values(store, node, store.def(node.arena).key);
        let key = key.into_iter().map(Value::into_key_form).collect();
        self.cells.get(&(store.model(node.arena).type_id(), key)).copied()
    }
}

impl Flush<'_> {
    /// Takes the objects that drafts replace out of the deletions. From now on, children of the drafts refer to them.
    pub(super) fn switch_rows(&mut self) {
        self.switched = Switched::of(self.unit, self.store);
        if self.switched.is_empty() {
            return;
        }
        let taken: HashSet<ObjectId> = self.switched.iter().map(|(_, node)| node).collect();
        self.unit.deleted.retain(|node| !taken.contains(node));
        for node in &taken {
            self.unit.leave_all_parents(self.store, *node);
        }
        // What was linked to the old object, or no more, is of no concern to the new one.
        self.unit.links_end(&taken);
        self.unit.replaced_unloaded.retain(|(node, _), _| !taken.contains(node));
        for (cell, node) in self.switched.iter() {
            let Some(entry) = self.unit.pending.get(cell) else { continue };
            let region = Arc::downgrade(self.store.region());
            entry.cell.set(PendingState::Flushed { region, arena: node.arena, node: node.node });
        }
    }

    /// Gives an object all columns of its new row, once the keys are known: what a draft leaves out is NULL, or the default,
    /// which the database fills in later.
    pub(super) fn fill_switched(&mut self, node: ObjectId) -> Result<Option<(PendingEntry, ObjectId)>> {
        let cell = self.switched.cell_of(node);
        let Some(mut entry) = cell.and_then(|cell| self.unit.pending.remove(cell)) else { return Ok(None) };
        // A key that closes a circle is written late.
        let late = self.take_late(&mut entry, Row::Switched(node))?;
        self.complete(&mut entry)?;
        let def = entry.model.def();
        for relation in def.relations {
            let target = self.store.target_arena(relation);
            let unloaded = crate::graph::Slot::Unloaded;
            self.unit.set_slot(self.store, node, relation, Some(target), unloaded);
        }
        let (given, left): (Vec<usize>, Vec<usize>) =
            (0..def.columns.len()).partition(|column| entry.values[*column].is_some());
        let values = given.into_iter().filter(|column| !def.columns[*column].version);
        let changes = values.filter_map(|column| Some((column, entry.values[column].clone()?))).collect();
        self.unit.change(self.store, node, changes)?;
        self.unit.return_to_all_parents(self.store, node);
        late.into_iter().for_each(|key| self.unit.waiting_keys.set(node, key));
        let left: Vec<usize> = left.into_iter().filter(|column| !def.columns[*column].read_only).collect();
        if !left.is_empty() {
            self.switched.defaults.entry((node.arena, left)).or_default().push(node.node);
        }
        Ok(Some((entry, node)))
    }

    /// Gives the rows the defaults of the columns that their drafts left out, and reads what these are.
    pub(super) async fn defaults_of_switched(&mut self) -> Result<()> {
        for ((arena, columns), nodes) in std::mem::take(&mut self.switched.defaults) {
            let def = self.store.def(arena);
            let keys: Vec<Vec<Value>> =
                nodes.iter().map(|node| self.store.key(ObjectId { arena, node: *node })).collect();
            let mut set = Vec::new();
            for column in columns.into_iter().map(|column| &def.columns[column]) {
                let default = match column.is_stamped_by_database() {
                    true => Some(column.database_now()),
                    false => self.default_of(def, column.name).await?,
                };
                set.extend(default.map(|default| (column.named(), default)));
            }
            if set.is_empty() {
                continue;
            }
            let width = def.key.len();
            let names: Vec<&str> = set.iter().map(|(column, _)| column.name).collect();
            let filled = |column: &usize| names.contains(&def.columns[*column].name);
            let filled: Vec<usize> = (0..def.columns.len()).filter(filled).collect();
            self.executed_update(def, &filled, keys.len());
            for keys in keys.chunks(self.dialect.key_limit(width, 0).max(1)) {
                let filter = Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), keys));
                let (set, from, returning) = (set.clone(), NewRows::default(), Vec::new());
                let update = Update { table: def.table, set, from, filter, returning };
                let statement = Writer::update(self.dialect, &update).for_path(def.name, "flush");
                self.lease.execute(self.monitor, &statement).await?;
            }
            let taking = Taking::filled(self.store.model(arena), filled);
            self.ask(arena, def.key, &keys, &taking, &mut Vec::new()).await?;
        }
        Ok(())
    }

    /// The default of a column. SQLite has no DEFAULT keyword in an UPDATE, but its catalogue has the default.
    async fn default_of(&mut self, def: &'static ModelDef, column: &'static str) -> Result<Option<Expr>> {
        let Some(statement) = self.dialect.default_of(def.table, column) else {
            return Ok(Some(Expr::Default(None)));
        };
        let statement = statement.for_path(def.name, "flush");
        let mut default = None;
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            if let Ok(cell) = cells.cell(0) {
                default = Some(match cell.to_value() {
                    Value::Text(text) => text.to_string(),
                    _ => "NULL".to_owned(),
                });
            }
            Ok(())
        };
        self.lease.fetch(self.monitor, &statement, &mut sink).await?;
        // The pragma does not list computed columns, which follow automatically.
        Ok(default.map(|text| Expr::Default(Some(text.into()))))
    }

    /// The link rows of the old rows go.
    pub(super) async fn links_of_switched(&mut self) -> Result<()> {
        for (arena, nodes) in by_arena(self.switched.iter().map(|(_, node)| node).collect::<Vec<_>>()) {
            self.delete_links(arena, &nodes, |_| true).await?;
            self.leave_collections(arena, &nodes);
        }
        Ok(())
    }
}
