use proc_macro2::TokenStream;
use quote::quote;
use syn::Visibility;

use super::scope::Scope;
use super::{private, visibility};
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
    let loads = loads(scope, &inside);
    let markers = markers(scope);
    let draft = draft(scope, &inside);
    quote! {
        #[doc = #doc]
        #[allow(
            dead_code, missing_debug_implementations, nonstandard_style, unreachable_pub, clippy::all, clippy::pedantic
        )]
        #visible mod #name {
            #loads
            #markers
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
        return quote! {
            #[doc = #doc]
            #inside struct #name(());
        };
    }
    quote! {
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

fn draft(scope: &Scope<'_>, inside: &TokenStream) -> TokenStream {
    let p = private();
    let doc = format!("A `{}` that is not in the database yet.", scope.model.name);
    let states: Vec<_> = scope.required().map(|(_, required)| required.state.clone()).collect();
    let given = given(scope, inside);
    if states.is_empty() {
        return quote! {
            #[doc = #doc]
            #[must_use = "a draft does nothing until it is added to a session"]
            #inside struct Draft {
                pub(super) data: #p::DraftData,
            }

            impl ::core::fmt::Debug for Draft {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Debug::fmt(&self.data, f)
                }
            }
        };
    }
    quote! {
        #[doc = #doc]
        ///
        /// Its parameters say of each required column whether it was given.
        #[must_use = "a draft does nothing until it is added to a session"]
        #inside struct Draft<#(#states = #p::Missing),*> {
            pub(super) data: #p::DraftData,
            pub(super) given: ::core::marker::PhantomData<fn() -> (#(#states,)*)>,
        }

        impl<#(#states),*> ::core::fmt::Debug for Draft<#(#states),*> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.data, f)
            }
        }

        #given
    }
}

/// For every required column the trait whose absence the compiler reports in the column's words.
fn given(scope: &Scope<'_>, inside: &TokenStream) -> TokenStream {
    let p = private();
    let model = &scope.model.name;
    let traits = scope.required().map(|(column, required)| {
        let (name, field) = (&required.given, &column.field);
        let doc = format!("The draft was given `{field}`.");
        let linked_doc = format!("The draft was given `{field}`, or is linked by what fills it.");
        let (linked, hash) = (&required.linked, names::hash(field));
        let message = format!("`{field}` is required by `{model}`");
        let label = format!("this draft has no `{field}`");
        let note = match scope.visibility(&column.visibility) {
            Visibility::Inherited if !matches!(scope.model.visibility, Visibility::Inherited) => format!(
                "add `.{}(..)`; the field is private to the module of `{model}`, so that is where such a draft is made",
                column.ident
            ),
            _ => format!("add `.{}(..)`", column.ident),
        };
        quote! {
            #[doc = #doc]
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #inside trait #name {}

            #[diagnostic::do_not_recommend]
            impl #name for #p::Given {}

            #[doc = #linked_doc]
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #inside trait #linked<F> {}

            #[diagnostic::do_not_recommend]
            impl<F> #linked<F> for #p::Given {}

            #[diagnostic::do_not_recommend]
            impl<F: #p::IsField<#hash>> #linked<F> for #p::Missing {}
        }
    });
    traits.collect()
}
