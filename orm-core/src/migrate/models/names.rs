//! Names in written models.

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

use super::inflection::singular;

/// Keywords that are written with `r#`: `r#type`.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot be written with `r#`.
const UNUSABLE: [&str; 4] = ["crate", "self", "super", "Self"];

/// Types that the code names, and types of the prelude that every program names: a model gets another name.
const TAKEN_TYPES: [&str; 25] = [
    "BelongsTo",
    "Box",
    "Column",
    "DbEnum",
    "Deferred",
    "Engine",
    "Entity",
    "Err",
    "Error",
    "HasMany",
    "HasOne",
    "Json",
    "Model",
    "None",
    "Ok",
    "Option",
    "Result",
    "Schema",
    "Select",
    "Self",
    "Session",
    "Some",
    "String",
    "Value",
    "Vec",
];

/// Names of modules that would hide a crate or a type in the fields beside them.
const TAKEN_MODULES: [&str; 27] = [
    "alloc",
    "bool",
    "char",
    "chrono",
    "core",
    "f32",
    "f64",
    "i16",
    "i32",
    "i64",
    "i8",
    "isize",
    "jiff",
    "orm_core",
    "rust_decimal",
    "schema",
    "serde_json",
    "std",
    "str",
    "time",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
    "uuid",
    "i128",
];

/// Names that are taken once, whatever their case and underscores: constants and modules are made of them.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: Vec<String>,
}

impl Names {
    /// Takes the first free name of some; if none is free, the last one with a number.
    pub(super) fn take(&mut self, wanted: &[String]) -> String {
        let free = wanted.iter().find(|name| !self.has(name)).cloned();
        let name = free.unwrap_or_else(|| {
            let last = wanted.last().map_or("", String::as_str);
            let numbered = (2..).map(|number| format!("{last}_{number}"));
            numbered.into_iter().find(|name| !self.has(name)).unwrap_or_default()
        });
        self.taken.push(folded(&name));
        name
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.contains(&folded(name))
    }
}

fn folded(name: &str) -> String {
    name.chars().filter(|char| *char != '_').flat_map(char::to_lowercase).collect()
}

/// What a table's struct is called: `order_items`, `OrderItem`.
pub(super) fn struct_name(table: &str) -> String {
    type_name(&singular(&snake(table)))
}

/// The name of a type, made from any text.
pub(super) fn type_name(text: &str) -> String {
    let name = plain(text).to_upper_camel_case();
    let name = if name.starts_with(|char: char| char.is_alphabetic()) { name } else { format!("N{name}") };
    match TAKEN_TYPES.contains(&name.as_str()) {
        true => format!("{name}Row"),
        false => name,
    }
}

/// The name of the variant for a label.
pub(super) fn variant_name(label: &str) -> String {
    let name = plain(label).to_upper_camel_case();
    match name.chars().next() {
        Some(first) if first.is_alphabetic() && name != "Self" => name,
        _ => format!("V{name}"),
    }
}

/// The name of a column's field, without `r#`.
pub(super) fn field_name(column: &str) -> String {
    let name = snake(column);
    match name.chars().next() {
        None => "column".to_owned(),
        Some(_) if UNUSABLE.contains(&name.as_str()) => format!("{name}_"),
        Some(first) if first.is_alphabetic() => name,
        Some(_) => format!("n{name}"),
    }
}

/// A name in snake_case, as the derive makes it.
pub(super) fn snake(text: &str) -> String {
    plain(text).to_snake_case()
}

/// A field as code has it.
pub(super) fn identifier(field: &str) -> String {
    match KEYWORDS.contains(&field) {
        true => format!("r#{field}"),
        false => field.to_owned(),
    }
}

/// The name of a module that a struct cannot have by default, and the one to write instead.
pub(super) fn other_module(struct_name: &str) -> Option<String> {
    let module = snake(struct_name);
    let hides = TAKEN_MODULES.contains(&module.as_str()) || UNUSABLE.contains(&module.as_str());
    hides.then(|| format!("{module}_model"))
}

/// Whether a relationship cannot have a name: a keyword without an `r#`, or what every model has.
pub(super) fn is_reserved(relationship: &str) -> bool {
    UNUSABLE.contains(&relationship) || matches!(relationship, "draft" | "entity")
}

/// Letters and digits that an identifier can have, and an underscore for each of the others.
fn plain(text: &str) -> String {
    text.chars().map(|char| if is_of_identifier(char) { char } else { '_' }).collect()
}

/// `²` is numeric and `Ⓐ` alphabetic, and an identifier has neither.
fn is_of_identifier(char: char) -> bool {
    let is_enclosed = matches!(char, '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}');
    char.is_ascii_digit() || (char.is_alphabetic() && !is_enclosed)
}

type Case = fn(&str) -> String;

/// How `DbEnum` may write variants as labels.
const CASES: [(&str, Case); 7] = [
    ("snake_case", |name| name.to_snake_case()),
    ("lowercase", |name| name.to_lowercase()),
    ("UPPERCASE", |name| name.to_uppercase()),
    ("kebab-case", |name| name.to_kebab_case()),
    ("camelCase", |name| name.to_lower_camel_case()),
    ("PascalCase", |name| name.to_upper_camel_case()),
    ("SCREAMING_SNAKE_CASE", |name| name.to_shouty_snake_case()),
];

/// The case that produces the labels of all variants, if there is one.
pub(super) fn case_of(variants: &[(String, String)]) -> Option<&'static str> {
    let fits = |case: Case| variants.iter().all(|(variant, label)| case(variant) == *label);
    CASES.iter().find(|(_, case)| fits(*case)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_and_fields_have_names_of_rust() {
        for (table, name) in [
            ("users", "User"),
            ("order_items", "OrderItem"),
            ("MediaType", "MediaType"),
            ("people", "Person"),
            ("auth_user_groups", "AuthUserGroup"),
            ("sessions", "SessionRow"),
            ("options", "OptionRow"),
            ("2fa codes", "N2faCode"),
            ("größen", "Größen"),
            ("m²", "M"),
            ("Ⓐ plans", "Plan"),
        ] {
            assert_eq!(struct_name(table), name, "{table}");
        }
        for (column, field) in [
            ("SupportRepId", "support_rep_id"),
            ("type", "type"),
            ("self", "self_"),
            ("2nd", "n2nd"),
            ("%", "column"),
            ("a b", "a_b"),
        ] {
            assert_eq!(field_name(column), field, "{column}");
        }
        assert_eq!(identifier("type"), "r#type");
        assert!(is_reserved("crate") && is_reserved("draft") && !is_reserved("type"));
        assert_eq!(other_module("Time").as_deref(), Some("time_model"));
        assert_eq!(variant_name("PG-13"), "Pg13");
        assert_eq!(variant_name("24h"), "V24h");
    }

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        let mut take = |name: &str| names.take(&[name.to_owned()]);
        assert_eq!([take("user_id"), take("userid"), take("user_id")], ["user_id", "userid_2", "user_id_3"]);
    }

    #[test]
    fn labels_may_follow_a_case() {
        let of = |labels: &[&str]| {
            case_of(
                &labels.iter().map(|label| (variant_name(label), (*label).to_owned())).collect::<Vec<_>>(),
            )
        };
        assert_eq!(of(&["in_stock", "sold"]), Some("snake_case"));
        assert_eq!(of(&["G", "PG"]), Some("UPPERCASE"));
        assert_eq!(of(&["G", "PG-13"]), None);
        assert_eq!(of(&["Draft", "Sent"]), Some("PascalCase"));
    }
}
