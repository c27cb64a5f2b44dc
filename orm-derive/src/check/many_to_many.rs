//! Rules about a `many_to_many`, whose keys are in a link table.

use super::{count, sound};
use crate::errors::Errors;
use crate::model::{Model, Relation};
use crate::names;
use crate::parse::{Kind, type_text};

/// The link table is named.
pub fn there_is_a_table(model: &Model, errors: &mut Errors) {
    for relation in many_to_many(model).filter(|relation| relation.through.is_none()) {
        let table = format!("{}_{}", names::snake(&model.name), relation.field);
        let span = relation.attributes.first().map_or(relation.ident.span(), |(_, span)| *span);
        errors.at(span, format!("`#[many_to_many]` needs its link table: `through = {table:?}`"));
    }
}

/// A model says where its table is.
pub fn model_has_its_schema(model: &Model, errors: &mut Errors) {
    for relation in many_to_many(model) {
        if let (Some(association), Some(schema)) = (relation.association(), &relation.through_schema) {
            let name = names::path(association);
            errors.at(schema.span, format!("`{name}` has its own schema; remove `through_schema`"));
        }
    }
}

/// A field with a model before it is one of the association model.
pub fn order_is_of_the_target_or_the_links(model: &Model, errors: &mut Errors) {
    for relation in sound(model) {
        let Some(order) = &relation.order_by else { continue };
        let association = relation.association().map(names::path);
        let last = association.as_deref().and_then(|name| name.rsplit("::").next());
        for (of, field) in order.terms.iter().filter_map(|term| Some((term.of.as_ref()?, &term.field))) {
            if last == Some(of) {
                continue;
            }
            let target = type_text(&relation.target);
            let message = match last {
                _ if *of == target => {
                    format!("fields of `{target}` stand alone: write `order_by = {field:?}`")
                }
                Some(last) => {
                    format!("`order_by` names fields of `{target}`, or of `{last}`: `{last}.{field}`")
                }
                None => format!("`order_by` names fields of `{target}`: write `order_by = {field:?}`"),
            };
            errors.at(order.span, message);
        }
    }
}

/// Between rows of one table, the columns' names tell the two ends apart.
pub fn self_links_are_written(model: &Model, errors: &mut Errors) {
    for relation in many_to_many(model) {
        let written = relation.key.given && relation.target_key.given;
        if model.is(&relation.target) && !written {
            let (this, snake) = (&model.name, names::snake(&model.name));
            let (key, target_key) = (format!("{snake}_id"), format!("other_{snake}_id"));
            let span = relation.attributes.first().map_or(relation.ident.span(), |(_, span)| *span);
            let fix = format!("`key = {key:?}, target_key = {target_key:?}`");
            let whose = match relation.association() {
                Some(association) => format!("the fields of `{}`", names::path(association)),
                None => "the link table's columns".to_owned(),
            };
            errors.at(span, format!("both sides are `{this}`: name {whose}, {fix}"));
        }
    }
}

/// As many columns in the link table as in the key here.
pub fn counts_are_equal(model: &Model, errors: &mut Errors) {
    let keys = model.keys().count();
    for relation in many_to_many(model) {
        let there = relation.key.names.len();
        let reported = relation.key.names.iter().any(String::is_empty)
            || (model.is(&relation.target) && !relation.key.given);
        // A model without a key has been reported.
        if there == keys || keys == 0 || reported {
            continue;
        }
        let snake = names::snake(&model.name);
        let key: Vec<String> = model.keys().map(|key| format!("{snake}_{}", key.field)).collect();
        let (this, keys, key) = (&model.name, count(keys, "column"), key.join(", "));
        let message = if relation.key.given {
            format!("`key` is {}, and the key of `{this}` {keys}: `key = {key:?}`", count(there, "column"))
        } else {
            format!("the key of `{this}` is {keys}: name the link table's, `key = {key:?}`")
        };
        errors.at(relation.key.span, message);
    }
}

fn many_to_many(model: &Model) -> impl Iterator<Item = &Relation> {
    sound(model).filter(|relation| relation.kind == Kind::ManyToMany)
}
