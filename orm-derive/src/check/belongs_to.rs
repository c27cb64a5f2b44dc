//! Rules about a `belongs_to`, whose foreign key is in this model.

use super::{count, sound};
use crate::errors::Errors;
use crate::model::{Column, Model, Relation};
use crate::parse::{Kind, type_text};
use crate::suggest;

/// The key is made of this model's columns.
pub fn key_is_a_column(model: &Model, errors: &mut Errors) {
    for relation in belongs_to(model) {
        for name in relation.key.names.iter().filter(|name| model.column(name).is_none() && !name.is_empty())
        {
            let message = missing(model, relation, name);
            errors.at(relation.key.span, message);
        }
    }
}

/// As many fields here as fields there.
pub fn counts_are_equal(model: &Model, errors: &mut Errors) {
    for relation in belongs_to(model).filter(|relation| relation.target_key.given) {
        let (here, there) = (relation.key.names.len(), relation.target_key.names.len());
        if here != there {
            let target = type_text(&relation.target);
            let (here, there) = (count(here, "field"), count(there, "field"));
            let message = format!(
                "`key` is {here} and `target_key` {there} of `{target}`: each refers to its counterpart"
            );
            errors.at(relation.target_key.span, message);
        }
    }
}

/// The type is optional where the key may be NULL or a filter may leave the row out, and only there.
pub fn nullability_is_the_keys(model: &Model, errors: &mut Errors) {
    for relation in belongs_to(model) {
        let Some(columns) = columns(model, relation) else { continue };
        let target = type_text(&relation.target);
        if relation.filter.is_some() {
            if !relation.optional {
                let message =
                    format!("the `filter` may leave the row out: write `BelongsTo<Option<{target}>>`");
                errors.on(&relation.ty, message);
            }
            continue;
        }
        match columns.iter().find(|column| column.nullable) {
            Some(key) if !relation.optional => {
                let message = format!("`{}` may be NULL: write `BelongsTo<Option<{target}>>`", key.field);
                errors.on(&relation.ty, message);
            }
            None if relation.optional => {
                let keys = suggest::list(columns.iter().map(|column| format!("`{}`", column.field)));
                let are = if columns.len() == 1 { "is" } else { "are" };
                errors.on(&relation.ty, format!("{keys} {are} NOT NULL: write `BelongsTo<{target}>`"));
            }
            _ => {}
        }
    }
}

fn belongs_to(model: &Model) -> impl Iterator<Item = &Relation> {
    sound(model).filter(|relation| relation.kind == Kind::BelongsTo)
}

/// The key's columns; `None` if one of them does not exist, which has been reported.
fn columns<'m>(model: &'m Model, relation: &Relation) -> Option<Vec<&'m Column>> {
    relation.key.names.iter().map(|name| model.column(name)).collect()
}

fn missing(model: &Model, relation: &Relation, name: &str) -> String {
    let fields = || model.columns.iter().map(|column| column.field.as_str());
    let this = &model.name;
    if model.relation(name).is_some() {
        let default = format!("{name}_id");
        let near = if model.column(&default).is_some() { default.as_str() } else { ".." };
        return format!("`{name}` is a relationship, and a key is made of columns: `key = {near:?}`");
    }
    match (relation.key.given, suggest::nearest(name, fields())) {
        (true, Some(near)) => format!("`{this}` has no column `{name}`; did you mean `{near}`?"),
        (true, None) => {
            let fields = suggest::list(fields().map(|field| format!("`{field}`")));
            format!("`{this}` has no column `{name}`; it has {fields}")
        }
        (false, near) => {
            let near = near.unwrap_or("..");
            let ty = if relation.optional { "Option<i64>" } else { "i64" };
            format!(
                "`{this}` has no column `{name}`: add `{name}: {ty}`, or name the key: `#[belongs_to(key = {near:?})]`"
            )
        }
    }
}
