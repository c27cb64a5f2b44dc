use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::private;
use super::scope::{Named, Scope};
use crate::model::Column;
use crate::names;
use crate::parse::Kind;

/// What the tokens of one struct cannot tell and the compiler can: that keys exist on the other side and fit.
pub fn assertions(scope: &Scope<'_>) -> TokenStream {
    let columns = scope.columns().map(|(column, _)| integer(scope, column));
    let relations = scope.relations().map(|relation| {
        let mut checks = key(scope, &relation);
        checks.extend(order_by(&relation));
        checks.extend(inverse(scope, &relation));
        checks
    });
    let checks: TokenStream = columns.chain(relations).collect();
    if checks.is_empty() {
        return checks;
    }
    mixed! {
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        const _: () = { #checks };
    }
}

/// Where a mistake is to be seen; names are looked up as everywhere in generated code.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

fn key(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let p = private();
    let relation = named.relation;
    let (this, target) = (&scope.model.ident, &relation.target);
    let own = |field: &String, span| {
        let constant = names::constant(field, span);
        quote_spanned!(span=> #this::#constant)
    };
    let theirs = |field: &String, span| {
        let constant = names::constant(field, span);
        quote_spanned!(span=> <#target>::#constant)
    };
    let (key_span, target_span) = (at(relation.key.span), at(relation.target_key.span));
    match relation.kind {
        Kind::ManyToMany => TokenStream::new(),
        Kind::BelongsTo if relation.target_key.given => {
            let pairs = relation.key.names.iter().zip(&relation.target_key.names).map(|(key, target_key)| {
                let (key, target_key) = (own(key, key_span), theirs(target_key, target_span));
                quote_spanned!(key_span=> #p::check_key(#key, #target_key);)
            });
            pairs.collect()
        }
        Kind::BelongsTo => {
            let types: Vec<_> = relation
                .key
                .names
                .iter()
                .filter_map(|name| scope.model.column(name))
                .map(|key| &key.ty)
                .collect();
            match types.as_slice() {
                [only] => quote_spanned!(key_span=> #p::check_reference::<#only, #target>();),
                types => quote_spanned!(key_span=> #p::check_reference::<(#(#types),*), #target>();),
            }
        }
        Kind::HasMany | Kind::HasOne => {
            let primary: Vec<String> = scope.model.keys().map(|key| key.field.clone()).collect();
            let refers_to = if relation.target_key.given { &relation.target_key.names } else { &primary };
            let pairs = relation.key.names.iter().zip(refers_to).map(|(key, own_key)| {
                let (key, own_key) = (theirs(key, key_span), own(own_key, key_span));
                quote_spanned!(key_span=> #p::check_key(#key, #own_key);)
            });
            pairs.collect()
        }
    }
}

fn order_by(named: &Named<'_>) -> TokenStream {
    let p = private();
    let target = &named.relation.target;
    let Some(order) = &named.relation.order_by else { return TokenStream::new() };
    let span = at(order.span);
    let terms = order.terms.iter().map(|term| {
        let constant = names::constant(&term.field, span);
        quote_spanned!(span=> let _: #p::Column<#target, _> = <#target>::#constant;)
    });
    terms.collect()
}

fn inverse(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let p = private();
    let (this, target) = (&scope.model.ident, &named.relation.target);
    let Some(inverse) = &named.relation.inverse else { return TokenStream::new() };
    let span = at(inverse.span);
    let constant = names::constant(inverse.value.trim_start_matches("r#"), span);
    let other = Ident::new(&scope.nested.to_string(), span);
    quote_spanned! {span=> {
        const fn inverse<#other: #p::Relation<Parent = #target, Target = #this>>(_: #other) {}
        inverse(<#target>::#constant);
    }}
}

/// The type of a generated key and of a version is an integer, where its tokens did not tell.
fn integer(scope: &Scope<'_>, column: &Column) -> TokenStream {
    let p = private();
    let this = &scope.model.ident;
    let generated = column.key.as_ref().and_then(|key| key.auto).or(column.version);
    let Some(span) = generated.filter(|_| column.is_integer().is_none()) else { return TokenStream::new() };
    let span = at(span);
    let constant = names::constant(&column.field, span);
    quote_spanned!(span=> #p::check_key(#this::#constant, #p::Column::<#this, i64>::new(0));)
}
