use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use super::scope::{Named, Scope};
use super::{private, quiet};
use crate::model::Relation;
use crate::names;
use crate::parse::{Kind, Lazy};

/// The trait impls of one relationship's type.
pub fn relation(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let mut code = descriptor(scope, relation);
    code.extend(loaded(scope, relation));
    code.extend(capabilities(scope, relation));
    if scope.model.is(&relation.relation.target) {
        code.extend(recursive(scope, relation));
    }
    code
}

fn descriptor(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let (this, marker, nested) = (&scope.model.ident, scope.marker(relation), &scope.nested);
    let (target, output, index) =
        (&relation.relation.target, relation.output(Some(nested)), relation.place());
    let shape = match relation.relation.kind {
        Kind::HasMany | Kind::ManyToMany => quote!(many),
        _ if relation.relation.is_required() => quote!(one),
        _ => quote!(optional),
    };
    let bound = relation.bound();
    let fills = fills(relation.relation);
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
            type Fills = #fills;
            const INDEX: usize = #index;

            fn output<#nested>(held: #p::Held<#target, #nested>) -> Self::Output<#nested> {
                held.#shape()
            }
        }
    }
}

/// The field of its targets that a relationship fills. Of several none may be left out: a type can name one.
pub fn fills(relation: &Relation) -> TokenStream {
    let p = private();
    match &relation.key.names[..] {
        [field] if relation.kind.is_has() => {
            let field = names::hash(field.trim_start_matches("r#"));
            quote!(#p::Fills<#field>)
        }
        _ => quote!(()),
    }
}

/// Which loaded sets have the relationship in them, and what naming it makes of one that has not.
fn loaded(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let (marker, nested, slot) = (scope.marker(relation), &scope.nested, relation.slot);
    let (others, bound) = (other_slots(scope, relation), relation.bound());
    let yes = scope.loads(relation, &quote!(#p::Yes<#nested>));
    let open = scope.loads(relation, &slot.to_token_stream());
    // What was below it stays, where the query names it for the second time.
    let merged = scope.loads(relation, &quote!(<#slot as #p::MergesWith<#p::Yes<#nested>>>::Merged));
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl<#nested #(, #others)*> #p::LoadedIn<#yes> for #marker #bound {
            type Nested = #nested;
        }

        // It matches no value; with a second impl the compiler's message is about the trait and not about types.
        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl #p::LoadedIn<#p::NotLoaded> for #marker #bound {
            type Nested = #p::NotLoaded;
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl<#slot: #p::MergesWith<#p::Yes<#nested>> #(, #others)*, #nested> #p::Marks<#open, #nested>
            for #marker #bound
        {
            type Marked = #merged;
        }
    }
}

fn capabilities(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let marker = scope.marker(relation);
    let bound = relation.bound();
    let count = if relation.relation.kind.is_collection() { quote!(ToMany) } else { quote!(ToOne) };
    let mut code = quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #p::#count for #marker #bound {}
    };
    if relation.relation.lazy != Lazy::Raise {
        code.extend(quote! {
            #[automatically_derived]
            #[allow(trivial_bounds)]
            impl #p::LazyLoad for #marker #bound {}
        });
    }
    code
}

fn recursive(scope: &Scope<'_>, relation: &Named<'_>) -> TokenStream {
    let p = private();
    let (marker, slot) = (scope.marker(relation), relation.slot);
    let (others, bound) = (other_slots(scope, relation), relation.bound());
    let all = scope.loads(relation, &quote!(#p::Recursive));
    let open = scope.loads(relation, &slot.to_token_stream());
    quote! {
        #[automatically_derived]
        #[allow(trivial_bounds)]
        impl #p::SelfReferential for #marker #bound {}

        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl<#(#others),*> #p::LoadedIn<#all> for #marker #bound {
            type Nested = #all;
        }

        #[automatically_derived]
        #[allow(trivial_bounds)]
        #[diagnostic::do_not_recommend]
        impl<#slot #(, #others)*> #p::MarksRecursive<#open> for #marker #bound {
            type Marked = #all;
        }
    }
}

fn other_slots(scope: &Scope<'_>, relation: &Named<'_>) -> Vec<TokenStream> {
    let others = scope.relations().filter(|other| other.index != relation.index);
    others.map(|other| other.slot.to_token_stream()).collect()
}
