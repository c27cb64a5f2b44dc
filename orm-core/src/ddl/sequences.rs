use super::Schema;
use crate::sql::Dialect;

/// What moves the sequences of generated keys past the keys that are there. Nothing where the database counts given keys
/// itself.
pub fn sequence_statements(schema: &Schema, dialect: Dialect) -> Vec<String> {
    if dialect != Dialect::Postgres {
        return Vec::new();
    }
    let mut statements = Vec::new();
    for def in schema.models().map(|model| model.def()) {
        let Some(key) = def.auto_key() else { continue };
        let quoted = |name: &str| {
            let mut sql = String::new();
            dialect.quote(&mut sql, name);
            sql
        };
        let (table, column) = (quoted(def.table), def.columns[key].name);
        // An insert that has its key and is not committed would not be seen.
        statements.push(format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"));
        statements.push(format!(
            "SELECT setval(sequence, last) FROM (SELECT CAST(pg_get_serial_sequence({}, {}) AS regclass) AS sequence, \
             (SELECT max({}) FROM {table}) AS last) AS found WHERE last > coalesce(pg_sequence_last_value(sequence), 0)",
            literal(&table),
            literal(column),
            quoted(column),
        ));
    }
    statements
}

/// A text as SQL has it: names of tables and columns, never a user's.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
