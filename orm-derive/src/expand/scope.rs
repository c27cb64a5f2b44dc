//! The names of everything that is generated for one model.

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::taken::Taken;
use crate::model::{Column, Model, Relation};
use crate::names::{self, plain};
use crate::parse::Kind;

/// A model, and the names of everything that is generated for it.
pub struct Scope<'m> {
    pub model: &'m Model,
    /// Whether bodies are written; otherwise the model has mistakes.
    pub complete: bool,
    pub module: Ident,
    /// The record of what a query loaded, in the module.
    pub loads: Ident,
    /// The draft, in the module.
    pub draft: Ident,
    /// The trait of drafts with every required column, in the module.
    pub complete_draft: Ident,
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
}

struct RelationNames {
    index: usize,
    constant: Ident,
    marker: Ident,
    slot: Ident,
    loaded: Ident,
    other: Ident,
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
    /// The trait in the module of records with it.
    pub loaded: &'m Ident,
    /// Its parameter where the record has to be named a second time.
    pub other: &'m Ident,
}

impl<'m> Scope<'m> {
    pub fn new(model: &'m Model, complete: bool) -> Scope<'m> {
        let mut taken = Taken::of(model);
        let relations = relation_names(model, &mut taken);
        let columns = column_names(model, complete, &mut taken);
        // Where a module of the user's has the name of the generated one, what it lacks is reported here, once for each name:
        // the compiler prints equal errors once.
        let span = model.ident.span();
        Scope {
            module: module_name(model),
            loads: taken.fresh_in_module(format_ident!("{}Loads", model.name, span = span)),
            draft: taken.fresh_in_module(format_ident!("{}Draft", model.name, span = span)),
            complete_draft: taken.fresh_in_module(Ident::new("Complete", span)),
            nested: taken.fresh_parameter(Ident::new("N", Span::call_site())),
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
                loaded: &names.loaded,
                other: &names.other,
            })
        })
    }

    /// How visible what is generated for a field is: as the field, and no more than the struct.
    pub fn visibility<'f>(&'f self, field: &'f Visibility) -> &'f Visibility {
        match (field, &self.model.visibility) {
            (Visibility::Public(_), model) | (Visibility::Restricted(_), model @ Visibility::Inherited) => {
                model
            }
            (Visibility::Restricted(field), model @ Visibility::Restricted(_))
                if field.path.is_ident("crate") =>
            {
                model
            }
            (narrower, _) => narrower,
        }
    }

    /// `order::OrderDraft<C0, C1>`, with the type given for one of the parameters.
    pub fn draft_type(&self, given: Option<(&Required, &TokenStream)>) -> TokenStream {
        let (module, draft) = (&self.module, &self.draft);
        let mut states = self.required().map(|(_, required)| match given {
            Some((column, ty)) if column.state == required.state => ty.clone(),
            _ => required.state.to_token_stream(),
        });
        match states.next() {
            Some(first) => quote!(#module::#draft<#first #(, #states)*>),
            None => quote!(#module::#draft),
        }
    }

    /// `order::OrderLoads<R0, R1>`, with the type given for one of the parameters.
    pub fn loads_with(&self, given: &Named<'_>, ty: &TokenStream) -> TokenStream {
        let slots = self.relations().map(|relation| {
            if relation.index == given.index { ty.clone() } else { relation.slot.to_token_stream() }
        });
        self.loads_of(slots)
    }

    /// `order::OrderLoads<..>` of these types.
    pub fn loads_of(&self, slots: impl Iterator<Item = TokenStream>) -> TokenStream {
        let (module, loads) = (&self.module, &self.loads);
        quote!(#module::#loads<#(#slots),*>)
    }

    /// The path of a relationship's type.
    pub fn marker(&self, relation: &Named<'_>) -> TokenStream {
        let (module, marker) = (&self.module, relation.marker);
        quote!(#module::#marker)
    }
}

impl Named<'_> {
    /// What reading it gives, for a loaded set of the targets; without one, nothing proven.
    pub fn output(&self, loaded: Option<&TokenStream>) -> TokenStream {
        let library = super::library();
        let target = &self.relation.target;
        let arguments = match loaded {
            Some(loaded) => quote!(#target, #loaded),
            None => quote!(#target),
        };
        match self.relation.kind {
            Kind::HasMany | Kind::ManyToMany => quote!(#library::Many<#arguments>),
            _ if self.relation.is_required() => quote!(#library::Entity<#arguments>),
            _ => quote!(::core::option::Option<#library::Entity<#arguments>>),
        }
    }

    /// A bound that the target is a model.
    ///
    /// The bound depends on no parameter and adds nothing, unless the target is not a model: then rustc does not check
    /// what has the bound, and reports the same error in the same place once.
    pub fn bound(&self) -> TokenStream {
        let span = self.target_span();
        let (p, target) = (super::private_at(span), &self.relation.target);
        quote_spanned!(span=> where #target: #p::Model)
    }

    /// Where a mistake about the target is to be seen.
    pub fn target_span(&self) -> Span {
        super::at(self.relation.target.span())
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

/// Names that are taken twice have been reported; the first of them keeps the name.
fn relation_names(model: &Model, taken: &mut Taken) -> Vec<RelationNames> {
    let mut names = Vec::new();
    for (index, relation) in model.relations.iter().enumerate() {
        let span = relation.ident.span();
        let constant = names::constant(&relation.field, span);
        let marker = names::marker(&relation.field, span);
        if taken.inherent(&constant) && taken.inherent(&relation.ident) && taken.module(&marker) {
            let slot = taken.fresh_parameter(format_ident!("R{index}"));
            let loaded = taken.fresh_in_module(format_ident!("{}Loaded", plain(&marker)));
            let other = taken.fresh_parameter(format_ident!("S{index}"));
            names.push(RelationNames { index, constant, marker, slot, loaded, other });
        }
    }
    names
}

fn column_names(model: &Model, complete: bool, taken: &mut Taken) -> Vec<ColumnNames> {
    // If a relationship has a mistake, it is unknown which columns its link provides.
    let required: HashSet<&str> =
        model.required().filter(|_| complete).map(|column| column.field.as_str()).collect();
    let mut names = Vec::new();
    let mut states = 0_usize..;
    for (index, column) in model.columns.iter().enumerate() {
        let constant = names::constant(&column.field, column.ident.span());
        if !taken.inherent(&constant) {
            continue;
        }
        let required = required.contains(column.field.as_str()).then(|| {
            let state = format_ident!("C{}", states.next().unwrap_or(0));
            Required { state: taken.fresh_parameter(state) }
        });
        names.push(ColumnNames { index, constant, required });
    }
    names
}

/// The module's name; where that cannot be one, which has been reported, one that can.
fn module_name(model: &Model) -> Ident {
    let span = model.module.span;
    match names::identifier(&model.module.value, span) {
        Some(name) if name != model.ident => name,
        _ => format_ident!("{}_model", names::snake(&model.name), span = span),
    }
}
