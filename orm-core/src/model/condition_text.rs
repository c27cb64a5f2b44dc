//! Reads the condition of a partial index from its text: a model's, or that of a catalogue, which adds types and parentheses.

use super::condition::{Comparison, Condition, Literal};
use crate::sql::{Token, closing, tokens};

/// How deep parentheses may be.
const MOST_DEPTH: usize = 32;

/// Types of texts, to which PostgreSQL converts a text before it compares it.
const TEXTS: [&str; 5] = ["text", "character", "varchar", "bpchar", "char"];
/// Types of numbers.
const NUMBERS: [&str; 9] =
    ["integer", "int", "bigint", "smallint", "numeric", "decimal", "real", "double", "float"];
/// Types whose values conditions do not contain.
const OTHERS: [&str; 10] =
    ["date", "time", "timestamp", "timestamptz", "timetz", "interval", "uuid", "json", "jsonb", "bytea"];

impl Condition {
    /// Reads a condition; `column` finds the place of a column by its name.
    ///
    /// # Errors
    /// What is wrong with the text, or what a model's condition cannot contain.
    pub(crate) fn read(text: &str, column: &dyn Fn(&str) -> Option<usize>) -> Result<Condition, String> {
        let mut reader = Reader { tokens: tokens(text), at: 0, depth: 0, column };
        let condition = reader.any()?;
        match reader.next() {
            None => Ok(condition),
            Some(token) => Err(format!("`{}` does not continue a condition", token.text)),
        }
    }
}

type Read<T> = Result<T, String>;

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
    column: &'t dyn Fn(&str) -> Option<usize>,
}

/// One side of a comparison.
enum Operand {
    Column(usize),
    Literal(Literal),
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    /// Takes a word or a sign.
    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn require(&mut self, word: &str) -> Read<()> {
        match self.takes(word) {
            true => Ok(()),
            false => Err(match self.peek() {
                Some(token) => format!("expected `{word}` before `{}`", token.text),
                None => format!("expected `{word}` at the end"),
            }),
        }
    }

    fn any(&mut self) -> Read<Condition> {
        self.list("or", Reader::all, Condition::Any)
    }

    fn all(&mut self) -> Read<Condition> {
        self.list("and", Reader::one, Condition::All)
    }

    fn list(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Read<Condition>,
        of: fn(Vec<Condition>) -> Condition,
    ) -> Read<Condition> {
        self.depth += 1;
        if self.depth > 2 * MOST_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let mut parts = vec![part(self)?];
        while self.takes(word) {
            parts.push(part(self)?);
        }
        self.depth -= 1;
        Ok(joined(parts, of))
    }

    fn one(&mut self) -> Read<Condition> {
        if self.takes("not") {
            self.depth += 1;
            if self.depth > 2 * MOST_DEPTH {
                return Err("it is nested too deeply".to_owned());
            }
            let one = self.one()?;
            self.depth -= 1;
            return Ok(one.opposite());
        }
        let (start, depth) = (self.at, self.depth);
        // A parenthesis opens a condition or one side of a comparison.
        let compared = self.compared();
        if compared.is_ok() || self.tokens.get(start).is_none_or(|token| token.text != "(") {
            return compared;
        }
        let reached = self.at;
        (self.at, self.depth) = (start + 1, depth);
        let inside = self.any().and_then(|inside| self.require(")").map(|()| inside));
        // The mistake is where reading went farther.
        match (inside, compared) {
            (Err(_), Err(why)) if reached > self.at => Err(why),
            (inside, _) => inside,
        }
    }

    fn compared(&mut self) -> Read<Condition> {
        let left = self.operand()?;
        if self.takes("is") {
            let is_not = self.takes("not");
            let Operand::Column(column) = left else {
                return Err("expected a column before `is`".to_owned());
            };
            if self.takes("null") {
                return Ok(if is_not { Condition::IsNotNull(column) } else { Condition::IsNull(column) });
            }
            return Err("expected `null` after `is`".to_owned());
        }
        let is_not = self.takes("not");
        if self.takes("in") {
            let Operand::Column(column) = left else {
                return Err("expected a column before `in`".to_owned());
            };
            self.require("(")?;
            let among = self.values(column, Comparison::Equal, ")")?;
            return Ok(if is_not { among.opposite() } else { among });
        }
        if is_not {
            return Err("expected `in` after `not`".to_owned());
        }
        let Some(how) = self.comparison() else {
            return match left {
                Operand::Column(column) if self.is_end() => {
                    Ok(Condition::Compare(column, Comparison::Equal, Literal::Bool(true)))
                }
                _ => Err(match self.peek() {
                    Some(token) => format!("expected a comparison before `{}`", token.text),
                    None => "expected a comparison at the end".to_owned(),
                }),
            };
        };
        if self.takes("any") || self.takes("all") {
            return self.array(left, how);
        }
        match (left, self.operand()?) {
            (Operand::Column(column), Operand::Literal(value)) => Ok(Condition::Compare(column, how, value)),
            (Operand::Literal(value), Operand::Column(column)) => {
                Ok(Condition::Compare(column, how.exchanged(), value))
            }
            _ => Err("a comparison is between a column and a value".to_owned()),
        }
    }

    /// Whether no comparison follows.
    fn is_end(&self) -> bool {
        self.peek().is_none_or(|token| token.text == ")" || token.is("and") || token.is("or"))
    }

    /// A sign, which may be two tokens.
    fn comparison(&mut self) -> Option<Comparison> {
        let (first, second) = (self.peek()?, self.tokens.get(self.at + 1));
        let sign = match second {
            Some(second) if matches!(second.text, "=" | ">") && second.end == first.end + 1 => {
                format!("{}{}", first.text, second.text)
            }
            _ => first.text.to_owned(),
        };
        let (_, how) = Comparison::ALL.iter().find(|(known, _)| *known == sign)?;
        self.at += sign.len();
        Some(*how)
    }

    /// What PostgreSQL makes of a list: `= ANY (ARRAY[1, 2])`.
    fn array(&mut self, left: Operand, how: Comparison) -> Read<Condition> {
        let word = self.tokens[self.at - 1];
        let is_list =
            matches!((how, word.is("any")), (Comparison::Equal, true) | (Comparison::Differs, false));
        let (Operand::Column(column), true) = (left, is_list) else {
            return Err(format!("`{}` has no place in a condition", word.text));
        };
        let open = self.at;
        let close = closing(&self.tokens, open).ok_or("expected `)`")?;
        let inside = &self.tokens[open..close];
        let list = inside.iter().position(|token| token.is("array")).and_then(|at| inside.get(at + 1));
        let list =
            list.and_then(|list| list.text.strip_prefix('[')?.strip_suffix(']')).ok_or("expected a list")?;
        self.at = close + 1;
        let mut reader = Reader { tokens: tokens(list), at: 0, depth: 0, column: self.column };
        reader.values(column, how, "")
    }

    /// A list of values, up to a token that ends it.
    fn values(&mut self, column: usize, how: Comparison, end: &str) -> Read<Condition> {
        let mut parts = Vec::new();
        loop {
            match self.operand()? {
                Operand::Literal(value) => parts.push(Condition::Compare(column, how, value)),
                Operand::Column(_) => return Err("a list contains values".to_owned()),
            }
            if !self.takes(",") {
                break;
            }
        }
        match self.next() {
            Some(token) if token.text == end => {}
            None if end.is_empty() => {}
            _ => return Err(format!("expected `,` or `{end}` in a list")),
        }
        Ok(joined(parts, if how == Comparison::Equal { Condition::Any } else { Condition::All }))
    }

    fn operand(&mut self) -> Read<Operand> {
        self.depth += 1;
        if self.depth > 2 * MOST_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let Some(mut token) = self.next() else { return Err("expected a column at the end".to_owned()) };
        // A field whose name is a word of Rust.
        if token.is("r") && self.takes("#") {
            token = self.next().ok_or("expected a column at the end")?;
        }
        let first = token.text.chars().next().unwrap_or_default();
        let mut operand = match first {
            '(' => {
                let inside = self.operand()?;
                self.require(")")?;
                inside
            }
            '\'' => Operand::Literal(self.text(token, false)?),
            '-' | '+' | '0'..='9' => Operand::Literal(self.number(token)?),
            _ if token.is("e") && self.peek().is_some_and(|next| next.text.starts_with('\'')) => {
                let text = self
                    .next()
                    .map_or_else(|| Err("expected a text".to_owned()), |text| self.text(text, true))?;
                Operand::Literal(text)
            }
            _ if token.is("true") || token.is("false") => Operand::Literal(Literal::Bool(token.is("true"))),
            _ if self.peek().is_some_and(|next| next.text == "(") && !token.is("in") => {
                return Err(format!(
                    "`{}(..)` is a function, which a condition does not contain",
                    token.text
                ));
            }
            _ => match (self.column)(&token.name()) {
                Some(column) => Operand::Column(column),
                None => return Err(format!("expected a column before `{}`", token.text)),
            },
        };
        while self.peek().is_some_and(|token| token.text == ":") {
            operand = self.cast(operand)?;
        }
        self.depth -= 1;
        Ok(operand)
    }

    fn text(&self, token: Token<'t>, escaped: bool) -> Read<Literal> {
        let is_closed = token.text.len() > 1 && token.text.ends_with('\'');
        match is_closed {
            true if escaped => Ok(Literal::Text(token.name().replace("\\\\", "\\"))),
            true => Ok(Literal::Text(token.name())),
            false => Err(format!("{} is not closed", token.text)),
        }
    }

    fn number(&mut self, token: Token<'t>) -> Read<Literal> {
        let mut text = token.text.to_owned();
        if let ("-" | "+", Some(digits)) = (token.text, self.peek()) {
            text.push_str(digits.text);
            self.at += 1;
        }
        let is_whole = self.peek().is_none_or(|next| next.text != ".");
        match text.parse() {
            Ok(number) if is_whole => Ok(Literal::Int(number)),
            _ => Err(format!("`{text}` does not begin a whole number of 64 bits")),
        }
    }

    /// `::type`, which PostgreSQL adds.
    fn cast(&mut self, operand: Operand) -> Read<Operand> {
        self.require(":")?;
        self.require(":")?;
        let Some(mut name) = self.next() else { return Err("expected a type".to_owned()) };
        while self.takes(".") {
            name = self.next().ok_or("expected a type")?;
        }
        while ["varying", "precision"].iter().any(|word| self.takes(word)) {}
        if self.peek().is_some_and(|token| token.text == "(") {
            self.at = closing(&self.tokens, self.at).ok_or("expected `)`")? + 1;
        }
        let is_one = |list: &[&str]| list.iter().any(|word| name.is(word));
        match operand {
            Operand::Literal(Literal::Text(text)) if is_one(&NUMBERS) => match text.parse() {
                Ok(number) => Ok(Operand::Literal(Literal::Int(number))),
                Err(_) => Err(format!("'{text}' is not a whole number of 64 bits")),
            },
            Operand::Literal(Literal::Int(number)) if is_one(&NUMBERS) => {
                Ok(Operand::Literal(Literal::Int(number)))
            }
            Operand::Literal(Literal::Text(text)) if !is_one(&OTHERS) && !name.is("boolean") => {
                Ok(Operand::Literal(Literal::Text(text)))
            }
            Operand::Column(column) if is_one(&TEXTS) => Ok(Operand::Column(column)),
            _ => Err(format!("a condition does not convert to {}", name.text)),
        }
    }
}

/// One condition of several, whose own parts of the same kind are among them.
fn joined(parts: Vec<Condition>, of: fn(Vec<Condition>) -> Condition) -> Condition {
    let is_all = matches!(of(Vec::new()), Condition::All(_));
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Condition::All(inside) if is_all => flat.extend(inside),
            Condition::Any(inside) if !is_all => flat.extend(inside),
            other => flat.push(other),
        }
    }
    match (flat.pop(), flat.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            flat.extend(last);
            of(flat)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition::{Condition, KnownValue};
    use crate::sql::Dialect;
    use crate::value::Value;

    const NAMES: [&str; 4] = ["status", "n", "deleted_at", "flag"];

    fn read(text: &str) -> Result<Condition, String> {
        Condition::read(text, &|name| NAMES.iter().position(|known| *known == name))
    }

    fn sql(text: &str) -> Result<String, String> {
        Ok(read(text)?.sql(Dialect::SHOWN, &|at| NAMES[at].to_owned()))
    }

    #[test]
    fn a_condition_is_read_in_the_words_of_models_and_of_databases() {
        for (text, expected) in [
            ("deleted_at is null", "deleted_at IS NULL"),
            ("(deleted_at IS NOT NULL)", "deleted_at IS NOT NULL"),
            ("not deleted_at is null", "deleted_at IS NOT NULL"),
            ("status = 'it''s'", "status = 'it''s'"),
            ("((status)::text = 'open'::text)", "status = 'open'"),
            ("(status = 'open'::app.\"Status\")", "status = 'open'"),
            ("((status)::text = E'a\\\\b'::text)", "status = 'a\\b'"),
            ("(n > '-1'::integer)", "n > -1"),
            ("(n > ('-1'::integer)::double precision)", "n > -1"),
            ("(n >= (5)::numeric(10,2))", "n >= 5"),
            ("5 < n", "n > 5"),
            ("n != 5", "n <> 5"),
            ("NOT (n = 5)", "n <> 5"),
            ("flag", "flag = TRUE"),
            ("(NOT flag)", "flag = FALSE"),
            ("flag and not flag", "flag = TRUE AND flag = FALSE"),
            ("status in ('a', 'b')", "status = 'a' OR status = 'b'"),
            ("status not in ('a', 'b')", "status <> 'a' AND status <> 'b'"),
            (
                "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                "status = 'a' OR status = 'b'",
            ),
            ("(n <> ALL (ARRAY[1, 2]))", "n <> 1 AND n <> 2"),
            ("(n = 1 or n = 2) and flag", "(n = 1 OR n = 2) AND flag = TRUE"),
            (
                "((n = 1) AND ((flag = true) AND (deleted_at IS NULL)))",
                "n = 1 AND flag = TRUE AND deleted_at IS NULL",
            ),
        ] {
            assert_eq!(sql(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "gone is null",
            "lower(status) = 'a'",
            "status = 'a",
            "n = 1.5",
            "n = n",
            "1 = 1",
            "status like 'a%'",
            "n + 1 = 2",
            "n = 1 n = 2",
            "(n = 1",
            "deleted_at > '2020-01-01'::date",
            "(n)::integer = 1",
            "n",
            "n is 5",
            "n in ()",
        ] {
            let read = sql(text);
            assert!(text == "n" || read.is_err(), "{text}: {read:?}");
        }
        assert!(read(&"(".repeat(10_000)).is_err());
        let many = ["(n = 1 and status = 'a')"; 200].join(" or ");
        assert!(read(&many).is_ok(), "it is long and not deep");
        let deep = format!("{}n = 1{}", "(".repeat(15), ")".repeat(15));
        assert!(read(&deep).is_ok(), "{deep}");
        assert!(read(&"not ".repeat(10_000)).is_err());
    }

    #[test]
    fn whether_a_row_is_in_it_may_be_unknown() {
        let of =
            |text: &str, held: [KnownValue; 4]| read(text).map(|read| read.holds(&|at| held[at].clone()));
        let text = |text: &str| KnownValue::Value(Value::Text(text.to_owned()));
        let row = || [text("open"), KnownValue::Unknown, KnownValue::NotNull, KnownValue::Value(Value::Null)];
        for (condition, expected) in [
            ("status = 'open'", Some(true)),
            ("status <> 'open'", Some(false)),
            ("n = 1", None),
            ("n = 1 or status = 'open'", Some(true)),
            ("n = 1 and status = 'closed'", Some(false)),
            ("n = 1 and status = 'open'", None),
            ("deleted_at is null", Some(false)),
            ("deleted_at is not null", Some(true)),
            ("flag", Some(false)),
            ("not flag", Some(false)),
            ("status < 'p'", None),
        ] {
            assert_eq!(of(condition, row()), Ok(expected), "{condition}");
        }
    }

    #[test]
    fn the_order_of_parts_does_not_matter() {
        let same = |a: &str, b: &str| read(a).is_ok_and(|a| read(b).is_ok_and(|b| a.is_same(&b)));
        assert!(same("flag and n = 1", "n = 1 and flag = true"));
        assert!(same("status in ('a', 'b')", "status = 'b' or status = 'a'"));
        assert!(!same("flag and n = 1", "flag or n = 1"));
        assert!(!same("n = 1", "n = 2"));
    }
}
