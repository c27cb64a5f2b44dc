//! The module `user` beside the struct `User`: loaded sets, relationships, the draft.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Visibility;

use super::scope::Scope;
use super::{private, visibility};
use crate::model::Column;
use crate::names;

/// The module: plain types, and traits that name what a draft lacks.
pub fn module(scope: &Scope<'_>) -> TokenStream {
    let visible = &scope.model.visibility;
    let name = &scope.module;
    let inside = visibility::inside(visible);
    let doc = format!(
        "The types that belong to the model `{}`: its relationships and its draft.",
        scope.model.name
    );
    // Which relationships are loaded is part of the types that other modules' queries have, regardless of the visibility of the model.
    let loads = loads(scope, &quote!(pub));
    let (markers, loaded) = (markers(scope), loaded(scope));
    let draft = draft(scope, &inside);
    // A module of the user's with the same name is reported at the struct's.
    quote_spanned! {name.span()=>
        #[doc = #doc]
        #[allow(
            dead_code, missing_debug_implementations, nonstandard_style, unreachable_pub, clippy::all, clippy::pedantic
        )]
        #visible mod #name {
            #loads
            #markers
            #loaded
            #draft
        }
    }
}

fn loads(scope: &Scope<'_>, inside: &TokenStream) -> TokenStream {
    let p = private();
    let name = &scope.loads;
    let doc = format!("What a query loaded of each `{}`.", scope.model.name);
    let slots: Vec<_> = scope.relations().map(|relation| relation.slot.clone()).collect();
    if slots.is_empty() {
        return quote_spanned! {scope.model.ident.span()=>
            #[doc = #doc]
            #inside struct #name(());
        };
    }
    quote_spanned! {scope.model.ident.span()=>
        #[doc = #doc]
        #inside struct #name<#(#slots = #p::NotLoaded),*>(::core::marker::PhantomData<fn() -> (#(#slots,)*)>);
    }
}

fn markers(scope: &Scope<'_>) -> TokenStream {
    let markers = scope.relations().map(|relation| {
        let inside = visibility::inside(scope.visibility(&relation.relation.visibility));
        let marker = relation.marker;
        let doc = format!("The relationship `{}` of `{}`.", relation.relation.field, scope.model.name);
        quote! {
            #[doc = #doc]
            #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
            #inside struct #marker;
        }
    });
    markers.collect()
}

/// For every relationship the trait whose absence the compiler reports in the relationship's words.
fn loaded(scope: &Scope<'_>) -> TokenStream {
    let model = &scope.model.name;
    let traits = scope.relations().map(|relation| {
        let inside = visibility::inside(scope.visibility(&relation.relation.visibility));
        let (name, marker, field) = (relation.loaded, relation.marker, &relation.relation.field);
        let constant = names::plain(relation.constant);
        let doc = format!("What a query loaded of each `{model}` has `{field}` in it.");
        let message = format!("`{model}.{field}` is not loaded by this query");
        let label = format!("reading `{field}` here would need another query");
        let note = format!(
            "add `.with({model}::{constant}.selectin())` to the `select` this value came from; a function that takes the \
             values of any query asks for it: `where {module}::{marker}: LoadedIn<L>`",
            module = scope.module,
        );
        quote! {
            #[doc = #doc]
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #inside trait #name {
                /// What was loaded of the targets.
                type Nested;
            }
        }
    });
    traits.collect()
}

fn draft(scope: &Scope<'_>, inside: &TokenStream) -> TokenStream {
    let p = private();
    let (name, doc) = (&scope.draft, format!("A `{}` that is not in the database yet.", scope.model.name));
    let states: Vec<_> = scope.required().map(|(_, required)| required.state.clone()).collect();
    let complete = (!states.is_empty()).then(|| complete(scope, inside));
    let (defaults, parameters, state) = match states.as_slice() {
        [] => (None, None, None),
        states => (
            Some(quote!(<#(#states = #p::Missing),*>)),
            Some(quote!(<#(#states),*>)),
            Some(quote!(given: ::core::marker::PhantomData<fn() -> (#(#states,)*)>,)),
        ),
    };
    let given = state.as_ref().map(|_| quote!(given: ::core::marker::PhantomData,));
    let says = state.as_ref().map(|_| {
        quote! {
            ///
            /// Its parameters record which required columns have values.
        }
    });
    quote! {
        #[doc = #doc]
        #says
        #[must_use = "a draft does nothing until it is added to a session"]
        #inside struct #name #defaults {
            data: #p::DraftData,
            #state
        }

        impl #parameters #p::DraftParts for #name #parameters {
            fn of(data: #p::DraftData) -> Self {
                Self { data, #given }
            }

            fn into_parts(self) -> #p::DraftData {
                self.data
            }
        }

        impl #parameters ::core::fmt::Debug for #name #parameters {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.data, f)
            }
        }

        #complete
    }
}

/// The trait of drafts with every required column, whose absence the compiler reports with a list of them.
fn complete(scope: &Scope<'_>, inside: &TokenStream) -> TokenStream {
    let p = private();
    let (model, name) = (&scope.model.name, &scope.complete_draft);
    let states: Vec<_> = scope.required().map(|(_, required)| &required.state).collect();
    let link = &scope.nested;
    let columns: Vec<String> = scope.required().map(|(column, _)| column.field.clone()).collect();
    let hashes = columns.iter().map(|column| names::hash(column));
    let (message, label) = match columns.as_slice() {
        [only] => (format!("`{only}` is required by `{model}`"), format!("this draft has no `{only}`")),
        several => {
            let states = several.iter().zip(&states);
            let states = states.map(|(column, state)| format!("`{column}` is required: {{{state}}}"));
            let list = states.collect::<Vec<_>>().join(", ");
            (
                format!("this draft of `{model}` is not complete: {list}"),
                "what is `Missing` is not set".to_owned(),
            )
        }
    };
    let is_hidden = |column: &Column| {
        let hidden = matches!(scope.visibility(&column.visibility), Visibility::Inherited);
        hidden && !matches!(scope.model.visibility, Visibility::Inherited)
    };
    let private: Vec<String> = scope
        .required()
        .filter(|(column, _)| is_hidden(column))
        .map(|(column, _)| format!("`{}`", column.field))
        .collect();
    let example = columns.first().map_or("name", String::as_str);
    let mut note = format!("a column is set with the method of its name: `.{example}(..)`");
    if !private.is_empty() {
        let list = private.join(", ");
        note.push_str(&format!(
            "; {list} can be set in the module of `{model}` alone, because the field is private, so such a draft is made there"
        ));
    }
    let doc = format!("A draft of `{model}` that has every required column.");
    quote! {
        #[doc = #doc]
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        #inside trait #name<#link #(, #states)*> {}

        #[diagnostic::do_not_recommend]
        impl<#link #(, #states: #p::GivenOr<#link, #hashes>)*> #name<#link #(, #states)*> for (#(#states,)*) {}
    }
}
