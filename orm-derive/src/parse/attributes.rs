use proc_macro2::Span;
use syn::Attribute;

use super::options::{Form, Known, Options};
use super::types::Holder;
use super::value::{Cascade, KeyAction, Lazy, Names, OrderBy, Text};
use crate::errors::Errors;

/// `#[key]`.
#[derive(Debug, Clone)]
pub struct KeyAttribute {
    pub span: Span,
    pub auto: Option<Span>,
}

/// `#[column(..)]`.
#[derive(Debug, Clone)]
pub struct ColumnAttribute {
    pub span: Span,
    pub name: Option<Text>,
    pub unique: bool,
    pub index: bool,
    /// The database fills it in.
    pub default: bool,
    /// The SQL of the default, where it is given.
    pub default_sql: Option<String>,
    pub version: Option<Span>,
    /// The clock fills it in when the row is inserted.
    pub created: Option<Span>,
    /// The clock fills it in when the row is inserted or updated.
    pub updated: Option<Span>,
    pub secret: bool,
    pub deferred: Option<Span>,
    /// The most characters of a text.
    pub length: Option<Text>,
    /// The SQL of what every value has to meet.
    pub check: Option<Text>,
    /// The column's name before.
    pub renamed_from: Option<Text>,
}

/// One of the four relationship attributes.
#[derive(Debug, Clone)]
pub struct RelationAttribute {
    pub kind: Kind,
    pub span: Span,
    /// Whether all of it could be read.
    pub complete: bool,
    pub key: Option<Names>,
    pub target_key: Option<Names>,
    pub through: Option<Text>,
    pub through_schema: Option<Text>,
    pub lazy: Lazy,
    pub order_by: Option<OrderBy>,
    pub cascade: Option<(Cascade, Span)>,
    pub passive_deletes: Option<Span>,
    pub view_only: Option<Span>,
    pub on_delete: Option<(KeyAction, Span)>,
    pub on_update: Option<(KeyAction, Span)>,
    pub inverse: Option<Text>,
}

/// Which relationship attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    HasMany,
    HasOne,
    BelongsTo,
    ManyToMany,
}

impl Kind {
    pub fn of(attribute: &str) -> Option<Kind> {
        match attribute {
            "has_many" => Some(Kind::HasMany),
            "has_one" => Some(Kind::HasOne),
            "belongs_to" => Some(Kind::BelongsTo),
            "many_to_many" => Some(Kind::ManyToMany),
            _ => None,
        }
    }

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::HasMany => "has_many",
            Kind::HasOne => "has_one",
            Kind::BelongsTo => "belongs_to",
            Kind::ManyToMany => "many_to_many",
        }
    }

    /// The type of its field.
    pub fn holder(self) -> Holder {
        match self {
            Kind::HasMany | Kind::ManyToMany => Holder::HasMany,
            Kind::HasOne => Holder::HasOne,
            Kind::BelongsTo => Holder::BelongsTo,
        }
    }

    /// Whether an option of relationships makes sense for it.
    pub fn takes(self, option: &str) -> bool {
        match option {
            "through" | "through_schema" => self == Kind::ManyToMany,
            "order_by" => self != Kind::BelongsTo,
            "passive_deletes" => self.is_has(),
            "on_delete" | "on_update" => self == Kind::BelongsTo,
            _ => true,
        }
    }

    /// Whether it leads to any number of rows.
    pub fn is_collection(self) -> bool {
        self.holder() == Holder::HasMany
    }

    /// Whether the key is on the other side.
    pub fn is_has(self) -> bool {
        matches!(self, Kind::HasMany | Kind::HasOne)
    }
}

pub(super) const MODEL: &[Known] = &[
    Known("table", Form::Text, "users"),
    Known("schema", Form::Text, "app"),
    Known("module", Form::Text, "user_model"),
    Known("hooks", Form::Flag, ""),
    Known("debug", Form::Flag, ""),
    Known("check", Form::Text, "starts < ends"),
    Known("unique", Form::Texts, "tenant_id, email"),
    Known("index", Form::Texts, "status, created_at"),
    Known("renamed_from", Form::Text, "people"),
    Known("crate", Form::Text, "shop::orm"),
];

const KEY: &[Known] = &[Known("auto", Form::Flag, "")];

const COLUMN: &[Known] = &[
    Known("name", Form::Text, "user_name"),
    Known("unique", Form::Flag, ""),
    Known("index", Form::Flag, ""),
    Known("default", Form::FlagOrText, "0"),
    Known("version", Form::Flag, ""),
    Known("created", Form::Flag, ""),
    Known("updated", Form::Flag, ""),
    Known("secret", Form::Flag, ""),
    Known("deferred", Form::Flag, ""),
    Known("length", Form::Number, "50"),
    Known("check", Form::Text, "price >= 0"),
    Known("renamed_from", Form::Text, "name"),
];

const RELATION: &[Known] = &[
    Known("key", Form::Text, "user_id"),
    Known("target_key", Form::Text, "id"),
    Known("through", Form::Text, "order_items"),
    Known("through_schema", Form::Text, "app"),
    Known("lazy", Form::Text, "selectin"),
    Known("order_by", Form::Text, "id"),
    Known("cascade", Form::Text, "all"),
    Known("passive_deletes", Form::Flag, ""),
    Known("view_only", Form::Flag, ""),
    Known("on_delete", Form::Text, "cascade"),
    Known("on_update", Form::Text, "cascade"),
    Known("inverse", Form::Text, "user"),
];

/// The attribute that an option belongs to, if not to the one it is written in.
pub(super) fn home_of(option: &str, attribute: &str) -> Option<&'static str> {
    let homes = [("column", COLUMN), ("key", KEY), ("model", MODEL)];
    let at_home = |known: &[Known]| known.iter().any(|known| known.0 == option);
    homes.into_iter().find(|(home, known)| *home != attribute && at_home(known)).map(|(home, _)| home)
}

impl KeyAttribute {
    pub(super) fn read(attribute: &Attribute, span: Span, errors: &mut Errors) -> KeyAttribute {
        let options = Options::read(attribute, "key", KEY, errors);
        KeyAttribute { span, auto: options.flag("auto") }
    }
}

impl ColumnAttribute {
    pub(super) fn read(attribute: &Attribute, span: Span, errors: &mut Errors) -> ColumnAttribute {
        let options = Options::read(attribute, "column", COLUMN, errors);
        ColumnAttribute {
            span,
            name: options.text("name").map(Text::of),
            unique: options.flag("unique").is_some(),
            index: options.flag("index").is_some(),
            default: options.flag("default").is_some(),
            default_sql: options.text("default").map(syn::LitStr::value),
            version: options.flag("version"),
            created: options.flag("created"),
            updated: options.flag("updated"),
            secret: options.flag("secret").is_some(),
            deferred: options.flag("deferred"),
            length: options.text("length").map(Text::of),
            check: options.text("check").map(Text::of),
            renamed_from: options.text("renamed_from").map(Text::of),
        }
    }
}

impl RelationAttribute {
    /// One that could not be read, which has been reported.
    pub(super) fn unread(holder: Holder, span: Span) -> RelationAttribute {
        let kind = match holder {
            Holder::HasMany => Kind::HasMany,
            Holder::HasOne => Kind::HasOne,
            Holder::BelongsTo => Kind::BelongsTo,
        };
        RelationAttribute {
            kind,
            span,
            complete: false,
            key: None,
            target_key: None,
            through: None,
            through_schema: None,
            lazy: Lazy::default(),
            order_by: None,
            cascade: None,
            passive_deletes: None,
            on_delete: None,
            on_update: None,
            view_only: None,
            inverse: None,
        }
    }

    pub(super) fn read(
        attribute: &Attribute,
        kind: Kind,
        span: Span,
        errors: &mut Errors,
    ) -> RelationAttribute {
        let options = Options::read(attribute, kind.name(), RELATION, errors);
        RelationAttribute {
            kind,
            span,
            complete: options.complete,
            key: options.text("key").map(Names::of),
            target_key: options.text("target_key").map(Names::of),
            through: options.text("through").map(Text::of),
            through_schema: options.text("through_schema").map(Text::of),
            lazy: options.text("lazy").map(|text| Lazy::read(text, errors)).unwrap_or_default(),
            order_by: options.text("order_by").map(|text| OrderBy::read(text, errors)),
            cascade: options.text("cascade").map(|text| (Cascade::read(text, errors), text.span())),
            passive_deletes: options.flag("passive_deletes"),
            view_only: options.flag("view_only"),
            on_delete: options.text("on_delete").map(|text| KeyAction::read("on_delete", text, errors)),
            on_update: options.text("on_update").map(|text| KeyAction::read("on_update", text, errors)),
            inverse: options.text("inverse").map(Text::of),
        }
    }
}
