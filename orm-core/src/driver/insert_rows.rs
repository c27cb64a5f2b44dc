//! An INSERT whose rows have to be known afterwards.

use hashbrown::HashMap;

use super::{Control, Lease};
use crate::error::{Error, ErrorKind, Result};
use crate::observe::Monitor;
use crate::sql::{
    Expr, Insert, KeyColumn, NamedColumn, Param, Select, Source, Statement, TableName, TableRef, Writer,
};
use crate::value::{Cells, Value};

/// Around an INSERT whose keys may turn out to be unknown.
const SAVEPOINT: &str = "orm_keys";

/// Rows to insert, and what has to be known of them afterwards.
#[derive(Debug)]
pub struct InsertRows {
    /// The rows. `returning` has the columns that have to come back; if there are any, all columns of the key are among them.
    pub insert: Insert,
    /// Where the keys come from.
    pub keys: NewKeys,
    /// Triggers change some of the columns that have to come back.
    pub triggers: bool,
    /// Whose rows they are.
    pub model: &'static str,
    /// What inserts them.
    pub strategy: &'static str,
}

/// Where the keys of new rows come from.
#[derive(Debug)]
pub enum NewKeys {
    /// The rows have values for these columns.
    Given(Vec<KeyColumn>),
    /// The database numbers this column, in the order of the rows.
    Numbered(KeyColumn, &'static str),
    /// The database makes some of these in a way of its own. There is one row, and this is the field.
    Made(Vec<KeyColumn>, &'static str),
}

/// What was inserted.
#[derive(Debug)]
pub struct InsertedRows {
    /// The values that the rows were given, as they were sent.
    pub given: Vec<Param>,
    /// What came back of each row, in the order of the rows.
    pub returned: Vec<Vec<Value>>,
}

/// The primary key in statements.
#[derive(Debug, Clone, Copy)]
pub struct KeyOf<'k> {
    /// The table.
    pub table: TableName,
    /// Its key.
    pub key: &'k [KeyColumn],
    /// Whose rows they are.
    pub path: &'k str,
}

impl Lease {
    /// Inserts rows, and learns what has to be known of them in the way that is fastest on the database: from the INSERT, from
    /// the first key that it generated, or from a SELECT after it.
    ///
    /// # Errors
    /// The database refuses the rows. `InvalidModel`: it makes keys that it does not tell.
    pub async fn insert_rows(&mut self, monitor: &Monitor, rows: InsertRows) -> Result<InsertedRows> {
        if rows.insert.returning.is_empty() {
            return self.insert_only(monitor, rows).await;
        }
        let returns = self.dialect.returning();
        if returns && (!rows.triggers || self.dialect.returns_after_triggers()) {
            return self.insert_returning(monitor, rows).await;
        }
        let columns = rows.insert.returning.clone();
        let (table, model, key) = (rows.insert.table, rows.model, rows.keys.columns().to_vec());
        let InsertedRows { given, returned: keys } = match returns {
            true => self.insert_for_keys(monitor, rows).await?,
            false => self.insert_and_count(monitor, rows).await?,
        };
        if is_key(&columns, &key) {
            return Ok(InsertedRows { given, returned: keys });
        }
        let of = KeyOf { table, key: &key, path: model };
        let found = self.rows_of_keys(monitor, of, &columns, &keys).await?;
        Ok(InsertedRows { given, returned: in_order_of(&keys, found, of, &columns)? })
    }

    async fn insert_only(&mut self, monitor: &Monitor, rows: InsertRows) -> Result<InsertedRows> {
        let count = rows.insert.rows;
        let statement = rows.statement(|insert| Writer::insert(self.dialect, insert));
        self.execute(monitor, &statement).await?;
        Ok(InsertedRows { given: statement.params, returned: vec![Vec::new(); count] })
    }

    /// By RETURNING, which does not guarantee an order: generated keys ascend in the order of the rows, and given keys identify
    /// their rows.
    async fn insert_returning(&mut self, monitor: &Monitor, rows: InsertRows) -> Result<InsertedRows> {
        let columns = rows.insert.returning.clone();
        let count = rows.insert.rows;
        match &rows.keys {
            NewKeys::Numbered(key, _) if self.numbers_by_rowid(&rows.insert, key) => {
                self.insert_by_rowid(monitor, rows).await
            }
            NewKeys::Numbered(key, _) => {
                let key = columns.iter().position(|column| column.name == key.name);
                let statement = rows.statement(|insert| Writer::insert(self.dialect, insert));
                let mut returned = self.returned(monitor, &statement, columns.len(), count).await?;
                if let Some(key) = key {
                    returned.sort_by_key(|row| number(&row[key]));
                }
                Ok(InsertedRows { given: statement.params, returned })
            }
            NewKeys::Given(key) if count > 1 => {
                let (key, keys) = (key.clone(), given_keys(&rows.insert, key));
                let of = KeyOf { table: rows.insert.table, key: &key, path: rows.model };
                let statement = rows.statement(|insert| Writer::insert(self.dialect, insert));
                let returned = self.returned(monitor, &statement, columns.len(), count).await?;
                let returned = in_order_of(&keys, returned, of, &columns)?;
                Ok(InsertedRows { given: statement.params, returned })
            }
            NewKeys::Given(_) | NewKeys::Made(..) => {
                let statement = rows.statement(|insert| Writer::insert(self.dialect, insert));
                let returned = self.returned(monitor, &statement, columns.len(), count).await?;
                Ok(InsertedRows { given: statement.params, returned })
            }
        }
    }

    /// Inserts rows and learns their keys by RETURNING, where that gives rows as they were before their triggers.
    async fn insert_for_keys(&mut self, monitor: &Monitor, mut rows: InsertRows) -> Result<InsertedRows> {
        let named = |key: &KeyColumn| NamedColumn { name: key.name, secret: key.secret };
        rows.insert.returning.clear();
        if let NewKeys::Given(key) = &rows.keys {
            let keys = given_keys(&rows.insert, key);
            let inserted = self.insert_only(monitor, rows).await?;
            return Ok(InsertedRows { returned: keys, ..inserted });
        }
        rows.insert.returning.extend(rows.keys.columns().iter().map(named));
        self.insert_returning(monitor, rows).await
    }

    /// Inserts rows and learns their keys without RETURNING: the keys that one statement generates follow each other from the
    /// one that the server reports.
    async fn insert_and_count(&mut self, monitor: &Monitor, mut rows: InsertRows) -> Result<InsertedRows> {
        rows.insert.returning.clear();
        let (count, model) = (rows.insert.rows, rows.model);
        let field = match &rows.keys {
            NewKeys::Given(key) => {
                let keys = given_keys(&rows.insert, key);
                let inserted = self.insert_only(monitor, rows).await?;
                return Ok(InsertedRows { returned: keys, ..inserted });
            }
            NewKeys::Made(_, field) => return Err(unknown_key(model, field)),
            NewKeys::Numbered(_, field) => *field,
        };
        let statement = rows.statement(|insert| Writer::insert(self.dialect, insert));
        let inserted = self.insert(monitor, &statement).await?;
        let step = self.dialect.key_step();
        let run = |(first, rows): (i64, u64)| {
            let places = (0_i64..).zip(0..rows);
            places.map(move |(at, _)| vec![Value::Int(first.saturating_add(at.saturating_mul(step)))])
        };
        let keys: Vec<Vec<Value>> = inserted.keys.into_iter().flat_map(run).collect();
        if keys.len() != count {
            return Err(unknown_key(model, field));
        }
        Ok(InsertedRows { given: statement.params, returned: keys })
    }

    /// Whether the keys can be had without RETURNING, which is worth it for more rows than one run of SQLite takes.
    fn numbers_by_rowid(&self, insert: &Insert, key: &KeyColumn) -> bool {
        is_key(&insert.returning, std::slice::from_ref(key))
            && self.dialect.inserts_by_rowid(insert.rows, insert.columns.len())
    }

    /// Inserts rows whose keys follow each other. Where they turn out not to, the rows are taken back, and inserted by a
    /// statement that gives each key back.
    async fn insert_by_rowid(&mut self, monitor: &Monitor, rows: InsertRows) -> Result<InsertedRows> {
        let count = rows.insert.rows;
        let again = Insert {
            columns: rows.insert.columns.clone(),
            values: Vec::new(),
            made: rows.insert.made.clone(),
            conflict: None,
            returning: rows.insert.returning.clone(),
            ..rows.insert
        };
        let (model, strategy) = (rows.model, rows.strategy);
        let statement = rows.statement(Writer::insert_by_rowid);
        self.savepoint(&Control::Savepoint(SAVEPOINT)).await?;
        let inserted = self.insert(monitor, &statement).await?;
        if let [(first, _)] = inserted.keys[..] {
            self.savepoint(&Control::Release(SAVEPOINT)).await?;
            let key = |at: i64| vec![Value::Int(first.saturating_add(at))];
            let returned = (0..).take(count).map(key).collect();
            return Ok(InsertedRows { given: statement.params, returned });
        }
        self.savepoint(&Control::RollbackTo(SAVEPOINT)).await?;
        self.savepoint(&Control::Release(SAVEPOINT)).await?;
        let insert = Insert { values: statement.params, ..again };
        let statement = Writer::insert(self.dialect, insert).for_path(model, strategy);
        let mut returned = self.returned(monitor, &statement, 1, count).await?;
        returned.sort_by_key(|row| number(&row[0]));
        Ok(InsertedRows { given: statement.params, returned })
    }

    /// The rows of a statement that gives one back for each that was inserted.
    async fn returned(
        &mut self,
        monitor: &Monitor,
        statement: &Statement,
        width: usize,
        expected: usize,
    ) -> Result<Vec<Vec<Value>>> {
        let rows = self.values(monitor, statement, width).await?;
        if rows.len() != expected {
            let model = statement.path.as_deref().unwrap_or_default();
            return Err(Error::new(
                ErrorKind::Database,
                format!("{expected} rows of `{model}` were inserted and {} came back", rows.len()),
            ));
        }
        Ok(rows)
    }

    /// Some columns of the rows with these keys, in any order: a statement for each list of keys that one can bind.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn rows_of_keys(
        &mut self,
        monitor: &Monitor,
        of: KeyOf<'_>,
        columns: &[NamedColumn],
        keys: &[Vec<Value>],
    ) -> Result<Vec<Vec<Value>>> {
        let source = Source::Table(of.table);
        let mut rows = Vec::with_capacity(keys.len());
        for keys in keys.chunks(self.dialect.key_limit(of.key.len(), 0).max(1)) {
            let mut select = Select::from(TableRef::table(of.table));
            columns
                .iter()
                .for_each(|column| select.returns(Expr::column_of(&source, column.name, column.secret)));
            select.filter = Some(Expr::among(&source, of.key, keys));
            let statement = Writer::select(self.dialect, &select).for_path(of.path, "flush");
            rows.append(&mut self.values(monitor, &statement, columns.len()).await?);
        }
        Ok(rows)
    }

    /// The rows that a statement returns.
    ///
    /// # Errors
    /// The database refuses the statement. `InvalidValue`: a cell cannot be read.
    pub async fn values(
        &mut self,
        monitor: &Monitor,
        statement: &Statement,
        width: usize,
    ) -> Result<Vec<Vec<Value>>> {
        let mut rows: Vec<Vec<Value>> = Vec::new();
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let row = (0..width).map(|at| cells.cell(at).map(|cell| cell.to_value()));
            let row = row.collect::<std::result::Result<_, _>>();
            rows.push(row.map_err(|error| Error::new(ErrorKind::InvalidValue, error.to_string()))?);
            Ok(())
        };
        self.fetch(monitor, statement, &mut sink).await?;
        Ok(rows)
    }
}

impl InsertRows {
    fn statement(self, write: impl FnOnce(Insert) -> Statement) -> Statement {
        write(self.insert).for_path(self.model, self.strategy)
    }
}

impl NewKeys {
    fn columns(&self) -> &[KeyColumn] {
        match self {
            NewKeys::Given(key) | NewKeys::Made(key, _) => key,
            NewKeys::Numbered(key, _) => std::slice::from_ref(key),
        }
    }
}

/// Whether the columns are those of the key.
fn is_key(columns: &[NamedColumn], key: &[KeyColumn]) -> bool {
    columns.iter().map(|column| column.name).eq(key.iter().map(|key| key.name))
}

fn number(key: &Value) -> i64 {
    if let Value::Int(key) = *key { key } else { i64::MAX }
}

/// The keys that rows are given, in their order.
fn given_keys(insert: &Insert, key: &[KeyColumn]) -> Vec<Vec<Value>> {
    let place = |key: &KeyColumn| insert.columns.iter().position(|column| *column == key.name);
    let places: Vec<usize> = key.iter().filter_map(place).collect();
    let value = |row: &[Param], place: usize| match row.get(place) {
        Some(Param::One(bind)) => bind.value.clone(),
        _ => Value::Null,
    };
    let rows = insert.values.chunks(insert.columns.len().max(1));
    rows.map(|row| places.iter().map(|place| value(row, *place)).collect()).collect()
}

/// Rows that came back, in the order of their keys.
fn in_order_of(
    keys: &[Vec<Value>],
    rows: Vec<Vec<Value>>,
    of: KeyOf<'_>,
    columns: &[NamedColumn],
) -> Result<Vec<Vec<Value>>> {
    let place = |key: &KeyColumn| columns.iter().position(|column| column.name == key.name);
    let places: Vec<usize> = of.key.iter().filter_map(place).collect();
    let key_of = |row: &Vec<Value>| -> Vec<Value> {
        places.iter().map(|place| row[*place].clone().into_key_form()).collect()
    };
    let mut by_key: HashMap<Vec<Value>, Vec<Value>> =
        rows.into_iter().map(|row| (key_of(&row), row)).collect();
    let find = |key: &Vec<Value>| {
        let key: Vec<Value> = key.iter().cloned().map(Value::into_key_form).collect();
        by_key.remove(&key).ok_or_else(|| {
            Error::new(
                ErrorKind::Database,
                format!("a new row of `{}` came back with another key than it was given", of.path),
            )
        })
    };
    keys.iter().map(find).collect()
}

fn unknown_key(model: &str, field: &str) -> Error {
    Error::new(
        ErrorKind::InvalidModel,
        format!(
            "the database generated `{model}.{field}`, but this server returns only the keys of a \
             `#[key(auto)]` after an INSERT; set the key in the draft"
        ),
    )
}
