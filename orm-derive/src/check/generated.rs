//! Rules about columns whose values the database or a function makes.

use crate::errors::Errors;
use crate::model::{Column, Model};

/// What the database fills in has no other source.
pub fn is_filled_in_once(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some(span) = column.generated else { continue };
        let linked = model
            .relations
            .iter()
            .find(|relation| relation.view_only.is_none() && relation.has_key_here(&column.field));
        let other = match (source(column), linked) {
            // The default of a column that a trigger fills in is what it has before the trigger runs.
            (Some("default"), None) if column.generated_sql.is_none() => continue,
            (Some("key"), _) => ": a key never changes; remove `generated`".to_owned(),
            (Some(other), _) => format!(", which is its only source: remove `{other}`"),
            (None, Some(relation)) => {
                let field = &relation.field;
                format!(", and links of `{field}` would set it: add `view_only` to `{field}`")
            }
            (None, None) if column.deferred.is_some() => {
                " and read back after each write: remove `deferred`".to_owned()
            }
            (None, None) => continue,
        };
        errors.at(span, format!("`{}` is filled in by the database{other}", column.field));
    }
}

/// An expression is not empty.
pub fn sql_says_something(model: &Model, errors: &mut Errors) {
    for sql in model.columns.iter().filter_map(|column| column.generated_sql.as_ref()) {
        if sql.value.trim().is_empty() {
            errors.at(
                sql.span,
                "`generated` is empty; write the SQL of the value, such as `generated = \"price * quantity\"`, or \
                 `generated` alone if a trigger fills the column in",
            );
        }
    }
}

/// What a trigger fills in is stored.
pub fn is_virtual_by_sql(model: &Model, errors: &mut Errors) {
    for column in model.columns.iter().filter(|column| column.generated_sql.is_none()) {
        if let Some(span) = column.is_virtual {
            errors.at(
                span,
                "a virtual column is computed when it is read: write its SQL, as `generated = \"price * quantity\", \
                 virtual`",
            );
        }
    }
}

/// A value that a function makes is made for nothing where something else gives one.
pub fn default_with_is_the_only_source(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some(function) = &column.default_with else { continue };
        if let Some(other) = source(column).filter(|other| *other != "default_with") {
            errors.at(
                function.span,
                format!("`{}` has one source of new values: keep `default_with` or `{other}`", column.field),
            );
        }
    }
}

/// A column that is never set is read back anyway, and a deferred one is not.
pub fn is_written_to_be_read_back(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some(span) = column.read_back else { continue };
        if column.generated.is_some() {
            errors.at(span, "a generated column is always read back; remove `read_back`");
        } else if column.key.is_some() {
            errors.at(span, "a row is found by its key, which no trigger may change; remove `read_back`");
        } else if column.deferred.is_some() {
            errors.at(span, "a deferred column is not read with its row; remove `deferred` or `read_back`");
        }
    }
}

/// What else gives a column its value.
fn source(column: &Column) -> Option<&'static str> {
    if column.auto() {
        return Some("auto");
    }
    if column.key.is_some() && column.generated.is_some() {
        return Some("key");
    }
    let named = [
        ("version", column.version.is_some()),
        ("created", column.created.is_some()),
        ("updated", column.updated.is_some()),
        ("deleted", column.deleted.is_some()),
        ("created_by", column.created_by.is_some()),
        ("updated_by", column.updated_by.is_some()),
        ("default", column.default),
        ("default_with", column.default_with.is_some()),
    ];
    named.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}
