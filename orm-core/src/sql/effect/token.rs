//! Splits SQL into tokens.

use super::super::Dialect;
use super::super::raw::skipped;

/// What a piece of SQL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    /// A quoted name, with its quotes.
    Name(&'t str),
    /// A text or a number.
    Other,
    Open,
    Close,
    Dot,
    Comma,
    Sign(char),
}

/// The tokens of a statement.
pub(super) struct Tokens<'t> {
    pub(super) all: Vec<Token<'t>>,
    /// Where a text ends, or what a comment hides, depends on the settings of the server.
    pub(super) unclear: bool,
}

impl<'t> Token<'t> {
    pub(super) fn is(self, word: &str) -> bool {
        matches!(self, Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Whether it is the name, quoted or not.
    pub(super) fn names(self, name: &str) -> bool {
        match self {
            Token::Name(quoted) => quoted.trim_matches(['"', '`']).eq_ignore_ascii_case(name),
            other => other.is(name),
        }
    }
}

impl<'t> Tokens<'t> {
    pub(super) fn of(dialect: Dialect, text: &'t str) -> Tokens<'t> {
        let mysql = matches!(dialect, Dialect::Mysql(_));
        let (mut all, mut unclear, mut rest) = (Vec::new(), false, text);
        while let Some(next) = rest.chars().next() {
            // MySQL runs the content of such a comment.
            if mysql && let Some(hidden) = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!")) {
                unclear = true;
                rest = hidden.trim_start_matches(|char: char| char.is_ascii_digit());
                continue;
            }
            let length = skipped(rest, dialect);
            if length > 0 {
                let comment = rest.starts_with("--") || rest.starts_with("/*") || rest.starts_with('#');
                if !comment {
                    let name = rest.starts_with(['"', '`']);
                    all.push(if name { Token::Name(&rest[..length]) } else { Token::Other });
                    // Whether a backslash is one depends on the settings of the server.
                    unclear |= ["\\'", "\\\""].iter().any(|escape| rest[..length].contains(escape));
                }
                rest = &rest[length..];
                continue;
            }
            let word = rest.find(|char: char| {
                !(char.is_alphanumeric() || matches!(char, '_' | '$') || !char.is_ascii())
            });
            let word = &rest[..word.unwrap_or(rest.len())];
            rest = &rest[word.len().max(next.len_utf8())..];
            all.push(match next {
                // What may stand before a statement.
                ';' | '\u{feff}' if all.is_empty() => continue,
                _ if word.starts_with(|char: char| char.is_ascii_digit()) => Token::Other,
                _ if !word.is_empty() => Token::Word(word),
                '(' => Token::Open,
                ')' => Token::Close,
                '.' => Token::Dot,
                ',' => Token::Comma,
                next if next.is_whitespace() => continue,
                next => Token::Sign(next),
            });
        }
        Tokens { all, unclear }
    }
}
