//! Trait impls of the record of loaded relationships.

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::{private, quiet};

/// The value of the loads type, for stages without the model's type.
pub fn loaded_set(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let (this, module, loads) = (&scope.model.ident, &scope.module, &scope.loads);
    let slots: Vec<_> = scope.relations().map(|relation| relation.slot.clone()).collect();
    if slots.is_empty() {
        return quote! {
            #quiet
            impl #p::LoadedSetOf<#this> for #module::#loads {}

            #quiet
            impl #p::LoadedSet for #module::#loads {
                fn below(_: usize) -> ::core::option::Option<#p::LoadedShape> {
                    ::core::option::Option::None
                }
            }

            #quiet
            impl #p::MergesWith<#module::#loads> for #module::#loads {
                type Merged = Self;
            }
        };
    }
    let others: Vec<_> = scope.relations().map(|relation| relation.other.clone()).collect();
    let arms = scope.relations().map(|relation| {
        let (index, slot) = (relation.place(), relation.slot);
        quote!(#index => <#slot as #p::LoadedSlot>::shape::<#index>(),)
    });
    quote! {
        #quiet
        impl<#(#slots),*> #p::LoadedSetOf<#this> for #module::#loads<#(#slots),*> {}

        #quiet
        impl<#(#slots: #p::LoadedSlot),*> #p::LoadedSet for #module::#loads<#(#slots),*> {
            fn below(relation: usize) -> ::core::option::Option<#p::LoadedShape> {
                match relation {
                    #(#arms)*
                    _ => ::core::option::Option::None,
                }
            }
        }

        #quiet
        #[diagnostic::do_not_recommend]
        impl<#(#slots: #p::MergesWith<#others>,)* #(#others),*> #p::MergesWith<#module::#loads<#(#others),*>>
            for #module::#loads<#(#slots),*>
        {
            type Merged = #module::#loads<#(#slots::Merged),*>;
        }
    }
}
