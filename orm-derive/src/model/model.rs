//! A model: its table, columns and relationships.

use proc_macro2::TokenStream;
use syn::{Attribute, Ident, Type, Visibility};

use super::{Column, Relation};
use crate::names;
use crate::parse::{Index, Input, Text, Wrapper, type_text};

/// A struct that is a table.
pub struct Model {
    pub visibility: Visibility,
    pub ident: Ident,
    /// The struct's name without `r#`.
    pub name: String,
    pub table: Text,
    /// The schema that the table is in, where it is given.
    pub schema: Option<Text>,
    /// The module of the generated types.
    pub module: Text,
    /// Whether it has its own hooks.
    pub hooks: bool,
    /// Whether it is given a `Debug` that hides what is secret.
    pub debug: bool,
    /// Where the library is, if not at `::orm_core`.
    pub library: Option<TokenStream>,
    /// The SQL of what every row has to meet.
    pub check: Option<Text>,
    /// The table's name before.
    pub renamed_from: Option<Text>,
    /// Fields that are unique together.
    pub unique: Vec<Index>,
    /// Fields with an index over them.
    pub indexes: Vec<Index>,
    /// The doc comment of the struct.
    pub docs: Vec<Attribute>,
    pub columns: Vec<Column>,
    pub relations: Vec<Relation>,
    /// Whether it is a struct with named fields; otherwise that has been reported.
    pub has_fields: bool,
}

impl Model {
    pub fn new(input: Input) -> Model {
        let name = names::plain(&input.ident);
        let snake = names::snake(&name);
        let default = || Text::new(&snake, input.ident.span());
        let table = input.table.unwrap_or_else(default);
        let module = input.module.unwrap_or_else(default);

        let mut columns = Vec::new();
        let mut relations = Vec::new();
        for field in input.fields {
            match Wrapper::of(&field.ty) {
                Wrapper { holder: Some(holder), target: Some(target), optional } => {
                    relations.push(Relation::new(field, holder, target, optional, input.rename_all));
                }
                _ => columns.push(Column::new(field, input.rename_all)),
            }
        }
        let keys = columns.iter().filter(|column: &&Column| column.key.is_some()).count();
        for relation in &mut relations {
            relation.fill_in_keys(&snake, keys);
        }
        Model {
            visibility: input.visibility,
            ident: input.ident,
            name,
            table,
            schema: input.schema,
            module,
            hooks: input.hooks,
            debug: input.debug,
            library: input.library,
            check: input.check,
            renamed_from: input.renamed_from,
            unique: input.unique,
            indexes: input.indexes,
            docs: input.docs,
            columns,
            relations,
            has_fields: input.has_fields,
        }
    }

    /// Whether a type is the struct itself, as far as its tokens tell.
    pub fn is(&self, ty: &Type) -> bool {
        self.ident == type_text(ty)
    }

    /// The primary key's columns.
    pub fn keys(&self) -> impl Iterator<Item = &Column> + Clone {
        self.columns.iter().filter(|column| column.key.is_some())
    }

    /// The column of a field.
    pub fn column(&self, field: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// The relationship of a field.
    pub fn relation(&self, field: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.field == field)
    }

    /// The columns that a draft must be given: NOT NULL, filled in neither by the database nor by a link.
    pub fn required(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| {
            let linked = self.relations.iter().any(|relation| relation.has_key_here(&column.field));
            !(column.nullable || column.is_filled_in() || linked)
        })
    }
}
