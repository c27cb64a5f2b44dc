//! What databases can do: other stages ask for an ability, never which database it is.

use super::{Dialect, Effect, Expected, Param, Shown, Statement, TableName};
use crate::value::Value;

/// How one statement gives rows different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateForm {
    /// A text for one row, which runs for each.
    Each,
    /// A join with arrays of the new values, unless a column holds arrays itself.
    Arrays,
    /// A join with a list of the new values.
    List,
}

impl Dialect {
    /// In whose words a statement is shown where no database is known.
    pub const SHOWN: Dialect = Dialect::Sqlite;

    /// Whether the next generated key follows the keys that rows were given. A sequence does not know them.
    pub fn counts_given_keys(self) -> bool {
        self != Dialect::Postgres
    }

    /// Whether RETURNING gives rows as they are after their triggers.
    pub fn returns_after_triggers(self) -> bool {
        self != Dialect::Sqlite
    }

    /// Whether keys that follow each other are had faster without RETURNING, by the number of the last row; for more rows than
    /// one run of the statement takes.
    pub fn inserts_by_rowid(self, rows: usize, columns: usize) -> bool {
        self == Dialect::Sqlite && rows > self.rows_per_run(columns)
    }

    /// Whether an INSERT leaves the rows out of its count that stay as they were.
    pub fn counts_inserted_alone(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// Whether RETURNING gives the rows that an INSERT inserted or updated, and no others.
    pub fn returns_written_alone(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// Whether an INSERT that may update rows gives back those that it wrote; `updates` says whether it updates any.
    pub fn returns_upserted(self, updates: bool) -> bool {
        match self {
            Dialect::Sqlite | Dialect::Postgres => true,
            // RETURNING gives the rows that stayed as they were as well.
            Dialect::Mysql(server) => server.returning && updates,
        }
    }

    /// Whether an index may contain some of the rows.
    pub fn has_partial_indexes(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// How rows get different values by one statement.
    pub fn update_form(self) -> UpdateForm {
        match self {
            Dialect::Sqlite => UpdateForm::Each,
            Dialect::Postgres => UpdateForm::Arrays,
            Dialect::Mysql(_) => UpdateForm::List,
        }
    }

    /// Whether other statements can run while the rows of one are read.
    pub fn reads_beside_others(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// Whether statements that change tables are part of a transaction.
    pub fn has_transactional_ddl(self) -> bool {
        !matches!(self, Dialect::Mysql(_))
    }

    /// Removes a database of the server, if it exists.
    pub fn drop_database(self, name: &str) -> String {
        let force = if self == Dialect::Postgres { " WITH (FORCE)" } else { "" };
        format!("DROP DATABASE IF EXISTS {name}{force}")
    }

    /// Asks for the text of a column's default, where an UPDATE has no word for it: one row of one value.
    pub fn default_of(self, table: TableName, column: &str) -> Option<Statement> {
        if self != Dialect::Sqlite {
            return None;
        }
        let text = "SELECT dflt_value FROM pragma_table_info(?1, coalesce(?2, 'main')) WHERE name = ?3";
        let schema = table.schema.map_or(Value::Null, |schema| Value::Text(schema.into()));
        let values = [Value::Text(table.name.into()), schema, Value::Text(column.into())];
        let params = values.into_iter().map(|value| Param::One(value.into())).collect();
        Some(Statement { params, ..Statement::plain(text) })
    }
}

impl Statement {
    /// A statement that makes the database explain how it would run this one, and the column of its answer that does;
    /// `None` if all of them do.
    pub fn explained(self, dialect: Dialect) -> (Statement, Option<usize>) {
        let (prefix, column) = match dialect {
            Dialect::Sqlite => ("EXPLAIN QUERY PLAN ", Some(3)),
            Dialect::Postgres => ("EXPLAIN ", Some(0)),
            // A row that a key finds is read while MySQL plans, and conditions are shown with what it holds. The table has
            // none.
            Dialect::Mysql(_) if self.computes_secret => ("EXPLAIN ", None),
            Dialect::Mysql(_) => ("EXPLAIN FORMAT=JSON ", Some(0)),
        };
        let sql = format!("{prefix}{}", self.sql).into();
        // A plan may repeat what the statement binds, and runs nothing.
        let params = self.params.into_iter().map(Param::without_secret).collect();
        let (expected, effect, strategy) = (Expected::default(), Effect::Reads, Some("explain"));
        let shown = Shown::Nothing;
        (Statement { sql, params, shown, effect, strategy, expected, ..self }, column)
    }
}
