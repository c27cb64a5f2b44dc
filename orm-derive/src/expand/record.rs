//! `Record`: a struct from the cells of a row, and its fields as values.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::{column_type, private, quiet};
use crate::parse::Holder;

/// The struct as cells: how a column's field is seen, and how the struct is made of a row.
pub fn record(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let (this, deferred) = (&scope.model.ident, deferred(scope));
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
                _seed: &#p::Seed,
            ) -> ::core::result::Result<Self, #p::CellError> {
                #read
            }

            #deferred
        }
    }
}

/// The deferred columns, where there are any.
fn deferred(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let deferred = || scope.columns().filter(|(column, _)| scope.complete && column.is_deferred);
    if deferred().next().is_none() {
        return TokenStream::new();
    }
    let indices = deferred().map(|(_, names)| names.place());
    let arms = deferred().map(|(column, names)| {
        let (ident, index) = (&column.ident, names.place());
        quote!(#index => self.#ident.fill(cell, column),)
    });
    quote! {
        const DEFERRED: &'static [usize] = &[#(#indices),*];

        fn fill(&self, column: usize, cell: #p::ValueRef<'_>) -> ::core::result::Result<(), #p::CellError> {
            match column {
                #(#arms)*
                _ => ::core::result::Result::Ok(()),
            }
        }
    }
}

fn view(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let arms = scope.columns().map(|(column, names)| {
        let (ident, view, index) = (&column.ident, column_type(&column.ty, "view"), names.place());
        if column.is_deferred {
            return quote!(#index => self.#ident.view(),);
        }
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
        let (ident, take, index) = (&column.ident, column_type(&column.ty, "take"), names.place());
        if column.is_deferred {
            let cell = quote!(cells.cell(#index).map_err(failed(#index))?);
            return quote!(#ident: #p::Deferred::read(#cell, <Self as #p::Model>::def, #index)?,);
        }
        quote!(#ident: #take(cells, #index).map_err(failed(#index))?,)
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
