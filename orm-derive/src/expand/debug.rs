//! `Debug` for models whose columns may be secret.

use proc_macro2::TokenStream;
use quote::quote;

use super::quiet;
use super::scope::Scope;

/// `#[model(debug)]`: the struct's `Debug`, with `***` for the columns that are secret.
pub fn debug(scope: &Scope<'_>) -> TokenStream {
    if !scope.model.debug {
        return TokenStream::new();
    }
    let (quiet, this, name) = (quiet(), &scope.model.ident, &scope.model.name);
    let columns = scope.model.columns.iter().map(|column| {
        let (ident, field) = (&column.ident, &column.field);
        match column.secret {
            true => quote!(.field(#field, &::core::format_args!("***"))),
            false => quote!(.field(#field, &self.#ident)),
        }
    });
    let relations = scope.model.relations.iter().map(|relation| {
        let (ident, field) = (&relation.ident, &relation.field);
        quote!(.field(#field, &self.#ident))
    });
    quote! {
        #quiet
        impl ::core::fmt::Debug for #this {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name) #(#columns)* #(#relations)* .finish()
            }
        }
    }
}
