//! Rows of tables that no struct describes.

use orm_core::prelude::*;
use orm_tests::Backend;

use crate::blueprint::{Blueprint, Column, Key, Kind, Table, leak};

fn quoted(backend: Backend, name: &str) -> String {
    match backend {
        Backend::Sqlite | Backend::Postgres => format!("\"{name}\""),
        _ => format!("`{name}`"),
    }
}

async fn count(session: &mut Session, from: String) -> Result<i64> {
    Ok(session.rows(sql(leak(&format!("SELECT count(*) FROM {from}"))).rows::<i64>()).await?[0])
}

/// Gives every empty table three rows, which refer to rows of the same number.
pub async fn fill(engine: &Engine, backend: Backend, made: &Blueprint) -> Result<()> {
    let mut session = engine.session();
    for table in &made.tables {
        let name = quoted(backend, &table.name);
        if count(&mut session, name.clone()).await? > 0 {
            continue;
        }
        for number in 1..=3 {
            let mut names = vec![quoted(backend, "id")];
            let mut values = vec![number.to_string()];
            if table.key == Key::Composite {
                names.push(quoted(backend, "number"));
                values.push("1".to_owned());
            }
            let given = |column: &&Column| column.refers_to.is_none() && column.computed.is_none();
            for column in table.columns.iter().filter(given) {
                if column.nullable && number == 3 {
                    continue;
                }
                names.push(quoted(backend, &column.name));
                values.push(value(backend, column.kind, number));
            }
            let insert = format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", "));
            session.execute(sql(leak(&insert))).await?;
        }
    }
    for table in &made.tables {
        for column in table.columns.iter() {
            let Some(parent) = column.refers_to.as_ref() else { continue };
            let (name, column) = (quoted(backend, &table.name), quoted(backend, &column.name));
            // A key that is unique is given once.
            let update = format!(
                "UPDATE {name} SET {column} = id WHERE {column} IS NULL AND id < 3 AND id IN (SELECT id FROM (SELECT id FROM {}) AS p)",
                quoted(backend, &parent.table)
            );
            session.execute(sql(leak(&update))).await?;
        }
    }
    for link in &made.links {
        let name = quoted(backend, &link.name);
        if count(&mut session, name.clone()).await? == 0 {
            for (from, to) in [(1, 1), (1, 2), (2, 1)] {
                session
                    .execute(sql(leak(&format!(
                        "INSERT INTO {name} (left_id, right_id) VALUES ({from}, {to})"
                    ))))
                    .await?;
            }
        }
    }
    session.commit().await
}

fn value(backend: Backend, kind: Kind, number: i32) -> String {
    match kind {
        Kind::Bool if backend == Backend::Postgres => (number == 1).to_string(),
        Kind::Bool => i32::from(number == 1).to_string(),
        Kind::Bytes if backend == Backend::Postgres => format!("'\\x0{number}'"),
        Kind::Bytes => format!("x'0{number}'"),
        Kind::Text => format!("'{number}'"),
        Kind::Date => format!("'2024-01-0{number}'"),
        Kind::Time => format!("'0{number}:30:00'"),
        Kind::DateTime | Kind::Timestamp => format!("'2024-01-0{number} 00:00:00'"),
        Kind::Uuid if backend == Backend::Postgres => {
            format!("'00000000-0000-0000-0000-00000000000{number}'")
        }
        Kind::Uuid => format!("x'0000000000000000000000000000000{number}'"),
        Kind::Json => format!("'{{\"a\": {number}}}'"),
        Kind::Enum => (if number == 1 { "'sad'" } else { "'glad'" }).to_owned(),
        Kind::Decimal if backend == Backend::Sqlite => format!("'{number}'"),
        _ => number.to_string(),
    }
}

/// The rows of a table, a text for each cell of some columns, in the order of their keys.
pub async fn texts(
    engine: &Engine,
    backend: Backend,
    table: &Table,
    columns: &[&Column],
) -> Result<Vec<Vec<Option<String>>>> {
    let mut session = engine.session();
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    for column in columns {
        let name = quoted(backend, &column.name);
        let text = match (column.kind, backend) {
            (Kind::Bytes, Backend::Postgres) => format!("encode({name}, 'hex')"),
            (Kind::Bytes, _) => format!("hex({name})"),
            (Kind::Uuid, Backend::Sqlite | Backend::Mysql | Backend::MysqlWithoutReturning) => {
                format!("hex({name})")
            }
            (_, Backend::Sqlite | Backend::Postgres) => format!("CAST({name} AS TEXT)"),
            _ => format!("CAST({name} AS CHAR)"),
        };
        let select = format!("SELECT {text} FROM {} ORDER BY id", quoted(backend, &table.name));
        let mut cells = session.rows(sql(leak(&select)).rows::<Option<String>>()).await?;
        // How many digits a time has depends on the precision of its column.
        if matches!(column.kind, Kind::Time | Kind::DateTime | Kind::Timestamp) {
            cells.iter_mut().flatten().for_each(|cell| {
                if cell.contains('.') {
                    *cell = cell.trim_end_matches('0').trim_end_matches('.').to_owned();
                }
            });
        }
        rows.push(cells);
    }
    Ok(rows)
}
