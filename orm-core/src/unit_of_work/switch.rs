use std::sync::Arc;

use hashbrown::HashSet;
use indexmap::IndexMap;

use super::bulk::Taking;
use super::flush::Flush;
use super::pending::PendingState;
use super::unit_of_work::{CellId, Node, PendingEntry, by_arena};
use crate::error::Result;
use crate::model::ModelDef;
use crate::sql::{Dialect, Expr, NewRows, Param, Source, Statement, Update, Writer};
use crate::value::{Cells, Value};

/// Rows that become others: a draft with the key of an object that is to be deleted is that object's new state, an
/// UPDATE and not a DELETE and an INSERT that would meet the old row. Nothing of the old row stays but its key, and its
/// version, which counts on.
#[derive(Debug, Default)]
pub(super) struct Switched {
    /// Drafts, until the keys that they take from others are known.
    entries: IndexMap<Node, PendingEntry>,
    nodes: HashSet<Node>,
    /// Columns that drafts left to the database, and the objects that they are of.
    defaults: IndexMap<(u32, Vec<usize>), Vec<u32>>,
}

impl Switched {
    /// The drafts, with the objects that they are the new rows of.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&PendingEntry, &Node)> {
        self.entries.iter().map(|(node, entry)| (entry, node))
    }

    pub(super) fn contains(&self, node: Node) -> bool {
        self.nodes.contains(&node)
    }
}

impl Flush<'_> {
    /// The drafts with keys of deleted objects.
    fn with_old_keys(&mut self) -> Vec<(CellId, Node)> {
        let mut switched: Vec<(CellId, Node)> = Vec::new();
        if self.unit.deleted.is_empty() {
            return switched;
        }
        let mut taken = HashSet::new();
        for (id, entry) in &self.unit.pending {
            let arena = self.store.arena_of(entry.model);
            let Some(key) = self.key_of(entry) else { continue };
            let old = self.store.find(arena, &key).map(|node| Node { arena, node });
            if let Some(old) = old.filter(|old| self.unit.deleted.contains(old) && taken.insert(*old)) {
                switched.push((*id, old));
            }
        }
        switched
    }

    /// Finds the objects whose rows stay: no DELETE of the database's takes their children along.
    pub(super) fn find_switched(&mut self) {
        self.switched.nodes = self.with_old_keys().into_iter().map(|(_, node)| node).collect();
    }

    /// Takes the drafts out of what is inserted, and the objects out of what is deleted. Children of such a draft refer to
    /// the object from now on.
    pub(super) fn switch_rows(&mut self) {
        let switched = self.with_old_keys();
        let taken: HashSet<Node> = switched.iter().map(|(_, node)| *node).collect();
        if switched.is_empty() {
            self.switched.nodes = taken;
            return;
        }
        self.unit.deleted.retain(|node| !taken.contains(node));
        self.unit.waiting_keys.forget(|node| taken.contains(&node));
        // What was linked to the old object, or no more, is of no concern to the new one.
        self.unit.links_end(&taken);
        self.unit.displaced.retain(|(node, _), _| !taken.contains(node));
        for (id, node) in switched {
            let Some(entry) = self.unit.pending.remove(&id) else { continue };
            let region = Arc::downgrade(self.store.region());
            entry.cell.set(PendingState::Flushed { region, arena: node.arena, node: node.node });
            self.switched.entries.insert(node, entry);
        }
        self.switched.nodes = taken;
    }

    /// The key of a draft, with the parts that it takes from objects that are there.
    fn key_of(&self, entry: &PendingEntry) -> Option<Vec<Value>> {
        let part = |column: &usize| {
            let from = entry.keys.iter().find_map(|key| {
                let at = key.columns.iter().position(|other| other == column)?;
                Some((key.from.node(), *key.from_columns.get(at)?))
            });
            match from {
                Some((node, column)) => {
                    let node = node?;
                    self.store.values(node.arena, node.node, &[column]).pop()
                }
                None => entry.values[*column].clone(),
            }
        };
        entry.model.def().key.iter().map(part).collect()
    }

    /// Gives an object all columns of its new row, once the keys are known: what a draft leaves out is NULL, or the default,
    /// which the database fills in later.
    pub(super) fn fill_switched(&mut self, node: Node) -> Result<Option<(PendingEntry, Node)>> {
        let Some(mut entry) = self.switched.entries.swap_remove(&node) else { return Ok(None) };
        self.complete(&mut entry)?;
        // A key that closes a circle is written late.
        for key in entry.keys.iter().filter(|key| key.from.node().is_none()) {
            self.unit.waiting_keys.set(node, key.clone());
        }
        let def = entry.model.def();
        for relation in def.relations {
            let target = self.store.arena_of((relation.target)());
            let unloaded = crate::graph::Slot::Unloaded;
            self.unit.set_slot(self.store, node, relation, Some(target), unloaded);
        }
        let (given, left): (Vec<usize>, Vec<usize>) =
            (0..def.columns.len()).partition(|column| entry.values[*column].is_some());
        let values = given.into_iter().filter(|column| !def.columns[*column].version);
        let changes = values.filter_map(|column| Some((column, entry.values[column].clone()?))).collect();
        self.unit.change(self.store, node, changes)?;
        if !left.is_empty() {
            self.switched.defaults.entry((node.arena, left)).or_default().push(node.node);
        }
        Ok(Some((entry, node)))
    }

    /// Gives the rows the defaults of the columns that their drafts left out, and reads what these are.
    pub(super) async fn defaults_of_switched(&mut self) -> Result<()> {
        for ((arena, columns), nodes) in std::mem::take(&mut self.switched.defaults) {
            let def = self.store.def(arena);
            let keys: Vec<Vec<Value>> = nodes.iter().map(|node| self.store.key(arena, *node)).collect();
            let mut set = Vec::new();
            for column in columns {
                let column = def.columns[column].named();
                set.extend(self.default_of(def, column.name).await?.map(|default| (column, default)));
            }
            if set.is_empty() {
                continue;
            }
            let width = def.key.len();
            for keys in keys.chunks(self.dialect.key_limit(width, 0).max(1)) {
                let filter = Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), keys));
                let (set, from, returning) = (set.clone(), NewRows::default(), Vec::new());
                let update = Update { table: def.table, set, from, filter, returning };
                let statement = Writer::update(self.dialect, &update).for_path(def.name, "flush");
                self.lease.execute(self.monitor, &statement).await?;
            }
            let taking = Taking::filled(self.store.model(arena));
            self.ask(arena, def.key, &keys, &taking, &mut Vec::new()).await?;
        }
        Ok(())
    }

    /// The default of a column. SQLite has no word for it in an UPDATE, but says what it is.
    async fn default_of(&mut self, def: &'static ModelDef, column: &'static str) -> Result<Option<Expr>> {
        if self.dialect != Dialect::Sqlite {
            return Ok(Some(Expr::Default(None)));
        }
        let text = "SELECT dflt_value FROM pragma_table_info(?1, coalesce(?2, 'main')) WHERE name = ?3";
        let mut statement = Statement::plain(text).for_path(def.name, "flush");
        let schema = def.table.schema.map_or(Value::Null, |schema| Value::Text(schema.into()));
        let values = [Value::Text(def.table.name.into()), schema, Value::Text(column.into())];
        statement.params = values.into_iter().map(|value| Param::One(value.into())).collect();
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
        // A column that is computed is not among those of the pragma, and follows by itself.
        Ok(default.map(|text| Expr::Default(Some(text.into()))))
    }

    /// The link rows of the old rows go.
    pub(super) async fn links_of_switched(&mut self) -> Result<()> {
        let nodes: Vec<Node> = self.switched.nodes.iter().copied().collect();
        for (arena, nodes) in by_arena(nodes) {
            self.delete_links(arena, &nodes).await?;
        }
        Ok(())
    }
}
