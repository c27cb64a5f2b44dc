//! Names of tables.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::{Expr, Source};

/// The name of a table, with its schema if it has one.
///
/// A schema is a schema of the database on PostgreSQL, a database on MySQL, and an attached file on SQLite. Tables of
/// the same name in two schemas are two tables.
///
/// ```
/// use orm_core::model::TableName;
///
/// assert_eq!(TableName::within("app", "users").to_string(), "app.users");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TableName {
    /// The schema; `None` for that of the connection.
    pub schema: Option<&'static str>,
    /// The name in it.
    pub name: &'static str,
    /// The column that marks deleted rows, as the table's model declares it. A pointer keeps columns in queries small.
    deleted: Option<&'static &'static str>,
}

/// The name alone tells tables apart.
impl PartialEq for TableName {
    fn eq(&self, other: &TableName) -> bool {
        (self.schema, self.name) == (other.schema, other.name)
    }
}

impl Eq for TableName {}

impl Hash for TableName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.schema, self.name).hash(state);
    }
}

impl TableName {
    /// A table without a schema: the database looks it up as the connection is configured.
    ///
    /// ```
    /// use orm_core::model::TableName;
    ///
    /// assert_eq!(TableName::new("users").to_string(), "users");
    /// ```
    pub const fn new(name: &'static str) -> TableName {
        TableName { schema: None, name, deleted: None }
    }

    /// A table in a schema.
    ///
    /// ```
    /// use orm_core::model::TableName;
    ///
    /// let users = TableName::within("app", "users");
    /// assert_eq!((users.schema, users.name), (Some("app"), "users"));
    /// ```
    pub const fn within(schema: &'static str, name: &'static str) -> TableName {
        TableName { schema: Some(schema), name, deleted: None }
    }

    /// The table of a model that marks deleted rows in a column.
    pub(crate) const fn marking_deleted(self, column: Option<&'static &'static str>) -> TableName {
        TableName { deleted: column, ..self }
    }

    /// Whether deleted rows stay in the table, marked.
    pub(crate) fn marks_deleted(&self) -> bool {
        self.deleted.is_some()
    }

    /// The condition that a row is not deleted, where deleted rows are marked.
    pub(crate) fn not_deleted(&self) -> Option<Expr> {
        let column = self.deleted?;
        Some(Expr::IsNull(Box::new(Expr::column(&Source::Table(*self), column))))
    }
}

/// `app.users`, for messages.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(self.name)
    }
}
