//! The setters of a draft, and the traits of a complete one.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::inherent::above;
use super::scope::{ColumnNames, Named, Scope};
use super::{library, private, quiet, respanned};
use crate::model::Column;

/// The draft's setters, and what makes it one that a session takes.
pub fn draft(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let this = &scope.model.ident;
    let draft = scope.draft_type(None);
    let states: Vec<_> = scope.required().map(|(_, required)| required.state.to_token_stream()).collect();
    let columns = scope.columns().filter(|(column, _)| column.generated.is_none());
    let columns = columns.map(|(column, names)| column_setter(scope, column, names));
    let written = scope.relations().filter(|relation| relation.relation.view_only.is_none());
    let relations = written.map(|relation| relation_setter(scope, &relation));
    let parameters = if states.is_empty() { TokenStream::new() } else { quote!(<#(#states),*>) };
    // What links a draft may fill a column of it; without a link nothing does.
    let (module, complete, link) = (&scope.module, &scope.complete_draft, &scope.nested);
    // The compiler warns of a bound that is about no parameter.
    let complete = |link: TokenStream| match states.is_empty() {
        true => TokenStream::new(),
        false => quote!(where (#(#states,)*): #module::#complete<#link #(, #states)*>),
    };
    let (bound, linked) = (complete(quote!(())), complete(link.to_token_stream()));
    // The compiler shows these where a column is missing: they are the struct's.
    let rows = quote! {
        #[automatically_derived]
        impl #parameters #p::CompleteDraft for #draft #bound {
            type Model = #this;

            fn into_data(self) -> #p::DraftData {
                #p::DraftParts::into_parts(self)
            }
        }

        #[automatically_derived]
        impl<#link #(, #states)*> #p::IntoLink<#this, #link> for #draft #linked {
            fn into_link(self) -> #p::LinkTarget {
                #p::draft_link(#p::DraftParts::into_parts(self))
            }
        }
    };
    let rows = respanned(rows, this.span());
    quote! {
        #quiet
        impl #parameters #draft {
            #(#columns)*
            #(#relations)*
        }

        #rows
    }
}

fn column_setter(scope: &Scope<'_>, column: &Column, names: &ColumnNames) -> TokenStream {
    let (library, p) = (library(), private());
    let visible = scope.visibility(&column.visibility);
    let (ident, ty, index) = (&column.ident, &column.ty, names.place());
    let doc = format!("Gives the column `{}`: the field `{}`.", column.name.value, column.field);
    let given_state = quote!(#library::write::Given);
    let draft = scope.draft_type(names.required.as_ref().map(|required| (required, &given_state)));
    let docs = above(&column.docs);
    quote! {
        #docs
        #[doc = #doc]
        #visible fn #ident(self, value: impl #library::value::IntoValue<#ty>) -> #draft {
            let mut data = #p::DraftParts::into_parts(self);
            data.set(#index, #p::IntoValue::<#ty>::into_value(value));
            #p::DraftParts::of(data)
        }
    }
}

fn relation_setter(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let visible = scope.visibility(&relation.relation.visibility);
    let (library, p) = (library(), private());
    let bound = relation.bound();
    let (ident, target, marker) =
        (&relation.relation.ident, &relation.relation.target, scope.marker(relation));
    let draft = scope.draft_type(None);
    let field = &relation.relation.field;
    let docs = above(&relation.relation.docs);
    if relation.relation.kind.is_collection() {
        let doc = format!("Gives the relationship `{field}` its rows: drafts, pending objects or entities.");
        return quote! {
            #docs
            #[doc = #doc]
            #visible fn #ident(self, targets: impl #library::write::IntoLinks<#target, #marker>) -> #draft #bound {
                let mut data = #p::DraftParts::into_parts(self);
                data.link(#marker, targets);
                #p::DraftParts::of(data)
            }
        };
    }
    let doc = format!("Gives the relationship `{field}` its row: a draft, a pending object or an entity.");
    quote! {
        #docs
        #[doc = #doc]
        #visible fn #ident(self, target: impl #library::write::IntoLink<#target, #marker>) -> #draft #bound {
            let mut data = #p::DraftParts::into_parts(self);
            data.link(#marker, [target]);
            #p::DraftParts::of(data)
        }
    }
}
