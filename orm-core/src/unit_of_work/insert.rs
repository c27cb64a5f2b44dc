//! Inserts new objects.

use hashbrown::HashMap;

use super::draft::DraftData;
use super::flush::Flush;
use super::flush_plan::FlushStep;
use super::pending::{PendingCell, PendingState};
use super::pending_entry::PendingEntry;
use super::row_checks::{check_sent, check_value, disagrees, not_null, required, unknown_key};
use crate::driver::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::model::{ColumnDef, ErasedModel, Hydrate, ModelDef};
use crate::sql::{Bind, Conflict, Insert, Param, Statement, Writer};
use crate::value::{Cells, Value, ValueError, ValueRef};
use std::sync::Arc;

/// Around an INSERT whose keys may turn out to be unknown.
const SAVEPOINT: &str = "orm_keys";

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

    /// The rows of a bulk insert: those with values for the same columns together, as many as one statement takes. `reserved`
    /// is how many other values it binds.
    pub(super) fn bulk_chunks(&self, rows: Vec<DraftData>, reserved: usize) -> Result<Vec<Shape>> {
        let cell = Arc::new(PendingCell::new());
        let mut batch: Vec<PendingEntry> =
            rows.into_iter().map(|row| PendingEntry::of_row(row, &cell)).collect();
        for entry in &mut batch {
            self.complete(entry)?;
        }
        let mut chunks = Vec::new();
        for Shape { given, returned, mut entries } in shapes(batch, None) {
            let room = self.rows_per_statement(&given, reserved);
            while entries.len() > room {
                let rest = entries.split_off(room);
                let entries = std::mem::replace(&mut entries, rest);
                chunks.push(Shape { given: given.clone(), returned: returned.clone(), entries });
            }
            chunks.push(Shape { given, returned, entries });
        }
        Ok(chunks)
    }

    /// The statements of a bulk insert.
    pub(super) fn bulk_insert_statements(
        &self,
        def: &'static ModelDef,
        rows: Vec<DraftData>,
        conflict: Option<Conflict>,
        returning: bool,
    ) -> Result<Vec<Statement>> {
        let returned: Vec<usize> = if returning {
            (0..def.columns.len()).filter(|column| !def.columns[*column].deferred).collect()
        } else {
            Vec::new()
        };
        let reserved = conflict.as_ref().map_or(0, |conflict| conflict.binds(self.dialect));
        let statement = |(given, rows, values): (&[usize], usize, Vec<Param>)| {
            let insert = insert_of(def, given, &returned, rows, values);
            let insert = Insert { conflict: conflict.clone(), ..insert };
            self.labelled(def, Writer::insert(self.dialect, insert), "bulk")
        };
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
        let chunks = shapes.iter_mut().flat_map(BulkShape::take_chunks);
        Ok(chunks.map(statement).collect())
    }

    /// How many rows one statement takes; a row that consists only of defaults cannot be combined with others.
    fn rows_per_statement(&self, given: &[usize], reserved: usize) -> usize {
        if given.is_empty() {
            1
        } else {
            (self.dialect.bind_limit().saturating_sub(reserved) / given.len()).max(1)
        }
    }

    fn labelled(&self, def: &ModelDef, mut statement: Statement, strategy: &'static str) -> Statement {
        statement.path = Some(def.name.into());
        statement.strategy = Some(strategy);
        statement
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
            let (values, filled) = self.send(def, &given, &returned, &mut chunk).await?;
            self.executed(|| FlushStep::Insert { model: def.name, rows: chunk.len() });
            let rows = NewRows::new(def, &given, &returned, values);
            for (row, (entry, returned)) in chunk.into_iter().zip(filled).enumerate() {
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

    /// Sends the rows; returns their values, and what the database filled in, in the order of the rows.
    async fn send(
        &mut self,
        def: &'static ModelDef,
        given: &[usize],
        returned: &[usize],
        chunk: &mut [PendingEntry],
    ) -> Result<(Vec<Param>, Vec<Vec<Value>>)> {
        if !returned.is_empty() && (!self.dialect.returning() || self.asks_after(def)) {
            return self.send_and_ask(def, given, returned, chunk).await;
        }
        self.send_returning(def, given, returned, chunk).await
    }

    /// [`send`](Self::send) if the statement itself returns what it wrote.
    pub(super) async fn send_returning(
        &mut self,
        def: &'static ModelDef,
        given: &[usize],
        returned: &[usize],
        chunk: &mut [PendingEntry],
    ) -> Result<(Vec<Param>, Vec<Vec<Value>>)> {
        if self.is_by_rowid(def, given, returned, chunk.len()) {
            let insert = self.insert_of(def, given, returned, chunk);
            return self.send_by_rowid(def, insert).await;
        }
        // RETURNING does not guarantee an order. Generated keys ascend in the order of the rows; given keys identify
        // their rows.
        let auto = def.auto_key().filter(|auto| !given.contains(auto));
        let by_keys = auto.is_none() && !returned.is_empty() && chunk.len() > 1;
        let keys = if by_keys { given_keys(def, chunk) } else { Vec::new() };
        let insert = self.insert_of(def, given, returned, chunk);
        let statement = self.labelled(def, Writer::insert(self.dialect, insert), "flush");
        if returned.is_empty() {
            self.lease.execute(self.monitor, &statement).await?;
            return Ok((statement.params, vec![Vec::new(); chunk.len()]));
        }
        let mut rows = self.rows(&statement, def, returned.len(), chunk.len()).await?;
        if let Some(key) = auto.and_then(|auto| returned.iter().position(|column| *column == auto)) {
            rows.sort_by_key(|row| if let Value::Int(key) = row[key] { key } else { i64::MAX });
        }
        let rows = if by_keys { by_key(def, returned, &keys, rows)? } else { rows };
        Ok((statement.params, rows))
    }

    /// Whether the keys can be had without RETURNING, which is worth it for more rows than one run of SQLite takes.
    fn is_by_rowid(&self, def: &ModelDef, given: &[usize], returned: &[usize], rows: usize) -> bool {
        def.auto_key().is_some_and(|auto| returned == [auto])
            && self.dialect.inserts_by_rowid(rows, given.len())
    }

    /// [`send`](Self::send) for keys that follow each other. Where they turn out not to, the rows are taken back, and
    /// inserted by a statement that gives each key back.
    async fn send_by_rowid(
        &mut self,
        def: &'static ModelDef,
        insert: Insert,
    ) -> Result<(Vec<Param>, Vec<Vec<Value>>)> {
        let rows = insert.rows;
        let again = Insert {
            columns: insert.columns.clone(),
            values: Vec::new(),
            made: insert.made.clone(),
            conflict: None,
            returning: insert.returning.clone(),
            ..insert
        };
        let statement = self.labelled(def, Writer::insert_by_rowid(insert), "flush");
        self.lease.savepoint(&Control::Savepoint(SAVEPOINT)).await?;
        let inserted = self.lease.insert(self.monitor, &statement).await?;
        if let [(first, _)] = inserted.keys[..] {
            self.lease.savepoint(&Control::Release(SAVEPOINT)).await?;
            let key = |at: i64| vec![Value::Int(first.saturating_add(at))];
            return Ok((statement.params, (0..).take(rows).map(key).collect()));
        }
        self.lease.savepoint(&Control::RollbackTo(SAVEPOINT)).await?;
        self.lease.savepoint(&Control::Release(SAVEPOINT)).await?;
        let insert = Insert { values: statement.params, ..again };
        let statement = self.labelled(def, Writer::insert(self.dialect, insert), "flush");
        let mut keys = self.rows(&statement, def, 1, rows).await?;
        keys.sort_by_key(|row| if let Value::Int(key) = row[0] { key } else { i64::MAX });
        Ok((statement.params, keys))
    }

    /// [`send`](Self::send) if an INSERT returns nothing, or not what triggers changed. The keys that one statement
    /// generates follow each other from the one that the server reports; what else it filled in is read by key.
    async fn send_and_ask(
        &mut self,
        def: &'static ModelDef,
        given: &[usize],
        returned: &[usize],
        chunk: &mut [PendingEntry],
    ) -> Result<(Vec<Param>, Vec<Vec<Value>>)> {
        let (values, keys) = match self.dialect.returning() {
            true => self.send_for_keys(def, given, chunk).await?,
            false => self.insert_for_keys(def, given, chunk, "flush").await?,
        };
        if def.auto_key().is_some_and(|auto| returned == [auto]) {
            return Ok((values, keys));
        }
        let rows = self.rows_of_keys(def, returned, &keys).await?;
        Ok((values, by_key(def, returned, &keys, rows)?))
    }

    /// Inserts rows; returns their values and their keys, those that were given and those that the database generated.
    pub(super) async fn insert_for_keys(
        &mut self,
        def: &'static ModelDef,
        given: &[usize],
        chunk: &mut [PendingEntry],
        strategy: &'static str,
    ) -> Result<(Vec<Param>, Vec<Vec<Value>>)> {
        let auto = def.auto_key().filter(|auto| !given.contains(auto));
        if auto.is_none()
            && let Some(key) = def.key.iter().find(|key| !given.contains(*key))
        {
            return Err(unknown_key(def, def.columns[*key].field));
        }
        let given_keys = if auto.is_none() { given_keys(def, chunk) } else { Vec::new() };
        let insert = self.insert_of(def, given, &[], chunk);
        let statement = self.labelled(def, Writer::insert(self.dialect, insert), strategy);
        let inserted = self.lease.insert(self.monitor, &statement).await?;
        let Some(auto) = auto else { return Ok((statement.params, given_keys)) };
        let step = self.dialect.key_step();
        let run = |(first, rows): (i64, u64)| {
            (0_i64..)
                .zip(0..rows)
                .map(move |(at, _)| vec![Value::Int(first.saturating_add(at.saturating_mul(step)))])
        };
        let keys: Vec<Vec<Value>> = inserted.keys.into_iter().flat_map(run).collect();
        if keys.len() != chunk.len() {
            return Err(unknown_key(def, def.columns[auto].field));
        }
        Ok((statement.params, keys))
    }

    /// The rows of a statement that gives one back for each that was inserted.
    async fn rows(
        &mut self,
        statement: &Statement,
        def: &ModelDef,
        width: usize,
        expected: usize,
    ) -> Result<Vec<Vec<Value>>> {
        let rows = self.values_of_rows(statement, width).await?;
        if rows.len() != expected {
            return Err(Error::new(
                ErrorKind::Database,
                format!("{expected} rows of `{}` were inserted and {} came back", def.name, rows.len()),
            ));
        }
        Ok(rows)
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

    /// The columns of each statement, its number of rows, and their values.
    fn take_chunks(&mut self) -> impl Iterator<Item = (&[usize], usize, Vec<Param>)> {
        let chunks = std::mem::take(&mut self.chunks).into_iter();
        chunks.map(|(rows, values)| (&*self.given, rows, values))
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

/// The keys that rows were given, in their order.
pub(super) fn given_keys(def: &ModelDef, chunk: &[PendingEntry]) -> Vec<Vec<Value>> {
    let value = |entry: &PendingEntry, column: &usize| entry.values[*column].clone();
    chunk.iter().map(|entry| def.key.iter().filter_map(|column| value(entry, column)).collect()).collect()
}

/// What came back, in the order of the keys.
fn by_key(
    def: &ModelDef,
    returned: &[usize],
    keys: &[Vec<Value>],
    rows: Vec<Vec<Value>>,
) -> Result<Vec<Vec<Value>>> {
    let places: Vec<usize> =
        def.key.iter().filter_map(|key| returned.iter().position(|column| column == key)).collect();
    let key_of = |row: &Vec<Value>| {
        places.iter().map(|place| row[*place].clone().into_key_form()).collect::<Vec<Value>>()
    };
    let mut by_key: HashMap<Vec<Value>, Vec<Value>> =
        rows.into_iter().map(|row| (key_of(&row), row)).collect();
    let find = |key: &Vec<Value>| {
        let key: Vec<Value> = key.iter().cloned().map(Value::into_key_form).collect();
        by_key.remove(&key).ok_or_else(|| {
            Error::new(
                ErrorKind::Database,
                format!("a new row of `{}` came back with another key than it was given", def.name),
            )
        })
    };
    keys.iter().map(find).collect()
}
