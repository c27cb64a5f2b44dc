//! Raw SQL inside expressions.

use super::Dialect;
use super::raw::skipped;

/// A part of a fragment of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text, unchanged.
    Text(&'t str),
    /// A place for an expression.
    Place,
}

/// The parts of a fragment: every `?` outside of texts and names is a place, and `??` is a `?`.
pub fn pieces(dialect: Dialect, text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(next) = text[at..].chars().next() {
        let length = skipped(&text[at..], dialect);
        if length > 0 || next != '?' {
            at += length.max(next.len_utf8());
            continue;
        }
        let is_mark = text[at + 1..].starts_with('?');
        pieces.push(Piece::Text(&text[start..at + usize::from(is_mark)]));
        at += 1 + usize::from(is_mark);
        start = at;
        if !is_mark {
            pieces.push(Piece::Place);
        }
    }
    pieces.push(Piece::Text(&text[start..]));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// Why a fragment cannot stand in a statement: it is one expression, which begins and ends where it does.
pub fn refused_fragment(dialect: Dialect, text: &str, parts: usize) -> Option<String> {
    let places = pieces(dialect, text).iter().filter(|piece| **piece == Piece::Place).count();
    if places != parts {
        return Some(format!(
            "the fragment `{text}` has {places} places for values and columns, but {parts} were given; each `?` \
             takes one, and `??` is a question mark"
        ));
    }
    let why = flaw(dialect, text)?;
    Some(format!("the fragment `{text}` {why}"))
}

fn flaw(dialect: Dialect, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("is empty; write the SQL of an expression");
    }
    if text.contains('\0') {
        return Some("has a NUL character in it; bind the value that has one");
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = skipped(rest, dialect);
        if length > 0 {
            if rest.starts_with("--") || rest.starts_with("/*") || next == '#' {
                return Some("has a comment in it, which would hide what follows; remove it");
            }
            if !is_closed(dialect, &rest[..length]) {
                return Some("opens a quote that it does not close");
            }
            at += length;
            continue;
        }
        let after = rest[next.len_utf8()..].chars().next();
        let names = |char: char| char.is_alphanumeric() || char == '_';
        match next {
            '(' => depth += 1,
            ')' if depth == 0 => return Some("closes a parenthesis that it does not open"),
            ')' => depth -= 1,
            ';' => return Some("has a `;` in it, and is one expression"),
            '?' if after.is_some_and(|after| after.is_ascii_digit()) => {
                return Some("numbers its places; write `?` for each");
            }
            '?' if after == Some('?') && dialect != Dialect::Postgres => {
                return Some("has a question mark in it, which this database takes for a place of a value");
            }
            '?' if after == Some('?') => at += 1,
            '$' if dialect == Dialect::Postgres && after.is_some_and(|after| after.is_ascii_digit()) => {
                return Some("numbers its places; write `?` for each");
            }
            ':' | '@' | '$' if dialect == Dialect::Sqlite && after.is_some_and(names) => {
                return Some("names a parameter, which nothing gives a value; write `?` and give the value");
            }
            _ => {}
        }
        at += next.len_utf8();
    }
    (depth > 0).then_some("opens a parenthesis that it does not close")
}

/// Whether a quoted text or name ends with its quote rather than with the end of the fragment, so that nothing after it
/// is part of it.
fn is_closed(dialect: Dialect, quoted: &str) -> bool {
    skipped(&format!("{quoted} "), dialect) == quoted.len()
}

#[cfg(test)]
mod tests {
    use super::super::MysqlServer;
    use super::{Dialect, Piece, pieces, refused_fragment};

    const MYSQL: Dialect = Dialect::Mysql(MysqlServer { mariadb: true, returning: true, key_step: 1 });

    #[test]
    fn places_are_found() {
        let text = "? || '?' || \"?\" = ? AND a ?? 'b'";
        let found = pieces(Dialect::Postgres, text);
        let parts = [
            Piece::Place,
            Piece::Text(" || '?' || \"?\" = "),
            Piece::Place,
            Piece::Text(" AND a ?"),
            Piece::Text(" 'b'"),
        ];
        assert_eq!(found, parts);
    }

    #[test]
    fn a_fragment_is_one_expression() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, MYSQL] {
            for (text, parts) in [("? + 1", 1), ("lower(?) = 'a;(--'", 1), ("(1)", 0), ("'it''s'", 0)] {
                assert_eq!(refused_fragment(dialect, text, parts), None, "{dialect:?}: {text}");
            }
            for text in
                ["", "1) OR (1", "(1", "1; DROP TABLE t", "'a", "\"a", "1 -- ", "1 /* a */", "?1", "?", "\0"]
            {
                assert!(refused_fragment(dialect, text, 0).is_some(), "{dialect:?}: {text}");
            }
        }
        assert_eq!(
            refused_fragment(Dialect::Postgres, "a ?? 'b' AND E'\\'' = $$;$$ AND x::int = 1", 0),
            None
        );
        assert!(refused_fragment(Dialect::Postgres, "$1", 0).is_some());
        for text in [":a", "@a", "$a", "a ?? 'b'"] {
            assert!(refused_fragment(Dialect::Sqlite, text, 0).is_some(), "{text}");
        }
        assert!(refused_fragment(MYSQL, "a ?? 'b'", 0).is_some());
        for (dialect, text) in [
            (Dialect::Sqlite, "'it''"),
            (Dialect::Postgres, "E'\\'"),
            (Dialect::Postgres, "$a$ $b$"),
            (MYSQL, "'\\'"),
        ] {
            assert!(refused_fragment(dialect, text, 0).is_some(), "{dialect:?}: {text}");
        }
    }
}
