//! Writes INSERT and UPDATE.

use super::Writer;
use crate::sql::{
    Bind, Conflict, Dialect, Expr, Insert, NEW_COLUMNS, NamedColumn, NewRows, Param, Shown, Statement,
    TableName, Update,
};
use crate::value::Value;

/// The parts of INSERT and UPDATE.
impl Writer {
    /// An INSERT of this many rows, with their values or only with placeholders.
    pub(super) fn write_insert(&mut self, insert: &Insert, rows: usize, values: Vec<Param>) {
        self.insert_into(insert);
        if insert.columns.is_empty() && insert.made.is_empty() {
            self.sql.push_str(match self.dialect {
                Dialect::Sqlite | Dialect::Postgres => " DEFAULT VALUES",
                Dialect::Mysql(_) => " () VALUES ()",
            });
        } else {
            self.columns_of(insert);
            self.sql.push_str(" VALUES ");
            self.value_rows(rows, insert, values);
        }
        self.conflict_and_returning(insert);
    }

    /// An INSERT with one array for each column: one text for any number of rows.
    pub(super) fn insert_arrays(insert: &Insert, values: Vec<Param>) -> Statement {
        let width = insert.columns.len();
        let mut columns: Vec<Param> = Vec::with_capacity(width);
        for (at, param) in values.into_iter().enumerate() {
            let Param::One(bind) = param else { continue };
            if at < width {
                let values = Vec::with_capacity(insert.rows);
                columns.push(Param::Many { values, kind: bind.kind, secret: bind.secret });
            }
            if let Some(Param::Many { values, .. }) = columns.get_mut(at % width) {
                values.push(bind.value);
            }
        }
        let mut writer = Writer::new(Dialect::Postgres);
        writer.insert_into(insert);
        writer.columns_of(insert);
        writer.sql.push_str(" SELECT *");
        for (_, value) in &insert.made {
            writer.sql.push_str(", ");
            writer.expr(value);
        }
        writer.sql.push_str(" FROM unnest(");
        for (at, column) in columns.into_iter().enumerate() {
            if at > 0 {
                writer.sql.push_str(", ");
            }
            writer.array(column);
        }
        writer.sql.push(')');
        writer.conflict_and_returning(insert);
        writer.finish()
    }

    fn insert_into(&mut self, insert: &Insert) {
        self.writes(insert.table);
        self.sql.push_str("INSERT INTO ");
        self.name(insert.table);
    }

    fn columns_of(&mut self, insert: &Insert) {
        let made = insert.made.iter().map(|(column, _)| *column);
        let columns: Vec<&str> = insert.columns.iter().copied().chain(made).collect();
        self.sql.push_str(" (");
        self.list(&columns, ", ", |writer, column| writer.quote(column));
        self.sql.push(')');
    }

    fn conflict_and_returning(&mut self, insert: &Insert) {
        if let Some(conflict) = &insert.conflict {
            self.conflict(conflict, insert);
        }
        self.returning(insert.table, &insert.returning);
    }

    fn value_rows(&mut self, rows: usize, insert: &Insert, values: Vec<Param>) {
        let width = insert.columns.len();
        self.sql.reserve(rows * (width * 3 + 4));
        self.params.reserve(values.len());
        let mut values = values.into_iter();
        for row in 0..rows {
            self.sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..width {
                if column > 0 {
                    self.sql.push_str(", ");
                }
                match values.next() {
                    Some(Param::One(bind)) => self.bind(bind),
                    Some(other) => self.param(other),
                    None => self.sql.push('?'),
                }
            }
            for (at, (_, value)) in insert.made.iter().enumerate() {
                self.sql.push_str(if width + at > 0 { ", " } else { "" });
                self.expr(value);
            }
            self.sql.push(')');
        }
    }

    fn conflict(&mut self, conflict: &Conflict, insert: &Insert) {
        if let Dialect::Mysql(_) = self.dialect {
            return self.duplicate_key(conflict, insert);
        }
        self.sql.push_str(" ON CONFLICT");
        if !conflict.columns.is_empty() {
            self.sql.push_str(" (");
            self.list(&conflict.columns, ", ", |writer, column| writer.quote(column));
            self.sql.push(')');
            if let Some(condition) = &conflict.condition {
                self.sql.push_str(" WHERE ");
                self.sql.push_str(condition);
            }
        }
        if conflict.set.is_empty() {
            self.sql.push_str(" DO NOTHING");
            return;
        }
        self.note_secrets(conflict);
        self.sql.push_str(" DO UPDATE SET ");
        self.names.call_by_name(insert.table);
        self.assignments(&conflict.set, None);
        if let Some(filter) = &conflict.filter {
            self.sql.push_str(" WHERE ");
            self.expr(filter);
        }
    }

    /// MySQL's ON CONFLICT: for every unique key of the table, whatever columns are named. A row that stays as it is
    /// gives a column its own value: INSERT IGNORE would also ignore values that do not fit.
    fn duplicate_key(&mut self, conflict: &Conflict, insert: &Insert) {
        self.sql.push_str(" ON DUPLICATE KEY UPDATE ");
        let stays = conflict.set.is_empty();
        let Some(kept) = conflict.columns.first().or(insert.columns.first()).filter(|_| stays) else {
            self.names.call_by_name(insert.table);
            self.note_secrets(conflict);
            return self.assignments(&conflict.set, None);
        };
        self.quote(kept);
        self.sql.push_str(" = ");
        self.name(insert.table);
        self.sql.push('.');
        self.quote(kept);
    }

    fn note_secrets(&mut self, conflict: &Conflict) {
        let values = conflict.set.iter().map(|(_, value)| value).chain(&conflict.filter);
        self.secrets |= conflict.set.iter().any(|(column, _)| column.secret)
            || values.into_iter().any(Expr::mentions_secret);
    }

    /// What an INSERT would have given a column of an existing row.
    pub(super) fn excluded(&mut self, column: &[Expr]) {
        let [Expr::Column { name, .. }] = column else { return self.sql.push_str("NULL") };
        let (before, after) = match self.dialect {
            Dialect::Sqlite | Dialect::Postgres => ("excluded.", ""),
            Dialect::Mysql(_) => ("VALUES(", ")"),
        };
        self.sql.push_str(before);
        self.quote(name);
        self.sql.push_str(after);
    }

    pub(super) fn set(&mut self, update: &Update) {
        self.sql.push_str(" SET ");
        // MySQL takes a column of a join by its table's name, which the others refuse.
        self.assignments(&update.set, matches!(self.dialect, Dialect::Mysql(_)).then_some(update.table));
    }

    pub(super) fn assignments(&mut self, set: &[(NamedColumn, Expr)], table: Option<TableName>) {
        self.list(set, ", ", |writer, (column, value)| {
            if let Some(table) = table {
                writer.name(table);
                writer.sql.push('.');
            }
            writer.quote(column.name);
            writer.sql.push_str(" = ");
            let around = writer.hiding;
            writer.enter(around.assigned(*column, value));
            writer.operand(value);
            writer.hiding = around;
        });
    }

    /// The rows that an UPDATE joins, as arrays or as a list.
    pub(super) fn rows_to_update_from(&mut self, new: &NewRows, arrays: Vec<Param>) {
        let columns = NEW_COLUMNS.get(..arrays.len()).unwrap_or_default();
        if !columns.is_empty() {
            self.sql.push_str(" FROM unnest(");
            for (at, array) in arrays.into_iter().enumerate() {
                if at > 0 {
                    self.sql.push_str(", ");
                }
                self.array(array);
            }
            self.sql.push_str(") AS ");
            self.call_rows(new.called);
            self.sql.push_str(" (");
            self.list(columns, ", ", |writer, column| writer.quote(column));
            self.sql.push(')');
        } else if !new.rows.is_empty() {
            self.sql.push_str(" FROM (VALUES ");
            self.padded_rows(&new.rows, nothing);
            self.sql.push_str(") AS ");
            self.call_rows(new.called);
        }
    }

    /// Rows with named columns where VALUES cannot name them: an empty SELECT from the table provides names and types.
    /// Otherwise the server would take both from the first row, including the lengths of texts.
    pub(super) fn new_rows(&mut self, table: TableName, new: &NewRows) {
        self.sql.push_str("SELECT ");
        for (at, column) in new.columns.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(", ");
            }
            self.quote(table.name);
            self.sql.push('.');
            self.quote(column);
            self.sql.push_str(" AS ");
            self.quote(NEW_COLUMNS.get(at).copied().unwrap_or_default());
        }
        self.sql.push_str(" FROM ");
        self.name(table);
        self.sql.push_str(" WHERE 1 = 0 UNION ALL VALUES ");
        let is_mariadb = matches!(self.dialect, Dialect::Mysql(server) if server.mariadb);
        if is_mariadb {
            return self.padded_rows(&new.rows, nothing);
        }
        let row = |writer: &mut Writer, binds: &Vec<Bind>| {
            writer.sql.push_str("ROW(");
            writer.list(binds, ", ", |writer, bind| match bind.value.is_null() {
                // MySQL would make texts of the numbers beside a NULL that is bound, and lose digits.
                true => writer.sql.push_str("NULL"),
                false => writer.bind(bind.clone()),
            });
            writer.sql.push(')');
        };
        self.list(&new.rows, ", ", row);
        // The last row again, which changes nothing: each row of the table is updated once.
        let Some(last) = new.rows.last() else { return };
        for _ in 0..self.padding(new.rows.len(), last.len()) {
            self.sql.push_str(", ");
            self.fills = true;
            row(self, last);
            self.fills = false;
        }
    }

    /// With the table's name, because SQLite treats a quoted name that is not a column as a text. It does not accept a
    /// schema here.
    pub(super) fn returning(&mut self, table: TableName, columns: &[NamedColumn]) {
        self.shown = Shown::of(columns.iter().map(|column| column.secret));
        if !columns.is_empty() {
            self.sql.push_str(" RETURNING ");
            self.list(columns, ", ", |writer, column| {
                writer.quote(table.name);
                writer.sql.push('.');
                writer.quote(column.name);
            });
        }
    }
}

/// What fills up the rows that an UPDATE joins: their keys are NULL, and meet no row.
fn nothing(bind: &Bind) -> Bind {
    Bind { value: Value::Null, ..bind.clone() }
}
