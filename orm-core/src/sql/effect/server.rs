//! What SQL does on PostgreSQL and MySQL.

use super::token::Token;
use super::{Effect, RawEffect, functions, mysql, postgres, query};

pub(super) fn of(tokens: &[Token<'_>], mysql: bool) -> RawEffect {
    let called = tokens.windows(2).any(|two| match two {
        [Token::Word(name), Token::Open] => functions::changes_connection(name),
        [Token::Name(name), Token::Open] => functions::changes_connection(name.trim_matches(['"', '`'])),
        _ => false,
    });
    let settings =
        if mysql { mysql::changes_connection(tokens) } else { postgres::changes_connection(tokens) };
    RawEffect { effect: effect(tokens, mysql), changes_connection: called || settings }
}

/// What a statement does to the database.
pub(super) fn effect(tokens: &[Token<'_>], mysql: bool) -> Effect {
    let Some((first, rest)) = tokens.split_first() else { return Effect::Reads };
    if first.is_any(&["select", "values", "table"]) {
        return query::read(rest);
    }
    if first.is("with") {
        return query::with(rest);
    }
    if first.is("explain") || (mysql && first.is_any(&["describe", "desc"])) {
        return query::explained(rest, mysql);
    }
    if first.is("show") {
        return Effect::Reads;
    }
    let outside = if mysql { mysql::commits(*first, rest) } else { postgres::runs_outside(*first, rest) };
    if outside { Effect::Outside } else { Effect::Writes }
}

/// Whether a CREATE makes something that is dropped with the connection.
pub(super) fn is_temporary(tokens: &[Token<'_>]) -> bool {
    let before_the_name = tokens.iter().take_while(|token| !token.is_any(&["table", "view", "sequence"]));
    before_the_name.take(4).any(|token| token.is_any(&["temp", "temporary"]))
}
