//! Holds what was run against a grammar that is not ours.

use orm_core::prelude::*;
use orm_tests::Backend;
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;

/// The statements of a log, each parsed.
pub fn parsed(log: &QueryLog, backend: Backend) -> Vec<String> {
    let dialect: &dyn Dialect = match backend {
        Backend::Sqlite => &SQLiteDialect {},
        Backend::Postgres => &PostgreSqlDialect {},
        _ => &MySqlDialect {},
    };
    let texts: Vec<String> = log.statements().iter().map(|statement| statement.sql.to_string()).collect();
    for text in &texts {
        // MariaDB's words for FOR SHARE are not in the grammar.
        let text = text.trim_end_matches(" LOCK IN SHARE MODE");
        let statements = Parser::parse_sql(dialect, text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(statements.len(), 1, "{text}");
    }
    texts
}

/// The one statement of a log, parsed, with the quotes of SQLite and PostgreSQL and `?` for every value.
pub fn only(log: &QueryLog, backend: Backend) -> String {
    let texts = parsed(log, backend);
    assert_eq!(texts.len(), 1, "{log}");
    let mut text = texts[0].replace('`', "\"");
    for number in (1..20).rev() {
        text = text.replace(&format!("${number}"), "?");
    }
    text
}
