//! Rules about the primary key and the version.

use super::count;
use crate::errors::Errors;
use crate::model::{Column, Model};
use crate::parse::{Wrapper, last_name, type_text};

/// The key is a tuple, and the library knows tuples up to here.
pub const MOST_KEY_COLUMNS: usize = 8;

/// Whether the type can be a key's, as far as its tokens tell.
pub fn can_be_key(column: &Column) -> bool {
    !column.nullable && !is_float(column) && Wrapper::of(&column.ty).holder.is_none()
}

/// Every model has a primary key.
pub fn there_is_a_key(model: &Model, errors: &mut Errors) {
    let misplaced =
        model.relations.iter().flat_map(|relation| &relation.stray).any(|(name, _)| *name == "key");
    if model.keys().next().is_none() && !misplaced {
        let name = &model.name;
        errors.at(model.ident.span(), format!("`{name}` has no primary key; mark its field with #[key]"));
    }
}

/// A key has at most as many columns as a tuple can have.
pub fn key_is_small(model: &Model, errors: &mut Errors) {
    let (all, name) = (model.keys().count(), &model.name);
    if let Some(key) = model.keys().nth(MOST_KEY_COLUMNS).and_then(|column| column.key.as_ref()) {
        errors.at(
            key.span,
            format!("a primary key has at most {MOST_KEY_COLUMNS} columns, `{name}` has {all}"),
        );
    }
}

/// A key is NOT NULL.
pub fn key_is_never_null(model: &Model, errors: &mut Errors) {
    for column in model.keys().filter(|column| column.nullable) {
        let inner =
            Wrapper::of(&column.ty).target.map_or_else(|| "i64".to_owned(), |inner| type_text(&inner));
        errors.on(&column.ty, format!("a primary key is never NULL: write `{}: {inner}`", column.field));
    }
}

/// A key is found again by its value.
pub fn key_is_exact(model: &Model, errors: &mut Errors) {
    for column in model.keys().filter(|column| is_float(column)) {
        let ty = type_text(&column.ty);
        errors.on(
            &column.ty,
            format!("a `{ty}` cannot be a primary key, it is not exact; write `{}: i64`", column.field),
        );
    }
}

/// The database generates integers alone.
pub fn auto_is_an_integer(model: &Model, errors: &mut Errors) {
    for column in model.keys().filter(|column| can_be_key(column) && column.is_integer() == Some(false)) {
        if let Some(span) = column.key.as_ref().and_then(|key| key.auto) {
            let (field, ty) = (&column.field, type_text(&column.ty));
            errors.at(
                span,
                format!("the database generates integers, and `{field}` is a `{ty}`; {}", column.other_key()),
            );
        }
    }
}

/// The database generates no part of a composite key.
pub fn auto_is_single(model: &Model, errors: &mut Errors) {
    let all = model.keys().count();
    for span in model.keys().filter_map(|column| column.key.as_ref()?.auto).filter(|_| all > 1) {
        let (name, all) = (&model.name, count(all, "key field"));
        errors.at(
            span,
            format!("the database generates keys of one column, and `{name}` has {all}; write `#[key]`"),
        );
    }
}

/// A version counts.
pub fn version_is_an_integer(model: &Model, errors: &mut Errors) {
    for column in model.columns.iter().filter(|column| column.version.is_some()) {
        if column.is_integer() == Some(false) {
            errors.on(&column.ty, format!("a version is a counter: write `{}: i64`", column.field));
        }
    }
}

/// A model has one version.
pub fn version_is_single(model: &Model, errors: &mut Errors) {
    let mut versions = model.columns.iter().filter(|column| column.version.is_some());
    let Some(first) = versions.next() else { return };
    for span in versions.filter_map(|column| column.version) {
        errors.at(span, format!("`{}` is the version of `{}` already; remove one", first.field, model.name));
    }
}

/// A version changes with every update, a key never.
pub fn version_is_not_a_key(model: &Model, errors: &mut Errors) {
    for span in model.keys().filter_map(|column| column.version) {
        errors.at(span, "a key never changes, so it cannot be a version; add a separate field");
    }
}

/// A key and a version are read with every object: one identifies the row, the other tells whether the object is stale.
pub fn key_is_read(model: &Model, errors: &mut Errors) {
    let linked =
        |column: &Column| model.relations.iter().find(|relation| relation.has_key_here(&column.field));
    for column in model.columns.iter().filter(|column| column.is_deferred) {
        let Some(span) = column.deferred else { continue };
        let (field, ty) = (&column.field, type_text(&column.ty));
        let what = match linked(column) {
            _ if column.key.is_some() => "a key".to_owned(),
            _ if column.version.is_some() => "a version".to_owned(),
            Some(relation) => format!("the key of `{}`", relation.field),
            None => continue,
        };
        errors.at(
            span,
            format!("{what} is read with every object: remove `deferred`, and write `{field}: {ty}`"),
        );
    }
}

fn is_float(column: &Column) -> bool {
    last_name(&column.ty).is_some_and(|name| name == "f32" || name == "f64")
}
