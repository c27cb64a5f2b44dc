//! Bulk statements where the database returns no rows.

use hashbrown::HashMap;

use super::draft::DraftData;
use super::flush::Flush;
use super::taking::{Follow, Taking};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId};
use crate::model::{ColumnDef, ModelDef, Selection};
use crate::query::BulkSpec;
use crate::sql::{Conflict, Dialect, Expr, Select, Source, Statement, TableRef, Writer};
use crate::value::Value;

/// Bulk operations where the database gives no rows back: they are asked for, before the statement or after it.
impl Flush<'_> {
    /// Inserts rows and takes them into the session.
    pub(super) async fn bulk_insert_and_ask(
        &mut self,
        def: &'static ModelDef,
        arena: ArenaId,
        rows: Vec<DraftData>,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let taking = Taking::inserted(self.store.model(arena), Follow::Hold);
        let mut count = 0;
        for (given, insert) in self.bulk_inserts(def, rows, 0, def.key)? {
            let keys = self.insert_rows(def, &given, insert, "bulk").await?.returned;
            let first = nodes.len();
            count += self.ask(arena, def.key, &keys, &taking, nodes).await?;
            // In the order of the rows, as RETURNING gives them.
            let places: HashMap<Vec<Value>, usize> = keys.into_iter().map(key_form).zip(0..).collect();
            let place =
                |node: &u32| places.get(&key_form(self.store.key(ObjectId { arena, node: *node }))).copied();
            nodes[first..].sort_by_key(place);
        }
        Ok(count)
    }

    /// Changes rows, and takes what they became into the session.
    pub(super) async fn bulk_update_and_ask(
        &mut self,
        spec: BulkSpec,
        arena: ArenaId,
        taking: &Taking,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let def = spec.model.def();
        let keys = self.locked_keys(def, spec.filter.clone()).await?;
        let statement = self.change_statement(spec, Vec::new());
        let count = self.lease.execute(self.monitor, &statement).await?;
        self.ask(arena, def.key, &keys, taking, nodes).await?;
        Ok(count)
    }

    /// Deletes rows, and takes them into the session as they were.
    pub(super) async fn bulk_delete_and_ask(
        &mut self,
        spec: BulkSpec,
        arena: ArenaId,
        taking: &Taking,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let select = whole(&taking.selection, spec.filter.clone());
        let asked = Writer::select(self.dialect, &select).for_path(spec.model.def().name, "bulk");
        self.run_bulk(&locking(asked), arena, Some(taking), nodes).await?;
        let statement = self.change_statement(spec, Vec::new());
        self.lease.execute(self.monitor, &statement).await
    }

    /// The keys of the rows that a statement is about to change; no other transaction changes them until then.
    async fn locked_keys(&mut self, def: &'static ModelDef, filter: Option<Expr>) -> Result<Vec<Vec<Value>>> {
        let source = Source::Table(def.table);
        let mut select = Select::from(TableRef::table(def.table));
        def.key.iter().for_each(|column| select.returns(def.columns[*column].expr(&source)));
        select.filter = filter;
        let statement = locking(Writer::select(self.dialect, &select).for_path(def.name, "bulk"));
        self.lease.values(self.monitor, &statement, def.key.len()).await
    }

    /// Inserts rows or changes existing ones, and updates the objects that the session holds. The rows are found by
    /// their keys and by the conflict columns.
    pub(super) async fn upsert_and_ask(
        &mut self,
        def: &'static ModelDef,
        arena: ArenaId,
        rows: Vec<DraftData>,
        conflict: Option<Conflict>,
        updated: Vec<usize>,
    ) -> Result<u64> {
        let named: Vec<usize> = conflict
            .iter()
            .flat_map(|conflict| &conflict.columns)
            .filter_map(|name| def.columns.iter().position(|column| column.name == *name))
            .collect();
        let mut ways = vec![def.key.to_vec()];
        if !named.is_empty() && named != def.key {
            ways.push(named);
        }
        let given = |row: &DraftData, way: &Vec<usize>| -> Option<Vec<Value>> {
            way.iter().map(|column| row.values.get(*column)?.clone()).collect()
        };
        let keys: Vec<Vec<Vec<Value>>> =
            ways.iter().map(|way| rows.iter().filter_map(|row| given(row, way)).collect()).collect();
        let mut count = 0;
        for statement in self.bulk_insert_statements(def, rows, conflict, false)? {
            count += self.lease.execute(self.monitor, &statement).await?;
        }
        let taking = Taking::upserted(self.store.model(arena), Follow::Known, updated);
        for (way, keys) in ways.iter().zip(keys) {
            self.ask(arena, way, &keys, &taking, &mut Vec::new()).await?;
        }
        Ok(count)
    }

    /// Takes the rows with these values in some columns into the session.
    pub(super) async fn ask(
        &mut self,
        arena: ArenaId,
        columns: &[usize],
        keys: &[Vec<Value>],
        taking: &Taking,
        nodes: &mut Vec<u32>,
    ) -> Result<u64> {
        let def = taking.selection.def();
        let columns = def.key_columns(columns);
        let mut count = 0;
        for keys in keys.chunks(self.dialect.key_limit(columns.len(), 0).max(1)) {
            let among = Expr::among(&Source::Table(def.table), &columns, keys);
            let select = whole(&taking.selection, Some(among));
            let statement = Writer::select(self.dialect, &select).for_path(def.name, "bulk");
            count += self.run_bulk(&statement, arena, Some(taking), nodes).await?;
        }
        Ok(count)
    }
}

impl Conflict {
    /// The columns that an existing row takes or counts; `None` if it stays as it is.
    pub(super) fn taken(&self, def: &ModelDef) -> Option<Vec<usize>> {
        let names: Vec<&str> = self.set.iter().map(|(column, _)| column.name).collect();
        let place = |name: &&str| def.columns.iter().position(|column| column.name == *name);
        (!names.is_empty()).then(|| names.iter().filter_map(place).collect())
    }
}

/// Refuses an INSERT that may conflict with existing rows and should return the rows written, if the database cannot
/// return them.
pub(super) fn check_conflict(def: &ModelDef, dialect: Dialect, conflict: &Conflict) -> Result<()> {
    match dialect.returns_upserted(conflict.taken(def).is_some()) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "this database does not say which rows of `{}` an insert with `on_conflict` wrote; leave out \
                 `.returning()` and load them by a query",
                def.name
            ),
        )),
    }
}

/// The condition that ON CONFLICT names with its columns if they are unique only among some of the rows.
///
/// # Errors
/// `InvalidQuery`: several indexes may be meant.
pub(super) fn condition_of_target(
    def: &'static ModelDef,
    dialect: Dialect,
    conflict: &Conflict,
) -> Result<Option<String>> {
    let names = &conflict.columns;
    let is_target = |columns: &[usize]| {
        let is_named = |column: &usize| names.contains(&def.columns[*column].name);
        columns.len() == names.len() && columns.iter().all(is_named)
    };
    let mut partial = def.indexes.iter().filter(|index| index.unique && is_target(index.columns));
    let is_plain = partial.clone().any(|index| index.is_key()) || is_target(def.key);
    let is_unique = |(at, column): (usize, &ColumnDef)| column.unique && is_target(&[at]);
    let Some(first) = partial.next().filter(|_| dialect.has_partial_indexes() && !is_plain) else {
        return Ok(None);
    };
    if def.columns.iter().enumerate().any(is_unique) {
        return Ok(None);
    }
    if partial.next().is_some() {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{}` has several unique indexes over ({}), each of some of the rows, and `on_conflict` cannot choose one of \
                 them; look for the row by a query, and edit it or add one",
                def.name,
                names.join(", ")
            ),
        ));
    }
    Ok(def.condition(first).map(|condition| condition.of_model(dialect, def.columns)))
}

fn whole(selection: &Selection, filter: Option<Expr>) -> Select {
    let def = selection.def();
    let source = Source::Table(def.table);
    let mut select = Select::from(TableRef::table(def.table));
    selection.columns().for_each(|column| select.returns(column.expr(&source)));
    select.filter = filter;
    select
}

fn locking(mut statement: Statement) -> Statement {
    statement.sql = format!("{} FOR UPDATE", statement.sql).into();
    statement
}

fn key_form(key: Vec<Value>) -> Vec<Value> {
    key.into_iter().map(Value::into_key_form).collect()
}
