//! Splits SQL that a catalogue or a model has into tokens. What may not end where it seems to, such as texts with backslashes on
//! MySQL, is not split here.

/// A word, a quoted name, a text, a number or a sign.
#[derive(Debug, Clone, Copy)]
pub struct Token<'s> {
    /// It, with its quotes.
    pub text: &'s str,
    /// Where it ends in the whole text.
    pub end: usize,
}

impl Token<'_> {
    /// Whether it is a word.
    pub fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is, without its quotes.
    pub fn name(&self) -> String {
        let mut chars = self.text.chars();
        match (chars.next(), chars.next_back()) {
            (Some('['), Some(']')) => chars.as_str().to_owned(),
            (Some(open @ ('"' | '`' | '\'')), Some(close)) if open == close => {
                chars.as_str().replace(&format!("{open}{open}"), &open.to_string())
            }
            _ => self.text.to_owned(),
        }
    }
}

/// Where the parenthesis that opens at a token closes.
pub fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth <= 1 => return Some(at),
            ")" => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The tokens of a text, without comments and spaces.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(char) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = match char {
            _ if char.is_whitespace() => {
                at += char.len_utf8();
                continue;
            }
            '-' if rest.starts_with("--") => {
                at += rest.find('\n').map_or(rest.len(), |end| end + 1);
                continue;
            }
            '/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            '"' | '`' | '\'' => quoted(rest, char),
            _ if is_word(char) => rest.find(|char| !is_word(char)).unwrap_or(rest.len()),
            _ => char.len_utf8(),
        };
        at += length;
        tokens.push(Token { text: &rest[..length], end: at });
    }
    tokens
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '$' || !char.is_ascii()
}

/// How long a quoted text is, whose quotes are doubled inside.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if char == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}
