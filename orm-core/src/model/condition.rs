//! The condition of a partial index: which rows are in it.

use super::ColumnDef;
use crate::sql::Dialect;
use crate::value::{Value, ValueKind};

/// Which rows of a table an index contains. Columns are known by their places. It has no NOT: the opposite of a comparison is
/// another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    IsNull(usize),
    IsNotNull(usize),
    Compare(usize, Comparison, Literal),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Comparison {
    Equal,
    Differs,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Literal {
    Bool(bool),
    Int(i64),
    Text(String),
}

/// Words that mean something in a condition; a column with such a name is in quotes.
#[cfg(feature = "migrate")]
const WORDS: [&str; 8] = ["is", "not", "null", "and", "or", "in", "true", "false"];

/// What is known of the value that a row has in a column.
#[derive(Debug, Clone)]
pub(crate) enum KnownValue {
    Value(Value),
    /// Some value, and not NULL.
    NotNull,
    Unknown,
}

impl Comparison {
    pub(crate) const ALL: [(&'static str, Comparison); 7] = [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("<>", Comparison::Differs),
        ("!=", Comparison::Differs),
        ("=", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];

    fn sign(self) -> &'static str {
        Comparison::ALL.iter().find(|(_, other)| *other == self).map_or("=", |(sign, _)| sign)
    }

    /// What holds of two values that are not NULL where this does not.
    fn opposite(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Differs,
            Comparison::Differs => Comparison::Equal,
            Comparison::Less => Comparison::AtLeast,
            Comparison::AtLeast => Comparison::Less,
            Comparison::Greater => Comparison::AtMost,
            Comparison::AtMost => Comparison::Greater,
        }
    }

    /// The same with its sides exchanged.
    pub(crate) fn exchanged(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::Greater => Comparison::Less,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::AtLeast => Comparison::AtMost,
            same => same,
        }
    }

    /// Whether it needs no order of values.
    pub(crate) fn is_equality(self) -> bool {
        matches!(self, Comparison::Equal | Comparison::Differs)
    }

    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Differs => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    }
}

impl Literal {
    /// The value as a column of this kind has it: SQLite has truth values as numbers.
    fn of_kind(self, kind: ValueKind) -> Literal {
        match (kind, self) {
            (ValueKind::Bool, Literal::Int(number @ (0 | 1))) => Literal::Bool(number == 1),
            (_, same) => same,
        }
    }
}

impl Condition {
    /// What holds where this does not. Both leave out rows for which NULL makes the answer unknown.
    pub(crate) fn opposite(self) -> Condition {
        let each = |list: Vec<Condition>| list.into_iter().map(Condition::opposite).collect();
        match self {
            Condition::IsNull(column) => Condition::IsNotNull(column),
            Condition::IsNotNull(column) => Condition::IsNull(column),
            // A truth value is compared with one value or the other.
            Condition::Compare(column, Comparison::Equal, Literal::Bool(value)) => {
                Condition::Compare(column, Comparison::Equal, Literal::Bool(!value))
            }
            Condition::Compare(column, how, value) => Condition::Compare(column, how.opposite(), value),
            Condition::All(list) => Condition::Any(each(list)),
            Condition::Any(list) => Condition::All(each(list)),
        }
    }

    /// The columns that it is about.
    pub(crate) fn columns(&self) -> Vec<usize> {
        match self {
            Condition::IsNull(column) | Condition::IsNotNull(column) | Condition::Compare(column, ..) => {
                vec![*column]
            }
            Condition::All(list) | Condition::Any(list) => list.iter().flat_map(Condition::columns).collect(),
        }
    }

    /// Every comparison in it.
    pub(crate) fn comparisons(&self) -> Vec<(usize, Comparison, &Literal)> {
        match self {
            Condition::IsNull(_) | Condition::IsNotNull(_) => Vec::new(),
            Condition::Compare(column, how, value) => vec![(*column, *how, value)],
            Condition::All(list) | Condition::Any(list) => {
                list.iter().flat_map(Condition::comparisons).collect()
            }
        }
    }

    /// Whether a row is in the index; `None` if that depends on what is not known.
    pub(crate) fn holds(&self, held: &dyn Fn(usize) -> KnownValue) -> Option<bool> {
        match self {
            Condition::IsNull(column) => match held(*column) {
                KnownValue::Value(value) => Some(value.is_null()),
                KnownValue::NotNull => Some(false),
                KnownValue::Unknown => None,
            },
            Condition::IsNotNull(column) => Condition::IsNull(*column).holds(held).map(|is_null| !is_null),
            Condition::Compare(column, how, literal) => match held(*column) {
                KnownValue::Value(value) => compare(&value, *how, literal),
                KnownValue::NotNull | KnownValue::Unknown => None,
            },
            Condition::All(list) => each(list, held, false),
            Condition::Any(list) => each(list, held, true),
        }
    }

    /// The condition as SQL.
    pub(crate) fn sql(&self, dialect: Dialect, name: &dyn Fn(usize) -> String) -> String {
        self.write(dialect, name, str::to_owned)
    }

    /// The condition as a model has it.
    #[cfg(feature = "migrate")]
    pub(crate) fn text(&self, name: &dyn Fn(usize) -> String) -> String {
        let quoted = |column: usize| {
            let name = name(column);
            let is_word = WORDS.iter().any(|word| name.eq_ignore_ascii_case(word));
            if is_word { format!("\"{name}\"") } else { name }
        };
        self.write(Dialect::SHOWN, &quoted, str::to_lowercase)
    }

    fn write(&self, dialect: Dialect, name: &dyn Fn(usize) -> String, word: fn(&str) -> String) -> String {
        let join = |list: &[Condition], between: &str| {
            let parts: Vec<String> = list
                .iter()
                .map(|part| match part {
                    Condition::All(_) | Condition::Any(_) => format!("({})", part.write(dialect, name, word)),
                    _ => part.write(dialect, name, word),
                })
                .collect();
            parts.join(&word(between))
        };
        match self {
            Condition::IsNull(column) => format!("{} {}", name(*column), word("IS NULL")),
            Condition::IsNotNull(column) => format!("{} {}", name(*column), word("IS NOT NULL")),
            Condition::Compare(column, how, Literal::Bool(value)) => {
                format!("{} {} {}", name(*column), how.sign(), word(if *value { "TRUE" } else { "FALSE" }))
            }
            Condition::Compare(column, how, Literal::Int(value)) => {
                format!("{} {} {value}", name(*column), how.sign())
            }
            Condition::Compare(column, how, Literal::Text(value)) => {
                let mut sql = format!("{} {} ", name(*column), how.sign());
                dialect.literal(&mut sql, value);
                sql
            }
            Condition::All(list) => join(list, " AND "),
            Condition::Any(list) => join(list, " OR "),
        }
    }

    /// The condition with the quoted names of a model's columns.
    pub(crate) fn of_model(&self, dialect: Dialect, columns: &[ColumnDef]) -> String {
        self.sql(dialect, &|at| {
            let mut sql = String::new();
            dialect.quote(&mut sql, columns[at].name);
            sql
        })
    }

    /// Whether two conditions are one, in whichever order their parts are written.
    pub(crate) fn is_same(&self, other: &Condition) -> bool {
        self.sorted() == other.sorted()
    }

    fn sorted(&self) -> Condition {
        let sort = |list: &[Condition]| {
            let mut list: Vec<Condition> = list.iter().map(Condition::sorted).collect();
            list.sort();
            list.dedup();
            list
        };
        match self {
            Condition::All(list) => Condition::All(sort(list)),
            Condition::Any(list) => Condition::Any(sort(list)),
            same => same.clone(),
        }
    }

    /// The condition with its values as columns of these kinds have them.
    pub(crate) fn of_kinds(self, kind: &dyn Fn(usize) -> ValueKind) -> Condition {
        let each = |list: Vec<Condition>| list.into_iter().map(|part| part.of_kinds(kind)).collect();
        match self {
            Condition::Compare(column, how, value) => {
                let value = value.of_kind(kind(column));
                match (how, value) {
                    (Comparison::Differs, Literal::Bool(value)) => {
                        Condition::Compare(column, Comparison::Equal, Literal::Bool(!value))
                    }
                    (how, value) => Condition::Compare(column, how, value),
                }
            }
            Condition::All(list) => Condition::All(each(list)),
            Condition::Any(list) => Condition::Any(each(list)),
            same => same,
        }
    }

    /// Why a value in it cannot be one of its column, with the column.
    pub(crate) fn unfit(&self, columns: &[ColumnDef]) -> Option<(usize, String)> {
        self.comparisons().into_iter().find_map(|(column, how, value)| {
            let kind = columns[column].kind;
            let fits = match (kind, value) {
                (ValueKind::Bool, Literal::Bool(_)) => how.is_equality(),
                (
                    ValueKind::Int16
                    | ValueKind::Int32
                    | ValueKind::Int64
                    | ValueKind::Float32
                    | ValueKind::Float64,
                    Literal::Int(_),
                )
                | (ValueKind::Text, Literal::Text(_)) => true,
                (ValueKind::Enum(def), Literal::Text(label)) => {
                    if !def.labels.contains(&label.as_str()) {
                        let labels: Vec<String> =
                            def.labels.iter().map(|label| format!("{label:?}")).collect();
                        let labels = labels.join(", ");
                        return Some((column, format!("its enum has no label {label:?}, but {labels}")));
                    }
                    how.is_equality()
                }
                _ => false,
            };
            let takes = match kind {
                ValueKind::Bool => "it is compared with `= true` or `= false`",
                ValueKind::Int16
                | ValueKind::Int32
                | ValueKind::Int64
                | ValueKind::Float32
                | ValueKind::Float64 => "it is compared with a whole number",
                ValueKind::Text => "it is compared with a text in quotes",
                ValueKind::Enum(_) => "it is compared with `=` or `<>` and a label in quotes",
                _ => "a column of its type can be compared only with `is null` and `is not null`",
            };
            (!fits).then(|| (column, takes.to_owned()))
        })
    }
}

/// The answer for some parts, of which one that gives `decides` is enough.
fn each(list: &[Condition], held: &dyn Fn(usize) -> KnownValue, decides: bool) -> Option<bool> {
    let mut all_known = true;
    for part in list {
        match part.holds(held) {
            Some(answer) if answer == decides => return Some(decides),
            Some(_) => {}
            None => all_known = false,
        }
    }
    all_known.then_some(!decides)
}

fn compare(value: &Value, how: Comparison, literal: &Literal) -> Option<bool> {
    let order = match (value, literal) {
        (Value::Null, _) => return Some(false),
        (Value::Bool(value), Literal::Bool(literal)) => value.cmp(literal),
        (Value::Int(number @ (0 | 1)), Literal::Bool(literal)) => number.cmp(&i64::from(*literal)),
        (Value::Int(value), Literal::Int(literal)) => value.cmp(literal),
        (Value::UInt(_), Literal::Int(_)) => std::cmp::Ordering::Greater,
        (Value::Text(value), Literal::Text(literal)) if how.is_equality() => value.cmp(literal),
        // The order of texts is the database's, and floats are rounded there.
        _ => return None,
    };
    Some(how.holds(order))
}
