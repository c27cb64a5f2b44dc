//! The attributes of serde that decide how a field is serialised.

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToUpperCamelCase};
use syn::{Attribute, LitStr};

use super::options::{Form, Known, Options};
use super::value::{Text, unknown};
use crate::errors::Errors;

/// `#[serde(..)]` on a field, as far as serialising goes.
#[derive(Debug, Clone)]
pub struct SerdeAttribute {
    pub rename: Option<Text>,
    pub skip: bool,
}

/// How `#[serde(rename_all = "..")]` writes the names of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RenameAll {
    Lower,
    Upper,
    Pascal,
    Camel,
    #[default]
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// Options for deserialising do not concern an entity, and may be present for serde's own derive.
const FIELD: &[Known] = &[
    Known("rename", Form::Text, "userName"),
    Known("skip", Form::Flag, ""),
    Known("skip_serializing", Form::Flag, ""),
    Known("default", Form::FlagOrText, "path"),
    Known("alias", Form::Text, "name"),
    Known("skip_deserializing", Form::Flag, ""),
    Known("deserialize_with", Form::Text, "path"),
];

const STRUCT: &[Known] = &[
    Known("rename_all", Form::Text, "camelCase"),
    Known("default", Form::FlagOrText, "path"),
    Known("deny_unknown_fields", Form::Flag, ""),
];

impl SerdeAttribute {
    pub(super) fn read(attribute: &Attribute, errors: &mut Errors) -> SerdeAttribute {
        let options = Options::read(attribute, "serde", FIELD, errors);
        SerdeAttribute {
            rename: options.text("rename").map(Text::of),
            skip: options.flag("skip").or(options.flag("skip_serializing")).is_some(),
        }
    }
}

impl RenameAll {
    const ALL: [(&'static str, RenameAll); 8] = [
        ("lowercase", RenameAll::Lower),
        ("UPPERCASE", RenameAll::Upper),
        ("PascalCase", RenameAll::Pascal),
        ("camelCase", RenameAll::Camel),
        ("snake_case", RenameAll::Snake),
        ("SCREAMING_SNAKE_CASE", RenameAll::ScreamingSnake),
        ("kebab-case", RenameAll::Kebab),
        ("SCREAMING-KEBAB-CASE", RenameAll::ScreamingKebab),
    ];

    pub(super) fn read(attribute: &Attribute, errors: &mut Errors) -> RenameAll {
        let options = Options::read(attribute, "serde", STRUCT, errors);
        options.text("rename_all").map(|text| RenameAll::of(text, errors)).unwrap_or_default()
    }

    fn of(literal: &LitStr, errors: &mut Errors) -> RenameAll {
        let written = literal.value();
        if let Some((_, case)) = RenameAll::ALL.iter().find(|(name, _)| *name == written) {
            return *case;
        }
        errors.on(literal, unknown("case", &written, &RenameAll::ALL.map(|(name, _)| name)));
        RenameAll::Snake
    }

    /// The name of a field.
    pub fn apply(self, field: &str) -> String {
        match self {
            RenameAll::Lower | RenameAll::Snake => field.to_owned(),
            RenameAll::Upper => field.to_uppercase(),
            RenameAll::Pascal => field.to_upper_camel_case(),
            RenameAll::Camel => field.to_lower_camel_case(),
            RenameAll::ScreamingSnake => field.to_shouty_snake_case(),
            RenameAll::Kebab => field.to_kebab_case(),
            RenameAll::ScreamingKebab => field.to_shouty_kebab_case(),
        }
    }
}
