use super::Writer;
use crate::sql::{Bind, Dialect, Expr, TextPlace};
use crate::value::Value;

/// What makes a character of a pattern stand for itself.
const ESCAPE: char = '!';

/// Texts in other texts.
impl Writer {
    /// A text that is known is a pattern, which an index may answer; it is looked for as it is, in upper and lower case.
    pub(super) fn has_text(&mut self, place: TextPlace, of: &Expr, what: &Expr) {
        let Expr::Bind(Bind { value: Value::Text(text), secret, kind }) = what else {
            return self.has_text_of(place, of, what);
        };
        let glob = self.dialect == Dialect::Sqlite;
        let any = if glob { '*' } else { '%' };
        let mut pattern = String::with_capacity(text.len() + 2);
        if place != TextPlace::Start {
            pattern.push(any);
        }
        for char in text.chars() {
            match char {
                '*' | '?' | '[' if glob => pattern.extend(['[', char, ']']),
                '%' | '_' | ESCAPE if !glob => pattern.extend([ESCAPE, char]),
                char => pattern.push(char),
            }
        }
        if place != TextPlace::End {
            pattern.push(any);
        }
        let pattern = Bind { value: Value::from(pattern), secret: *secret, kind: *kind };
        // SQLite's LIKE ignores the case of letters.
        self.sql.push_str(if glob { "glob(" } else { "(" });
        if glob {
            self.bind(pattern);
            self.sql.push_str(", ");
            self.expr(of);
        } else {
            self.operand(of);
            self.sql.push_str(" LIKE ");
            self.bind(pattern);
            self.sql.push_str(&format!(" ESCAPE '{ESCAPE}'"));
        }
        self.sql.push(')');
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
                match (place, self.dialect) {
                    (TextPlace::End, Dialect::Sqlite) => {
                        // From the end there is no place 0.
                        self.sql.push_str("length(");
                        self.expr(what);
                        self.sql.push_str(") = 0 OR ");
                        pair(self, "substr(");
                        self.sql.push('-');
                    }
                    (TextPlace::End, _) => pair(self, "right("),
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
