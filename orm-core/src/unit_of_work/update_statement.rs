//! The statement of a batch of updates.

use crate::model::{ColumnDef, ModelDef};
use crate::sql::{
    Bind, Dialect, Expr, Made, NEW_COLUMNS, NamedColumn, NewRows, Param, Source, Statement, Update,
    UpdateForm, Writer,
};
use crate::value::{Value, ValueKind};

/// Rows of one table that change in the same columns.
pub(super) struct Changes<'c> {
    pub(super) def: &'static ModelDef,
    /// The columns that identify a row: the key, and the version if there is one.
    pub(super) identified: &'c [usize],
    /// The columns that change.
    pub(super) columns: &'c [usize],
    /// Columns that take the time of the database's clock.
    pub(super) told: &'c [usize],
    /// Row by row, what the columns become, and then what identifies the row, as the database has it: in the order of the text
    /// of one row.
    pub(super) values: Vec<Value>,
    /// The columns that the statement returns.
    pub(super) returned: &'c [usize],
}

impl Changes<'_> {
    /// Finds one row by its key, and rows that get the same values by `IN`. Other rows are updated on SQLite by a text that
    /// runs for each, and elsewhere by joining the new values: arrays, which are one text for any number of rows, or a list.
    pub(super) fn statement(self, dialect: Dialect) -> Statement {
        let (own, path) = (Source::Table(self.def.table), self.def.name);
        let (was, becomes) = self.by_row().next().unwrap_or_default();
        let statement = if self.by_row().all(|(_, row)| row == becomes) {
            let keys: Vec<Vec<Value>> = self.by_row().map(|(was, _)| was.to_vec()).collect();
            let filter = Expr::among(&own, &self.def.key_columns(self.identified), &keys);
            Writer::update(dialect, &self.first(filter))
        } else if dialect.update_form() == UpdateForm::Each {
            let equal = |(column, value): (&usize, &Value)| {
                Expr::eq(self.def.columns[*column].expr(&own), Expr::Bind(self.bind(*column, value.clone())))
            };
            let key = Expr::And(self.identified.iter().zip(was).map(equal).collect());
            let one = self.first(key);
            Writer::update_each(dialect, &one, self.values)
        } else if dialect.update_form() == UpdateForm::Arrays && self.has_arrays() {
            let joined = self.joined();
            Writer::update_arrays(&joined, self.arrays())
        } else {
            let mut joined = self.joined();
            joined.from.rows = self.rows();
            Writer::update(dialect, &joined)
        };
        statement.for_path(path, "flush")
    }

    /// What identifies each row, and what it becomes.
    pub(super) fn by_row(&self) -> impl Iterator<Item = (&[Value], &[Value])> {
        let rows = self.values.chunks(self.width());
        rows.map(|row| row.split_at(self.columns.len())).map(|(becomes, was)| (was, becomes))
    }

    /// How many values there are of a row.
    fn width(&self) -> usize {
        (self.columns.len() + self.identified.len()).max(1)
    }

    fn bind(&self, column: usize, value: Value) -> Bind {
        let ColumnDef { secret, kind, .. } = self.def.columns[column];
        Bind { value, secret, kind: Some(kind) }
    }

    fn returning(&self) -> Vec<NamedColumn> {
        self.returned.iter().map(|column| self.def.columns[*column].named()).collect()
    }

    /// The columns of the new values: those that identify a row, and those that change.
    fn all(&self) -> impl Iterator<Item = usize> {
        self.identified.iter().chain(self.columns).copied()
    }

    /// An UPDATE that sets the values of the first row.
    fn first(&self, filter: Expr) -> Update {
        let set = self.columns.iter().zip(&self.values);
        let set = set.map(|(column, value)| {
            (self.def.columns[*column].named(), Expr::Bind(self.bind(*column, value.clone())))
        });
        Update {
            table: self.def.table,
            set: set.chain(self.times()).collect(),
            from: NewRows::default(),
            filter: Some(filter),
            returning: self.returning(),
        }
    }

    /// An UPDATE in which each row takes the new values with its key.
    fn joined(&self) -> Update {
        let called = Made::called("_new");
        let (own, given) = (Source::Table(self.def.table), Source::Made(called));
        let new = |at: usize| Expr::column(&given, NEW_COLUMNS.get(at).copied().unwrap_or_default());
        let keys = self.identified.len();
        let set = self.columns.iter().enumerate();
        let equal = |(at, column): (usize, &usize)| {
            Expr::eq(Expr::column(&own, self.def.columns[*column].name), new(at))
        };
        Update {
            table: self.def.table,
            set: set
                .map(|(at, column)| (self.def.columns[*column].named(), new(keys + at)))
                .chain(self.times())
                .collect(),
            from: NewRows {
                columns: self.all().map(|column| self.def.columns[column].name).collect(),
                called: Some(called),
                rows: Vec::new(),
            },
            filter: Some(Expr::And(self.identified.iter().enumerate().map(equal).collect())),
            returning: self.returning(),
        }
    }

    /// What the database's clock fills in.
    fn times(&self) -> impl Iterator<Item = (NamedColumn, Expr)> {
        let told = self.told.iter().map(|column| &self.def.columns[*column]);
        told.map(|column| (column.named(), column.database_now()))
    }

    /// Whether PostgreSQL has an array type for every column: it has no lists of lists.
    fn has_arrays(&self) -> bool {
        self.all().all(|column| !matches!(self.def.columns[column].kind, ValueKind::Array(_)))
    }

    fn arrays(self) -> Vec<Param> {
        let (keys, columns, width, def) = (self.identified.len(), self.columns.len(), self.width(), self.def);
        let rows = self.values.len() / width;
        let array = |column: usize| {
            let ColumnDef { secret, kind, .. } = def.columns[column];
            Param::Many { kind: Some(kind), values: Vec::with_capacity(rows), secret }
        };
        let mut arrays: Vec<Param> = self.all().map(array).collect();
        // The keys come before the columns that change.
        let places: Vec<usize> = (keys..keys + columns).chain(0..keys).collect();
        for (value, place) in self.values.into_iter().zip(places.iter().cycle()) {
            if let Some(Param::Many { values, .. }) = arrays.get_mut(*place) {
                values.push(value);
            }
        }
        arrays
    }

    fn rows(&self) -> Vec<Vec<Bind>> {
        let row = |(was, becomes): (&[Value], &[Value])| {
            let cells = was.iter().chain(becomes).cloned();
            self.all().zip(cells).map(|(column, value)| self.bind(column, value)).collect()
        };
        self.by_row().map(row).collect()
    }
}
