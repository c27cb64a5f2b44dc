//! Statements as the text of one dialect.

mod change;
mod expr;
mod json;
mod list;
mod select;
mod text;
mod time;

use std::sync::Arc;

pub(in crate::sql) use text::LONGEST_SQLITE_PATTERN;

use super::{
    Bind, Cte, Delete, Dialect, Effect, Expected, Expr, Insert, Leading, NEW_ROWS, Param, Runs, Select,
    Shown, Source, Statement, TableName, Update,
};
use crate::value::{Value, ValueKind};

/// Writes statements as the text of one dialect.
#[derive(Debug)]
pub struct Writer {
    dialect: Dialect,
    sql: String,
    params: Vec<Param>,
    /// The common table expressions that are written already.
    ctes: Vec<Arc<Cte>>,
    /// Whether all functions are known to give the same for the same arguments.
    repeatable: bool,
    /// What it does to the database.
    effect: Effect,
    /// Whether a secret column is named.
    reads_secret: bool,
    /// What may be shown of the rows that it returns.
    shown: Shown,
    /// Whether equal values are one parameter: PostgreSQL takes expressions for the same only then, which those of GROUP BY
    /// have to be.
    shares: bool,
    /// What the SELECT being written groups by and MySQL would not find again, because values are in it.
    grouped: Vec<Expr>,
    /// The same of what it selects, where it is told apart by that: the order has to go by its name.
    named: Vec<(Expr, Arc<str>)>,
}

impl Writer {
    /// The text of a SELECT.
    pub fn select(dialect: Dialect, select: &Select) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.write_select(select);
        writer.shown = Shown::of((0..select.width()).map(|at| select.is_secret(at)));
        writer.finish()
    }

    /// The text of an INSERT.
    pub fn insert(dialect: Dialect, mut insert: Insert) -> Statement {
        let values = std::mem::take(&mut insert.values);
        if dialect == Dialect::Postgres && insert.rows > 1 && are_plain(&values, insert.columns.len()) {
            return Writer::insert_arrays(&insert, values);
        }
        let room = dialect.rows_per_run(insert.columns.len());
        let written = |rows: usize, values: Vec<Bind>| {
            let mut writer = Writer::new(dialect);
            writer.write_insert(&insert, rows, values);
            writer.finish()
        };
        if insert.rows <= room {
            return Statement { expected: Expected::Few, ..written(insert.rows, values) };
        }
        let rest = written(insert.rows % room, Vec::new()).sql;
        let runs = Some(Runs { values: room * insert.columns.len(), rest });
        let params = values.into_iter().map(Param::One).collect();
        Statement { params, expected: Expected::Few, runs, ..written(room, Vec::new()) }
    }

    /// The text of an INSERT of several rows into a table whose keys SQLite generates, which follow the key of the first row.
    /// It is RETURNING that makes such an INSERT slow there: it keeps all rows until the last one is in.
    pub fn insert_by_rowid(mut insert: Insert) -> Statement {
        let (width, values) = (insert.columns.len(), std::mem::take(&mut insert.values));
        let written = |insert: &Insert, rows: usize| {
            let mut writer = Writer::new(Dialect::Sqlite);
            writer.write_insert(insert, rows, Vec::new());
            writer.finish()
        };
        let leading = Leading { sql: written(&insert, 1).sql, values: width };
        insert.returning.clear();
        let (room, others) = (Dialect::Sqlite.rows_per_run(width), insert.rows - 1);
        let runs = Some(Runs { values: room * width, rest: written(&insert, others % room).sql });
        let params = values.into_iter().map(Param::One).collect();
        let leading = Some(leading);
        Statement { params, expected: Expected::Few, runs, leading, ..written(&insert, room.min(others)) }
    }

    /// The text of an UPDATE.
    pub fn update(dialect: Dialect, update: &Update) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.effect = Effect::Writes;
        writer.sql.push_str("UPDATE ");
        writer.name(update.table);
        match dialect {
            Dialect::Mysql(_) if !update.from.rows.is_empty() => {
                writer.sql.push_str(" JOIN (");
                writer.new_rows(update.table, &update.from);
                writer.sql.push_str(") AS ");
                writer.quote(NEW_ROWS);
                writer.set(update);
            }
            _ => {
                writer.set(update);
                if !update.from.rows.is_empty() {
                    writer.sql.push_str(" FROM (VALUES ");
                    writer.rows(&update.from.rows);
                    writer.sql.push_str(") AS ");
                    writer.quote(NEW_ROWS);
                }
            }
        }
        writer.filter(update.filter.as_ref());
        writer.returning(update.table, &update.returning);
        writer.finish()
    }

    /// The text of a DELETE.
    pub fn delete(dialect: Dialect, delete: &Delete) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.effect = Effect::Writes;
        writer.sql.push_str("DELETE FROM ");
        writer.name(delete.table);
        writer.filter(delete.filter.as_ref());
        writer.returning(delete.table, &delete.returning);
        writer.finish()
    }

    fn new(dialect: Dialect) -> Writer {
        Writer {
            dialect,
            sql: String::with_capacity(256),
            params: Vec::new(),
            ctes: Vec::new(),
            repeatable: true,
            effect: Effect::Reads,
            reads_secret: false,
            shown: Shown::Nothing,
            shares: false,
            grouped: Vec::new(),
            named: Vec::new(),
        }
    }

    fn finish(self) -> Statement {
        Statement {
            params: self.params,
            repeatable: self.repeatable,
            effect: self.effect,
            reads_secret: self.reads_secret,
            shown: self.shown,
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
        match source {
            Source::Table(table) => self.name(*table),
            Source::Alias(_) | Source::Defined(_) => self.quote(source.name()),
        }
        self.sql.push('.');
        self.quote(name);
    }

    fn bind(&mut self, bind: Bind) {
        match self.dialect {
            // A statement keeps the types of its first values, and a NULL that nobody knows the type of has none.
            Dialect::Postgres if bind.value.is_null() && bind.kind.is_none() => self.sql.push_str("NULL"),
            _ => {
                let cast = self.dialect.cast(bind.kind, &bind.value);
                match (self.dialect, &bind.value, &cast) {
                    // MySQL takes what is cast to a time for one already, and a text for midnight.
                    (Dialect::Mysql(server), Value::Time(_), Some(to)) if !server.mariadb => {
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
        if self.dialect != Dialect::Postgres {
            self.params.push(param);
            return self.sql.push('?');
        }
        let known = self.params.iter().position(|known| self.shares && *known == param);
        let place = known.unwrap_or_else(|| {
            self.params.push(param);
            self.params.len() - 1
        });
        self.sql.push_str(&format!("${}", place + 1));
    }

    fn name(&mut self, table: TableName) {
        self.dialect.name(&mut self.sql, table);
    }

    fn quote(&mut self, name: &str) {
        self.dialect.quote(&mut self.sql, name);
    }
}

/// Whether the first row's values are of kinds that PostgreSQL has arrays of without a cast.
fn are_plain(values: &[Bind], columns: usize) -> bool {
    let plain = |bind: &Bind| {
        matches!(
            bind.kind,
            Some(
                ValueKind::Bool
                    | ValueKind::Int16
                    | ValueKind::Int32
                    | ValueKind::Int64
                    | ValueKind::Float32
                    | ValueKind::Float64
                    | ValueKind::Text
                    | ValueKind::Bytes
            )
        )
    };
    columns > 0 && values.iter().take(columns).all(plain)
}
