//! Statements as the text of one dialect.

mod change;
mod expr;
mod json;
mod list;
mod names;
mod select;
mod text;
mod time;

use std::sync::Arc;

pub(in crate::sql) use text::LONGEST_SQLITE_PATTERN;

use self::names::Names;
use super::dialect::LONGEST_NAME;
use super::secrecy::Hiding;
use super::{
    Bind, Delete, Dialect, Effect, Expected, Expr, Insert, Leading, Made, NamedColumn, Param, Runs, Select,
    Shown, Source, Statement, TableName, Update,
};
use crate::error::ErrorKind;
use crate::value::{Value, ValueKind};

/// Writes statements as the text of one dialect.
#[derive(Debug)]
pub struct Writer {
    dialect: Dialect,
    sql: String,
    params: Vec<Param>,
    /// What the tables are called.
    names: Names,
    /// How many SELECTs are being written, one in the other.
    depth: usize,
    /// Whether all functions are known to give the same for the same arguments.
    repeatable: bool,
    /// What it does to the database.
    effect: Effect,
    /// The table that it writes to.
    table: Option<TableName>,
    /// Whether a function in it leaves something on the connection.
    changes_connection: bool,
    /// What is known of the values in what is being written.
    hiding: Hiding,
    /// Whether anything in the statement is secret.
    secrets: bool,
    /// Whether the next SELECT gives its columns to a query around it.
    gives: bool,
    /// Whether something secret is computed with.
    computes_secret: bool,
    /// What may be shown of the rows that it returns.
    shown: Shown,
    /// Whether raw SQL is a part of it.
    has_raw: bool,
    /// Whether equal values are one parameter: PostgreSQL takes expressions for the same only then, which those of GROUP BY
    /// have to be.
    shares: bool,
    /// What the SELECT being written groups by and MySQL would not find again, because values are in it.
    grouped: Vec<Expr>,
    /// The selected expressions with their names, for DISTINCT and unions: an ORDER BY has to use the name.
    named: Vec<(Expr, Arc<str>)>,
    /// Whether lists are filled up to lengths that more lists have.
    pads: bool,
    /// Whether what is being written fills up a list.
    fills: bool,
    /// Whether rows of what is being written are optional: it is the right side of an outer join, or its condition.
    optional: bool,
}

impl Writer {
    /// The text of a SELECT.
    pub fn select(dialect: Dialect, select: &Select) -> Statement {
        let mixes = select.mixes_secret(false);
        let mut writer = Writer::fitting(dialect, |writer| {
            writer.secrets = mixes;
            writer.write_select(select);
        });
        writer.shown = Shown::of_mixed(select, mixes, writer.has_raw);
        writer.finish()
    }

    /// The text of a single expression, for display.
    pub fn expression(dialect: Dialect, expr: &Expr) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.secrets = expr.mentions_secret();
        writer.expr(expr);
        writer.finish()
    }

    /// The text of what columns are set to, to be shown.
    pub fn assigned(dialect: Dialect, set: &[(NamedColumn, Expr)]) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.secrets = set.iter().any(|(column, value)| column.secret || value.mentions_secret());
        writer.assignments(set, None);
        writer.finish()
    }

    /// The text of an INSERT.
    pub fn insert(dialect: Dialect, mut insert: Insert) -> Statement {
        let values = std::mem::take(&mut insert.values);
        if dialect == Dialect::Postgres && insert.rows > 1 && are_plain(&values, insert.columns.len()) {
            return Writer::insert_arrays(&insert, values);
        }
        // Values behind those of the rows would be part of each run.
        let is_one = insert.conflict.as_ref().is_some_and(|conflict| conflict.binds(dialect) > 0);
        let runs = match is_one {
            true => vec![(insert.rows, 1)],
            false => dialect.insert_runs(insert.rows, insert.columns.len()),
        };
        if runs.len() <= 1 && runs.iter().all(|(_, times)| *times == 1) {
            let mut writer = Writer::new(dialect);
            writer.write_insert(&insert, insert.rows, values);
            return Statement { expected: Expected::Few, ..writer.finish() };
        }
        Writer::insert_in_runs(dialect, &insert, values, &runs)
    }

    /// The text of an INSERT of the rows of a query.
    pub fn insert_select(
        dialect: Dialect,
        table: TableName,
        columns: &[NamedColumn],
        select: &Select,
    ) -> Statement {
        let is_secret = columns.iter().any(|column| column.secret);
        let secrets = is_secret || select.mixes_secret(false);
        let mut writer = Writer::fitting(dialect, |writer| {
            writer.secrets = secrets;
            if is_secret {
                writer.enter(Hiding::All);
            }
            writer.sql.push_str("INSERT INTO ");
            writer.name(table);
            writer.sql.push_str(" (");
            writer.list(columns, ", ", |writer, column| writer.quote(column.name));
            writer.sql.push_str(") ");
            writer.write_select(select);
        });
        writer.writes(table);
        writer.finish()
    }

    /// An INSERT as several texts, with placeholders only.
    fn insert_in_runs(
        dialect: Dialect,
        insert: &Insert,
        params: Vec<Param>,
        runs: &[(usize, usize)],
    ) -> Statement {
        let width = insert.columns.len();
        let mut first = None;
        let mut run = |(rows, times): &(usize, usize)| {
            let mut writer = Writer::new(dialect);
            // The placeholders carry the types of their values.
            let shape =
                if dialect == Dialect::Sqlite { &[] } else { params.get(..width).unwrap_or_default() };
            writer.write_insert(insert, *rows, shape.iter().cloned().cycle().take(rows * width).collect());
            let statement = writer.finish();
            let sql = Arc::clone(&statement.sql);
            first.get_or_insert(statement);
            Runs { sql, values: rows * width, times: *times }
        };
        let runs = runs.iter().map(&mut run).collect();
        let first = first.unwrap_or_else(|| Statement::plain(""));
        Statement { params, expected: Expected::Few, runs, ..first }
    }

    /// The text of an INSERT of several rows into a table whose keys SQLite generates, consecutive after the key of the first
    /// row. RETURNING would make such an INSERT slow there, because it keeps all rows until the last one is in.
    pub fn insert_by_rowid(mut insert: Insert) -> Statement {
        let (width, values) = (insert.columns.len(), std::mem::take(&mut insert.values));
        let mut first = Writer::new(Dialect::Sqlite);
        first.write_insert(&insert, 1, Vec::new());
        let leading = Some(Leading { sql: first.finish().sql, values: width });
        insert.returning.clear();
        let runs = Dialect::Sqlite.insert_runs(insert.rows.saturating_sub(1), width);
        Statement { leading, ..Writer::insert_in_runs(Dialect::Sqlite, &insert, values, &runs) }
    }

    /// The text of an UPDATE.
    pub fn update(dialect: Dialect, update: &Update) -> Statement {
        Writer::fitting(dialect, |writer| writer.write_update(update, Vec::new())).finish()
    }

    /// The text of an UPDATE of one row, which runs for each of several. `update` has the values of the first row, and `values`
    /// those of all rows, in the order of the text: SQLite looks a key up faster than it joins a list.
    pub fn update_each(dialect: Dialect, update: &Update, values: Vec<Value>) -> Statement {
        let mut one = Writer::update(dialect, update);
        let width = one.params.len().max(1);
        let runs = Runs { sql: Arc::clone(&one.sql), values: width, times: values.len() / width };
        let first = std::mem::take(&mut one.params);
        let params = values.into_iter().zip(first.iter().cycle()).map(|(value, first)| first.with(value));
        Statement { params: params.collect(), runs: vec![runs], expected: Expected::Few, ..one }
    }

    /// The text of an UPDATE that joins arrays, one for each column of its new rows: one text for any number of rows.
    pub fn update_arrays(update: &Update, arrays: Vec<Param>) -> Statement {
        let mut writer = Writer::new(Dialect::Postgres);
        writer.write_update(update, arrays);
        writer.finish()
    }

    fn write_update(&mut self, update: &Update, arrays: Vec<Param>) {
        let writer = self;
        writer.writes(update.table);
        let values = update.set.iter().map(|(_, value)| value);
        writer.secrets = update.set.iter().any(|(column, _)| column.secret)
            || values.chain(&update.filter).any(Expr::mentions_secret);
        writer.names.enter_change(update.table, update.from.called);
        writer.sql.push_str("UPDATE ");
        writer.name(update.table);
        match writer.dialect {
            Dialect::Mysql(_) if !update.from.rows.is_empty() => {
                writer.sql.push_str(" JOIN (");
                writer.new_rows(update.table, &update.from);
                writer.sql.push_str(") AS ");
                writer.call_rows(update.from.called);
                writer.set(update);
            }
            _ => {
                writer.set(update);
                writer.rows_to_update_from(&update.from, arrays);
            }
        }
        writer.filter(update.filter.as_ref());
        writer.returning(update.table, &update.returning);
    }

    /// The text of a DELETE.
    pub fn delete(dialect: Dialect, delete: &Delete) -> Statement {
        let write = |writer: &mut Writer| {
            writer.writes(delete.table);
            writer.secrets = delete.filter.as_ref().is_some_and(Expr::mentions_secret);
            writer.names.enter_change(delete.table, None);
            writer.sql.push_str("DELETE FROM ");
            writer.name(delete.table);
            writer.filter(delete.filter.as_ref());
            writer.returning(delete.table, &delete.returning);
        };
        Writer::fitting(dialect, write).finish()
    }

    /// The statement, with padded lists if it then binds no more values than the database allows.
    fn fitting(dialect: Dialect, write: impl Fn(&mut Writer)) -> Writer {
        let mut writer = Writer::new(dialect);
        write(&mut writer);
        if writer.params.len() > dialect.bind_limit() {
            writer = Writer { pads: false, ..Writer::new(dialect) };
            write(&mut writer);
        }
        writer
    }

    fn new(dialect: Dialect) -> Writer {
        Writer {
            dialect,
            sql: String::with_capacity(256),
            params: Vec::new(),
            names: Names::new(dialect),
            depth: 0,
            repeatable: true,
            effect: Effect::Reads,
            table: None,
            changes_connection: false,
            hiding: Hiding::Unknown,
            secrets: false,
            gives: false,
            computes_secret: false,
            shown: Shown::Nothing,
            has_raw: false,
            shares: false,
            grouped: Vec::new(),
            named: Vec::new(),
            pads: true,
            fills: false,
            optional: false,
        }
    }

    fn writes(&mut self, table: TableName) {
        self.effect = Effect::Writes;
        self.table = Some(table);
    }

    fn finish(self) -> Statement {
        Statement {
            params: self.params,
            repeatable: self.repeatable,
            effect: self.effect,
            table: self.table,
            changes_connection: self.changes_connection,
            computes_secret: self.computes_secret,
            shown: self.shown,
            refused: self.names.refused,
            ..Statement::plain(self.sql)
        }
    }

    fn list<T>(&mut self, items: &[T], separator: &str, mut write: impl FnMut(&mut Writer, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.sql.push_str(separator);
            }
            write(self, item);
        }
    }

    fn filter(&mut self, filter: Option<&Expr>) {
        if let Some(filter) = filter {
            self.sql.push_str(" WHERE ");
            self.expr(filter);
        }
    }

    fn rows(&mut self, rows: &[Vec<Bind>]) {
        self.list(rows, ", ", |writer, row| {
            writer.sql.push('(');
            writer.list(row, ", ", |writer, bind| writer.bind(bind.clone()));
            writer.sql.push(')');
        });
    }

    fn column(&mut self, source: &Source, name: &str) {
        self.source(source);
        self.sql.push('.');
        self.quote(name);
    }

    /// A value that fills up a list.
    fn fill(&mut self, bind: Bind) {
        self.fills = true;
        self.bind(bind);
        self.fills = false;
    }

    /// The name of a source, as the statement has it.
    fn source(&mut self, source: &Source) {
        match source {
            Source::Table(table) => match self.names.renamed(*table) {
                None => self.name(*table),
                Some(name) => self.quote(&name),
            },
            source => self.dialect.quote(&mut self.sql, self.names.of(source)),
        }
    }

    /// What an UPDATE calls its new rows.
    fn call_rows(&mut self, rows: Option<Made>) {
        rows.into_iter().for_each(|rows| self.source(&Source::Made(rows)));
    }

    fn bind(&mut self, bind: Bind) {
        match self.dialect {
            // A statement keeps the types of its first values, and a NULL of unknown type has none.
            Dialect::Postgres if bind.value.is_null() && bind.kind.is_none() => self.sql.push_str("NULL"),
            _ => {
                let cast = self.dialect.cast(bind.kind, &bind.value);
                let is_time = matches!(
                    (&bind.value, bind.kind),
                    (Value::Time(_), _) | (Value::Null, Some(ValueKind::Time))
                );
                match (self.dialect, &cast) {
                    // MySQL takes what is cast to a time for one already, and a text for midnight.
                    (Dialect::Mysql(server), Some(to)) if is_time && !server.mariadb => {
                        self.sql.push_str("CAST(");
                        self.cast(Param::One(bind), Some("CHAR".to_owned()));
                        self.sql.push_str(&format!(" AS {to})"));
                    }
                    _ => self.cast(Param::One(bind), cast),
                }
            }
        }
    }

    fn cast(&mut self, param: Param, to: Option<String>) {
        let Some(to) = to else { return self.param(param) };
        self.sql.push_str("CAST(");
        self.param(param);
        self.sql.push_str(" AS ");
        self.sql.push_str(&to);
        self.sql.push(')');
    }

    fn param(&mut self, param: Param) {
        let mut param = match param {
            Param::One(bind) if self.fills => Param::Padding(bind),
            param => param,
        };
        if self.hiding == Hiding::All {
            param.hide();
        }
        if self.dialect != Dialect::Postgres {
            return self.own_param(param);
        }
        let known = self.params.iter().position(|known| self.shares && *known == param);
        match known {
            Some(place) => {
                if let Some(known) = self.params.get_mut(place).filter(|_| param.is_secret()) {
                    known.hide();
                }
                self.sql.push_str(&format!("${}", place + 1));
            }
            None => self.own_param(param),
        }
    }

    /// A parameter that no other place shares.
    fn own_param(&mut self, param: Param) {
        self.params.push(param);
        match self.dialect {
            Dialect::Postgres => self.sql.push_str(&format!("${}", self.params.len())),
            Dialect::Sqlite | Dialect::Mysql(_) => self.sql.push('?'),
        }
    }

    fn name(&mut self, table: TableName) {
        table.schema.into_iter().for_each(|schema| self.check_name(ErrorKind::InvalidModel, schema));
        self.check_name(ErrorKind::InvalidModel, table.name);
        self.dialect.name(&mut self.sql, table);
    }

    fn quote(&mut self, name: &str) {
        self.check_name(ErrorKind::InvalidQuery, name);
        self.dialect.quote(&mut self.sql, name);
    }

    fn check_name(&mut self, kind: ErrorKind, name: &str) {
        if name.len() > LONGEST_NAME {
            self.names.check(kind, name);
        }
    }
}

/// Whether PostgreSQL has arrays of the columns' types: it has no lists of lists.
fn are_plain(values: &[Param], columns: usize) -> bool {
    let plain = |param: &Param| match param {
        Param::One(bind) => bind.kind.is_some_and(|kind| !matches!(kind, ValueKind::Array(_))),
        Param::Many { .. } | Param::Padding(_) => false,
    };
    columns > 0 && values.iter().take(columns).all(plain)
}
