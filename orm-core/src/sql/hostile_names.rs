//! Names that try to end their quotes: whatever a table or a column is called, the text stays one statement and
//! contains every name unchanged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;

use sqlparser::dialect::{Dialect as Grammar, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::{
    Alias, Bind, Conflict, Delete, Dialect, Expr, Function, Insert, Item, Join, JoinKind, MysqlServer,
    NamedColumn, NewRows, Order, Param, Sees, Select, Source, Statement, TableName, TableRef, Update, Writer,
};
use crate::value::Value;

const MYSQL: Dialect = Dialect::Mysql(MysqlServer { mariadb: false, returning: false, key_step: 1 });

/// Parts of names: quotes of every kind, what ends a statement or begins a comment, and what a parser may trip over.
const PARTS: [&str; 32] = [
    "\"",
    "\"\"",
    "'",
    "''",
    "`",
    "``",
    "[",
    "]",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "\\\"",
    "\n",
    "\r",
    "\t",
    " ",
    "?",
    "?1",
    ":a",
    "@a",
    "$1",
    "%",
    "a",
    "B",
    "DROP TABLE users",
    "\" OR 1 = 1 --",
    "é",
    "日本",
    "\u{202e}",
    "\u{1f600}",
];

/// As many different names as are asked for, the same each time.
fn names(count: usize) -> Vec<&'static str> {
    let mut seed = 11_u64;
    let mut next = move |end: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("31 bits") % end
    };
    let mut names: Vec<&'static str> = PARTS.to_vec();
    while names.len() < count {
        let name: String = (0..=next(6)).map(|_| PARTS[next(PARTS.len())]).collect();
        if !names.contains(&name.as_str()) {
            names.push(name.leak());
        }
    }
    names
}

fn count() -> usize {
    if std::env::var("ORM_DEEP").is_ok() { 10_000 } else { 1_000 }
}

fn bind() -> Bind {
    Bind::from(Value::Int(1))
}

/// A statement of each kind, with names wherever there can be one.
fn statements(dialect: Dialect, table: TableName, a: &'static str, b: &'static str) -> Vec<Statement> {
    let column = Expr::column;
    let (here, there) = (Source::Table(table), Source::Alias(b.into()));
    let joined = TableRef::Table { name: TableName::within(b, a), alias: Some(b.into()) };
    let nested = TableRef::Nested {
        first: Box::new(joined),
        joins: vec![Join {
            kind: JoinKind::Inner,
            table: TableRef::Table { name: table, alias: Some(a.into()) },
            on: Expr::eq(column(&there, a), Expr::Bind(bind())),
            sees: Sees::Same,
        }],
    };
    let mut select = Select::from(TableRef::Table { name: table, alias: None });
    select.returns(Expr::column(&here, a));
    select.columns.push(Item { expr: column(&there, b), alias: Some(a.into()) });
    select.joins.push(Join {
        kind: JoinKind::Left,
        table: nested,
        on: Expr::eq(column(&here, a), column(&there, b)),
        sees: Sees::Same,
    });
    select.filter = Some(Expr::eq(column(&here, b), Expr::Bind(bind())));
    select.order = vec![Order::new(column(&here, a), true)];
    select.limit = Some(3);
    let mut outer = Select::from(TableRef::query(select.clone(), Alias::from(table.name)));
    outer.returns(Expr::column(&here, a));

    let returned = [a, b].map(|name| NamedColumn { name, secret: false });
    let returning = if dialect.returning() { returned.to_vec() } else { vec![] };
    let value = Expr::Call(Function::Excluded, vec![Expr::column(&here, b)]);
    let taken = vec![(NamedColumn { name: b, secret: false }, value)];
    let insert = Insert {
        table,
        columns: vec![a, b],
        rows: 1,
        values: vec![Param::One(bind()), Param::One(bind())],
        made: Vec::new(),
        conflict: Some(Conflict { columns: vec![a], set: taken, ..Conflict::nothing() }),
        returning: returning.clone(),
    };
    let filter = Some(Expr::eq(column(&here, b), Expr::Bind(bind())));
    let update = Update {
        table,
        set: vec![(NamedColumn { name: a, secret: false }, Expr::Bind(bind()))],
        from: NewRows::default(),
        filter: filter.clone(),
        returning: if dialect.update_returning() { returning.clone() } else { vec![] },
    };
    vec![
        Writer::select(dialect, &select),
        Writer::select(dialect, &outer),
        Writer::insert(dialect, insert),
        Writer::update(dialect, &update),
        Writer::delete(dialect, &Delete { table, filter, returning }),
    ]
}

/// The identifiers of a text, as its database reads them.
fn identifiers(grammar: &dyn Grammar, sql: &str) -> Vec<String> {
    let tokens = Tokenizer::new(grammar, sql).tokenize().unwrap_or_else(|error| panic!("{error}: {sql}"));
    let mark = if grammar.is::<MySqlDialect>() { '`' } else { '"' };
    let quoted = tokens.into_iter().filter_map(|token| match token {
        Token::Word(word) if word.quote_style == Some(mark) => Some(word.value),
        _ => None,
    });
    quoted.collect()
}

fn assert_quoted(dialect: Dialect, grammar: &dyn Grammar) {
    let names = names(count());
    for (at, table) in names.iter().copied().enumerate() {
        let (a, b) = (names[(at * 7 + 1) % names.len()], names[(at * 11 + 2) % names.len()]);
        let plain = statements(dialect, TableName::new(table), a, b);
        for statement in plain.into_iter().chain(statements(dialect, TableName::within(a, table), a, b)) {
            let sql = &*statement.sql;
            let parsed = Parser::parse_sql(grammar, sql);
            let parsed = parsed.unwrap_or_else(|error| panic!("{error} with {table:?}, {a:?}, {b:?}: {sql}"));
            assert_eq!(parsed.len(), 1, "not one statement with {table:?}, {a:?}, {b:?}: {sql}");
            let found = identifiers(grammar, sql);
            for name in [table, b] {
                assert!(found.iter().any(|found| found == name), "{name:?} is not in {found:?}: {sql}");
            }
            let known = |found: &String| [table, a, b].contains(&found.as_str());
            assert!(found.iter().all(known), "{found:?} are not {table:?}, {a:?}, {b:?}: {sql}");
        }
    }
}

#[test]
fn every_statement_of_sqlite_is_one() {
    assert_quoted(Dialect::Sqlite, &SQLiteDialect {});
}

#[test]
fn every_statement_of_postgresql_is_one() {
    assert_quoted(Dialect::Postgres, &PostgreSqlDialect {});
}

#[test]
fn every_statement_of_mysql_is_one() {
    assert_quoted(MYSQL, &MySqlDialect {});
}

#[test]
fn two_names_are_never_one_text() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, MYSQL] {
        let mut texts: HashMap<String, &str> = HashMap::new();
        for name in names(count()) {
            let mut text = String::new();
            dialect.quote(&mut text, name);
            // No name can lead out of the quotes: inside, marks come in pairs.
            let mark = &text[..1];
            let inside = &text[1..text.len() - 1];
            assert_eq!(inside.replace(&mark.repeat(2), "").matches(mark).count(), 0, "{name:?} as {text}");
            assert_eq!(inside.replace(&mark.repeat(2), mark), name, "{text}");
            if let Some(other) = texts.insert(text, name) {
                panic!("{name:?} and {other:?} are written alike");
            }
        }
        // Adjacent names too: the end of one and the beginning of the next are never ambiguous.
        let pair = |a: &str, b: &str| {
            let mut text = String::new();
            dialect.quote(&mut text, a);
            text.push('.');
            dialect.quote(&mut text, b);
            text
        };
        let parts = PARTS.iter().chain(&["", "a\".\"b", "a`.`b", "\".\"", "`.`"]);
        let mut pairs: HashMap<String, (&str, &str)> = HashMap::new();
        for a in parts.clone() {
            for b in parts.clone() {
                if let Some(other) = pairs.insert(pair(a, b), (a, b)) {
                    panic!("{:?} and {other:?} are written alike", (a, b));
                }
            }
        }
    }
}
