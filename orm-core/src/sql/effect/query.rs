//! What a query does on PostgreSQL and MySQL.

use super::functions::{is_function, only_reads};
use super::token::Token;
use super::{Effect, server};

/// EXPLAIN runs nothing, except with ANALYZE.
pub(super) fn explained(tokens: &[Token<'_>], mysql: bool) -> Effect {
    if !tokens.iter().any(|token| token.is_any(&["analyze", "analyse"])) {
        return Effect::Reads;
    }
    let verbs = [
        "select", "values", "table", "with", "insert", "update", "delete", "merge", "replace", "create",
        "execute", "refresh", "declare",
    ];
    match tokens.iter().position(|token| token.is_any(&verbs)) {
        Some(at) => server::effect(&tokens[at..], mysql),
        None => Effect::MayWrite,
    }
}

/// A statement with common table expressions: what follows them determines what it does, and each of them may write.
pub(super) fn with(tokens: &[Token<'_>]) -> Effect {
    let verbs = ["insert", "update", "delete", "merge", "replace"];
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            token if depth == 1 && begins(tokens, at) && token.is_any(&verbs[..4]) => return Effect::Writes,
            token if depth == 0 && token.is_any(&verbs) => return Effect::Writes,
            token if depth == 0 && token.is_any(&["select", "values", "table"]) => {
                // The names of the expressions, which may have a list of columns, are not functions.
                return expressions(&tokens[..at]).max(read(&tokens[at + 1..]));
            }
            _ => {}
        }
    }
    Effect::MayWrite
}

/// Whether a token is the first one of a common table expression.
fn begins(tokens: &[Token<'_>], at: usize) -> bool {
    match tokens[..at] {
        [.., before, Token::Open] => before.is_any(&["as", "materialized"]),
        _ => false,
    }
}

/// What the common table expressions before a statement do.
fn expressions(tokens: &[Token<'_>]) -> Effect {
    let (mut depth, mut begins, mut effect) = (0_usize, 0, Effect::Reads);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => {
                if depth == 0 {
                    begins = at;
                }
                depth += 1;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    effect = effect.max(read(&tokens[begins..at]));
                }
            }
            _ => {}
        }
    }
    effect
}

/// What a query does; the tokens are those after its first word.
pub(super) fn read(tokens: &[Token<'_>]) -> Effect {
    let mut effect = Effect::Reads;
    // What follows the list of DISTINCT ON is not an alias.
    let listed = tokens
        .windows(3)
        .any(|three| three[0].is("distinct") && three[1].is("on") && three[2] == Token::Open);
    for (at, token) in tokens.iter().enumerate() {
        let word = match token {
            Token::Word(word) => *word,
            // Of a quoted name it is not known which function it is.
            Token::Name(_) => "",
            _ => continue,
        };
        let before = |distance: usize| match at.checked_sub(distance) {
            Some(at) => tokens.get(at).copied().unwrap_or(Token::Other),
            None => Token::Other,
        };
        let after = tokens.get(at + 1).copied().unwrap_or(Token::Other);
        if before(1) == Token::Dot {
            // A column, unless it is called.
            if after == Token::Open && !(before(2).is("pg_catalog") && only_reads(word)) {
                effect = effect.max(Effect::MayWrite);
            }
            continue;
        }
        let locks = token.is_any(&["update", "share"]) && before(1).is_any(&["for", "key"])
            || token.is("share") && before(1).is("in");
        let verb = token.is_any(&["insert", "update", "delete", "merge", "into"])
            || token.is("next") && after.is("value");
        // Not the columns of an alias.
        let called = after == Token::Open && !before(1).is("as") && (listed || before(1) != Token::Close);
        if locks {
            effect = effect.max(Effect::Locks);
        } else if verb || (called && !only_reads(word) && is_function(word)) {
            effect = effect.max(Effect::MayWrite);
        }
    }
    effect
}
