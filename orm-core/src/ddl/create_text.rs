//! Reads the text of CREATE TABLE that SQLite stores.

use super::live_table::{Computed, LiveCheck};
use crate::sql::{Token, closing, tokens};

/// The parts of a table that only its SQL text has, and no PRAGMA: CHECK constraints, generation expressions,
/// collations, and what follows the columns.
#[derive(Debug, Default)]
pub(super) struct CreateText {
    pub(super) columns: Vec<ColumnText>,
    pub(super) checks: Vec<LiveCheck>,
    pub(super) options: String,
}

/// One column of it.
#[derive(Debug, Default)]
pub(super) struct ColumnText {
    pub(super) name: String,
    pub(super) collation: Option<String>,
    pub(super) computed: Option<Computed>,
}

impl CreateText {
    /// Reads `CREATE TABLE .. (..) ..`. SQLite has accepted the text, so what cannot be read here is something that this
    /// does not look for.
    pub(super) fn read(sql: &str) -> CreateText {
        let mut read = CreateText::default();
        let tokens = tokens(sql);
        let Some(open) = tokens.iter().position(|token| token.text == "(") else { return read };
        let Some(close) = closing(&tokens, open) else { return read };
        read.options = tokens[close + 1..].iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
        let mut start = open + 1;
        while start < close {
            let mut end = start;
            while end < close && tokens[end].text != "," {
                end = if tokens[end].text == "(" {
                    closing(&tokens, end).unwrap_or(close) + 1
                } else {
                    end + 1
                };
            }
            read.item(sql, &tokens[start..end.min(close)]);
            start = end + 1;
        }
        read
    }

    /// What follows WHERE in `CREATE INDEX .. ON .. (..) WHERE ..`.
    pub(super) fn condition(sql: &str) -> Option<String> {
        let tokens = tokens(sql);
        let open = tokens.iter().position(|token| token.text == "(")?;
        let close = closing(&tokens, open)?;
        let word = tokens.get(close + 1).filter(|token| token.is("WHERE"))?;
        Some(sql[word.end..].trim().to_owned())
    }

    /// The column of a name.
    pub(super) fn column(&self, name: &str) -> Option<&ColumnText> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// A column or a constraint of the table.
    fn item(&mut self, sql: &str, tokens: &[Token<'_>]) {
        let Some(first) = tokens.first() else { return };
        let is_constraint =
            ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| first.is(word));
        let mut column = (!is_constraint).then(|| ColumnText { name: first.name(), ..ColumnText::default() });
        let mut constraint = None;
        let mut at = usize::from(!is_constraint);
        while at < tokens.len() {
            let next = tokens.get(at + 1);
            if tokens[at].is("CONSTRAINT") {
                constraint = next.map(Token::name);
                at += 2;
            } else if tokens[at].is("COLLATE") {
                if let Some(column) = &mut column {
                    column.collation = next.map(|name| name.text.to_owned());
                }
                at += 2;
            } else if (tokens[at].is("CHECK") || tokens[at].is("AS"))
                && next.is_some_and(|next| next.text == "(")
            {
                let close = closing(tokens, at + 1).unwrap_or(tokens.len() - 1);
                let expression = sql[tokens[at + 1].end..tokens[close].end - 1].trim().to_owned();
                if tokens[at].is("CHECK") {
                    self.checks.push(LiveCheck { name: constraint.take(), expression, of_column: None });
                } else if let Some(column) = &mut column {
                    let stored = tokens.get(close + 1).is_some_and(|token| token.is("STORED"));
                    column.computed = Some(Computed { expression, stored });
                }
                at = close + 1;
            } else if tokens[at].text == "(" {
                at = closing(tokens, at).unwrap_or(tokens.len()) + 1;
            } else {
                at += 1;
            }
        }
        self.columns.extend(column);
    }
}

#[cfg(test)]
mod tests {
    use super::CreateText;

    #[test]
    fn parts_without_a_pragma_are_read_from_the_text() {
        let read = CreateText::read(
            "CREATE TABLE \"a (b\" (id INTEGER PRIMARY KEY -- a, comment (\n, \"na\"\"me\" TEXT COLLATE NOCASE NOT NULL \
             CONSTRAINT ck_name CHECK (\"na\"\"me\" <> ',)'), price NUMERIC(10, 2) DEFAULT (1 + (2)) CHECK( price>0 ),\
             [twice] INT GENERATED ALWAYS AS (price * (2)) STORED, half INT AS (price / 2) REFERENCES t (id),\
             CONSTRAINT ck_row CHECK (price < id /* ) */), UNIQUE (id, price)) STRICT, WITHOUT ROWID",
        );
        let names: Vec<&str> = read.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "na\"me", "price", "twice", "half"]);
        let checks: Vec<_> =
            read.checks.iter().map(|check| (check.name.as_deref(), check.expression.as_str())).collect();
        assert_eq!(
            checks,
            [
                (Some("ck_name"), "\"na\"\"me\" <> ',)'"),
                (None, "price>0"),
                (Some("ck_row"), "price < id /* ) */")
            ]
        );
        let computed = |name| read.column(name).and_then(|column| column.computed.clone());
        assert_eq!(
            computed("twice").map(|it| (it.expression, it.stored)),
            Some(("price * (2)".to_owned(), true))
        );
        assert_eq!(
            computed("HALF").map(|it| (it.expression, it.stored)),
            Some(("price / 2".to_owned(), false))
        );
        assert_eq!(computed("price"), None);
        assert_eq!(read.column("na\"me").and_then(|column| column.collation.as_deref()), Some("NOCASE"));
        assert_eq!(read.options, "STRICT , WITHOUT ROWID");
    }

    #[test]
    fn the_condition_of_an_index_follows_its_columns() {
        let condition = |sql| CreateText::condition(sql);
        assert_eq!(
            condition("CREATE UNIQUE INDEX \"a (where\" ON t (lower(a), b) where b IS NULL ").as_deref(),
            Some("b IS NULL")
        );
        assert_eq!(condition("CREATE INDEX i ON t (a)"), None);
    }
}
