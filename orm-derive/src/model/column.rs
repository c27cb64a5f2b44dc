use proc_macro2::Span;
use syn::{Ident, Type, Visibility};

use crate::names;
use crate::parse::{
    ColumnAttribute, Field, KeyAttribute, RelationAttribute, RenameAll, Text, inner_of_deferred,
    inner_of_option, is_option, last_name,
};

/// A field that is a column.
pub struct Column {
    pub visibility: Visibility,
    pub ident: Ident,
    /// The field's name without `r#`.
    pub field: String,
    pub ty: Type,
    /// The name in the database.
    pub name: Text,
    pub nullable: bool,
    pub key: Option<KeyAttribute>,
    pub unique: bool,
    pub index: bool,
    pub default: bool,
    pub default_sql: Option<String>,
    pub version: Option<Span>,
    pub created: Option<Span>,
    pub updated: Option<Span>,
    pub secret: bool,
    /// Where `deferred` is written.
    pub deferred: Option<Span>,
    /// Whether the field is a `Deferred<..>`, whose parameter `ty` is.
    pub is_deferred: bool,
    /// The most characters of a text.
    pub length: Option<Text>,
    /// The SQL of what every value has to meet.
    pub check: Option<Text>,
    /// The column's name before.
    pub renamed_from: Option<Text>,
    /// What serialising calls it; `None` if it is left out.
    pub serialized: Option<Text>,
    /// A relationship attribute, which a type that holds no relationship must not have.
    pub stray: Option<RelationAttribute>,
}

impl Column {
    pub(super) fn new(field: Field, rename_all: RenameAll) -> Column {
        let name = names::plain(&field.ident);
        let span = field.ident.span();
        let serialized = field.serialized(rename_all);
        let attribute = field.column.unwrap_or(ColumnAttribute {
            span,
            name: None,
            unique: false,
            index: false,
            default: false,
            default_sql: None,
            version: None,
            created: None,
            updated: None,
            secret: false,
            deferred: None,
            length: None,
            check: None,
            renamed_from: None,
        });
        let inner = inner_of_deferred(&field.ty).cloned();
        let is_deferred = inner.is_some();
        let ty = inner.unwrap_or(field.ty);
        Column {
            nullable: is_option(&ty),
            name: attribute.name.unwrap_or_else(|| Text::new(&name, span)),
            visibility: field.visibility,
            field: name,
            ident: field.ident,
            ty,
            key: field.key,
            unique: attribute.unique,
            index: attribute.index,
            default: attribute.default,
            default_sql: attribute.default_sql,
            version: attribute.version,
            created: attribute.created,
            updated: attribute.updated,
            secret: attribute.secret,
            deferred: attribute.deferred,
            is_deferred,
            length: attribute.length,
            check: attribute.check,
            renamed_from: attribute.renamed_from,
            serialized: serialized.filter(|_| !attribute.secret),
            stray: field.relations.into_iter().next(),
        }
    }

    /// Whether the database generates it as the key.
    pub fn auto(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.auto.is_some())
    }

    /// The clock's time that it is given, and where that is written.
    pub fn stamp(&self) -> Option<(&'static str, Span)> {
        let created = self.created.map(|span| ("created", span));
        created.or(self.updated.map(|span| ("updated", span)))
    }

    /// Whether it is a text; `None` if the type's tokens do not tell.
    pub fn is_text(&self) -> Option<bool> {
        let inner = inner_of_option(&self.ty);
        match last_name(inner)?.as_str() {
            "String" => Some(true),
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "bool" | "f32" | "f64" | "Vec" => {
                Some(false)
            }
            _ => None,
        }
    }

    /// Whether it is an integer; `None` if the type's tokens do not tell.
    pub fn is_integer(&self) -> Option<bool> {
        match last_name(&self.ty)?.as_str() {
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Some(true),
            "String" | "bool" | "f32" | "f64" | "char" | "str" | "Vec" | "Option" | "Box" => Some(false),
            _ => None,
        }
    }
}
