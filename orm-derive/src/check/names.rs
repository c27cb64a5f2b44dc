//! Rules about names: in the database, and of what is generated.

use std::collections::HashMap;

use proc_macro2::Ident;

use super::sound;
use crate::errors::Errors;
use crate::model::{Model, Relation};
use crate::names;
use crate::parse::{Kind, Names, Text, Through};

/// The module has a name that a module beside the struct can have.
pub fn module_can_be_one(model: &Model, errors: &mut Errors) {
    let name = &model.module.value;
    let why = match names::identifier(name, model.module.span) {
        None => "cannot be a module's name",
        Some(name) if name == model.ident => "is the struct's name",
        Some(_) if PRIMITIVES.contains(&name.as_str()) => "would hide the type of that name",
        Some(_) => return,
    };
    let fix = format!("{}_model", names::snake(&model.name));
    errors.at(model.module.span, format!("`{name}` {why}; write `#[model(module = {fix:?})]`"));
}

const PRIMITIVES: [&str; 14] =
    ["bool", "char", "str", "f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize"];

/// A name in the database has characters, and none that ends it.
pub fn names_are_sql(model: &Model, errors: &mut Errors) {
    let mut name = |what: &str, text: &Text| {
        if text.value.is_empty() {
            errors.at(text.span, format!("the name of {what} is empty"));
        } else if text.value.contains('\0') {
            errors.at(text.span, format!("the name of {what} has a NUL character in it"));
        }
    };
    name("the table", &model.table);
    if let Some(schema) = &model.schema {
        name("the schema", schema);
    }
    for column in &model.columns {
        name("the column", &column.name);
    }
    for relation in sound(model).filter(|relation| relation.kind == Kind::ManyToMany) {
        if let Some(Through::Table(through)) = &relation.through {
            name("the link table", through);
        }
        if let Some(schema) = &relation.through_schema {
            name("the link table's schema", schema);
        }
        for names in [&relation.key, &relation.target_key] {
            for column in &names.names {
                name("a column of the link table", &Text::new(column, names.span));
            }
        }
    }
}

/// Two columns have two names.
pub fn columns_differ(model: &Model, errors: &mut Errors) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for column in &model.columns {
        let name = column.name.value.as_str();
        let Some(first) = seen.insert(name, &column.field).filter(|first| *first != column.field) else {
            continue;
        };
        let second = &column.field;
        let fix = "give one another name: `#[column(name = \"..\")]`";
        errors.at(column.name.span, format!("`{first}` and `{second}` are both the column `{name}`; {fix}"));
    }
}

/// What is generated for two fields has two names.
pub fn constants_differ(model: &Model, errors: &mut Errors) {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut take = |path: String, field: &Ident| {
        let plain = names::plain(field);
        match seen.insert(path.clone(), plain.clone()) {
            Some(first) if first != plain => {
                errors.at(field.span(), format!("`{first}` and `{plain}` both become `{path}`; rename one"));
                false
            }
            _ => true,
        }
    };
    let path = |ident: &Ident| format!("{}::{ident}", model.name);
    for column in &model.columns {
        take(path(&names::constant(&column.field, column.ident.span())), &column.ident);
    }
    for relation in &model.relations {
        let ident = &relation.ident;
        let marker = names::marker(&relation.field, ident.span());
        // One of the generated names is enough to report it.
        let _ = take(path(&names::constant(&relation.field, ident.span())), ident)
            && take(path(ident), ident)
            && take(format!("{}::{marker}", model.module.value), ident);
    }
}

/// Two fields have two names when they are serialised.
pub fn serialized_names_differ(model: &Model, errors: &mut Errors) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let columns = model.columns.iter().map(|column| (&column.field, &column.serialized));
    let relations = model.relations.iter().map(|relation| (&relation.field, &relation.serialized));
    for (field, name) in columns.chain(relations) {
        let Some(name) = name else { continue };
        if let Some(first) = seen.insert(&name.value, field).filter(|first| first != field) {
            let both = format!("`{first}` and `{field}` are both serialised as `{}`", name.value);
            errors.at(name.span, format!("{both}; give one another name: `#[serde(rename = \"..\")]`"));
        }
    }
}

/// A relationship's accessor is called like no other function of the struct, and not like its own constant.
pub fn is_not_reserved(model: &Model, errors: &mut Errors) {
    for relation in &model.relations {
        let (field, name) = (&relation.field, &model.name);
        let span = relation.ident.span();
        if matches!(field.as_str(), "draft" | "entity") || names::marker(field, span) == "Draft" {
            errors
                .at(span, format!("`{field}` is reserved: every model has its own; rename the relationship"));
        } else if names::constant(field, span) == relation.ident {
            let message =
                format!("`{name}::{field}` would be a constant and a function; rename the relationship");
            errors.at(span, message);
        }
    }
}

/// What is called a field can be one.
pub fn fields_can_be_some(model: &Model, errors: &mut Errors) {
    for relation in sound(model) {
        if relation.kind != Kind::ManyToMany || relation.association().is_some() {
            fields("key", relation, &relation.key, errors);
            fields("target_key", relation, &relation.target_key, errors);
        }
        if let Some(order) = &relation.order_by {
            // An empty one has been reported.
            let names = order.terms.iter().map(|term| term.field.clone()).filter(|field| !field.is_empty());
            fields(
                "order_by",
                relation,
                &Names { names: names.collect(), span: order.span, given: true },
                errors,
            );
        }
        if let Some(inverse) = &relation.inverse {
            let name = inverse.value.trim_start_matches("r#").to_owned();
            fields(
                "inverse",
                relation,
                &Names { names: vec![name], span: inverse.span, given: true },
                errors,
            );
        }
    }
}

fn fields(option: &str, relation: &Relation, names: &Names, errors: &mut Errors) {
    for name in &names.names {
        let field = &relation.field;
        if name.is_empty() {
            errors.at(names.span, format!("a field is missing in `{option}` of `{field}`"));
        } else if names::identifier(name, names.span).is_none() {
            let text = match name.strip_prefix('-').filter(|_| option == "order_by") {
                Some(name) => format!("the other direction is `desc`: write `order_by = \"{name} desc\"`"),
                None => format!("`{option}` of `{field}` names fields, and `{name}` cannot be one"),
            };
            errors.at(names.span, text);
        }
    }
}
