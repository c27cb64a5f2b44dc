//! What is special about statements of MySQL and MariaDB.

use super::server::{self, is_temporary};
use super::token::Token;

/// Whether a statement implicitly commits the open transaction.
///
/// The list is that of both manuals, with some statements that neither manual mentions: running one of those outside a
/// transaction is never wrong.
pub(super) fn commits(first: Token<'_>, rest: &[Token<'_>]) -> bool {
    let second = rest.first().copied().unwrap_or(Token::Other);
    if first.is_any(&["create", "drop"]) {
        return !is_temporary(rest);
    }
    if first.is("analyze") {
        return second.is_any(&["table", "local", "no_write_to_binlog"]);
    }
    if first.is("load") {
        return second.is("index");
    }
    if first.is("set") {
        if let Some(inner) = set_for(rest) {
            return server::effect(inner, true) == super::Effect::Outside;
        }
        return second.is("password")
            || (second.is("default") && rest.get(1).is_some_and(|token| token.is("role")));
    }
    // `START TRANSACTION` is refused before.
    first.is_any(&[
        "alter",
        "backup",
        "binlog",
        "cache",
        "change",
        "check",
        "clone",
        "flush",
        "grant",
        "import",
        "install",
        "lock",
        "optimize",
        "purge",
        "rename",
        "repair",
        "reset",
        "restart",
        "revoke",
        "shutdown",
        "start",
        "stop",
        "truncate",
        "uninstall",
        "unlock",
    ])
}

/// Whether a statement leaves something on the connection when its transaction ends.
pub(super) fn changes_connection(tokens: &[Token<'_>]) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return false };
    let second = rest.first().copied().unwrap_or(Token::Other);
    // A variable of the connection.
    let assigned = tokens.windows(2).any(|two| {
        two == [Token::Sign(':'), Token::Sign('=')] || (two[0].is("into") && two[1] == Token::Sign('@'))
    });
    if first.is("set") {
        if let Some(inner) = set_for(rest) {
            return changes_connection(inner);
        }
        let elsewhere = ["global", "persist", "persist_only", "password", "default"];
        // Only the next transaction, which may be another session's.
        return !second.is_any(&elsewhere);
    }
    if first.is("flush") {
        return rest.iter().any(|token| token.is_any(&["lock", "export"]));
    }
    assigned
        || (first.is("create") && is_temporary(rest))
        || first.is_any(&["use", "prepare", "deallocate", "handler", "lock", "backup"])
}

/// Whether a statement locks tables.
pub(super) fn locks_tables(tokens: &[Token<'_>]) -> bool {
    matches!(tokens, [first, second, ..] if first.is("lock") && second.is_any(&["table", "tables"]))
}

/// Whether a SET turns transactions on or off, or decides what follows their end.
pub(super) fn sets_transactions(rest: &[Token<'_>]) -> bool {
    rest.windows(2).any(|two| {
        let assigns = matches!(two[1], Token::Sign('=' | ':'));
        assigns && (two[0].names("autocommit") || two[0].names("completion_type"))
    })
}

/// What a `SET STATEMENT .. FOR` of MariaDB runs; the tokens are those after SET.
fn set_for<'t, 's>(rest: &'s [Token<'t>]) -> Option<&'s [Token<'t>]> {
    if !rest.first()?.is("statement") {
        return None;
    }
    let at = rest.iter().position(|token| token.is("for"))?;
    rest.get(at + 1..)
}
