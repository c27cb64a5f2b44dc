//! Writes functions of texts.

use super::Writer;
use crate::sql::{Bind, Dialect, Expr, TextPlace};
use crate::value::Value;

/// The escape character of patterns.
const ESCAPE: char = '!';
/// The longest pattern that SQLite takes, in bytes.
pub(in crate::sql) const LONGEST_SQLITE_PATTERN: usize = 50_000;

/// Texts in other texts.
impl Writer {
    /// A text that is known is a pattern, which an index may answer; it is looked for as it is, in upper and lower case.
    pub(super) fn has_text(&mut self, place: TextPlace, of: &Expr, what: &Expr) {
        if self.dialect == Dialect::Sqlite {
            return self.has_text_on_sqlite(place, of, what);
        }
        let Expr::Bind(Bind { value: Value::Text(text), secret, kind }) = what else {
            return self.has_text_of(place, of, what);
        };
        let mut pattern = String::with_capacity(text.len() + 2);
        if place != TextPlace::Start {
            pattern.push('%');
        }
        for char in text.chars() {
            match char {
                '%' | '_' | ESCAPE => pattern.extend([ESCAPE, char]),
                char => pattern.push(char),
            }
        }
        if place != TextPlace::End {
            pattern.push('%');
        }
        self.sql.push('(');
        self.operand(of);
        self.sql.push_str(" LIKE ");
        self.bind(Bind { value: Value::from(pattern), secret: *secret, kind: *kind });
        self.sql.push_str(&format!(" ESCAPE '{ESCAPE}')"));
    }

    /// SQLite's patterns and most of its functions of texts end at a NUL, and its LIKE ignores the case of letters. So a
    /// pattern is used where an index may answer it, which is where a text begins, and what is written otherwise looks at
    /// the whole of both texts.
    fn has_text_on_sqlite(&mut self, place: TextPlace, of: &Expr, what: &Expr) {
        match (place, beginning(what)) {
            (TextPlace::Start, Some(pattern)) => {
                self.sql.push_str("glob(");
                self.bind(pattern);
                self.sql.push_str(", ");
                self.expr(of);
                self.sql.push(')');
            }
            (TextPlace::Start | TextPlace::Anywhere, _) => {
                self.sql.push_str("(instr(");
                self.expr(of);
                self.sql.push_str(", ");
                self.expr(what);
                self.sql.push_str(if place == TextPlace::Start { ") = 1)" } else { ") > 0)" });
            }
            // The bytes from there on where the other text has to begin.
            (TextPlace::End, _) => {
                let bytes = |writer: &mut Writer, expr: &Expr, after: &str| {
                    writer.sql.push_str("CAST(");
                    writer.expr(expr);
                    writer.sql.push_str(" AS BLOB)");
                    writer.sql.push_str(after);
                };
                self.sql.push_str("(substr(");
                bytes(self, of, ", length(");
                bytes(self, of, ") + 1 - length(");
                bytes(self, what, ")) = ");
                bytes(self, what, ")");
            }
        }
    }

    fn has_text_of(&mut self, place: TextPlace, of: &Expr, what: &Expr) {
        let mysql = matches!(self.dialect, Dialect::Mysql(_));
        let (length, postgres) =
            (if mysql { "char_length(" } else { "length(" }, self.dialect == Dialect::Postgres);
        let pair = |writer: &mut Writer, before: &str| {
            writer.sql.push_str(before);
            writer.expr(of);
            writer.sql.push_str(", ");
        };
        self.sql.push('(');
        match place {
            TextPlace::Anywhere => {
                pair(self, if postgres { "strpos(" } else { "instr(" });
                self.expr(what);
                self.sql.push_str(") > 0");
            }
            TextPlace::Start | TextPlace::End => {
                match place {
                    TextPlace::End => pair(self, "right("),
                    _ => {
                        pair(self, "substr(");
                        self.sql.push_str("1, ");
                    }
                }
                self.sql.push_str(length);
                self.expr(what);
                self.sql.push_str(")) = ");
                self.operand(what);
            }
        }
        self.sql.push(')');
    }
}

/// The pattern of texts that begin with one, if that is known and SQLite takes it.
fn beginning(what: &Expr) -> Option<Bind> {
    let Expr::Bind(Bind { value: Value::Text(text), secret, kind }) = what else { return None };
    let mut pattern = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        match char {
            '\0' => return None,
            '*' | '?' | '[' => pattern.extend(['[', char, ']']),
            char => pattern.push(char),
        }
    }
    pattern.push('*');
    let takes = pattern.len() <= LONGEST_SQLITE_PATTERN;
    takes.then(|| Bind { value: Value::from(pattern), secret: *secret, kind: *kind })
}
