//! Moves sequences past existing keys.

use super::Schema;
use crate::sql::Dialect;

/// Moves the sequences of generated keys past the existing keys. Empty if the database itself counts keys that an INSERT
/// sets.
pub fn sequence_statements(schema: &Schema, dialect: Dialect) -> Vec<String> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let mut statements = Vec::new();
    for def in schema.models().map(|model| model.def()) {
        let Some(key) = def.auto_key() else { continue };
        let (mut table, mut quoted, column) = (String::new(), String::new(), def.columns[key].name);
        dialect.name(&mut table, def.table);
        dialect.quote(&mut quoted, column);
        // An insert that has its key and is not committed would not be seen.
        statements.push(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"));
        statements.push(format!(
            "SELECT setval(sequence, last) FROM (SELECT CAST(pg_get_serial_sequence({}, {}) AS regclass) AS sequence, \
             (SELECT max({quoted}) FROM {table}) AS last) AS found WHERE last > coalesce(pg_sequence_last_value(sequence), 0)",
            literal(&table),
            literal(column),
        ));
    }
    statements
}

/// A text as SQL has it: names of tables and columns, never a user's.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
