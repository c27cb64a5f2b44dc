use super::flush::Flush;
use super::insert::check_value;
use super::references::is_referred;
use super::work::Row;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::model::{ColumnDef, ModelDef};
use crate::sql::{
    Bind, Dialect, Expr, Made, NEW_COLUMNS, NewRows, Select, Source, Statement, TableRef, Update, Writer,
};
use crate::value::{Cells, DateTime, Timestamp, Value, ValueKind};

/// Objects of one model that differ from their rows in the same columns.
#[derive(Debug)]
struct Group {
    arena: u32,
    columns: Vec<usize>,
    nodes: Vec<ObjectId>,
}

#[derive(Debug, Default)]
struct Groups {
    groups: Vec<Group>,
}

impl Groups {
    fn add(&mut self, node: ObjectId, columns: Vec<usize>) {
        let same = |group: &&mut Group| group.arena == node.arena && group.columns == columns;
        match self.groups.iter_mut().find(same) {
            Some(group) => group.nodes.push(node),
            None => self.groups.push(Group { arena: node.arena, columns, nodes: vec![node] }),
        }
    }
}

/// One changed object: what identifies its row, and what its columns become.
#[derive(Debug)]
struct Changed {
    node: ObjectId,
    /// The key, and the version where there is one, as the database has them.
    was: Vec<Value>,
    becomes: Vec<Value>,
}

impl Flush<'_> {
    /// Writes the changed columns of changed objects, one statement for all that changed in the same columns; an
    /// object that equals its row costs nothing.
    pub(super) async fn updates(&mut self, nodes: Vec<ObjectId>) -> Result<()> {
        let mut groups = Groups::default();
        for node in &nodes {
            if let Some(columns) = self.changed(*node)? {
                groups.add(*node, columns);
            }
        }
        for group in groups.groups {
            self.update(group).await?;
        }
        for node in &nodes {
            self.unit.dirty.swap_remove(node);
        }
        Ok(())
    }

    /// Gives rows the columns that had to wait for other rows, and what their keys brought along.
    pub(super) async fn update_late(&mut self, nodes: Vec<ObjectId>, late: &[usize]) -> Result<()> {
        let mut groups = Groups::default();
        for node in nodes {
            let mut columns = self.unit.changed_columns(self.store, node);
            columns.extend(late.iter().filter(|column| !columns.contains(column)).collect::<Vec<_>>());
            columns.sort_unstable();
            groups.add(node, columns);
        }
        for Group { arena, columns, nodes } in groups.groups {
            let def = self.store.def(arena);
            let width = def.key.len() + columns.len();
            let room = if width > NEW_COLUMNS.len() { 1 } else { (self.dialect.bind_limit() / width).max(1) };
            for nodes in nodes.chunks(room) {
                let rows = nodes.iter().map(|node| Changed {
                    node: *node,
                    was: self.store.key(*node),
                    becomes: self.store.values(*node, &columns),
                });
                let rows: Vec<Changed> = rows.collect();
                let statement = self.statement(def, &columns, def.key, &rows);
                let hit = self.lease.execute(self.monitor, &statement).await?;
                if hit != rows.len() as u64 {
                    return Err(self.stale(arena, &columns, &rows).await);
                }
                self.executed_update(def, &columns, rows.len());
            }
            for node in nodes {
                self.unit.dirty.swap_remove(&node);
            }
        }
        Ok(())
    }

    /// What a statement writes into some columns of an object: what has to wait for other rows is NULL.
    fn written(&self, node: ObjectId, columns: &[usize]) -> Vec<Value> {
        let mut values = self.store.values(node, columns);
        for row in [Row::Changed(node), Row::Switched(node)] {
            for late in self.cut.get(&row).into_iter().flat_map(|cut| &cut.late) {
                if let Some(at) = columns.iter().position(|column| column == late) {
                    values[at] = Value::Null;
                }
            }
        }
        values
    }

    /// The columns in which an object differs from its row, with what its hook and its version make of it.
    fn changed(&mut self, node: ObjectId) -> Result<Option<Vec<usize>>> {
        let mut columns = self.unit.changed_columns(self.store, node);
        if columns.is_empty() {
            let is_cut =
                [Row::Changed(node), Row::Switched(node)].iter().any(|row| self.cut.contains_key(row));
            if !is_cut {
                return Ok(None);
            }
            // What waits for another row is NULL until then.
            self.unit.touch(self.store, node);
        }
        if !self.switched.contains(node) {
            let model = self.store.model(node.arena);
            model.before_update(self.store.graph(), node.arena, node.node)?;
            columns = self.unit.changed_columns(self.store, node);
            self.stamp(node, &mut columns)?;
        }
        let def = self.store.def(node.arena);
        for column in &columns {
            let value = self.store.arena(node.arena).view(node.node, *column).to_value();
            check_value(self.dialect, def, &def.columns[*column], &value)?;
        }
        if let Some(version) = def.version() {
            self.bump(node, self.unit.saved_version(self.store, node), version)?;
            if !columns.contains(&version) {
                columns.push(version);
            }
        }
        for row in [Row::Changed(node), Row::Switched(node)] {
            let cut = self.cut.get(&row).into_iter().flat_map(|cut| cut.cleared.iter().chain(&cut.late));
            for column in cut {
                if !columns.contains(column) {
                    columns.push(*column);
                }
            }
        }
        Ok(Some(columns))
    }

    async fn update(&mut self, group: Group) -> Result<()> {
        let def = self.store.def(group.arena);
        let identified: Vec<usize> = def.key.iter().copied().chain(def.version()).collect();
        let width = identified.len() + group.columns.len();
        let room = if width > NEW_COLUMNS.len() { 1 } else { (self.dialect.bind_limit() / width).max(1) };
        for nodes in group.nodes.chunks(room) {
            let rows = nodes.iter().map(|node| Changed {
                node: *node,
                was: self.saved_values(*node, &identified),
                becomes: self.written(*node, &group.columns),
            });
            let rows: Vec<Changed> = rows.collect();
            let statement = self.statement(def, &group.columns, &identified, &rows);
            let hit = self.lease.execute(self.monitor, &statement).await?;
            if hit != rows.len() as u64 {
                return Err(self.stale(group.arena, &group.columns, &rows).await);
            }
            self.executed_update(def, &group.columns, rows.len());
            for row in &rows {
                let is = self.store.key(row.node);
                let was = &row.was[..def.key.len()];
                if was != is {
                    self.rekey(row.node, was.to_vec(), is);
                }
            }
        }
        if self.changes_referred(&group) {
            let moved = group.nodes.iter().map(|node| (*node, self.unit.saved_version(self.store, *node)));
            self.keys_followed(moved.collect())?;
        }
        Ok(())
    }

    /// Whether other rows may refer to a column that changes.
    fn changes_referred(&self, group: &Group) -> bool {
        is_referred(self.store, group.arena, &group.columns)
    }

    /// One row by its key, several that become the same by `IN`, several others by joining the new values, or on SQLite by a
    /// text that runs for each of them.
    fn statement(
        &self,
        def: &'static ModelDef,
        columns: &[usize],
        identified: &[usize],
        rows: &[Changed],
    ) -> Statement {
        let names: Vec<&'static str> = identified.iter().map(|column| def.columns[*column].name).collect();
        let bind = |column: &usize, value: &Value| {
            let ColumnDef { secret, kind, .. } = def.columns[*column];
            Bind { value: value.clone(), secret, kind: Some(kind) }
        };
        let alike = rows.windows(2).all(|pair| pair[0].becomes == pair[1].becomes);
        let becomes = |row: &Changed, filter: Expr| {
            let set = columns.iter().zip(&row.becomes);
            let set =
                set.map(|(column, value)| (def.columns[*column].named(), Expr::Bind(bind(column, value))));
            Update {
                table: def.table,
                set: set.collect(),
                from: NewRows::default(),
                filter: Some(filter),
                returning: Vec::new(),
            }
        };
        let own = Source::Table(def.table);
        let update = match rows {
            [first, ..] if alike => {
                let keys: Vec<Vec<Value>> = rows.iter().map(|row| row.was.clone()).collect();
                becomes(first, Expr::among(&own, &def.key_columns(identified), &keys))
            }
            [first, ..] if self.dialect == Dialect::Sqlite => {
                let equal = |(column, value): (&usize, &Value)| {
                    Expr::eq(def.columns[*column].expr(&own), Expr::Bind(bind(column, value)))
                };
                let key = Expr::And(identified.iter().zip(&first.was).map(equal).collect());
                let values = rows.iter().flat_map(|row| row.becomes.iter().chain(&row.was).cloned());
                let each = Writer::update_each(self.dialect, &becomes(first, key), values.collect());
                return each.for_path(def.name, "flush");
            }
            _ => {
                let called = Made::called("_new");
                let given = Source::Made(called);
                let new = |at: usize| Expr::column(&given, NEW_COLUMNS.get(at).copied().unwrap_or_default());
                let equal = |(at, name): (usize, &&'static str)| Expr::eq(Expr::column(&own, name), new(at));
                let set = columns.iter().enumerate();
                let row = |row: &Changed| {
                    let was = identified.iter().zip(&row.was);
                    was.chain(columns.iter().zip(&row.becomes))
                        .map(|(column, value)| bind(column, value))
                        .collect()
                };
                Update {
                    table: def.table,
                    set: set
                        .map(|(at, column)| (def.columns[*column].named(), new(names.len() + at)))
                        .collect(),
                    from: NewRows {
                        columns: identified
                            .iter()
                            .chain(columns)
                            .map(|column| def.columns[*column].name)
                            .collect(),
                        called: Some(called),
                        rows: rows.iter().map(row).collect(),
                    },
                    filter: Some(Expr::And(names.iter().enumerate().map(equal).collect())),
                    returning: Vec::new(),
                }
            }
        };
        Writer::update(self.dialect, &update).for_path(def.name, "flush")
    }

    /// Counts the version up from what the database had, whatever the object says now.
    fn bump(&mut self, node: ObjectId, saved: usize, version: usize) -> Result<()> {
        let was = self.store.arena(node.arena).view_version(node.node, saved, version).to_value();
        let next = match was {
            Value::Int(was) => Value::Int(was.wrapping_add(1)),
            other => other,
        };
        self.unit.change(self.store, node, vec![(version, next)])
    }

    /// An object that changed is updated now, unless it was given another time.
    fn stamp(&mut self, node: ObjectId, columns: &mut Vec<usize>) -> Result<()> {
        let def = self.store.def(node.arena);
        let Some(updated) = def.updated().filter(|updated| !columns.is_empty() && !columns.contains(updated))
        else {
            return Ok(());
        };
        let now = self.clock(def.columns[updated].kind);
        columns.push(updated);
        self.unit.change(self.store, node, vec![(updated, now)])
    }

    /// The time of the flush, for a column of such a kind.
    pub(super) fn clock(&self, kind: ValueKind) -> Value {
        match DateTime::of_clock(self.now) {
            Some(now) if kind == ValueKind::DateTime => Value::DateTime(now),
            Some(now) => Value::Timestamp(Timestamp(now)),
            None => Value::Unfit("the session's clock is beyond the years that a time can have".into()),
        }
    }

    pub(super) fn rekey(&mut self, node: ObjectId, from: Vec<Value>, to: Vec<Value>) {
        // Another object of the same statement may have its old key by now.
        let has_it = self.store.find(node.arena, &from) == Some(node);
        let identity = self.store.identity_mut(node.arena);
        // Both keys were read from the object, so the map accepts them.
        if has_it {
            let _ = identity.remove(&from);
        }
        let _ = identity.insert(&to, node.node);
        self.unit.journal.rekeyed(node, from, to);
    }

    /// Which of the rows is not what the session read: asks the database, to name it. Those that the statement did
    /// change have their new values by now.
    async fn stale(&mut self, arena: u32, columns: &[usize], rows: &[Changed]) -> Error {
        let def = self.store.def(arena);
        let source = Source::Table(def.table);
        let keys: Vec<Vec<Value>> = rows.iter().map(|row| row.was[..def.key.len()].to_vec()).collect();
        let version = def.version();
        let mut select = Select::from(TableRef::table(def.table));
        let shown = def.key.iter().copied().chain(version);
        let shown = shown.chain(columns.iter().copied());
        shown.for_each(|column| select.returns(def.columns[column].expr(&source)));
        select.filter = Some(Expr::among(&source, &def.key_columns(def.key), &keys));
        let mut there: Vec<Vec<Value>> = Vec::new();
        let width = select.columns.len();
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let cell = |at| cells.cell(at).ok().map(|cell| cell.to_value().into_key_form());
            there.push((0..width).filter_map(cell).collect());
            Ok(())
        };
        let statement = Writer::select(self.dialect, &select);
        let asked = self.lease.fetch(self.monitor, &statement, &mut sink).await;
        let form =
            |values: &[Value]| values.iter().cloned().map(Value::into_key_form).collect::<Vec<Value>>();
        let written = |row: &Changed, now: &Vec<Value>| {
            now.get(row.was.len()..).unwrap_or_default() == form(&row.becomes)
        };
        let as_it_should = |row: &&Changed| {
            let was = form(&row.was);
            there.iter().any(|now| {
                now.starts_with(&was) || (now.starts_with(&was[..def.key.len()]) && written(row, now))
            })
        };
        let stale = rows.iter().find(|row| !as_it_should(row));
        let (Ok(_), Some(row)) = (asked, stale) else { return stale_row(def, &[], None) };
        let key = &row.was[..def.key.len()];
        let now = there.iter().find(|other| other.starts_with(&form(key)));
        let versions = match (row.was.get(def.key.len()), now.and_then(|now| now.get(def.key.len()))) {
            (Some(was), Some(is)) => {
                Some(format!("this session read the version {was}, the row has the version {is}"))
            }
            _ => None,
        };
        stale_row(def, key, versions)
    }
}

fn stale_row(def: &ModelDef, key: &[Value], versions: Option<String>) -> Error {
    let why = versions.unwrap_or_else(|| "its row is gone".to_owned());
    Error::new(
        ErrorKind::Stale,
        format!(
            "the `{}` with the key {} was changed or deleted by somebody else ({why}); roll back, load it again and \
             repeat the change",
            def.name,
            def.shown(def.key, key)
        ),
    )
}
