//! INSERT, UPDATE and DELETE as trees.

use super::{Bind, Dialect, Expr, Made, Param, TableName, Writer};

/// An INSERT of any number of rows.
#[derive(Debug, Clone)]
pub struct Insert {
    /// The table.
    pub table: TableName,
    /// The columns that are given; with none, each row is made of defaults.
    pub columns: Vec<&'static str>,
    /// How many rows there are.
    pub rows: usize,
    /// Their values, row by row, in column order.
    pub values: Vec<Param>,
    /// Columns that get the value of an expression without values of its own, the same in each row.
    pub made: Vec<(&'static str, Expr)>,
    /// What happens to an existing row.
    pub conflict: Option<Conflict>,
    /// RETURNING.
    pub returning: Vec<NamedColumn>,
}

/// A column by its name, which a statement sets or gives back.
#[derive(Debug, Clone, Copy)]
pub struct NamedColumn {
    /// Its name.
    pub name: &'static str,
    /// Whether what it holds must not be shown.
    pub secret: bool,
}

/// ON CONFLICT.
#[derive(Clone)]
pub struct Conflict {
    /// The columns whose values must be unique; any constraint where none is named.
    pub columns: Vec<&'static str>,
    /// The condition of the index that makes them unique, if it contains some of the rows.
    pub condition: Option<String>,
    /// The new values of columns of the existing row; empty for DO NOTHING.
    pub set: Vec<(NamedColumn, Expr)>,
    /// Which of these rows are updated; the others stay as they are.
    pub filter: Option<Expr>,
}

impl Conflict {
    /// An existing row stays as it is.
    pub fn nothing() -> Conflict {
        Conflict { columns: Vec::new(), condition: None, set: Vec::new(), filter: None }
    }

    /// How many values are bound behind those of the rows. Some have no expression of their own, such as a path in JSON.
    pub fn binds(&self, dialect: Dialect) -> usize {
        let values = self.set.iter().map(|(_, value)| value).chain(&self.filter);
        values.map(|value| Writer::expression(dialect, value).params.len()).sum()
    }
}

/// An UPDATE.
#[derive(Debug, Clone)]
pub struct Update {
    /// The table.
    pub table: TableName,
    /// SET.
    pub set: Vec<(NamedColumn, Expr)>,
    /// Rows that the other expressions may refer to, as the columns `column1`, `column2`, .. of what they are called.
    pub from: NewRows,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<NamedColumn>,
}

/// Rows of values for columns of the table that an UPDATE changes.
#[derive(Debug, Clone, Default)]
pub struct NewRows {
    /// The columns, whose types are those of the values.
    pub columns: Vec<&'static str>,
    /// What they are called.
    pub called: Option<Made>,
    /// The rows, in column order.
    pub rows: Vec<Vec<Bind>>,
}

/// What the columns of those rows are called.
pub const NEW_COLUMNS: [&str; 32] = [
    "column1", "column2", "column3", "column4", "column5", "column6", "column7", "column8", "column9",
    "column10", "column11", "column12", "column13", "column14", "column15", "column16", "column17",
    "column18", "column19", "column20", "column21", "column22", "column23", "column24", "column25",
    "column26", "column27", "column28", "column29", "column30", "column31", "column32",
];

/// A DELETE.
#[derive(Debug, Clone)]
pub struct Delete {
    /// The table.
    pub table: TableName,
    /// WHERE.
    pub filter: Option<Expr>,
    /// RETURNING.
    pub returning: Vec<NamedColumn>,
}

#[cfg(test)]
mod tests {
    use super::super::{JsonRead, JsonStep, Source};
    use super::{Conflict, Dialect, Expr, Insert, NamedColumn, Param, TableName, Writer};
    use crate::value::Value;

    #[test]
    fn an_upsert_that_binds_a_path_in_json_is_one_text() {
        let table = TableName::new("notes");
        let of = Box::new(Expr::column(&Source::Table(table), "data"));
        let value = Expr::Json { of, path: vec![JsonStep::Key("title".into())], read: JsonRead::Text };
        let set = vec![(NamedColumn { name: "title", secret: false }, value)];
        let conflict = Conflict { columns: vec!["id"], set, ..Conflict::nothing() };
        assert!(conflict.binds(Dialect::Sqlite) > 0);
        let insert = Insert {
            table,
            columns: vec!["id"],
            rows: 100,
            values: (0..100).map(|id| Param::One(Value::Int(id).into())).collect(),
            made: Vec::new(),
            conflict: Some(conflict),
            returning: Vec::new(),
        };
        let statement = Writer::insert(Dialect::Sqlite, insert);
        let places = statement.sql.matches('?').count();
        assert_eq!((statement.runs.len(), statement.params.len()), (0, places));
    }
}
