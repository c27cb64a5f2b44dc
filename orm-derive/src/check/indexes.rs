//! Rules about indexes.

use crate::errors::Errors;
use crate::model::Model;
use crate::parse::{Index, Word, words};
use crate::suggest;

/// The option that declares each index, with it.
fn indexes(model: &Model) -> impl Iterator<Item = (&'static str, &Index)> {
    let unique = model.unique.iter().map(|index| ("unique", index));
    unique.chain(model.indexes.iter().map(|index| ("index", index)))
}

/// An index contains columns of the model, each once, and several of them: a single column has its own attribute, unless
/// the index has a condition.
pub fn indexes_are_of_columns(model: &Model, errors: &mut Errors) {
    for (option, index) in indexes(model) {
        let list = &index.columns;
        let unknown = list.names.iter().find(|name| model.column(name).is_none());
        let twice = list.names.iter().enumerate().find(|(at, name)| list.names[..*at].contains(name));
        let message = match (unknown, twice, list.names.as_slice()) {
            (Some(name), ..) => no_column(model, name),
            (_, Some((_, name)), _) => format!("`{name}` is in the list twice; remove one"),
            (None, None, [only]) if index.condition.is_none() => {
                format!("write `#[column({option})]` above `{only}`: this is for several columns")
            }
            _ => continue,
        };
        errors.at(list.span, message);
    }
}

/// The condition of an index is about columns of the model, and has no functions.
pub fn conditions_are_about_columns(model: &Model, errors: &mut Errors) {
    for (option, index) in indexes(model) {
        let Some(condition) = &index.condition else { continue };
        let columns = index.columns.names.join(", ");
        let mut words = words(&condition.value).into_iter();
        let message = match (words.clone().next(), condition.value.is_empty()) {
            (_, true) => format!(
                "the condition is missing after `where`, such as `{option} = \"{columns} where deleted_at is null\"`"
            ),
            (None, false) => format!("`{}` names no column of `{}`", condition.value, model.name),
            (Some(_), false) => {
                let wrong = words.find_map(|word| match word {
                    Word::Name(name) if model.column(&name).is_none() => Some(no_column(model, &name)),
                    Word::Name(_) => None,
                    Word::Function(name) => Some(format!(
                        "`{name}(..)`: a condition compares columns with values, without functions; write such an index into a \
                         migration"
                    )),
                    Word::Unclosed(text) => Some(format!("the quote is not closed: `{text}`")),
                });
                match wrong {
                    Some(wrong) => wrong,
                    None => continue,
                }
            }
        };
        errors.at(condition.span, message);
    }
}

fn no_column(model: &Model, name: &str) -> String {
    let fields = model.columns.iter().map(|column| column.field.as_str());
    let near =
        suggest::nearest(name, fields).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("`{}` has no column `{name}`{near}", model.name)
}
