//! The items of the struct itself: constants, accessors and `draft()`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Attribute;

use super::scope::{Named, Scope};
use super::{library, private, quiet};

/// What the struct itself gets: a constant per field, an accessor per relationship, and `draft()`.
pub fn inherent(scope: &Scope<'_>) -> TokenStream {
    let quiet = quiet();
    let this = &scope.model.ident;
    let columns = columns(scope);
    let relations: TokenStream = scope.relations().map(|relation| relation_items(scope, &relation)).collect();
    let draft = draft(scope);
    quote! {
        #quiet
        impl #this {
            #columns
            #relations
            #draft
        }
    }
}

fn columns(scope: &Scope<'_>) -> TokenStream {
    let library = library();
    let (this, table) = (&scope.model.ident, &scope.model.table.value);
    let constants = scope.columns().map(|(column, names)| {
        let visible = scope.visibility(&column.visibility);
        let (constant, ty, index) = (&names.constant, &column.ty, names.place());
        let doc = format!("The column `{table}.{}`: the field `{}`.", column.name.value, column.field);
        let access = column.generated.map(|_| quote!(, #library::model::ReadOnly));
        let docs = above(&column.docs);
        quote! {
            #docs
            #[doc = #doc]
            #visible const #constant: #library::Column<#this, #ty #access> = #library::Column::new(#index);
        }
    });
    constants.collect()
}

fn relation_items(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let library = library();
    let visible = scope.visibility(&relation.relation.visibility);
    let (constant, marker, accessor) = (relation.constant, scope.marker(relation), &relation.relation.ident);
    let (output, bound) = (relation.output(None), relation.bound());
    let field = &relation.relation.field;
    let constant_doc = format!("The relationship of the field `{field}`, to load and to change it.");
    let doc = format!("What this object holds for the relationship `{field}`; it runs no statement.");
    let body = if scope.complete { quote!(self.#accessor.held(#marker)) } else { quote!(loop {}) };
    let docs = above(&relation.relation.docs);
    quote! {
        #docs
        #[doc = #constant_doc]
        #visible const #constant: #marker = #marker;

        #docs
        #[doc = #doc]
        ///
        /// # Errors
        /// `NotLoaded`: it was not loaded; `Detached`: it was not loaded, and the session was dropped.
        #visible fn #accessor(&self) -> #library::Result<#output> #bound {
            #body
        }
    }
}

fn draft(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let (visible, this, module) = (&scope.model.visibility, &scope.model.ident, &scope.module);
    let name = &scope.draft;
    let doc = format!("A new `{}`, to be given its columns and added to a session.", scope.model.name);
    // Going to its definition leads to the struct.
    let draft = Ident::new("draft", super::at(this.span()));
    quote! {
        #[doc = #doc]
        #visible fn #draft() -> #module::#name {
            #p::DraftParts::of(#p::DraftData::new::<#this>())
        }
    }
}

/// The user's doc comment, to be put above the generated text.
pub fn above(docs: &[Attribute]) -> TokenStream {
    if docs.is_empty() { TokenStream::new() } else { quote!(#(#docs)* #[doc = ""]) }
}
