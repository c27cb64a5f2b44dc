//! Trait impls of the type behind a relationship's constant.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Visibility;

use super::scope::{Named, Scope};
use super::{private, quiet, respanned};
use crate::model::Relation;
use crate::names;
use crate::parse::{Kind, Lazy};

/// The trait impls of one relationship's type.
pub fn relation(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let mut code = descriptor(scope, relation);
    code.extend(loaded(scope, relation));
    code.extend(capabilities(scope, relation));
    code.extend(named(scope, relation));
    if scope.model.is(&relation.relation.target) {
        code.extend(recursive(scope, relation));
    }
    code
}

fn descriptor(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let (this, marker, nested) = (&scope.model.ident, scope.marker(relation), &scope.nested);
    let (target, output, index) =
        (&relation.relation.target, relation.output(Some(&nested.to_token_stream())), relation.place());
    let shape = match relation.relation.kind {
        Kind::HasMany | Kind::ManyToMany => quote!(many),
        _ if relation.relation.is_required() => quote!(one),
        _ => quote!(optional),
    };
    let bound = relation.bound();
    let fields = filled_fields(scope, relation);
    // A target that is less visible than the struct is an error here.
    let types = quote_spanned! {relation.target_span()=>
        type Target = #target;
        type Output<#nested> = #output;
    };
    quote! {
        #quiet
        impl #p::Relation for #marker #bound {
            type Parent = #this;
            #types
            const INDEX: usize = #index;

            fn output<#nested>(held: #p::Held<#target, #nested>) -> Self::Output<#nested> {
                held.#shape()
            }
        }

        #fields
    }
}

/// A draft inside its parent may leave out the fields that it fills.
fn filled_fields(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let (p, marker, fields) = (private(), scope.marker(relation), filled(relation.relation));
    quote!(#(impl #p::FillsField<#fields> for #marker {})*)
}

/// The fields of its targets that a relationship fills, by their hashes.
fn filled(relation: &Relation) -> Vec<u64> {
    let names = relation.key.names.iter().filter(|_| relation.kind.is_has());
    let hashes: BTreeSet<u64> = names.map(|field| names::hash(field.trim_start_matches("r#"))).collect();
    hashes.into_iter().collect()
}

/// Which loaded sets have the relationship in them, and what naming it makes of one that has not.
fn loaded(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let (module, trait_name) = (&scope.module, relation.loaded);
    let (marker, nested, slot) = (scope.marker(relation), &scope.nested, relation.slot);
    let others = other_slots(scope, relation);
    let loaded = scope.loads_with(relation, &quote!(#p::Loaded<#nested>));
    let open = scope.loads_with(relation, &slot.to_token_stream());
    // What was below it stays, where the query names it for the second time.
    let merged = scope.loads_with(relation, &quote!(<#slot as #p::MergesWith<#nested>>::Merged));
    let (set, place) = (scope.loads_with(relation, &nested.to_token_stream()), relation.place());
    let bound = relation.bound();
    // The compiler shows this impl where the relationship is not loaded: it is the field's.
    let reading = quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl<#nested: #module::#trait_name> #p::LoadedIn<#nested> for #marker
    };
    let reading = respanned(reading, relation.relation.ident.span());
    quote! {
        #reading #bound {
            type Nested = #nested::Nested;
        }

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<#nested #(, #others)*> #module::#trait_name for #loaded {
            type Nested = #nested;
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl<#slot: #p::MergesWith<#nested> #(, #others)*, #nested> #p::Marks<#open, #nested> for #marker #bound {
            type Marked = #merged;
        }

        #[automatically_derived]
        impl<#slot #(, #others)*, #nested> #p::With<#p::At<#place>, #nested> for #open {
            type Out = #set;
        }
    }
}

/// What `loaded!` looks up.
fn named(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    if !can_be_named(scope, relation) {
        return TokenStream::new();
    }
    let (p, quiet) = (private(), quiet());
    let (this, marker, bound) = (&scope.model.ident, scope.marker(relation), relation.bound());
    let place = relation.place();
    quote! {
        #quiet
        impl #p::RelationAt<#place> for #this #bound {
            type Target = <#marker as #p::Relation>::Target;
        }
    }
}

/// Whether `loaded!` can name it. A type behind a field that is less visible than the struct cannot be named by a public trait.
pub fn can_be_named(scope: &Scope<'_>, relation: &Named<'_>) -> bool {
    let text = |visibility: &Visibility| visibility.to_token_stream().to_string();
    text(scope.visibility(&relation.relation.visibility)) == text(&scope.model.visibility)
}

fn capabilities(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let marker = scope.marker(relation);
    let bound = relation.bound();
    let count = if relation.relation.kind.is_collection() { quote!(ToMany) } else { quote!(ToOne) };
    // No example of the user's other relationships where one does not fit: there may be hundreds.
    let mut code = quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl #p::#count for #marker #bound {}
    };
    if relation.relation.lazy != Lazy::Raise {
        code.extend(quote! {
            #[automatically_derived]
            #[allow(trivial_bounds)]
            #[diagnostic::do_not_recommend]
            impl #p::LazyLoad for #marker #bound {}
        });
    }
    code
}

/// A relationship from a model to itself can be loaded to the last level. What is loaded on each level is part of its place
/// in the loaded set, so that the set of the targets is the set of their targets too.
fn recursive(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let (module, trait_name) = (&scope.module, relation.loaded);
    let marker = scope.marker(relation);
    let (others, bound) = (other_slots(scope, relation), relation.bound());
    let level: Vec<_> = scope.relations().map(|relation| relation.other).collect();
    let each = scope.loads_of(level.iter().map(ToTokens::to_token_stream));
    let place = quote!(#p::Recursive<#each>);
    let loaded = scope.loads_with(relation, &place);
    let below = scope.loads_of(scope.relations().zip(&level).map(|(other, level)| {
        if other.index == relation.index { place.clone() } else { level.to_token_stream() }
    }));
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl #p::SelfReferential for #marker #bound {}

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<#(#level),* #(, #others)*> #module::#trait_name for #loaded {
            type Nested = #below;
        }
    }
}

fn other_slots(scope: &Scope<'_>, relation: &Named<'_>) -> Vec<TokenStream> {
    let others = scope.relations().filter(|other| other.index != relation.index);
    others.map(|other| other.slot.to_token_stream()).collect()
}
