//! Updates rows of changed objects.

use super::flush::Flush;
use super::references::is_referred;
use super::row_checks::check_cell;
use super::update_statement::Changes;
use super::work::Row;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId};
use crate::model::context::missing;
use crate::model::{ColumnDef, ModelDef};
use crate::sql::{Expr, NEW_COLUMNS, Select, Source, TableRef, Writer};
use crate::value::{Cells, DateTime, Timestamp, Value, ValueKind, ValueRef};

/// What an UPDATE sets.
#[derive(Debug, Clone, Default, PartialEq)]
struct Assigned {
    /// The columns whose values the objects have.
    columns: Vec<usize>,
    /// The columns that take the time of the database's clock.
    told: Vec<usize>,
}

/// Objects of one model whose rows are updated in the same columns.
#[derive(Debug)]
struct Group {
    arena: ArenaId,
    set: Assigned,
    nodes: Vec<ObjectId>,
}

#[derive(Debug, Default)]
struct Groups {
    groups: Vec<Group>,
}

impl Groups {
    fn add(&mut self, node: ObjectId, set: &Assigned) {
        let same = |group: &&mut Group| group.arena == node.arena && group.set == *set;
        match self.groups.iter_mut().find(same) {
            Some(group) => group.nodes.push(node),
            None => self.groups.push(Group { arena: node.arena, set: set.clone(), nodes: vec![node] }),
        }
    }
}

impl Assigned {
    /// All columns that are set, as a plan shows them.
    fn shown(&self, def: &ModelDef) -> Vec<usize> {
        let version = |column: &&usize| def.version() == Some(**column);
        let values = self.columns.iter().filter(|column| !version(column));
        values.chain(&self.told).chain(self.columns.iter().filter(version)).copied().collect()
    }
}

impl Flush<'_> {
    /// Writes the changed columns of changed objects, one statement for all that changed in the same columns; an
    /// object that equals its row costs nothing.
    pub(super) async fn updates(&mut self, nodes: Vec<ObjectId>) -> Result<()> {
        let mut groups = Groups::default();
        let mut set = Assigned::default();
        for node in &nodes {
            if self.changed(*node, &mut set)? {
                groups.add(*node, &set);
            }
        }
        for group in groups.groups {
            self.update(group).await?;
        }
        self.unit.saved(&nodes);
        Ok(())
    }

    /// Gives rows the columns that had to wait for other rows, and what their keys brought along.
    pub(super) async fn update_late(&mut self, nodes: Vec<ObjectId>, late: &[usize]) -> Result<()> {
        let mut groups = Groups::default();
        for node in nodes {
            let mut columns = self.unit.changed_columns(self.store, node);
            columns.extend(late.iter().filter(|column| !columns.contains(column)).collect::<Vec<_>>());
            columns.sort_unstable();
            groups.add(node, &Assigned { columns, told: Vec::new() });
        }
        for Group { arena, set: Assigned { columns, .. }, nodes } in groups.groups {
            let def = self.store.def(arena);
            let width = def.key.len() + columns.len();
            let room = if width > NEW_COLUMNS.len() { 1 } else { (self.dialect.bind_limit() / width).max(1) };
            let returned = self.returned_by_update(def, &columns, &[]);
            for nodes in nodes.chunks(room) {
                let changes = self.late_changes(def, &columns, nodes);
                let statement = Changes { returned: &returned, ..changes }.statement(self.dialect);
                let hit = self.run_update(&statement, arena, &returned).await?;
                if hit != nodes.len() as u64 {
                    let changes = self.late_changes(def, &columns, nodes);
                    return Err(self.stale(changes).await);
                }
                self.executed_update(def, &columns, nodes.len());
            }
            if returned.is_empty() {
                self.read_back(arena, &nodes, &[]).await?;
            }
            self.unit.saved(&nodes);
        }
        Ok(())
    }

    /// What a statement writes of some objects: values that have to wait for other rows are NULL.
    fn changes<'c>(
        &self,
        def: &'static ModelDef,
        identified: &'c [usize],
        columns: &'c [usize],
        nodes: &[ObjectId],
    ) -> Changes<'c> {
        let mut values = Vec::with_capacity(nodes.len() * (identified.len() + columns.len()));
        for node in nodes {
            let objects = self.store.arena(node.arena);
            let saved = self.unit.saved_version(self.store, *node);
            let first = values.len();
            values.extend(columns.iter().map(|column| objects.view(node.node, *column).to_value()));
            if !self.cut.is_empty() {
                self.leave_out_late(*node, columns, &mut values[first..]);
            }
            let cells = identified.iter().map(|column| objects.view_version(node.node, saved, *column));
            values.extend(cells.map(ValueRef::to_value));
        }
        Changes { def, identified, columns, told: &[], values, returned: &[] }
    }

    /// What a statement changes of rows that are written in parts.
    fn late_changes<'c>(
        &self,
        def: &'static ModelDef,
        columns: &'c [usize],
        nodes: &[ObjectId],
    ) -> Changes<'c> {
        let row = |node: &ObjectId| [self.store.values(*node, columns), self.store.key(*node)];
        let values = nodes.iter().flat_map(row).flatten().collect();
        Changes { def, identified: def.key, columns, told: &[], values, returned: &[] }
    }

    fn leave_out_late(&self, node: ObjectId, columns: &[usize], values: &mut [Value]) {
        for row in [Row::Changed(node), Row::Switched(node)] {
            for late in self.cut.get(&row).into_iter().flat_map(|cut| &cut.late) {
                if let Some(at) = columns.iter().position(|column| column == late) {
                    values[at] = Value::Null;
                }
            }
        }
    }

    /// Lists the columns in which an object differs from its row, with what its hook and its version make of it. Returns
    /// whether there is anything to write.
    fn changed(&mut self, node: ObjectId, set: &mut Assigned) -> Result<bool> {
        let Assigned { columns, told } = set;
        columns.clear();
        told.clear();
        self.unit.add_changed_columns(self.store, node, columns);
        if columns.is_empty() {
            let rows = [Row::Changed(node), Row::Switched(node)];
            let is_cut = !self.cut.is_empty() && rows.iter().any(|row| self.cut.contains_key(row));
            if !is_cut {
                return Ok(false);
            }
            // What waits for another row is NULL until then.
            self.unit.touch(self.store, node);
        }
        if !self.switched.contains(node) {
            let (model, before) =
                (self.store.model(node.arena), self.store.arena(node.arena).version(node.node));
            model.before_update(self.store.graph(), node.arena, node.node, self.context)?;
            if self.store.arena(node.arena).version(node.node) != before {
                columns.clear();
                self.unit.add_changed_columns(self.store, node, columns);
                self.unit.keys_changed(self.store, node, columns, before);
            }
        }
        if !self.cut.is_empty() {
            for row in [Row::Changed(node), Row::Switched(node)] {
                let cut = self.cut.get(&row).into_iter().flat_map(|cut| cut.cleared.iter().chain(&cut.late));
                columns.extend(cut);
            }
            columns.sort_unstable();
            columns.dedup();
        }
        if !self.switched.contains(node) {
            self.stamp(node, columns, told)?;
        }
        let (def, objects) = (self.store.def(node.arena), self.store.arena(node.arena));
        for column in &*columns {
            let cell = objects.view(node.node, *column);
            check_cell(self.dialect, def, &def.columns[*column], cell)?;
        }
        if let Some(version) = def.version() {
            self.bump(node, self.unit.saved_version(self.store, node), version)?;
            if !columns.contains(&version) {
                columns.push(version);
            }
        }
        Ok(true)
    }

    async fn update(&mut self, group: Group) -> Result<()> {
        let def = self.store.def(group.arena);
        let identified: Vec<usize> = def.key.iter().copied().chain(def.version()).collect();
        let Assigned { columns, told } = &group.set;
        let width = identified.len() + columns.len();
        let returned = self.returned_by_update(def, columns, told);
        let room = if width > NEW_COLUMNS.len() { 1 } else { (self.dialect.bind_limit() / width).max(1) };
        for nodes in group.nodes.chunks(room) {
            let changes = self.changes(def, &identified, columns, nodes);
            let changes = Changes { told, returned: &returned, ..changes };
            let statement = changes.statement(self.dialect);
            let hit = self.run_update(&statement, group.arena, &returned).await?;
            if hit != nodes.len() as u64 {
                let changes = self.changes(def, &identified, columns, nodes);
                return Err(self.stale(changes).await);
            }
            self.executed_update(def, &group.set.shown(def), nodes.len());
            if !def.key.iter().any(|column| columns.contains(column)) {
                continue;
            }
            for node in nodes {
                let (was, is) = (self.saved_values(*node, def.key), self.store.key(*node));
                if was != is {
                    self.rekey(*node, was, is);
                }
            }
        }
        if returned.is_empty() {
            self.read_back(group.arena, &group.nodes, told).await?;
        }
        if self.changes_referred(&group) {
            let moved = group.nodes.iter().map(|node| (*node, self.unit.saved_version(self.store, *node)));
            self.keys_followed(moved.collect())?;
        }
        Ok(())
    }

    /// Whether other rows may refer to a column that changes.
    fn changes_referred(&self, group: &Group) -> bool {
        is_referred(self.store, group.arena, &group.set.columns)
    }

    /// Increments the version that the database had, whatever the object's field contains now.
    fn bump(&mut self, node: ObjectId, saved: usize, version: usize) -> Result<()> {
        let was = self.store.arena(node.arena).view_version(node.node, saved, version).to_value();
        let next = match was {
            Value::Int(was) => Value::Int(was.wrapping_add(1)),
            other => other,
        };
        self.unit.change(self.store, node, vec![(version, next)])
    }

    /// An object that changed is updated now and by this session, unless it was given another time or author. Lists in
    /// `told` the columns whose time the database tells.
    fn stamp(&mut self, node: ObjectId, columns: &mut Vec<usize>, told: &mut Vec<usize>) -> Result<()> {
        let def = self.store.def(node.arena);
        if columns.is_empty() {
            return Ok(());
        }
        let mut changes = Vec::new();
        for updated in def.updated().filter(|updated| !columns.contains(updated)) {
            match def.columns[updated].database_clock {
                true => told.push(updated),
                false => changes.push((updated, self.stamp_of(def, &def.columns[updated])?)),
            }
        }
        if !changes.is_empty() {
            columns.extend(changes.iter().map(|(column, _)| *column));
            self.unit.change(self.store, node, changes)?;
        }
        Ok(())
    }

    /// What a column with a stamp is given: the time of the flush, or a value of the session's context.
    pub(super) fn stamp_of(&self, def: &ModelDef, column: &ColumnDef) -> Result<Value> {
        let Some(read) = column.from_context else { return Ok(self.clock(column)) };
        match read(self.context) {
            Ok(value) => Ok(column.stored(value)),
            Err(_) if column.nullable => Ok(Value::Null),
            Err(name) => Err(Error::new(
                ErrorKind::InvalidState,
                format!(
                    "`{}.{}` comes from the session's context, which {}",
                    def.name,
                    column.field,
                    missing(name)
                ),
            )),
        }
    }

    /// The time of the flush, as a value of this column.
    pub(super) fn clock(&self, column: &ColumnDef) -> Value {
        match DateTime::of_clock(self.now) {
            Some(now) if column.kind == ValueKind::DateTime => column.stored(Value::DateTime(now)),
            Some(now) => column.stored(Value::Timestamp(Timestamp(now))),
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
    async fn stale(&mut self, changes: Changes<'_>) -> Error {
        let (def, columns) = (changes.def, changes.columns);
        let rows: Vec<(&[Value], &[Value])> = changes.by_row().collect();
        let source = Source::Table(def.table);
        let keys: Vec<Vec<Value>> = rows.iter().map(|(was, _)| was[..def.key.len()].to_vec()).collect();
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
        let as_it_should = |(was, becomes): &&(&[Value], &[Value])| {
            let (was, becomes) = (form(was), form(becomes));
            let written = |now: &Vec<Value>| now.get(was.len()..).unwrap_or_default() == becomes;
            there
                .iter()
                .any(|now| now.starts_with(&was) || (now.starts_with(&was[..def.key.len()]) && written(now)))
        };
        let stale = rows.iter().find(|row| !as_it_should(row));
        let (Ok(_), Some((was, _))) = (asked, stale) else { return stale_row(def, &[], None) };
        let key = &was[..def.key.len()];
        let now = there.iter().find(|other| other.starts_with(&form(key)));
        let versions = match (was.get(def.key.len()), now.and_then(|now| now.get(def.key.len()))) {
            (Some(was), Some(is)) => {
                Some(format!("this session read version {was}, but the row has version {is}"))
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
            "the `{}` with the key {} was changed or deleted concurrently ({why}); roll back, reload it and repeat \
             the change",
            def.name,
            def.shown(def.key, key)
        ),
    )
}
