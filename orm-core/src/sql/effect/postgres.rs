//! What is special about statements of PostgreSQL.

use super::server::is_temporary;
use super::token::Token;

/// Whether a statement cannot run inside a transaction.
pub(super) fn runs_outside(first: Token<'_>, rest: &[Token<'_>]) -> bool {
    let second = rest.first().copied().unwrap_or(Token::Other);
    let says = |word: &str| rest.iter().any(|token| token.is(word));
    if first.is_any(&["create", "drop"]) {
        let index = second.is_any(&["index", "unique"]) && says("concurrently");
        return index || second.is_any(&["database", "tablespace", "subscription"]);
    }
    if first.is("reindex") {
        return says("concurrently") || says("database") || says("system") || says("schema");
    }
    if first.is("alter") {
        return second.is_any(&["system", "subscription"])
            || (second.is("database") && says("tablespace"))
            || (second.is("table") && says("detach") && says("concurrently"));
    }
    match first.is("cluster") {
        true => rest.is_empty(),
        false => first.is("vacuum") || (first.is("discard") && second.is("all")),
    }
}

/// Whether a statement leaves something on the connection when its transaction ends.
pub(super) fn changes_connection(tokens: &[Token<'_>]) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return false };
    let second = rest.first().copied().unwrap_or(Token::Other);
    let follow = |words: [&str; 2]| rest.windows(2).any(|two| two[0].is(words[0]) && two[1].is(words[1]));
    if first.is("set") {
        return !second.is_any(&["local", "transaction", "constraints"]);
    }
    let temporary =
        first.is("create") && is_temporary(rest) || follow(["into", "temp"]) || follow(["into", "temporary"]);
    if temporary {
        return !rest
            .windows(3)
            .any(|three| three[0].is("on") && three[1].is("commit") && three[2].is("drop"));
    }
    first.is_any(&["reset", "discard", "listen", "load", "prepare", "deallocate"])
        || (first.is("declare") && follow(["with", "hold"]))
}
