//! Rules about one field: its type, its attributes, and what is written in them.

use super::sound;
use crate::errors::Errors;
use crate::model::Model;
use crate::parse::{
    Holder, Kind, Through, Wrapper, inner_of_deferred, inner_of_option, is_option, last_name, type_text,
    wrapped,
};

/// The most digits behind the second that a column of a time keeps.
const MICROSECONDS: u32 = 6;

/// `HasMany` alone leads nowhere.
pub fn target_is_named(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        if let Some(holder) = Wrapper::of(&column.ty).holder {
            let name = holder.name();
            errors.on(&column.ty, format!("name the model that it leads to: `{name}<Target>`"));
        }
    }
}

/// A relationship attribute stands on a relationship's type.
pub fn type_is_a_relationship(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let wrapper = Wrapper::of(&column.ty);
        // Of an attribute with a mistake in it that is the mistake.
        let stray = column.stray.as_ref().filter(|attribute| attribute.complete);
        let (Some(attribute), None) = (stray, wrapper.holder) else { continue };
        let (kind, holder) = (attribute.kind.name(), attribute.kind.holder().name());
        let written = type_text(&column.ty);
        let target = wrapper.target.as_ref().unwrap_or(&column.ty);
        let is_model =
            last_name(target).is_some_and(|name| name.starts_with(char::is_uppercase) && name != "String");
        let fix = match (is_model, attribute.kind) {
            (false, _) => format!("{holder}<Target>"),
            // What is optional is the target: `Option<BelongsTo<User>>` is a `BelongsTo<Option<User>>`.
            (true, Kind::BelongsTo) if is_option(&column.ty) => {
                let inside = Wrapper::of(inner_of_option(&column.ty));
                let model =
                    inside.holder.and(inside.target.as_ref()).map_or_else(|| type_text(target), type_text);
                format!("{holder}<Option<{model}>>")
            }
            (true, _) => format!("{holder}<{}>", type_text(target)),
        };
        errors.on(&column.ty, format!("`#[{kind}]` needs a `{fix}`, this is `{written}`"));
    }
}

/// A field that holds the model itself is a relationship.
pub fn is_not_in_itself(model: &Model, errors: &mut Errors) {
    for column in model.columns.iter().filter(|column| column.stray.is_none()) {
        let (mut inside, mut many, mut optional) = (&column.ty, false, false);
        while let Some((wrapper, inner)) = wrapped(inside) {
            many |= wrapper == "Vec";
            optional |= wrapper == "Option";
            inside = inner;
        }
        if !model.is(inside) {
            continue;
        }
        let (field, name) = (&column.field, &model.name);
        let written = match (many, optional) {
            (true, _) => format!("`#[has_many(key = \"parent_id\")] {field}: HasMany<{name}>`"),
            (false, true) => {
                format!("`#[belongs_to] {field}: BelongsTo<Option<{name}>>`, beside its key `{field}_id`")
            }
            (false, false) => {
                format!("`#[belongs_to] {field}: BelongsTo<{name}>`, beside its key `{field}_id`")
            }
        };
        errors.on(&column.ty, format!("a `{name}` in a `{name}` is a relationship: write {written}"));
    }
}

/// A relationship's type has its attribute.
pub fn has_an_attribute(model: &Model, errors: &mut Errors) {
    for relation in model.relations.iter().filter(|relation| relation.attributes.is_empty()) {
        let field = &relation.field;
        let attributes = attributes_for(relation.holder);
        errors.at(relation.ident.span(), format!("`{field}` is a relationship: add {attributes} above it"));
    }
}

/// A field is one relationship.
pub fn has_one_attribute(model: &Model, errors: &mut Errors) {
    for relation in &model.relations {
        if let [(first, _), (second, span), ..] = relation.attributes.as_slice() {
            let (first, second, field) = (first.name(), second.name(), &relation.field);
            errors.at(*span, format!("`{field}` is one relationship: keep `#[{first}]` or `#[{second}]`"));
        }
    }
}

/// The attribute is one for the type.
pub fn attribute_fits_the_type(model: &Model, errors: &mut Errors) {
    for relation in &model.relations {
        let [(kind, span)] = relation.attributes.as_slice() else { continue };
        if kind.holder() != relation.holder {
            let written = type_text(&relation.ty);
            let (attribute, fits) = (kind.name(), attributes_for(relation.holder));
            errors.at(*span, format!("`#[{attribute}]` is not for a `{written}`: write {fits}"));
        }
    }
}

/// A relationship is neither a key nor a column.
pub fn is_not_a_column(model: &Model, errors: &mut Errors) {
    for relation in &model.relations {
        for (attribute, span) in &relation.stray {
            let field = &relation.field;
            errors.at(*span, format!("`{field}` is a relationship and no column: remove `#[{attribute}]`"));
        }
    }
}

/// `HasMany` and `HasOne` have no optional form.
pub fn is_optional_only_here(model: &Model, errors: &mut Errors) {
    for relation in model.relations.iter().filter(|relation| relation.optional) {
        let (holder, target) = (relation.holder.name(), type_text(&relation.target));
        match relation.holder {
            Holder::BelongsTo => {}
            Holder::HasMany => {
                errors.on(&relation.ty, format!("write `{holder}<{target}>`: a collection holds no NULLs"));
            }
            Holder::HasOne => {
                errors.on(&relation.ty, format!("write `{holder}<{target}>`: it is 0 or 1 already"));
            }
        }
    }
}

/// An option is one that the relationship's kind has.
pub fn option_fits_the_attribute(model: &Model, errors: &mut Errors) {
    for relation in sound(model) {
        let of_links = "it is for `#[many_to_many]`";
        let of_keys = "it is for `#[belongs_to]`, whose row has the key";
        let of_children = "it is for `#[has_many]` and `#[has_one]`, whose rows depend on this one";
        let options = [
            ("through", relation.through.as_ref().map(Through::span), of_links),
            ("through_schema", relation.through_schema.as_ref().map(|schema| schema.span), of_links),
            ("order_by", relation.order_by.as_ref().map(|order| order.span), "it leads to one row"),
            ("passive_deletes", relation.passive_deletes, of_children),
            ("on_delete", relation.on_delete.map(|(_, span)| span), of_keys),
            ("on_update", relation.on_update.map(|(_, span)| span), of_keys),
        ];
        for (option, span, why) in options {
            if let Some(span) = span.filter(|_| !relation.kind.takes(option)) {
                let attribute = relation.kind.name();
                errors.at(span, format!("`#[{attribute}]` takes no `{option}`: {why}"));
            }
        }
    }
}

/// What is for reading writes nothing.
pub fn view_only_writes_nothing(model: &Model, errors: &mut Errors) {
    for relation in sound(model).filter(|relation| relation.view_only.is_some()) {
        let what = match (&relation.filter, relation.association()) {
            (Some(_), _) => "a relationship with a `filter` is for reading",
            (None, Some(_)) => "a relationship through a model is for reading",
            (None, None) => "a `view_only` relationship writes nothing",
        };
        if let Some((_, span)) = relation.cascade {
            errors.at(span, format!("{what}, so remove its `cascade`"));
        }
        if let Some(span) = relation.passive_deletes {
            errors.at(span, format!("{what}, so remove its `passive_deletes`"));
        }
    }
}

/// Some of the rows are not the other side of all of them.
pub fn part_has_no_inverse(model: &Model, errors: &mut Errors) {
    for relation in sound(model).filter(|relation| relation.filter.is_some()) {
        if let Some(inverse) = &relation.inverse {
            let inverse_of = &inverse.value;
            errors.at(
                inverse.span,
                format!(
                    "a relationship with a `filter` shows some of the rows, and is not the other side of `{inverse_of}`: \
                     remove `inverse`"
                ),
            );
        }
    }
}

/// Only rows that depend on this one are deleted with it.
pub fn cascade_deletes_children(model: &Model, errors: &mut Errors) {
    for relation in sound(model).filter(|relation| !relation.kind.is_has() && relation.view_only.is_none()) {
        if let Some((_, span)) = relation.cascade.filter(|(cascade, _)| cascade.delete) {
            let attribute = relation.kind.name();
            errors.at(
                span,
                format!(
                    "the target of `#[{attribute}]` is not deleted with this row; it takes `save-update`, `merge`, \
                     `refresh-expire` and `expunge`"
                ),
            );
        }
    }
}

/// Only a text has a length.
pub fn length_is_of_a_text(model: &Model, errors: &mut Errors) {
    for column in model.columns.iter().filter(|column| column.is_text() == Some(false)) {
        if let Some(length) = &column.length {
            let written = type_text(&column.ty);
            errors.at(
                length.span,
                format!("`length` is for a `String`, this column is a `{written}`; remove it"),
            );
        }
    }
}

/// Only a time has digits behind the second, and no database keeps more than six.
pub fn precision_is_of_a_time(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some(precision) = &column.precision else { continue };
        if column.is_time() == Some(false) {
            let written = type_text(&column.ty);
            errors.at(
                precision.span,
                format!("`precision` is for a time, this column is a `{written}`; remove it"),
            );
        } else if precision.value.parse::<u32>().is_ok_and(|digits| digits > MICROSECONDS) {
            errors.at(
                precision.span,
                format!(
                    "databases keep at most {MICROSECONDS} digits behind the second: write `precision = 3` for milliseconds, or \
                     leave `precision` out for microseconds"
                ),
            );
        }
    }
}

/// A constraint is not empty.
pub fn checks_say_something(model: &Model, errors: &mut Errors) {
    let columns = model.columns.iter().filter_map(|column| column.check.as_ref());
    for check in columns.chain(&model.check).filter(|check| check.value.trim().is_empty()) {
        errors.at(
            check.span,
            "`check` is empty; write the SQL that must be true, such as `check = \"price >= 0\"`",
        );
    }
}

/// A default is SQL: a bare word in it is not a text. Words of SQL for the time and the user are written alone.
pub fn default_is_sql(model: &Model, errors: &mut Errors) {
    const WORDS: [&str; 8] =
        ["null", "true", "false", "user", "session_user", "system_user", "localtime", "localtimestamp"];
    for column in &model.columns {
        let Some(sql) = &column.default_sql else { continue };
        let word = sql.value.trim();
        let mut chars = word.chars();
        let bare =
            chars.next().is_some_and(char::is_alphabetic) && chars.all(|c| c == '_' || c.is_alphanumeric());
        let known = |word: &str| word.starts_with("current_") || WORDS.contains(&word);
        if bare && !known(&word.to_ascii_lowercase()) {
            errors.at(
                sql.span,
                format!("`default` is SQL, and a text has quotes in it: write `default = \"'{word}'\"`"),
            );
        }
    }
}

/// A deferred column has both the attribute and the type.
pub fn deferred_is_written_twice(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let (field, ty) = (&column.field, type_text(&column.ty));
        let inside = inner_of_deferred(inner_of_option(&column.ty)).map(type_text);
        match (column.deferred, column.is_deferred, inside) {
            (_, false, Some(inside)) => {
                errors.on(&column.ty, format!("write `{field}: Deferred<Option<{inside}>>`"));
            }
            (Some(_), false, None) => {
                errors.on(
                    &column.ty,
                    format!("a deferred column may be unread: write `{field}: Deferred<{ty}>`"),
                );
            }
            (None, true, _) => {
                errors.at(
                    column.ident.span(),
                    format!("`{field}` is a `Deferred`: add `#[column(deferred)]` above it"),
                );
            }
            _ => {}
        }
    }
}

fn attributes_for(holder: Holder) -> &'static str {
    match holder {
        Holder::HasMany => "`#[has_many]` or `#[many_to_many(through = \"..\")]`",
        Holder::HasOne => "`#[has_one]`",
        Holder::BelongsTo => "`#[belongs_to]`",
    }
}

/// NULL is one value: an `Option` in an `Option` has two of it.
pub fn option_is_single(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let inner = inner_of_option(&column.ty);
        if is_option(&column.ty) && is_option(inner) {
            let written = type_text(inner);
            let message = format!(
                "a column is NULL or a value, and `Some(None)` would be read back as `None`: write `{written}`; where \
                 a request may leave a value out, keep that `Option` in a struct of its own"
            );
            errors.on(&column.ty, message);
        }
    }
}

/// What the clock fills in has no other source, and a row has one time of its last update.
pub fn stamps_are_plain(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some((word, span)) = column.stamp() else { continue };
        let other = match column {
            _ if column.key.is_some() => "a key",
            _ if column.version.is_some() => "a version",
            _ if column.default => "a column with a default",
            _ if column.created.is_some() && column.updated.is_some() => "`updated` at the same time",
            _ if column.deleted.is_some() && word != "deleted" => "`deleted` at the same time",
            _ => continue,
        };
        errors.at(
            span,
            format!("`{word}` is filled in by the clock and cannot be {other}; use a field of its own"),
        );
    }
    let mut updated =
        model.columns.iter().filter(|column| column.updated.is_some() && column.created.is_none());
    let Some(first) = updated.next() else { return };
    for span in updated.filter_map(|column| column.updated) {
        errors.at(
            span,
            format!("`{}` already holds when a row of `{}` was updated; remove one", first.field, model.name),
        );
    }
}

/// The time is the program's, or the database's.
pub fn clocks_are_known(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let (Some((word, _)), Some(clock)) = (column.stamp(), &column.clock) else { continue };
        if clock.value != "database" {
            errors.at(
                clock.span,
                format!(
                    "write `{word} = \"database\"` for the time of the database's clock, or `{word}` for that of the \
                     program's"
                ),
            );
        }
    }
}

/// A row is marked as deleted in one column, which is read with it and is NULL until then.
pub fn deleted_is_null_until_then(model: &Model, errors: &mut Errors) {
    let mut marks = model.columns.iter().filter_map(|column| Some((column, column.deleted?)));
    let first = marks.clone().next();
    for (column, span) in marks.clone() {
        let (field, ty) = (&column.field, type_text(&column.ty));
        if !column.nullable {
            errors.on(
                &column.ty,
                format!("`{field}` is NULL while its row is not deleted: write `Option<{ty}>`"),
            );
        }
        if column.deferred.is_some() || column.is_deferred {
            errors.at(
                span,
                format!("`{field}` decides whether a row is found, so it is read with it; remove `deferred`"),
            );
        }
    }
    marks.next();
    for (_, span) in marks {
        let first = first.map(|(column, _)| &*column.field).unwrap_or_default();
        errors.at(span, format!("`{first}` already marks deleted rows of `{}`; remove one", model.name));
    }
}

/// What comes from the session's context has no other source.
pub fn authors_are_plain(model: &Model, errors: &mut Errors) {
    for column in &model.columns {
        let Some((word, function)) = column.author() else { continue };
        let other = match column {
            _ if column.key.is_some() => "a key",
            _ if column.version.is_some() => "a version",
            _ if column.stamp().is_some() => "filled in by the clock too",
            _ if column.default => "a column with a default",
            _ if column.created_by.is_some() && column.updated_by.is_some() => {
                "`updated_by` at the same time"
            }
            _ => continue,
        };
        errors.at(
            function.span,
            format!(
                "`{word}` comes from the session's context and cannot be {other}; use a field of its own"
            ),
        );
    }
}
