use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};

use crate::model::{Column, Model, Relation};
use crate::names;
use crate::parse::Kind;

/// A model, and the names of everything that is generated for it.
pub struct Scope<'m> {
    pub model: &'m Model,
    /// Whether bodies are written; otherwise the model has mistakes.
    pub complete: bool,
    pub module: Ident,
    /// The record of what a query loaded, in the module.
    pub loads: Ident,
    /// A type parameter that no type of the struct is called.
    pub nested: Ident,
    columns: Vec<ColumnNames>,
    relations: Vec<RelationNames>,
}

/// The generated names of one column.
pub struct ColumnNames {
    index: usize,
    pub constant: Ident,
    pub required: Option<Required>,
}

/// The generated names of a column that a draft must be given.
#[derive(Clone)]
pub struct Required {
    /// The draft's type parameter.
    pub state: Ident,
    /// The trait in the module that says it was given.
    pub given: Ident,
}

struct RelationNames {
    index: usize,
    constant: Ident,
    marker: Ident,
    slot: Ident,
}

/// A relationship and its generated names.
pub struct Named<'m> {
    pub relation: &'m Relation,
    pub index: usize,
    pub constant: &'m Ident,
    /// Its type in the module.
    pub marker: &'m Ident,
    /// Its parameter in the record of what was loaded.
    pub slot: &'m Ident,
}

impl<'m> Scope<'m> {
    pub fn new(model: &'m Model, complete: bool) -> Scope<'m> {
        let mut taken = Taken::default();
        let mut relations: Vec<RelationNames> = Vec::new();
        let mut columns: Vec<ColumnNames> = Vec::new();
        let mut types = HashSet::new();
        for (index, relation) in model.relations.iter().enumerate() {
            words(relation.ty.to_token_stream(), &mut types);
            let span = relation.ident.span();
            let (constant, marker) =
                (names::constant(&relation.field, span), names::marker(&relation.field, span));
            // Names that are taken have been reported; the first of them keeps the name.
            let free = !matches!(relation.field.as_str(), "draft" | "entity")
                && taken.inherent(&constant)
                && taken.inherent(&relation.ident)
                && taken.module(&marker);
            if free {
                relations.push(RelationNames { index, constant, marker, slot: format_ident!("R{index}") });
            }
        }
        let required: HashSet<&str> = model.required().map(|column| column.field.as_str()).collect();
        for (index, column) in model.columns.iter().enumerate() {
            words(column.ty.to_token_stream(), &mut types);
            let span = column.ident.span();
            let constant = names::constant(&column.field, span);
            if !taken.inherent(&constant) {
                continue;
            }
            let count = columns.iter().filter(|column| column.required.is_some()).count();
            let required = required.contains(column.field.as_str()).then(|| {
                let given =
                    format_ident!("{}Given", names::marker(&column.field, span), span = Span::call_site());
                Required { state: format_ident!("C{count}"), given: taken.fresh(given) }
            });
            columns.push(ColumnNames { index, constant, required });
        }
        words(model.ident.to_token_stream(), &mut types);
        for required in columns.iter_mut().filter_map(|column| column.required.as_mut()) {
            required.state = fresh(&required.state, &types);
        }
        Scope {
            module: module_name(model),
            loads: taken.fresh(Ident::new("Loads", Span::call_site())),
            nested: fresh(&Ident::new("N", Span::call_site()), &types),
            model,
            complete,
            columns,
            relations,
        }
    }

    pub fn columns(&self) -> impl Iterator<Item = (&'m Column, &ColumnNames)> + Clone {
        self.columns.iter().filter_map(|names| Some((self.model.columns.get(names.index)?, names)))
    }

    /// The required columns, in the order of the draft's type parameters.
    pub fn required(&self) -> impl Iterator<Item = (&'m Column, &Required)> + Clone {
        self.columns().filter_map(|(column, names)| Some((column, names.required.as_ref()?)))
    }

    pub fn relations(&self) -> impl Iterator<Item = Named<'_>> + Clone {
        self.relations.iter().filter_map(|names| {
            Some(Named {
                relation: self.model.relations.get(names.index)?,
                index: names.index,
                constant: &names.constant,
                marker: &names.marker,
                slot: &names.slot,
            })
        })
    }

    /// `order::Draft<C0, C1>`, with the type given for one of the parameters.
    pub fn draft(&self, given: Option<(&Required, &TokenStream)>) -> TokenStream {
        let module = &self.module;
        let mut states = self.required().map(|(_, required)| match given {
            Some((column, ty)) if column.state == required.state => ty.clone(),
            _ => required.state.to_token_stream(),
        });
        match states.next() {
            Some(first) => mixed!(#module::Draft<#first #(, #states)*>),
            None => mixed!(#module::Draft),
        }
    }

    /// `order::Loads<R0, R1>`, with the type given for one of the parameters.
    pub fn loads(&self, given: &Named<'_>, ty: &TokenStream) -> TokenStream {
        let (module, loads) = (&self.module, &self.loads);
        let slots = self.relations().map(|relation| {
            if relation.index == given.index { ty.clone() } else { relation.slot.to_token_stream() }
        });
        mixed!(#module::#loads<#(#slots),*>)
    }

    /// The path of a relationship's type.
    pub fn marker(&self, relation: &Named<'_>) -> TokenStream {
        let (module, marker) = (&self.module, relation.marker);
        mixed!(#module::#marker)
    }
}

impl Named<'_> {
    /// What reading it gives, for a loaded set of the targets; without one, nothing proven.
    pub fn output(&self, loaded: Option<&Ident>) -> TokenStream {
        let p = super::private();
        let target = &self.relation.target;
        let arguments = match loaded {
            Some(loaded) => mixed!(#target, #loaded),
            None => mixed!(#target),
        };
        match self.relation.kind {
            Kind::HasMany | Kind::ManyToMany => mixed!(#p::Many<#arguments>),
            _ if self.relation.is_required() => mixed!(#p::Entity<#arguments>),
            _ => mixed!(::core::option::Option<#p::Entity<#arguments>>),
        }
    }

    /// The index as a literal without a suffix, which fits `u32` and `usize`.
    pub fn place(&self) -> Literal {
        Literal::usize_unsuffixed(self.index)
    }
}

impl ColumnNames {
    /// The index as a literal without a suffix.
    pub fn place(&self) -> Literal {
        Literal::usize_unsuffixed(self.index)
    }
}

/// The names that are in use.
struct Taken {
    inherent: HashSet<String>,
    module: HashSet<String>,
}

impl Default for Taken {
    fn default() -> Taken {
        Taken { inherent: HashSet::new(), module: HashSet::from(["Draft".to_owned()]) }
    }
}

impl Taken {
    fn inherent(&mut self, name: &Ident) -> bool {
        self.inherent.insert(names::plain(name))
    }

    fn module(&mut self, name: &Ident) -> bool {
        self.module.insert(names::plain(name))
    }

    /// A name in the module that nothing else has.
    fn fresh(&mut self, name: Ident) -> Ident {
        let fresh = fresh(&name, &self.module);
        self.module.insert(fresh.to_string());
        fresh
    }
}

fn fresh(name: &Ident, taken: &HashSet<String>) -> Ident {
    let mut fresh = name.clone();
    while taken.contains(&fresh.to_string()) {
        fresh = format_ident!("{fresh}_", span = fresh.span());
    }
    fresh
}

/// The words of a type, which a type parameter of an impl around it must not be called.
fn words(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The module's name; where that cannot be one, which has been reported, one that can.
fn module_name(model: &Model) -> Ident {
    let span = model.module.span;
    match names::identifier(&model.module.value, span) {
        Some(name) if name != model.ident => name,
        _ => format_ident!("{}_model", names::snake(&model.name), span = span),
    }
}
