//! What varies in each version of a random schema beside its structure: comments, and the precision of times.

use std::collections::BTreeMap;

use orm_core::prelude::*;
use orm_tests::Backend;

use crate::blueprint::{Blueprint, Column, Kind, leak};
use crate::dice::Dice;

/// Texts that some part of a migration could take for something else.
const TEXTS: [&str; 6] = [
    "A plain one.",
    "It's \"100 %\"; -- of `x`, $1, ? and :name",
    "C:\\temp\\'; DROP TABLE t1; --",
    "Grüße, 世界\n\n* one\n* two",
    "$ddl$ $$ /* */ {} COMMENT 'x' CHECK (id > 1)",
    "\\",
];

/// Changes comments and precisions at random. It throws its own dice, so the structure that belongs to a seed stays.
pub fn change(made: &mut Blueprint, dice: &mut Dice) {
    made.comments = dice.below(4) > 0;
    for table in &mut made.tables {
        for (docs, longest) in [(&mut table.docs, 2048), (&mut table.key_docs, 1024)] {
            if dice.one_in(4) {
                *docs = text(dice, longest);
            }
        }
        for column in &mut table.columns {
            if dice.one_in(3) {
                column.docs = text(dice, 1024);
            }
            if has_precision(column) && dice.one_in(3) {
                column.precision = [None, Some(0), Some(3), Some(6)][dice.below(4)];
            }
        }
    }
}

fn has_precision(column: &Column) -> bool {
    matches!(column.kind, Kind::Time | Kind::DateTime | Kind::Timestamp)
}

fn text(dice: &mut Dice, longest: usize) -> Option<&'static str> {
    match dice.below(TEXTS.len() + 2) {
        0 => None,
        1 => Some(leak(&"ü".repeat(longest))),
        at => Some(TEXTS[at - 2]),
    }
}

/// Comments by table and column; the column of a table's own comment is empty.
pub type Comments = BTreeMap<(String, String), String>;

/// What a version declares.
pub fn declared(made: &Blueprint) -> Comments {
    let mut comments = Comments::new();
    for table in &made.tables {
        let own = [("", table.docs), ("id", table.key_docs)];
        let columns = table.columns.iter().map(|column| (column.name.as_str(), column.docs));
        for (column, docs) in own.into_iter().chain(columns) {
            comments.extend(docs.map(|docs| ((table.name.clone(), column.to_owned()), docs.to_owned())));
        }
    }
    comments
}

/// Comments of one version that the next one leaves as they are, by the names of the next one.
pub fn kept(before: &Blueprint, after: &Blueprint, comments: &Comments) -> Comments {
    let mut kept = Comments::new();
    for new in &after.tables {
        let old = new.renamed_from.as_ref().unwrap_or(&new.name);
        let columns = new.columns.iter().map(|column| (&column.name, column.renamed_from.as_ref()));
        let columns = columns.map(|(name, from)| (name.as_str(), from.unwrap_or(name).as_str()));
        for (name, from) in columns.chain([("", ""), ("id", "id")]) {
            // A name may be that of another table's column before.
            let comment =
                comments.get(&(old.clone(), from.to_owned())).filter(|_| before.table(old).is_some());
            kept.extend(comment.map(|comment| ((new.name.clone(), name.to_owned()), comment.clone())));
        }
    }
    kept
}

/// What the database has.
pub async fn comments(engine: &Engine, backend: Backend) -> Result<Comments> {
    let statement = match backend {
        Backend::Sqlite => return Ok(Comments::new()),
        Backend::Postgres => {
            "SELECT c.relname::text, coalesce(a.attname::text, ''), d.description FROM pg_description d \
             JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass \
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0 \
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
        }
        _ => {
            "SELECT CAST(table_name AS CHAR), '', CAST(table_comment AS CHAR) FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_comment <> '' \
             UNION ALL SELECT CAST(table_name AS CHAR), CAST(column_name AS CHAR), CAST(column_comment AS CHAR) \
             FROM information_schema.columns WHERE table_schema = DATABASE() AND column_comment <> ''"
        }
    };
    let rows = engine.session().rows(sql(statement).rows::<(String, String, String)>()).await?;
    Ok(rows.into_iter().map(|(table, column, text)| ((table, column), text)).collect())
}
