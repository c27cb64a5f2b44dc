//! Rules about a `has_many` and a `has_one`, whose foreign key is in the target.

use super::{count, sound};
use crate::errors::Errors;
use crate::model::{Model, Relation};
use crate::names;
use crate::parse::type_text;
use crate::suggest;

/// `target_key` names this model's columns.
pub fn refers_to_columns(model: &Model, errors: &mut Errors) {
    for relation in has(model) {
        for name in
            relation.target_key.names.iter().filter(|name| model.column(name).is_none() && !name.is_empty())
        {
            let this = &model.name;
            let near = suggest::nearest(name, model.columns.iter().map(|column| column.field.as_str()));
            let fix = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`target_key` is what the key refers to, a field of `{this}`"),
            };
            errors.at(relation.target_key.span, format!("`{this}` has no column `{name}`; {fix}"));
        }
    }
}

/// A composite key has no obvious name on the other side.
pub fn key_is_written_for_composites(model: &Model, errors: &mut Errors) {
    for relation in has(model).filter(|relation| relation.key.names.is_empty()) {
        let refers_to = refers_to(model, relation);
        let snake = names::snake(&model.name);
        let key: Vec<String> = refers_to.iter().map(|field| format!("{snake}_{field}")).collect();
        let (this, target, key) = (&model.name, type_text(&relation.target), key.join(", "));
        let all = suggest::list(refers_to.iter().map(|field| format!("`{field}`")));
        let message = format!(
            "the key of `{this}` is {all}: name the fields of `{target}` that refer to it, `key = {key:?}`"
        );
        errors.at(relation.key.span, message);
    }
}

/// As many fields there as fields here.
pub fn counts_are_equal(model: &Model, errors: &mut Errors) {
    for relation in has(model).filter(|relation| !relation.key.names.is_empty()) {
        let refers_to = refers_to(model, relation);
        let (there, here) = (relation.key.names.len(), refers_to.len());
        // A model without a key has been reported.
        if there != here && here > 0 {
            let span = if relation.target_key.given { relation.target_key.span } else { relation.key.span };
            let fields = suggest::list(refers_to.iter().map(|field| format!("`{field}`")));
            let there = count(there, "field");
            let message = format!("`key` is {there}, and it refers to {}, {fields}", count(here, "field"));
            errors.at(span, message);
        }
    }
}

/// Two relationships to one model have two keys, or one of them shows some of the other's rows.
pub fn keys_tell_them_apart(model: &Model, errors: &mut Errors) {
    let mut seen: Vec<(String, &Relation)> = Vec::new();
    let whole = |relation: &&Relation| !relation.key.names.is_empty() && relation.filter.is_none();
    for relation in has(model).filter(whole) {
        let target = type_text(&relation.target);
        let same =
            |(other, first): &&(String, &Relation)| *other == target && first.key.names == relation.key.names;
        if let Some((_, first)) = seen.iter().find(same) {
            let (first, second, key) = (&first.field, &relation.field, relation.key.names.join(", "));
            let fix = "say which key each uses: `key = \"..\"`, or which rows: `filter = \"..\"`";
            errors.at(
                relation.key.span,
                format!("`{first}` and `{second}` both lead to `{target}` by `{key}`; {fix}"),
            );
        }
        seen.push((target, relation));
    }
}

fn has(model: &Model) -> impl Iterator<Item = &Relation> {
    sound(model).filter(|relation| relation.kind.is_has())
}

/// The fields of this model that the key on the other side refers to.
fn refers_to(model: &Model, relation: &Relation) -> Vec<String> {
    if relation.target_key.given {
        return relation.target_key.names.clone();
    }
    model.keys().map(|key| key.field.clone()).collect()
}
