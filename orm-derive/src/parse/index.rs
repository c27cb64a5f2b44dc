//! Indexes over several fields, or of some of the rows: `team, email where deleted_at is null`.

use syn::LitStr;

use super::value::{Names, Text};

/// Fields with an index, and the condition of the rows in it.
#[derive(Debug, Clone)]
pub struct Index {
    pub columns: Names,
    pub condition: Option<Text>,
}

/// A word of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// What names a column.
    Name(String),
    /// The name of a function.
    Function(String),
    /// A text or a name whose quote does not end.
    Unclosed(String),
}

/// Words that do not name a column.
const KEYWORDS: [&str; 8] = ["is", "not", "null", "and", "or", "in", "true", "false"];

impl Index {
    pub fn of(literal: &LitStr) -> Index {
        let mut columns = Names::of(literal);
        let text = literal.value();
        let Some((list, condition)) = split(&text) else { return Index { columns, condition: None } };
        columns.names = Names::list(list);
        Index { columns, condition: Some(Text::new(condition, literal.span())) }
    }
}

/// The list and the condition around the first `where`.
fn split(text: &str) -> Option<(&str, &str)> {
    let lower = text.to_ascii_lowercase();
    let is_space = |text: &str, last: bool| {
        let char = if last { text.chars().next_back() } else { text.chars().next() };
        char.is_none_or(char::is_whitespace)
    };
    lower.match_indices("where").find_map(|(at, word)| {
        let (before, after) = (text.get(..at)?, text.get(at + word.len()..)?);
        // A field of that name is written `r#where`, or stands between commas.
        let is_list = !before.trim().is_empty() && !before.trim_end().ends_with(',');
        let is_word = is_list && is_space(before, true) && is_space(after, false);
        is_word.then(|| (before.trim(), after.trim()))
    })
}

/// The names and functions in a condition.
pub fn words(condition: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = condition;
    while let Some(char) = rest.chars().next() {
        let length = match char {
            '\'' | '"' => {
                let (length, is_closed) = quoted(rest, char);
                match (is_closed, char) {
                    (false, _) => words.push(Word::Unclosed(rest.to_owned())),
                    (true, '"') => words.push(Word::Name(rest[1..length - 1].replace("\"\"", "\""))),
                    (true, _) => {}
                }
                length
            }
            _ if is_word(char) => {
                rest = rest.strip_prefix("r#").unwrap_or(rest);
                let length = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                let is_keyword = KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
                if !is_keyword && !char.is_ascii_digit() {
                    words.push(match after.trim_start().starts_with('(') {
                        true => Word::Function(word.to_owned()),
                        false => Word::Name(word.to_owned()),
                    });
                }
                length
            }
            _ => char.len_utf8(),
        };
        rest = &rest[length..];
    }
    words
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// How long a quoted text is, whose quotes are doubled inside, and whether it ends.
fn quoted(text: &str, quote: char) -> (usize, bool) {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if char == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return (at + 1, true);
        }
    }
    (text.len(), false)
}

#[cfg(test)]
mod tests {
    use super::{Word, split, words};

    #[test]
    fn the_condition_follows_where() {
        assert_eq!(split("email where deleted_at is null"), Some(("email", "deleted_at is null")));
        assert_eq!(split("a, b\n WHERE c"), Some(("a, b", "c")));
        assert_eq!(split("a where"), Some(("a", "")));
        for plain in ["a, b", "where", "a, where", "r#where, a", "elsewhere, a", "a, somewhere where_b"] {
            assert_eq!(split(plain), None, "{plain}");
        }
    }

    #[test]
    fn names_are_found_outside_of_texts() {
        let name = |name: &str| Word::Name(name.to_owned());
        assert_eq!(
            words("status in ('it''s', 'a b') AND r#type=5 or \"in\" is not null"),
            [name("status"), name("type"), name("in")]
        );
        assert_eq!(
            words("lower (a) = 'x"),
            [Word::Function("lower".into()), name("a"), Word::Unclosed("'x".into())]
        );
        assert_eq!(words("é = \"ü"), [name("é"), Word::Unclosed("\"ü".into())]);
    }
}
