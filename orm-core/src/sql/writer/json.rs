//! Writes reads of JSON.

use super::Writer;
use crate::sql::{Bind, Dialect, Expr, JsonRead, JsonStep};
use crate::value::{Value, ValueKind};

/// Larger indexes have no room in some databases. No document has so many elements, so there is nothing at any of them.
const LAST_INDEX: usize = i32::MAX as usize;

/// A document and the way to a place in it.
#[derive(Clone, Copy)]
struct Place<'e> {
    of: &'e Expr,
    path: &'e [JsonStep],
}

/// What is at a place in a document. What is not of the kind that is asked for is NULL on every database, and no error of
/// a conversion.
impl Writer {
    pub(super) fn json(&mut self, of: &Expr, path: &[JsonStep], read: JsonRead) {
        let place = Place { of, path };
        match self.dialect {
            Dialect::Sqlite => self.sqlite_json(place, read),
            Dialect::Postgres => self.postgres_json(place, read),
            Dialect::Mysql(_) => self.mysql_json(place, read),
        }
    }

    fn sqlite_json(&mut self, place: Place<'_>, read: JsonRead) {
        let (test, before, behind) = match read {
            JsonRead::Document => {
                self.sql.push('(');
                self.operand(place.of);
                self.sql.push_str(" -> ");
                self.path(place.path);
                return self.sql.push(')');
            }
            JsonRead::Exists => return self.called("(json_type(", place, ") IS NOT NULL)"),
            JsonRead::Boolean => {
                self.called("CASE json_type(", place, ")");
                return self.sql.push_str(" WHEN 'true' THEN 1 WHEN 'false' THEN 0 END");
            }
            JsonRead::Text => ("= 'text'", "json_extract(", ")"),
            JsonRead::Integer => ("= 'integer'", "json_extract(", ")"),
            JsonRead::Float => ("IN ('integer', 'real')", "CAST(json_extract(", ") AS REAL)"),
            JsonRead::Length => ("= 'array'", "json_array_length(", ")"),
        };
        self.called("CASE WHEN json_type(", place, ") ");
        self.sql.push_str(test);
        if read == JsonRead::Integer {
            // One that has no room becomes a float.
            self.called(" AND typeof(json_extract(", place, ")) = 'integer'");
        }
        self.sql.push_str(" THEN ");
        self.called(before, place, behind);
        self.sql.push_str(" END");
    }

    fn postgres_json(&mut self, place: Place<'_>, read: JsonRead) {
        let (kind, before, behind) = match read {
            JsonRead::Document => return self.steps(place),
            JsonRead::Exists => {
                self.sql.push('(');
                self.steps(place);
                return self.sql.push_str(" IS NOT NULL)");
            }
            JsonRead::Text => ("string", "(", " #>> '{}')"),
            JsonRead::Integer => {
                self.sql.push_str("CASE WHEN jsonb_typeof(");
                self.steps(place);
                self.sql.push_str(") = 'number' THEN CASE WHEN scale(CAST(");
                self.steps(place);
                self.sql.push_str(" AS NUMERIC)) = 0 AND CAST(");
                self.steps(place);
                self.sql.push_str(&format!(" AS NUMERIC) BETWEEN {} AND {} THEN CAST(", i64::MIN, i64::MAX));
                self.steps(place);
                return self.sql.push_str(" AS BIGINT) END END");
            }
            JsonRead::Float => ("number", "CAST(", " AS DOUBLE PRECISION)"),
            JsonRead::Boolean => ("boolean", "CAST(", " AS BOOLEAN)"),
            JsonRead::Length => ("array", "CAST(jsonb_array_length(", ") AS BIGINT)"),
        };
        self.sql.push_str("CASE WHEN jsonb_typeof(");
        self.steps(place);
        self.sql.push_str(&format!(") = '{kind}' THEN {before}"));
        self.steps(place);
        self.sql.push_str(behind);
        self.sql.push_str(" END");
    }

    /// The server takes a value that is not an array for an array of itself, so each array on the way is checked.
    fn mysql_json(&mut self, place: Place<'_>, read: JsonRead) {
        let steps = place.path.iter().enumerate();
        let arrays = steps.filter(|(_, step)| matches!(step, JsonStep::Index(_)));
        let arrays: Vec<Place<'_>> =
            arrays.map(|(at, _)| Place { path: &place.path[..at], ..place }).collect();
        if arrays.is_empty() {
            return self.mysql_place(place, read);
        }
        self.sql.push_str(if read == JsonRead::Exists { "(" } else { "CASE WHEN " });
        self.list(&arrays, " AND ", |writer, array| {
            writer.called("json_type(json_extract(", *array, ")) = 'ARRAY'");
        });
        self.sql.push_str(if read == JsonRead::Exists { " AND " } else { " THEN " });
        self.mysql_place(place, read);
        self.sql.push_str(if read == JsonRead::Exists { ")" } else { " END" });
    }

    fn mysql_place(&mut self, place: Place<'_>, read: JsonRead) {
        let (test, before, behind) = match read {
            JsonRead::Document => return self.called("json_extract(", place, ")"),
            JsonRead::Exists => return self.called("(json_extract(", place, ") IS NOT NULL)"),
            // The collation of JSON ignores blanks at the end.
            JsonRead::Text => {
                let behind = match self.dialect {
                    Dialect::Mysql(server) if !server.mariadb => ")) USING utf8mb4) COLLATE utf8mb4_0900_bin",
                    _ => ")) USING utf8mb4) COLLATE utf8mb4_nopad_bin",
                };
                ("= 'STRING'", "CONVERT(json_unquote(json_extract(", behind)
            }
            JsonRead::Integer => {
                // MySQL calls the largest one unsigned, though it has room.
                ("IN ('INTEGER', 'UNSIGNED INTEGER')", "CAST(json_extract(", ") AS SIGNED)")
            }
            JsonRead::Float => {
                let test = "IN ('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE')";
                (test, "CAST(json_extract(", ") AS DOUBLE)")
            }
            JsonRead::Boolean => ("= 'BOOLEAN'", "(json_unquote(json_extract(", ")) = 'true')"),
            JsonRead::Length => ("= 'ARRAY'", "json_length(", ")"),
        };
        self.called("CASE WHEN json_type(json_extract(", place, ")) ");
        self.sql.push_str(test);
        if read == JsonRead::Integer {
            // Both call them so that have no room, too. MySQL compares them as they are, and makes decimals of few.
            if matches!(self.dialect, Dialect::Mysql(server) if server.mariadb) {
                self.called(" AND CAST(json_extract(", place, ") AS DECIMAL(65,0))");
                self.sql.push_str(&format!(" BETWEEN {} AND {}", i64::MIN, i64::MAX));
            } else {
                self.called(" AND json_extract(", place, ")");
                self.sql.push_str(&format!(" <= {}", i64::MAX));
            }
        }
        self.sql.push_str(" THEN ");
        self.called(before, place, behind);
        self.sql.push_str(" END");
    }

    /// The document and the path as arguments.
    fn called(&mut self, before: &str, place: Place<'_>, behind: &str) {
        self.sql.push_str(before);
        self.expr(place.of);
        self.sql.push_str(", ");
        self.path(place.path);
        self.sql.push_str(behind);
    }

    /// PostgreSQL's steps know an object's member `0` from an array's element 0, but take a value for an array of itself; a
    /// strict path does not.
    fn steps(&mut self, place: Place<'_>) {
        if place.path.iter().any(|step| matches!(step, JsonStep::Index(_))) {
            self.sql.push_str("jsonb_path_query_first(");
            self.expr(place.of);
            self.sql.push_str(", CAST(");
            self.path(place.path);
            return self.sql.push_str(" AS jsonpath), '{}', true)");
        }
        self.sql.push('(');
        self.operand(place.of);
        for step in place.path {
            if let JsonStep::Key(key) = step {
                self.sql.push_str(" -> ");
                self.bind(text(key));
            }
        }
        self.sql.push(')');
    }

    fn path(&mut self, path: &[JsonStep]) {
        let strict = if self.dialect == Dialect::Postgres { "strict " } else { "" };
        let mut written = format!("{strict}$");
        for step in path {
            match step {
                JsonStep::Key(key) => {
                    written.push_str(".\"");
                    key.chars().for_each(|char| escape(&mut written, char, self.dialect));
                    written.push('"');
                }
                JsonStep::Index(index) => written.push_str(&format!("[{}]", (*index).min(LAST_INDEX))),
            }
        }
        self.bind(text(&written));
    }
}

/// Keys in a path are written as in JSON. MariaDB finds them by how they are written there, which is the shortest way.
fn escape(written: &mut String, char: char, dialect: Dialect) {
    let short = match char {
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        _ => "",
    };
    match char {
        _ if !short.is_empty() && matches!(dialect, Dialect::Mysql(_)) => written.push_str(short),
        '"' | '\\' => written.extend(['\\', char]),
        char if char < ' ' => written.push_str(&format!("\\u{:04x}", u32::from(char))),
        char => written.push(char),
    }
}

fn text(text: &str) -> Bind {
    Bind { value: Value::from(text), secret: false, kind: Some(ValueKind::Text) }
}
