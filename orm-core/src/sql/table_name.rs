//! Names of tables.

use std::fmt;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The schema; `None` for that of the connection.
    pub schema: Option<&'static str>,
    /// The name in it.
    pub name: &'static str,
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
        TableName { schema: None, name }
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
        TableName { schema: Some(schema), name }
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
