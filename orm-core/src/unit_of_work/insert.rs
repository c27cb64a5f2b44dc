//! Inserts new objects.

use super::draft::DraftData;
use super::flush::Flush;
use super::flush_plan::FlushStep;
use super::pending::PendingState;
use super::pending_entry::PendingEntry;
use super::row_checks::{check_sent, check_value, disagrees, not_null, required};
use crate::driver::{InsertRows, InsertedRows, NewKeys};
use crate::error::Result;
use crate::graph::ObjectId;
use crate::model::{ColumnDef, ErasedModel, Hydrate, ModelDef};
use crate::sql::{Bind, Conflict, Insert, Param, Statement, Writer};
use crate::value::{Cells, Value, ValueError, ValueRef};
use std::sync::Arc;

/// What an INSERT gave its rows, and what the database filled in: the cells of new objects.
struct NewRows {
    /// Where the value of each column is, among those of a row that were given or those that came back.
    places: Vec<CellPlace>,
    given: usize,
    values: Vec<Param>,
}

#[derive(Debug, Clone, Copy)]
enum CellPlace {
    Nowhere,
    Given(usize),
    Returned(usize),
}

/// One of them.
struct NewCells<'r> {
    rows: &'r NewRows,
    row: usize,
    returned: &'r [Value],
}

/// Rows of one table with values for the same columns, and what the database fills in.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) given: Vec<usize>,
    returned: Vec<usize>,
    pub(super) entries: Vec<PendingEntry>,
}

/// Rows of a bulk insert with values for the same columns.
struct BulkShape {
    given: Vec<usize>,
    /// How many rows one statement takes.
    room: usize,
    /// The rows of each statement: how many there are, and their values.
    chunks: Vec<(usize, Vec<Param>)>,
}

impl Flush<'_> {
    /// Inserts objects of one model whose keys are known, in as few statements as their columns allow.
    pub(super) async fn insert(
        &mut self,
        mut batch: Vec<PendingEntry>,
    ) -> Result<Vec<(PendingEntry, ObjectId)>> {
        for entry in &mut batch {
            self.complete(entry)?;
        }
        let mut made = Vec::with_capacity(batch.len());
        // Generated keys follow the order of adding, so a row with values for other columns ends a statement.
        let auto = batch.first().and_then(|entry| entry.model.def().auto_key());
        for shape in shapes(batch, auto) {
            made.extend(self.insert_shape(shape).await?);
        }
        Ok(made)
    }

    /// The statements of a bulk insert.
    pub(super) fn bulk_insert_statements(
        &self,
        def: &'static ModelDef,
        rows: Vec<DraftData>,
        conflict: Option<Conflict>,
        returning: bool,
    ) -> Result<Vec<Statement>> {
        let loaded = |column: &usize| returning && !def.columns[*column].deferred;
        let returned: Vec<usize> = (0..def.columns.len()).filter(loaded).collect();
        let reserved = conflict.as_ref().map_or(0, |conflict| conflict.binds(self.dialect));
        let statement = |(_, insert): (Vec<usize>, Insert)| {
            let insert = Insert { conflict: conflict.clone(), ..insert };
            Writer::insert(self.dialect, insert).for_path(def.name, "bulk")
        };
        Ok(self.bulk_inserts(def, rows, reserved, &returned)?.into_iter().map(statement).collect())
    }

    /// The rows of a bulk insert: those with values for the same columns together, as many as one statement takes, with the
    /// columns that they give. `reserved` is how many other values a statement binds.
    pub(super) fn bulk_inserts(
        &self,
        def: &'static ModelDef,
        rows: Vec<DraftData>,
        reserved: usize,
        returned: &[usize],
    ) -> Result<Vec<(Vec<usize>, Insert)>> {
        let mut shapes: Vec<BulkShape> = Vec::new();
        let mut left = rows.len();
        for mut row in rows {
            self.complete_row(row.model, &mut row.values, &row.sent)?;
            let at = shapes.iter().position(|shape| are_given(&shape.given, &row.values));
            let at = at.unwrap_or_else(|| {
                let given: Vec<usize> =
                    (0..row.values.len()).filter(|column| row.values[*column].is_some()).collect();
                let room = self.rows_per_statement(&given, reserved);
                shapes.push(BulkShape { given, room, chunks: Vec::new() });
                shapes.len() - 1
            });
            // Rows of one shape are the rule, and each of many others may have few.
            let expected = if at == 0 || !shapes[at].chunks.is_empty() { left } else { 1 };
            shapes[at].add(def, &mut row.values, expected);
            left -= 1;
        }
        let inserts = |BulkShape { given, chunks, .. }: BulkShape| {
            chunks.into_iter().map(move |(rows, values)| {
                let insert = insert_of(def, &given, returned, rows, values);
                (given.clone(), insert)
            })
        };
        Ok(shapes.into_iter().flat_map(inserts).collect())
    }

    /// How many rows one statement takes; a row that consists only of defaults cannot be combined with others.
    fn rows_per_statement(&self, given: &[usize], reserved: usize) -> usize {
        if given.is_empty() {
            1
        } else {
            (self.dialect.bind_limit().saturating_sub(reserved) / given.len()).max(1)
        }
    }

    /// Fills in keys and NULLs, and refuses a row that cannot be one before anything is sent.
    pub(super) fn complete(&self, entry: &mut PendingEntry) -> Result<()> {
        for key in &entry.beside.keys {
            let Some(from) = key.from.node() else { continue };
            let values = self.values_from(&key.from, from, key.from_columns);
            for (column, value) in key.columns.iter().zip(values) {
                let given = entry.values[*column].replace(value.clone());
                if let (Some(relation), Some(given)) = (key.given_by, given)
                    && !given.is_null()
                    && !entry.beside.made.contains(column)
                    && given.into_key_form() != value.clone().into_key_form()
                {
                    return Err(disagrees(entry.model.def(), *column, relation, &value));
                }
            }
        }
        self.complete_row(entry.model, &mut entry.values, &entry.beside.sent)
    }

    /// The same, of a row without links.
    fn complete_row(
        &self,
        model: &'static dyn ErasedModel,
        values: &mut [Option<Value>],
        sent: &[usize],
    ) -> Result<()> {
        let def = model.def();
        make_defaults(def, values);
        model.before_insert(values, self.context)?;
        check_sent(self.dialect, def, values, sent)?;
        for (column, value) in def.columns.iter().zip(values) {
            if value.is_none() && column.is_stamped_on_insert() && !column.database_clock {
                *value = Some(self.stamp_of(def, column)?);
            }
            if let Some(value) = value {
                check_value(self.dialect, def, column, value)?;
            }
            match value {
                None if column.version => *value = Some(Value::Int(1)),
                None if column.generated || column.is_stamped_by_database() => {}
                None if column.nullable => *value = Some(Value::Null),
                None => return Err(required(def, column.field)),
                Some(Value::Null) if !column.nullable => return Err(not_null(def, column.field)),
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn insert_shape(&mut self, shape: Shape) -> Result<Vec<(PendingEntry, ObjectId)>> {
        let Shape { given, returned, entries } = shape;
        let Some(model) = entries.first().map(|entry| entry.model) else { return Ok(Vec::new()) };
        let def = model.def();
        // A row that is refused is named by its model, which the store may not have met yet.
        self.store.arena_of(model)?;
        // If the database makes keys in its own way, keys and rows can be matched only if there is one row.
        let unknown = def.auto_key().is_none() && def.key.iter().any(|key| !given.contains(key));
        let room = if unknown { 1 } else { self.rows_per_statement(&given, 0) };
        let mut made = Vec::with_capacity(entries.len());
        let mut rest = entries.into_iter();
        loop {
            let mut chunk: Vec<PendingEntry> = rest.by_ref().take(room).collect();
            if chunk.is_empty() {
                return Ok(made);
            }
            let insert = self.insert_of(def, &given, &returned, &mut chunk);
            let inserted = self.insert_rows(def, &given, insert, "flush").await?;
            self.executed(|| FlushStep::Insert { model: def.name, rows: chunk.len() });
            let rows = NewRows::new(def, &given, &returned, inserted.given);
            for (row, (entry, returned)) in chunk.into_iter().zip(inserted.returned).enumerate() {
                let node = self.adopt(&entry, &NewCells { rows: &rows, row, returned: &returned })?;
                made.push((entry, node));
            }
        }
    }

    /// An INSERT of some rows; it takes their values.
    fn insert_of(
        &self,
        def: &ModelDef,
        given: &[usize],
        returned: &[usize],
        chunk: &mut [PendingEntry],
    ) -> Insert {
        let mut values = Vec::with_capacity(chunk.len() * given.len());
        for entry in chunk.iter_mut() {
            add_values(def, given, &mut entry.values, &mut values);
        }
        insert_of(def, given, returned, chunk.len(), values)
    }

    /// Sends an INSERT of rows that have values for these columns.
    pub(super) async fn insert_rows(
        &mut self,
        def: &'static ModelDef,
        given: &[usize],
        insert: Insert,
        strategy: &'static str,
    ) -> Result<InsertedRows> {
        let keys = match insert.returning.is_empty() {
            // No row has to be found.
            true => NewKeys::Given(Vec::new()),
            false => new_keys(def, given),
        };
        let triggers = def.columns.iter().any(|column| column.read_back);
        let rows = InsertRows { insert, keys, triggers, model: def.name, strategy };
        self.lease.insert_rows(self.monitor, rows).await
    }

    /// The new object, in the graph and the identity map.
    fn adopt(&mut self, entry: &PendingEntry, cells: &NewCells<'_>) -> Result<ObjectId> {
        let arena = self.store.arena_of(entry.model)?;
        // A key that the map still knows belonged to a row that is gone, or the database would have refused this one.
        let found = self.store.hydrate(arena, cells, Hydrate::Overwrite)?;
        let Some(found) = found else { return Err(not_null(entry.model.def(), "the primary key")) };
        let node = ObjectId { arena, node: found.node };
        self.unit.journal.inserted(node, self.store.arena(arena).version(node.node));
        let region = Arc::downgrade(self.store.region());
        entry.cell.set(PendingState::Flushed { region, arena, node: found.node });
        Ok(node)
    }
}

/// An INSERT of rows with these values.
fn insert_of(def: &ModelDef, given: &[usize], returned: &[usize], rows: usize, values: Vec<Param>) -> Insert {
    let made = def.columns.iter().enumerate();
    let made = made.filter(|(at, column)| column.is_stamped_by_database() && !given.contains(at));
    Insert {
        table: def.table,
        columns: given.iter().map(|column| def.columns[*column].name).collect(),
        rows,
        values,
        made: made.map(|(_, column)| (column.name, column.database_now())).collect(),
        conflict: None,
        returning: returned.iter().map(|column| def.columns[*column].named()).collect(),
    }
}

/// Takes the values of a row for an INSERT.
fn add_values(def: &ModelDef, given: &[usize], row: &mut [Option<Value>], values: &mut Vec<Param>) {
    values.extend(given.iter().map(|column| {
        let ColumnDef { secret, kind, .. } = def.columns[*column];
        Param::One(Bind { value: row[*column].take().unwrap_or(Value::Null), secret, kind: Some(kind) })
    }));
}

/// Whether a row has values for exactly these columns.
fn are_given(given: &[usize], row: &[Option<Value>]) -> bool {
    let mut given = given.iter().copied().peekable();
    let mut columns = row.iter().enumerate();
    columns.all(|(column, value)| value.is_some() == given.next_if_eq(&column).is_some())
}

impl BulkShape {
    /// Adds a row, after which some more are expected.
    fn add(&mut self, def: &ModelDef, row: &mut [Option<Value>], expected: usize) {
        if self.chunks.last().is_none_or(|(rows, _)| *rows == self.room) {
            self.chunks.push((0, Vec::with_capacity(expected.min(self.room) * self.given.len())));
        }
        if let Some((rows, values)) = self.chunks.last_mut() {
            *rows += 1;
            add_values(def, &self.given, row, values);
        }
    }
}

impl NewRows {
    fn new(def: &ModelDef, given: &[usize], returned: &[usize], values: Vec<Param>) -> NewRows {
        let place = |column: usize| {
            let at = |columns: &[usize]| columns.iter().position(|other| *other == column);
            match (at(returned), at(given)) {
                (Some(at), _) => CellPlace::Returned(at),
                (None, Some(at)) => CellPlace::Given(at),
                (None, None) => CellPlace::Nowhere,
            }
        };
        NewRows { places: (0..def.columns.len()).map(place).collect(), given: given.len(), values }
    }
}

impl Cells for NewCells<'_> {
    fn cell(&self, index: usize) -> std::result::Result<ValueRef<'_>, ValueError> {
        let missing = || ValueError::MissingCell { index };
        let value = match self.rows.places.get(index).ok_or_else(missing)? {
            // A deferred column that the database filled in.
            CellPlace::Nowhere => return Ok(ValueRef::NotLoaded),
            CellPlace::Returned(at) => self.returned.get(*at),
            CellPlace::Given(at) => match self.rows.values.get(*at) {
                // Column by column, or row by row.
                Some(Param::Many { values, .. }) => values.get(self.row),
                _ => match self.rows.values.get(self.row * self.rows.given + at) {
                    Some(Param::One(bind)) => Some(&bind.value),
                    _ => None,
                },
            },
        };
        value.map(Value::as_ref).ok_or_else(missing)
    }
}

/// Groups rows with values for the same columns; rows with generated keys only if they are adjacent.
fn shapes(batch: Vec<PendingEntry>, auto: Option<usize>) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for entry in batch {
        let has = |shape: &Shape| are_given(&shape.given, &entry.values);
        let found = match auto.filter(|auto| entry.values[*auto].is_none()) {
            Some(auto) => {
                let last = shapes.iter_mut().rev().find(|shape| !shape.given.contains(&auto));
                last.filter(|shape| has(shape))
            }
            None => shapes.iter_mut().find(|shape| has(shape)),
        };
        match found {
            Some(shape) => shape.entries.push(entry),
            None => {
                let columns = 0..entry.values.len();
                let (given, left): (Vec<_>, Vec<_>) =
                    columns.partition(|column| entry.values[*column].is_some());
                let returned = returned(entry.model.def(), &given, left);
                shapes.push(Shape { given, returned, entries: vec![entry] });
            }
        }
    }
    shapes
}

/// What must come back: the columns that the database fills in or changes, and a key to tell the rows apart.
fn returned(def: &ModelDef, given: &[usize], mut left: Vec<usize>) -> Vec<usize> {
    left.retain(|column| !def.columns[*column].deferred);
    left.extend(given.iter().filter(|column| def.columns[**column].read_back));
    if left.is_empty() {
        return left;
    }
    let mut returned: Vec<usize> = def.key.iter().copied().filter(|column| !left.contains(column)).collect();
    returned.extend(left);
    returned
}

/// Calls `default_with` for columns without a value.
pub(super) fn make_defaults(def: &ModelDef, values: &mut [Option<Value>]) {
    for (at, column) in def.columns.iter().enumerate() {
        if let Some(default) = column.default_with {
            values[at].get_or_insert_with(|| column.stored(default()));
        }
    }
}

/// Where the keys of rows come from that have values for these columns.
fn new_keys(def: &ModelDef, given: &[usize]) -> NewKeys {
    let key = def.key_columns(def.key);
    let Some(left) = def.key.iter().find(|column| !given.contains(column)) else {
        return NewKeys::Given(key);
    };
    let field = def.columns[*left].field;
    match (def.auto_key(), &*key) {
        (Some(_), [only]) => NewKeys::Numbered(*only, field),
        _ => NewKeys::Made(key, field),
    }
}
