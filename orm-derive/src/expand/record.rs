use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::{private, quiet};
use crate::parse::Holder;

/// The struct as cells: how a column's field is seen, and how the struct is made of a row.
pub fn record(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let this = &scope.model.ident;
    let (view, read) = if scope.complete {
        (view(scope), read(scope))
    } else {
        (mixed!(::core::unimplemented!()), mixed!(::core::unimplemented!()))
    };
    mixed! {
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
        let (ident, ty, index) = (&column.ident, &column.ty, names.place());
        mixed!(#index => <#ty as #p::ColumnType>::view(&self.#ident),)
    });
    mixed! {
        match column {
            #(#arms)*
            _ => #p::ValueRef::Null,
        }
    }
}

fn read(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let columns = scope.columns().map(|(column, names)| {
        let (ident, index) = (&column.ident, names.place());
        mixed!(#ident: #p::read_cell(cells, #index)?,)
    });
    let relations = scope.relations().map(|relation| {
        let (ident, index) = (&relation.relation.ident, relation.place());
        let holder = match relation.relation.holder {
            Holder::HasMany => quote!(HasMany),
            Holder::HasOne => quote!(HasOne),
            Holder::BelongsTo => quote!(BelongsTo),
        };
        mixed!(#ident: #p::#holder::attached(_seed, #index),)
    });
    mixed!(::core::result::Result::Ok(Self { #(#columns)* #(#relations)* }))
}
