//! What SQL does on SQLite. It can be asked whether a statement writes, but not about a PRAGMA: many take effect while they
//! are compiled.

use super::token::Token;
use super::{Effect, RawEffect};

/// PRAGMAs that only read, whatever they are given.
const READ: [&str; 19] = [
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "page_count",
    "pragma_list",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];
/// PRAGMAs that write to the database, or hold until the end of the transaction.
const WRITE: [&str; 7] = [
    "application_id",
    "default_cache_size",
    "defer_foreign_keys",
    "incremental_vacuum",
    "optimize",
    "schema_version",
    "user_version",
];
/// PRAGMAs that act without a value.
const ACT: [&str; 3] = ["incremental_vacuum", "optimize", "wal_checkpoint"];
/// PRAGMAs that SQLite refuses or ignores inside a transaction.
const OUTSIDE: [&str; 9] = [
    "auto_vacuum",
    "encoding",
    "foreign_keys",
    "journal_mode",
    "locking_mode",
    "page_size",
    "synchronous",
    "temp_store",
    "wal_checkpoint",
];

pub(super) fn of(tokens: &[Token<'_>], text: &str) -> RawEffect {
    let Some((first, rest)) = tokens.split_first() else { return Effect::Reads.into() };
    if first.is("explain") {
        // To explain a PRAGMA is to compile it.
        let explained = rest.iter().position(|token| !token.is_any(&["query", "plan"]));
        return match explained.and_then(|at| rest[at..].split_first()) {
            Some((first, rest)) if first.is("pragma") => pragma(rest),
            _ => Effect::Reads.into(),
        };
    }
    if first.is("pragma") {
        return pragma(rest);
    }
    // No function of SQLite's writes.
    if first.is_any(&["select", "values"]) {
        return Effect::Reads.into();
    }
    if first.is("vacuum") {
        return Effect::Outside.into();
    }
    if first.is_any(&["attach", "detach"]) {
        return RawEffect { effect: Effect::Outside, changes_connection: true };
    }
    let writes = ["insert", "replace", "update", "delete", "create", "drop", "alter", "analyze", "reindex"];
    if first.is_any(&writes) {
        let temporary =
            first.is("create") && rest.first().is_some_and(|kind| kind.is_any(&["temp", "temporary"]));
        return RawEffect { effect: Effect::Writes, changes_connection: temporary };
    }
    let text = text.to_ascii_lowercase();
    let writes = ["insert", "replace", "update", "delete"].iter().any(|verb| text.contains(verb));
    if first.is("with") && !writes { Effect::Reads.into() } else { Effect::MayWrite.into() }
}

/// What a PRAGMA does; the tokens are those after that word.
fn pragma(tokens: &[Token<'_>]) -> RawEffect {
    let brackets = [Token::Sign('['), Token::Sign(']')];
    let mut tokens = tokens.iter().copied().filter(|token| !brackets.contains(token)).peekable();
    let mut name = tokens.next().unwrap_or(Token::Other);
    if tokens.next_if_eq(&Token::Dot).is_some() {
        name = tokens.next().unwrap_or(Token::Other);
    }
    let is_any = |list: &[&str]| list.iter().any(|known| name.names(known));
    let valued = matches!(tokens.next(), Some(Token::Sign('=') | Token::Open));
    if is_any(&READ) || !(valued || is_any(&ACT)) {
        return Effect::Reads.into();
    }
    if is_any(&WRITE) {
        return Effect::Writes.into();
    }
    let unknown = !matches!(name, Token::Word(_) | Token::Name(_));
    let effect = if unknown || is_any(&OUTSIDE) { Effect::Outside } else { Effect::Reads };
    RawEffect { effect, changes_connection: !is_any(&["wal_checkpoint"]) }
}
