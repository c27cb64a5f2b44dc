use std::fmt;

/// The name of a table, in its schema where it has one.
///
/// A schema is one of the database on PostgreSQL, a database on MySQL and an attached file on SQLite. Tables of one name
/// in two schemas are two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TableName {
    /// The schema; none: the one that the connection is in.
    pub schema: Option<&'static str>,
    /// The name in it.
    pub name: &'static str,
}

impl TableName {
    /// A table of the schema that the connection is in.
    pub const fn new(name: &'static str) -> TableName {
        TableName { schema: None, name }
    }

    /// A table of this schema.
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
