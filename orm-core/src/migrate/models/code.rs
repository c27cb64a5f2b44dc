//! Writes the code of models.

use super::described::{Described, Field, FieldList};
use super::enums::EnumOf;
use super::names::{Names, identifier, other_module};
use super::relationships::{LinkTable, Relationship, is_link, relationships};
use crate::ddl::LiveTable;
use crate::migrate::structure::Structure;
use crate::sql::Dialect;

/// How long a line of code may be.
const WIDTH: usize = 100;

/// The text of a file with a model for each table.
pub(super) fn code(structure: &Structure, ignores: &dyn Fn(&str, &str) -> bool) -> String {
    let (pairs, tables): (Vec<&LiveTable>, Vec<&LiveTable>) =
        structure.tables.iter().partition(|table| is_link(structure, table));
    let mut taken = Names::default();
    let mut structs = Vec::new();
    let mut left_out = Vec::new();
    describe(structure, &tables, ignores, &mut taken, &mut structs, &mut left_out);
    // A link table is a table like any other if one of its sides has no model.
    let is_whole = |table: &&LiveTable| LinkTable::of(structure, table, &structs).is_some();
    let (_, others): (Vec<&LiveTable>, Vec<&LiveTable>) = pairs.into_iter().partition(is_whole);
    describe(structure, &others, ignores, &mut taken, &mut structs, &mut left_out);
    structs.sort_by(|a, b| (&a.table.schema, &a.table.name).cmp(&(&b.table.schema, &b.table.name)));
    let is_other = |table: &LiveTable| others.iter().any(|other| std::ptr::eq(*other, table));
    let links: Vec<LinkTable<'_>> = structure
        .tables
        .iter()
        .filter(|table| is_link(structure, table) && !is_other(table))
        .filter_map(|table| LinkTable::of(structure, table, &structs))
        .collect();
    let enums = EnumOf::of(&mut structs, &mut taken);
    let relationships = relationships(structure, &mut structs, &links);

    let mut text = head(structure.dialect, &structs);
    for (at, (model, relationships)) in structs.iter().zip(&relationships).enumerate() {
        for (_, def) in enums.iter().filter(|(first, _)| *first == at) {
            text.push('\n');
            text.push_str(&def.code());
        }
        text.push('\n');
        text.push_str(&struct_code(model, relationships));
    }
    for (table, why) in left_out {
        text.push_str(&comment(&format!("\nThe table `{}` has no model: {why}.", table.name)));
    }
    for view in &structure.views {
        let why =
            "a view has no key that the catalogue knows; write a struct whose `#[key]` finds a row of it";
        text.push_str(&comment(&format!("\n`{view}` has no model: {why}.")));
    }
    if !structs.is_empty() {
        text.push_str(&schema(&structs));
    }
    text
}

fn describe<'t>(
    structure: &Structure,
    tables: &[&'t LiveTable],
    ignores: &dyn Fn(&str, &str) -> bool,
    taken: &mut Names,
    structs: &mut Vec<Described<'t>>,
    left_out: &mut Vec<(&'t LiveTable, String)>,
) {
    for table in tables {
        let ignored = |column: &str| ignores(&table.name, column);
        match Described::of(structure, table, &ignored, taken) {
            Ok(described) => structs.push(described),
            Err(why) => left_out.push((table, why)),
        }
    }
}

fn head(dialect: Dialect, structs: &[Described<'_>]) -> String {
    let database = match dialect {
        Dialect::Sqlite => "an SQLite",
        Dialect::Postgres => "a PostgreSQL",
        Dialect::Mysql(server) if server.mariadb => "a MariaDB",
        Dialect::Mysql(_) => "a MySQL",
    };
    let mut crates: Vec<&str> = ["chrono", "jiff", "rust_decimal", "serde_json", "time", "uuid"].to_vec();
    let names = || structs.iter().flat_map(|model| &model.fields).map(|field| field.ty.name.as_str());
    crates.retain(|name| names().any(|ty| ty.contains(&format!("{name}::"))));
    let needs = match crates.is_empty() {
        true => String::new(),
        false => format!("\nThey use {}.", listed(&crates)),
    };
    let mut head = comment(&format!(
        "Models of the tables of {database} database, as its catalogue describes them.{needs}"
    ));
    if !structs.is_empty() {
        head.push_str("\nuse orm_core::prelude::*;\n");
    }
    head
}

/// `chrono`, `time` and `uuid`.
fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => format!("the crate {last}"),
        Some((last, others)) => format!("the crates {} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn struct_code(model: &Described<'_>, relationships: &[Relationship]) -> String {
    let mut code = String::new();
    for note in &model.notes {
        code.push_str(&comment(note));
    }
    let list = |list: &FieldList| {
        let names: Vec<&str> = list.fields.iter().map(|at| model.fields[*at].name.as_str()).collect();
        match &list.condition {
            Some(condition) => format!("{} where {condition}", names.join(", ")),
            None => names.join(", "),
        }
    };
    let mut options = Vec::new();
    if model.table.name != model.snake() {
        options.push(format!("table = {:?}", model.table.name));
    }
    if let Some(schema) = &model.table.schema {
        options.push(format!("schema = {schema:?}"));
    }
    if let Some(module) = other_module(&model.name) {
        options.push(format!("module = {module:?}"));
    }
    options.extend(model.unique.iter().map(|fields| format!("unique = {:?}", list(fields))));
    options.extend(model.indexes.iter().map(|fields| format!("index = {:?}", list(fields))));
    options.extend(model.check.iter().map(|check| format!("check = {check:?}")));
    code.push_str(&docs("", model.table.comment.as_deref()));
    code.push_str("#[derive(Model, Debug)]\n");
    code.push_str(&attribute("", "model", &options));
    code.push_str(&format!("pub struct {} {{\n", model.name));
    let keys = model.key().len();
    for field in &model.fields {
        code.push_str(&field_code(field, keys));
    }
    for relationship in relationships {
        code.push_str(&match relationship.options.is_empty() {
            true => format!("    #[{}]\n", relationship.attribute),
            false => attribute("    ", relationship.attribute, &relationship.options),
        });
        code.push_str(&format!("    pub {}: {},\n", identifier(&relationship.name), relationship.ty));
    }
    code.push_str("}\n");
    code
}

fn field_code(field: &Field<'_>, keys: usize) -> String {
    let column = field.column;
    let is_auto = field.key && keys == 1 && column.auto;
    let mut code = String::new();
    if let Some(note) = &field.ty.note {
        code.push_str(&format!("    // {note}.\n"));
    }
    // The library finds a row by a key that the program gives or the database numbers.
    if let Some(computed) = column.computed.as_ref().filter(|_| field.key) {
        code.push_str(&format!(
            "    // Generated by the database: {}.\n",
            computed.expression.replace('\n', " ")
        ));
    }
    code.push_str(&docs("    ", column.comment.as_deref()));
    if field.key {
        code.push_str(if is_auto { "    #[key(auto)]\n" } else { "    #[key]\n" });
    }
    let mut options = Vec::new();
    if column.name != field.name {
        options.push(format!("name = {:?}", column.name));
    }
    options.extend(field.ty.length.filter(|length| *length > 0).map(|length| format!("length = {length}")));
    options.extend(field.ty.precision.map(|digits| format!("precision = {digits}")));
    if field.unique {
        options.push("unique".to_owned());
    }
    if field.index {
        options.push("index".to_owned());
    }
    if let Some(computed) = column.computed.as_ref().filter(|_| field.is_generated()) {
        options.push(format!("generated = {:?}", on_one_line(&computed.expression)));
        options.extend((!computed.stored).then(|| "virtual".to_owned()));
    }
    let default = column.default.as_deref().and_then(default_text);
    match default {
        _ if is_auto || field.is_generated() => {}
        Some(default) if column.computed.is_none() && !column.auto => {
            options.push(format!("default = {default:?}"))
        }
        None if column.computed.is_none() && !column.auto => {}
        _ => options.push("default".to_owned()),
    }
    options.extend(field.check.iter().map(|check| format!("check = {check:?}")));
    code.push_str(&attribute("    ", "column", &options));
    let ty = match column.not_null || field.key {
        true => field.ty.name.clone(),
        false => format!("Option<{}>", field.ty.name),
    };
    code.push_str(&format!("    pub {}: {ty},\n", identifier(&field.name)));
    code
}

/// The default as a model has it; `None` if it is NULL. PostgreSQL adds the type to each text.
fn default_text(default: &str) -> Option<String> {
    if default.eq_ignore_ascii_case("null") || default.starts_with("NULL::") {
        return None;
    }
    let text = default.strip_prefix('\'').and_then(|rest| {
        let quotes = rest.replace("\'\'", "  ");
        let end = quotes.find('\'')?;
        rest[end + 1..].starts_with("::").then(|| format!("'{}'", &rest[..end]))
    });
    Some(text.unwrap_or_else(|| default.to_owned()))
}

/// An expression without the line breaks that the database put into it. Those inside quotes belong to a value, and one behind
/// `--` ends a comment.
fn on_one_line(expression: &str) -> String {
    if expression.contains("--") {
        return expression.to_owned();
    }
    let mut quote = None;
    let mut line = String::with_capacity(expression.len());
    for char in expression.chars() {
        match quote {
            Some(open) if open == char => quote = None,
            None if matches!(char, '\'' | '"' | '`') => quote = Some(char),
            _ => {}
        }
        line.push(if char == '\n' && quote.is_none() { ' ' } else { char });
    }
    line
}

/// An attribute on one line, or a line for each of its options.
fn attribute(indent: &str, name: &str, options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    let line = format!("{indent}#[{name}({})]\n", options.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let options: Vec<String> = options.iter().map(|option| format!("{indent}    {option},\n")).collect();
    format!("{indent}#[{name}(\n{}{indent})]\n", options.concat())
}

/// A text as a comment, broken between words.
fn comment(text: &str) -> String {
    let mut comment = String::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.len() + word.len() + 4 > WIDTH {
                comment.push_str(&format!("// {}\n", line.trim_end()));
                line.clear();
            }
            line.push_str(word);
            line.push(' ');
        }
        match line.is_empty() {
            true => comment.push('\n'),
            false => comment.push_str(&format!("// {}\n", line.trim_end())),
        }
    }
    comment
}

/// A comment of the database as a doc comment. What would not come back as it is becomes an attribute.
fn docs(indent: &str, comment: Option<&str>) -> String {
    let Some(comment) = comment.filter(|comment| !comment.trim().is_empty()) else { return String::new() };
    // Rust refuses some of these characters in comments: a single carriage return, and those that change the direction of text.
    let is_plain = |char: char| {
        char == '\n'
            || !(char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    if !comment.chars().all(is_plain) {
        return format!("{indent}#[doc = {comment:?}]\n");
    }
    let line = |line: &str| match line.trim_end() {
        "" => format!("{indent}///\n"),
        line => format!("{indent}/// {line}\n"),
    };
    comment.trim_matches('\n').split('\n').map(line).collect()
}

/// The function that lists the models, for `check` and migrations.
fn schema(structs: &[Described<'_>]) -> String {
    let names: Vec<&str> = structs.iter().map(|model| model.name.as_str()).collect();
    let list = names.join(", ");
    let body = match list.len() + 12 <= WIDTH {
        true => format!("    schema![{list}]\n"),
        false => format!("    schema![\n        {},\n    ]\n", names.join(",\n        ")),
    };
    format!("\n/// Every model of this file.\npub fn schema() -> orm_core::schema::Schema {{\n{body}}}\n")
}

#[cfg(test)]
mod tests {
    use super::{default_text, docs, on_one_line};

    #[test]
    fn comments_are_doc_comments() {
        assert_eq!(docs("", None), "");
        assert_eq!(docs("", Some(" \n")), "");
        assert_eq!(docs("    ", Some("One \"x\".\n\nTwo. ")), "    /// One \"x\".\n    ///\n    /// Two.\n");
        assert_eq!(docs("", Some("a\r\nb\u{202e}")), "#[doc = \"a\\r\\nb\\u{202e}\"]\n");
    }

    #[test]
    fn line_breaks_of_values_stay() {
        assert_eq!(on_one_line("CASE\n WHEN a = '\n' THEN b\nEND"), "CASE  WHEN a = '\n' THEN b END");
        assert_eq!(on_one_line("a -- the first\n+ b"), "a -- the first\n+ b");
    }

    #[test]
    fn defaults_are_plain_sql() {
        for (default, expected) in [
            ("'active'::character varying", Some("'active'")),
            ("'it''s'::text", Some("'it''s'")),
            ("NULL::character varying", None),
            ("NULL", None),
            ("now()", Some("now()")),
            ("('a'::text || 'b'::text)", Some("('a'::text || 'b'::text)")),
        ] {
            assert_eq!(default_text(default).as_deref(), expected, "{default}");
        }
    }
}
