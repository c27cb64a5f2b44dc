use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::{column_type, private, quiet};
use crate::parse::Holder;

/// The struct as cells: how a column's field is seen, and how the struct is made of a row.
pub fn record(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let this = &scope.model.ident;
    let (view, read) =
        if scope.complete { (view(scope), read(scope)) } else { (quote!(loop {}), quote!(loop {})) };
    quote! {
        #quiet
        impl #p::Record for #this {
            fn view(&self, column: usize) -> #p::ValueRef<'_> {
                #view
            }

            fn read(
                cells: &dyn #p::Cells,
                _seed: &#p::Seed<'_>,
            ) -> ::core::result::Result<Self, #p::CellError> {
                #read
            }
        }
    }
}

fn view(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let arms = scope.columns().map(|(column, names)| {
        let (ident, view, index) = (&column.ident, column_type(&column.ty, "view"), names.place());
        quote!(#index => #view(&self.#ident),)
    });
    quote! {
        match column {
            #(#arms)*
            _ => #p::ValueRef::Null,
        }
    }
}

fn read(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let columns = scope.columns().map(|(column, names)| {
        let (ident, read, index) = (&column.ident, column_type(&column.ty, "read"), names.place());
        quote!(#ident: #read(cells.cell(#index).map_err(failed(#index))?).map_err(failed(#index))?,)
    });
    let relations = scope.relations().map(|relation| {
        let (ident, index) = (&relation.relation.ident, relation.place());
        let holder = match relation.relation.holder {
            Holder::HasMany => quote!(HasMany),
            Holder::HasOne => quote!(HasOne),
            Holder::BelongsTo => quote!(BelongsTo),
        };
        quote!(#ident: #p::#holder::attached(_seed, #index),)
    });
    quote! {
        let failed = |column| move |error| #p::CellError { column, error };
        ::core::result::Result::Ok(Self { #(#columns)* #(#relations)* })
    }
}
