//! The struct under the derive, and its attributes.

use proc_macro2::{Ident, TokenStream};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Type, Visibility};

use super::attributes::{ColumnAttribute, KeyAttribute, Kind, MODEL, RelationAttribute};
use super::docs;
use super::foreign;
use super::index::Index;
use super::options::Options;
use super::serde::{RenameAll, SerdeAttribute};
use super::types::{Wrapper, without_self};
use super::value::Text;
use crate::errors::Errors;
use crate::names;

/// A struct under the derive.
pub struct Input {
    pub visibility: Visibility,
    pub ident: Ident,
    pub table: Option<Text>,
    pub schema: Option<Text>,
    pub module: Option<Text>,
    pub check: Option<Text>,
    pub renamed_from: Option<Text>,
    /// Fields that are unique together.
    pub unique: Vec<Index>,
    /// Fields with an index over them.
    pub indexes: Vec<Index>,
    /// Whether it has its own hooks.
    pub hooks: bool,
    /// Whether it is given a `Debug` that hides what is secret.
    pub debug: bool,
    /// Where the library is, if not at `::orm_core`.
    pub library: Option<TokenStream>,
    /// How serialising names the fields.
    pub rename_all: RenameAll,
    /// The doc comment of the struct.
    pub docs: Vec<Attribute>,
    pub fields: Vec<Field>,
    /// Whether it is a struct with named fields; otherwise that has been reported and there are no fields.
    pub has_fields: bool,
}

/// A field and the contents of its attributes.
pub struct Field {
    pub visibility: Visibility,
    pub ident: Ident,
    pub ty: Type,
    pub key: Option<KeyAttribute>,
    pub column: Option<ColumnAttribute>,
    pub relations: Vec<RelationAttribute>,
    pub serde: Option<SerdeAttribute>,
    /// The doc comment of the field.
    pub docs: Vec<Attribute>,
}

impl Field {
    /// What serialising calls it, where a struct's fields are named so; `None` if it is left out.
    pub fn serialized(&self, rename_all: RenameAll) -> Option<Text> {
        let span = self.ident.span();
        match &self.serde {
            Some(serde) if serde.skip => None,
            Some(SerdeAttribute { rename: Some(name), .. }) => Some(name.clone()),
            _ => Some(Text::new(rename_all.apply(&names::plain(&self.ident)), span)),
        }
    }
}

/// Reads the item under the derive; `None` if nothing can be generated for it.
pub fn input(tokens: TokenStream, errors: &mut Errors) -> Option<Input> {
    let item: DeriveInput = match syn::parse2(tokens) {
        Ok(item) => item,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    if !item.generics.params.is_empty() {
        let message = "a model cannot be generic: its columns and its table are those of one struct";
        errors.on(&item.generics, message);
        return None;
    }
    let (options, rename_all) = struct_options(&item.attrs, errors);
    let text = |name| options.as_ref().and_then(|options| options.text(name)).map(Text::of);
    let lists = |name| options.iter().flat_map(|options| options.texts(name)).map(Index::of).collect();
    let flag = |name| options.as_ref().is_some_and(|options| options.flag(name).is_some());
    let docs = docs::of(&item.attrs);
    let fields = named_fields(&item, errors);
    let has_fields = fields.is_some();
    let fields = fields.into_iter().flatten();
    let fields = fields.filter_map(|field| read_field(field, &item.ident, errors)).collect();
    Some(Input {
        visibility: item.vis,
        ident: item.ident,
        table: text("table"),
        schema: text("schema"),
        module: text("module"),
        check: text("check"),
        renamed_from: text("renamed_from"),
        unique: lists("unique"),
        indexes: lists("index"),
        hooks: flag("hooks"),
        debug: flag("debug"),
        library: options
            .as_ref()
            .and_then(|options| options.text("crate"))
            .and_then(|text| crate::library::path(text, errors)),
        rename_all,
        docs,
        fields,
        has_fields,
    })
}

fn named_fields(item: &DeriveInput, errors: &mut Errors) -> Option<Vec<syn::Field>> {
    let name = &item.ident;
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter().cloned().collect()),
            Fields::Unnamed(fields) => {
                let message = format!(
                    "a model needs named fields, they are its columns: `struct {name} {{ #[key] id: i64 }}`"
                );
                errors.on(fields, message);
            }
            Fields::Unit => {
                errors.at(name.span(), format!("a model needs fields: `struct {name} {{ #[key] id: i64 }}`"));
            }
        },
        Data::Enum(data) => errors.at(data.enum_token.span, "a model is a struct, this is an enum"),
        Data::Union(data) => errors.at(data.union_token.span, "a model is a struct, this is a union"),
    }
    None
}

/// The content of `#[model(..)]`, if present, and how `#[serde(..)]` names the fields.
fn struct_options(attributes: &[Attribute], errors: &mut Errors) -> (Option<Options>, RenameAll) {
    let mut read: Option<Options> = None;
    let mut rename_all = None;
    for attribute in attributes {
        match own_name(attribute).as_deref() {
            Some("model") if read.is_some() => {
                errors.at(attribute.path().span(), "`#[model]` is given twice; join them in one");
            }
            Some("model") => read = Some(Options::read(attribute, "model", MODEL, errors)),
            Some("serde") if rename_all.is_some() => {
                errors.at(attribute.path().span(), "`#[serde]` is given twice; join them in one");
            }
            Some("serde") => rename_all = Some(RenameAll::read(attribute, errors)),
            Some(name) => {
                errors.at(
                    attribute.path().span(),
                    format!("`#[{name}]` is for a field; the struct takes `#[model(..)]`"),
                );
            }
            None => {}
        }
    }
    (read, rename_all.unwrap_or_default())
}

fn read_field(field: syn::Field, this: &Ident, errors: &mut Errors) -> Option<Field> {
    let ident = field.ident?;
    let mut read = Field {
        visibility: field.vis,
        ident,
        ty: without_self(field.ty, this),
        key: None,
        column: None,
        relations: Vec::new(),
        serde: None,
        docs: docs::of(&field.attrs),
    };
    for attribute in &field.attrs {
        let span = attribute.path().span();
        if let Some((name, ours)) = foreign_name(attribute) {
            errors.at(span, format!("`#[{name}]` is not an attribute of a model: {ours}"));
            // What it was meant to be is not reported a second time.
            match (name.as_str(), Wrapper::of(&read.ty).holder) {
                ("primary_key" | "auto_increment", _) => read.key = Some(KeyAttribute { span, auto: None }),
                (_, Some(holder)) => read.relations.push(RelationAttribute::unread(holder, span)),
                _ => {}
            }
            continue;
        }
        let Some(name) = own_name(attribute) else { continue };
        let twice = match (name.as_str(), Kind::of(&name)) {
            (_, Some(kind)) => read.relations.iter().any(|other| other.kind == kind),
            ("key", _) => read.key.is_some(),
            ("column", _) => read.column.is_some(),
            ("serde", _) => read.serde.is_some(),
            _ => false,
        };
        if twice {
            errors.at(span, format!("`#[{name}]` is given twice; join them in one"));
            continue;
        }
        match (name.as_str(), Kind::of(&name)) {
            (_, Some(kind)) => read.relations.push(RelationAttribute::read(attribute, kind, span, errors)),
            ("key", _) => read.key = Some(KeyAttribute::read(attribute, span, errors)),
            ("column", _) => read.column = Some(ColumnAttribute::read(attribute, span, errors)),
            ("serde", _) => read.serde = Some(SerdeAttribute::read(attribute, errors)),
            _ => errors.at(span, "`#[model(..)]` is for the struct; a column's field takes `#[column(..)]`"),
        }
    }
    Some(read)
}

/// An attribute that other libraries have, and what it is called here.
fn foreign_name(attribute: &Attribute) -> Option<(String, &'static str)> {
    let name = attribute.path().get_ident()?.to_string();
    let ours = foreign::attribute(&name)?;
    Some((name, ours))
}

/// The name of an attribute that is the derive's.
fn own_name(attribute: &Attribute) -> Option<String> {
    let name = attribute.path().get_ident()?.to_string();
    let own = matches!(name.as_str(), "model" | "key" | "column" | "serde") || Kind::of(&name).is_some();
    own.then_some(name)
}
