//! Raw SQL with its values.

use super::{Bind, Dialect, NotRun, Param, RawEffect, Statement};
use crate::error::{Error, ErrorKind, Result};

/// Raw SQL with its values: every `?` outside of texts, names and comments stands for one, and `??` is a `?`.
///
/// # Errors
/// `InvalidQuery`: the text has not as many places as there are values, it begins or ends a transaction, or it locks tables.
pub fn raw(dialect: Dialect, text: &str, binds: &[Bind]) -> Result<Statement> {
    if text.contains('\0') {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            "the SQL contains a NUL character, at which databases would end it; bind the value instead",
        ));
    }
    let RawEffect { effect, changes_connection } =
        RawEffect::of(dialect, text).map_err(|why| not_run(why, text))?;
    let mut sql = String::with_capacity(text.len() + 8);
    let mut places = 0;
    let mut params = Vec::with_capacity(binds.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = skipped(rest, dialect);
        if skipped > 0 {
            sql.push_str(&rest[..skipped]);
            rest = &rest[skipped..];
            continue;
        }
        rest = &rest[next.len_utf8()..];
        if next != '?' {
            sql.push(next);
            continue;
        }
        if let Some(after) = rest.strip_prefix('?') {
            sql.push('?');
            rest = after;
            continue;
        }
        if let Some(bind) = binds.get(places) {
            place(dialect, bind, &mut sql, &mut params);
        }
        places += 1;
    }
    if places != binds.len() {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "the SQL has {places} places for values, but {} were bound; each `?` takes one, and `??` is a \
                 question mark",
                binds.len()
            ),
        ));
    }
    // How many rows it returns is unknown.
    let makes_type = text.contains("CREATE TYPE");
    Ok(Statement { params, effect, makes_type, changes_connection, ..Statement::plain(sql) })
}

/// The session would not notice, and would commit or roll back other changes than it reports.
fn not_run(why: NotRun, text: &str) -> Error {
    let start: String = text.trim().chars().take(40).collect();
    let message = match why {
        NotRun::Transaction => format!(
            "`{start}` begins or ends a transaction behind the session's back; call `session.begin()`, \
             `session.commit()` or `session.rollback()`, and `session.nested(..)` for a savepoint"
        ),
        NotRun::TableLocks => format!(
            "`{start}` would lock tables until the next transaction begins, which is before the next statement that \
             writes; lock rows with `.for_update()`, or ask for a named lock: `SELECT GET_LOCK('name', 10)`"
        ),
    };
    Error::new(ErrorKind::InvalidQuery, message)
}

fn place(dialect: Dialect, bind: &Bind, sql: &mut String, params: &mut Vec<Param>) {
    match dialect {
        // A NULL of unknown type has no type name.
        Dialect::Postgres if bind.value.is_null() && bind.kind.is_none() => sql.push_str("NULL"),
        Dialect::Postgres => {
            params.push(Param::One(bind.clone()));
            sql.push_str(&format!("${}", params.len()));
        }
        Dialect::Sqlite | Dialect::Mysql(_) => {
            params.push(Param::One(bind.clone()));
            sql.push('?');
        }
    }
}

/// Whether nothing is left of a text but blanks, comments and the ends of statements.
pub fn is_at_end(dialect: Dialect, mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == ';');
        if !(rest.starts_with("--") || rest.starts_with("/*")) {
            return rest.is_empty();
        }
        rest = &rest[skipped(rest, dialect)..];
    }
}

/// The length of what begins here and has no places for values in it: a text, a quoted name, a comment.
pub(super) fn skipped(rest: &str, dialect: Dialect) -> usize {
    let (mysql, postgres) = (matches!(dialect, Dialect::Mysql(_)), dialect == Dialect::Postgres);
    let to = |found: Option<usize>, end: usize| found.map_or(rest.len(), |at| at + end);
    let mut chars = rest.chars();
    match chars.next() {
        Some(quote @ ('\'' | '"' | '`')) => quoted(rest, quote, mysql && quote != '`'),
        Some('e' | 'E') if postgres && rest[1..].starts_with('\'') => 1 + quoted(&rest[1..], '\'', true),
        Some('-') if begins_comment(rest, mysql) && postgres => to(rest.find(['\n', '\r']), 1),
        Some('-') if begins_comment(rest, mysql) => to(rest.find('\n'), 1),
        Some('#') if mysql => to(rest.find('\n'), 1),
        Some('/') if rest.starts_with("/*") && postgres => nested_comment(rest),
        Some('/') if rest.starts_with("/*") => to(rest[2..].find("*/"), 4),
        Some('$') if postgres => dollar_quoted(rest),
        _ => 0,
    }
}

/// `--`, which on MySQL is a comment only if something blank follows.
fn begins_comment(rest: &str, mysql: bool) -> bool {
    let Some(after) = rest.strip_prefix("--") else { return false };
    !mysql || after.chars().next().is_none_or(|char| char.is_whitespace() || char.is_control())
}

/// PostgreSQL's comments contain others.
fn nested_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// To the closing quote; a doubled one is part of the text, and on MySQL what follows a backslash.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if escapes && char == '\\' {
            chars.next();
        } else if char == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + char.len_utf8();
            }
        }
    }
    rest.len()
}

/// The length of PostgreSQL's `$tag$ .. $tag$`; 0 for anything else.
fn dollar_quoted(rest: &str) -> usize {
    let Some(end) = rest[1..].find('$') else { return 0 };
    let tag = &rest[..end + 2];
    let named = tag[1..tag.len() - 1].chars().all(|char| char.is_alphanumeric() || char == '_');
    let numbered = tag[1..].starts_with(|char: char| char.is_ascii_digit());
    if !named || numbered {
        return 0;
    }
    rest[tag.len()..].find(tag).map_or(rest.len(), |at| at + 2 * tag.len())
}

#[cfg(test)]
mod tests {
    use super::{Dialect, is_at_end, raw};
    use crate::value::Value;

    fn text(dialect: Dialect, sql: &str, values: usize) -> Result<String, String> {
        let binds = vec![Value::Int(1).into(); values];
        raw(dialect, sql, &binds)
            .map(|statement| statement.sql.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn places_are_found_where_they_are() {
        let postgres = |sql, values| text(Dialect::Postgres, sql, values);
        assert_eq!(postgres("a = ? AND b = ?", 2).as_deref(), Ok("a = $1 AND b = $2"));
        assert_eq!(postgres("'?' \"?\" -- ?\n ? /* ? */", 1).as_deref(), Ok("'?' \"?\" -- ?\n $1 /* ? */"));
        assert_eq!(postgres("'it''s ?' || ?", 1).as_deref(), Ok("'it''s ?' || $1"));
        assert_eq!(postgres("data ?? 'key' AND x = ?", 1).as_deref(), Ok("data ? 'key' AND x = $1"));
        assert_eq!(
            postgres("$$ ? $$ || $a$ ? $$ ? $a$ || ?", 1).as_deref(),
            Ok("$$ ? $$ || $a$ ? $$ ? $a$ || $1")
        );
        assert_eq!(text(Dialect::Sqlite, "'\\' || ?", 1).as_deref(), Ok("'\\' || ?"));
        assert_eq!(postgres("é = ? -- ?", 1).as_deref(), Ok("é = $1 -- ?"));
        assert_eq!(postgres("E'\\'?' || ?", 1).as_deref(), Ok("E'\\'?' || $1"));
        assert_eq!(postgres("/* /* ? */ ? */ ?", 1).as_deref(), Ok("/* /* ? */ ? */ $1"));
        let unclosed = postgres("'? ", 0);
        assert_eq!(unclosed.as_deref(), Ok("'? "));
    }

    #[test]
    fn what_follows_a_statement_is_not_compiled() {
        for blank in ["", " ; \n", "-- more", "/* ; SELECT 1", "; -- a\n/* b */ ;"] {
            assert!(is_at_end(Dialect::Sqlite, blank), "{blank}");
        }
        for more in ["; SELECT 1", "-- a\nPRAGMA foreign_keys = off", "\0", "; /* a */ x", "\u{a0}"] {
            assert!(!is_at_end(Dialect::Sqlite, more), "{more}");
        }
    }

    #[test]
    fn a_nul_character_would_end_the_text() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let refused = text(dialect, "SELECT 1\0; DROP TABLE t", 0);
            assert!(refused.is_err_and(|error| error.contains("NUL")), "{dialect:?}");
        }
    }

    #[test]
    fn places_and_values_are_as_many() {
        let refused = text(Dialect::Sqlite, "? ?", 1);
        let said = |error: &String| error.contains("2 places") && error.contains("1 were bound");
        assert!(refused.as_ref().is_err_and(said), "{refused:?}");
        assert!(text(Dialect::Sqlite, "1", 1).is_err());
    }
}
