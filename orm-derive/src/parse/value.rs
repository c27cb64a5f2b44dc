//! Values of options: names, paths, strategies, actions of keys.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::LitStr;

use crate::errors::Errors;
use crate::suggest;

/// A name and where it is written.
#[derive(Debug, Clone)]
pub struct Text {
    pub value: String,
    pub span: Span,
}

impl Text {
    pub fn new(value: impl Into<String>, span: Span) -> Text {
        Text { value: value.into(), span }
    }

    pub fn of(literal: &LitStr) -> Text {
        Text::new(literal.value(), literal.span())
    }
}

/// The path of a function, and where it is written.
#[derive(Debug, Clone)]
pub struct Function {
    /// `None` if the text is not a path, which has been reported.
    pub path: Option<TokenStream>,
    pub span: Span,
}

impl Function {
    pub fn read(option: &str, example: &str, literal: &LitStr, errors: &mut Errors) -> Function {
        Function::of("without arguments", option, example, literal, errors)
    }

    /// One that reads a value of the session's context.
    pub fn of_context(option: &str, literal: &LitStr, errors: &mut Errors) -> Function {
        Function::of("of a value in the session's context", option, "CurrentUser::id", literal, errors)
    }

    fn of(kind: &str, option: &str, example: &str, literal: &LitStr, errors: &mut Errors) -> Function {
        let path = literal.parse::<syn::Path>().ok().map(ToTokens::into_token_stream);
        if path.is_none() {
            errors.at(
                literal.span(),
                format!("expected the path of a function {kind}: `{option} = {example:?}`"),
            );
        }
        Function { path, span: literal.span() }
    }
}

/// Names in one literal, separated by commas.
#[derive(Debug, Clone)]
pub struct Names {
    pub names: Vec<String>,
    pub span: Span,
    /// Whether they were written; otherwise they are a default.
    pub given: bool,
}

impl Names {
    pub fn of(literal: &LitStr) -> Names {
        Names { names: Names::list(&literal.value()), span: literal.span(), given: true }
    }

    /// The names between the commas.
    pub fn list(text: &str) -> Vec<String> {
        text.split(',').map(|name| name.trim().trim_start_matches("r#").to_owned()).collect()
    }

    pub fn default(names: Vec<String>, span: Span) -> Names {
        Names { names, span, given: false }
    }
}

/// What a relationship does when a query did not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lazy {
    #[default]
    Select,
    Raise,
    RaiseOnSql,
    Selectin,
    Joined,
    Subquery,
}

impl Lazy {
    const ALL: [(&'static str, Lazy); 6] = [
        ("select", Lazy::Select),
        ("raise", Lazy::Raise),
        ("raise_on_sql", Lazy::RaiseOnSql),
        ("selectin", Lazy::Selectin),
        ("joined", Lazy::Joined),
        ("subquery", Lazy::Subquery),
    ];

    pub fn read(literal: &LitStr, errors: &mut Errors) -> Lazy {
        let written = literal.value();
        if let Some((_, lazy)) = Lazy::ALL.iter().find(|(name, _)| *name == written) {
            return *lazy;
        }
        let names = Lazy::ALL.map(|(name, _)| name);
        errors.on(literal, unknown("lazy", &written, &names));
        Lazy::Select
    }
}

/// What a foreign key does when the row that it refers to goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl KeyAction {
    const ALL: [(&'static str, KeyAction); 5] = [
        ("no action", KeyAction::NoAction),
        ("restrict", KeyAction::Restrict),
        ("cascade", KeyAction::Cascade),
        ("set null", KeyAction::SetNull),
        ("set default", KeyAction::SetDefault),
    ];

    pub fn read(option: &str, literal: &LitStr, errors: &mut Errors) -> (KeyAction, Span) {
        let written = literal.value().to_lowercase();
        let found = KeyAction::ALL.iter().find(|(name, _)| *name == written);
        let action = found.map_or_else(
            || {
                errors.on(literal, unknown(option, &written, &KeyAction::ALL.map(|(name, _)| name)));
                KeyAction::NoAction
            },
            |(_, action)| *action,
        );
        (action, literal.span())
    }
}

/// The order of a collection.
#[derive(Debug, Clone)]
pub struct OrderBy {
    pub terms: Vec<Term>,
    pub span: Span,
}

/// One field to sort by.
#[derive(Debug, Clone)]
pub struct Term {
    /// The association model that the field belongs to, if not to the target: `Entry.position`.
    pub of: Option<String>,
    pub field: String,
    pub descending: bool,
}

impl OrderBy {
    pub fn read(literal: &LitStr, errors: &mut Errors) -> OrderBy {
        let mut terms = Vec::new();
        for term in literal.value().split(',') {
            let mut words = term.split_whitespace();
            let field = words.next().unwrap_or_default().trim_start_matches("r#").to_owned();
            let direction = words.next().unwrap_or("asc").to_lowercase();
            if field.is_empty() {
                errors
                    .on(literal, "a field is missing: `order_by = \"id\"` or `order_by = \"name desc, id\"`");
            } else if !matches!(direction.as_str(), "asc" | "desc") {
                errors.on(literal, unknown("direction", &direction, &["asc", "desc"]));
            } else if let Some(more) = words.next() {
                errors.on(literal, format!("`{more}` is one word too many after `{field} {direction}`"));
            }
            let (of, field) = match field.split_once('.') {
                Some((of, field)) => (Some(of.to_owned()), field.trim_start_matches("r#").to_owned()),
                None => (None, field),
            };
            terms.push(Term { of, field, descending: direction == "desc" });
        }
        OrderBy { terms, span: literal.span() }
    }
}

/// What follows the parent of a relationship.
#[derive(Debug, Clone, Copy)]
pub struct Cascade {
    pub merge: bool,
    pub delete: bool,
    pub delete_orphan: bool,
    pub refresh_expire: bool,
    pub expunge: bool,
}

/// What there is without the option. Links are always saved.
impl Default for Cascade {
    fn default() -> Cascade {
        Cascade { merge: true, ..Cascade::NONE }
    }
}

impl Cascade {
    const NONE: Cascade =
        Cascade { merge: false, delete: false, delete_orphan: false, refresh_expire: false, expunge: false };

    pub fn read(literal: &LitStr, errors: &mut Errors) -> Cascade {
        let mut cascade = Cascade::NONE;
        for word in literal.value().split(',') {
            match word.trim() {
                "all" => {
                    let delete_orphan = cascade.delete_orphan;
                    cascade = Cascade {
                        merge: true,
                        delete: true,
                        delete_orphan,
                        refresh_expire: true,
                        expunge: true,
                    };
                }
                "save-update" => {}
                "merge" => cascade.merge = true,
                "delete" => cascade.delete = true,
                "delete-orphan" => (cascade.delete, cascade.delete_orphan) = (true, true),
                "refresh-expire" => cascade.refresh_expire = true,
                "expunge" => cascade.expunge = true,
                other => errors.on(literal, unknown("cascade", other, CASCADES)),
            }
        }
        cascade
    }
}

const CASCADES: &[&str] =
    &["all", "save-update", "merge", "delete", "delete-orphan", "refresh-expire", "expunge"];

/// The message about a value that is none of those that there are.
pub fn unknown(what: &str, written: &str, known: &[&str]) -> String {
    let near = match suggest::nearest(written, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}? "),
        None => String::new(),
    };
    let names = suggest::list(known.iter().map(|name| format!("{name:?}")));
    format!("unknown {what} {written:?}; {near}there are {names}")
}
