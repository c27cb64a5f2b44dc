//! What a flush makes of rows that depend on each other: rows that are written in parts, rows that become others, link
//! tables that are models as well, and the plan that shows all of it.
#![allow(missing_docs)]

mod associations;
mod by_value;
mod context;
mod followed;
mod generated;
mod getting;
mod late_keys;
mod links_by_key;
mod made_defaults;
mod nested_drafts;
mod order;
mod out_of_session;
mod parts;
mod plans;
mod switched;
mod upserts;
mod waiting;

use orm_core::observe::QueryLog;

/// What was run, as `INSERT books`, `UPDATE books`, `DELETE book_tags`, `SELECT tags`.
fn shape(log: &QueryLog) -> Vec<String> {
    let of_statement = |sql: &str| {
        let mut words = sql.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let table = match verb {
            "UPDATE" => words.next(),
            "INSERT" => words.nth(1),
            _ => words.skip_while(|word| *word != "FROM").nth(1),
        };
        format!("{verb} {}", table.unwrap_or_default().trim_matches(['"', '`']))
    };
    log.statements().iter().map(|statement| of_statement(&statement.sql)).collect()
}
