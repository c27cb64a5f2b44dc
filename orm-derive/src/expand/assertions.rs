//! Checks that only the compiler can make: of types, and of columns of other models.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::named_column::NamedColumn;
use super::scope::{Named, Scope};
use super::{at, column_type, private_at};
use crate::model::Column;
use crate::names;
use crate::parse::{Kind, Names, inner_of_option, is_option, last_name, type_text};

/// What the tokens of one struct cannot tell and the compiler can: that keys exist on the other side and fit.
pub fn assertions(scope: &Scope<'_>) -> TokenStream {
    let columns = scope.columns().map(|(column, _)| column);
    let columns: TokenStream = columns
        .flat_map(|column| [integer(column), moment(column), precise(column), single_option(column)])
        .collect();
    let relations: TokenStream =
        scope.relations().map(|relation| relation_checks(scope, &relation)).collect();
    if columns.is_empty() && relations.is_empty() {
        return TokenStream::new();
    }
    let derives = derives(scope);
    quote! {
        #[allow(dead_code, deprecated, trivial_bounds, clippy::all, clippy::pedantic)]
        const _: () = {
            #columns
            #relations
            #derives
        };
    }
}

/// A derive beside this one that a model cannot have, and that would cause several errors.
fn derives(scope: &Scope<'_>) -> TokenStream {
    if scope.relations().next().is_none() {
        return TokenStream::new();
    }
    let (this, name) = (&scope.model.ident, &scope.model.name);
    let span = at(this.span());
    let p = private_at(span);
    let message = format!(
        "`{name}` derives `Deserialize`, which a model with relationships cannot: read a struct of your own, and make a draft \
         of it, `{name}::draft().name(form.name)`"
    );
    quote_spanned! {span=>
        {
            use #p::DerivesNothing as _;
            if #p::Derives::<#this>::DESERIALIZE {
                ::core::panic!(#message);
            }
        }
    }
}

/// The checks of one relationship, in functions that are never called. The bound keeps rustc from checking their bodies
/// if the target is not a model.
fn relation_checks(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let mut unbounded = key(scope, named);
    unbounded.extend(order_by(named));
    unbounded.extend(reference(scope, named));
    unbounded.extend(association(scope, named));
    let inverse = inverse(scope, named);
    let bound = named.bound();
    let bounded = (!inverse.is_empty()).then(|| quote!({ fn check() #bound { #inverse } }));
    let unbounded = (!unbounded.is_empty()).then(|| quote!({ fn check() { #unbounded } }));
    quote!(#bounded #unbounded)
}

/// A `belongs_to` without `target_key` refers to the primary key, which has no name here.
fn reference(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let relation = named.relation;
    if relation.kind != Kind::BelongsTo || relation.target_key.given {
        return TokenStream::new();
    }
    let target = &relation.target;
    let key = relation.key.names.iter().filter_map(|name| scope.model.column(name));
    let types: Vec<_> = key.map(|column| &column.ty).collect();
    let span = named.target_span();
    let p = private_at(span);
    match types.as_slice() {
        [only] => quote_spanned!(span=> #p::check_reference::<#only, #target>();),
        types => quote_spanned!(span=> #p::check_reference::<(#(#types),*), #target>();),
    }
}

fn key(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let relation = named.relation;
    let (this, target) = (&scope.model.ident, &relation.target);
    let own = |field: &String, span| {
        let constant = names::constant(field, span);
        quote_spanned!(span=> #this::#constant)
    };
    let path = format!("{}.{}", scope.model.name, relation.field);
    let attribute = relation.kind.name();
    let (key_span, target_span) = (at(relation.key.span), at(relation.target_key.span));
    let p = private_at(key_span);
    // What is for reading writes no key.
    let check = if relation.view_only.is_some() { "check_read_key" } else { "check_key" };
    let check = Ident::new(check, key_span);
    match relation.kind {
        Kind::BelongsTo if relation.target_key.given => {
            let pairs = relation.key.names.iter().zip(&relation.target_key.names).map(|(key, target_key)| {
                let column = NamedColumn {
                    model: target,
                    field: target_key,
                    span: target_span,
                    label: format!("the key of `{path}` refers to it"),
                    note: "`target_key` names a column of the target that is visible here; without it the key refers to the \
                           primary key"
                        .to_owned(),
                };
                let (ty, key, target_key) = (type_of(scope, key), own(key, key_span), column.constant());
                column.checked(&ty, quote_spanned!(key_span=> #p::#check(#key, #target_key);))
            });
            pairs.collect()
        }
        Kind::HasMany | Kind::HasOne => {
            let primary: Vec<String> = scope.model.keys().map(|key| key.field.clone()).collect();
            let refers_to = if relation.target_key.given { &relation.target_key.names } else { &primary };
            let pairs = relation.key.names.iter().zip(refers_to).map(|(key, own_key)| {
                let ty = type_of(scope, own_key);
                let text = scope.model.column(own_key).map(|column| type_text(&column.ty)).unwrap_or_default();
                let column = NamedColumn {
                    model: target,
                    field: key,
                    span: key_span,
                    label: format!("the key of `{path}`"),
                    note: format!(
                        "add `{key}: {text}` there, visible from here, or name the key: `#[{attribute}(key = \"..\")]`"
                    ),
                };
                let (key, own_key) = (column.constant(), own(own_key, key_span));
                column.checked(&ty, quote_spanned!(key_span=> #p::#check(#key, #own_key);))
            });
            pairs.collect()
        }
        Kind::BelongsTo | Kind::ManyToMany => TokenStream::new(),
    }
}

/// The association model of a `many_to_many` is a model and has the keys of both ends.
fn association(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let relation = named.relation;
    let Some(association) = relation.association() else { return TokenStream::new() };
    let path = format!("{}.{}", scope.model.name, relation.field);
    let (span, target) = (at(association.span()), &relation.target);
    let p = private_at(span);
    let mut checks = quote_spanned!(span=> { fn check() where #association: #p::Model {} });
    let column = |field, names: &Names, option: &str| NamedColumn {
        model: association,
        field,
        span: if names.given { at(names.span) } else { span },
        label: format!("the links of `{path}`"),
        note: format!(
            "add it there, visible from here, or name the field: `#[many_to_many({option} = \"..\")]`"
        ),
    };
    for (key, own) in relation.key.names.iter().zip(scope.model.keys()) {
        let column = column(key, &relation.key, "key");
        let (this, own_key, key) = (&scope.model.ident, names::constant(&own.field, span), column.constant());
        let check = quote_spanned!(span=> #p::check_read_key(#key, #this::#own_key););
        checks.extend(column.checked(&own.ty.to_token_stream(), check));
    }
    for key in &relation.target_key.names {
        let column = column(key, &relation.target_key, "target_key");
        let constant = column.constant();
        checks.extend(match relation.target_key.names.len() {
            1 => column.checked(
                &quote_spanned!(span=> <#target as #p::Model>::Key),
                quote_spanned!(span=> #p::check_link_key::<_, _, _, #target>(#constant);),
            ),
            // Which part of a composite key it refers to has no name here.
            _ => column.checked(&quote!(()), TokenStream::new()),
        });
    }
    checks
}

fn order_by(named: &Named<'_>) -> TokenStream {
    let target = &named.relation.target;
    let Some(order) = &named.relation.order_by else { return TokenStream::new() };
    let terms = order.terms.iter().map(|term| {
        let label = format!("`{}` is ordered by it", named.relation.field);
        let (field, span) = (&*term.field, at(order.span));
        match named.relation.association().filter(|_| term.of.is_some()) {
            Some(model) => {
                let note =
                    "`order_by` names columns of the association model that are visible here".to_owned();
                NamedColumn { model, field, span, label, note }.checked(&quote!(()), TokenStream::new())
            }
            None => {
                let note = "`order_by` names columns of the target that are visible here".to_owned();
                NamedColumn { model: target, field, span, label, note }
                    .checked(&quote!(()), TokenStream::new())
            }
        }
    });
    terms.collect()
}

/// The type of a column of the model.
fn type_of(scope: &Scope<'_>, field: &str) -> TokenStream {
    match scope.model.column(field) {
        Some(column) => column.ty.to_token_stream(),
        None => quote!(()),
    }
}

fn inverse(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let (this, target) = (&scope.model.ident, &named.relation.target);
    let Some(inverse) = &named.relation.inverse else { return TokenStream::new() };
    let span = at(inverse.span);
    let p = private_at(span);
    let constant = names::constant(inverse.value.trim_start_matches("r#"), span);
    let other = Ident::new(&scope.nested.to_string(), span);
    quote_spanned! {span=> {
        fn inverse<#other: #p::Relation<Parent = #target, Target = #this>>(_: #other) {}
        inverse(<#target>::#constant);
    }}
}

/// The type inside an `Option` must not be an `Option` under another name.
fn single_option(column: &Column) -> TokenStream {
    let inner = inner_of_option(&column.ty);
    // A type of the language or the standard library is none.
    let known = last_name(inner).is_some_and(|name| {
        matches!(
            name.as_str(),
            "String"
                | "Vec"
                | "i8"
                | "i16"
                | "i32"
                | "i64"
                | "u8"
                | "u16"
                | "u32"
                | "u64"
                | "f32"
                | "f64"
                | "bool"
        )
    });
    if !is_option(&column.ty) || known {
        return TokenStream::new();
    }
    // Asked of the whole type, as everything else is: of one that can be no column the compiler reports one error.
    let twice = column_type(&column.ty, "NULLABLE_TWICE");
    let message = format!(
        "a column is NULL or a value, and `{}` is an `Option` around one: write one `Option` alone",
        column.field
    );
    let span = at(inner.span());
    quote_spanned!(span=> ::core::assert!(!#twice, #message);)
}

/// The clock tells a day and a time.
fn moment(column: &Column) -> TokenStream {
    let Some((word, span)) = column.stamp() else { return TokenStream::new() };
    let span = at(span);
    let (p, kind) = (private_at(span), column_type(&column.ty, "KIND"));
    let message = format!(
        "`{word}` is when a row was {word}, and `{}` is not a date and time: write `DateTime<Utc>`, `OffsetDateTime` or \
         `Timestamp`",
        column.field
    );
    quote_spanned! {span=>
        match #kind {
            #p::ValueKind::Timestamp | #p::ValueKind::DateTime => {}
            _ => ::core::panic!(#message),
        }
    }
}

/// A time has a precision, where its tokens did not tell that it is one.
fn precise(column: &Column) -> TokenStream {
    let Some(precision) = column.precision.as_ref().filter(|_| column.is_time().is_none()) else {
        return TokenStream::new();
    };
    let span = at(precision.span);
    let (p, kind) = (private_at(span), column_type(&column.ty, "KIND"));
    let message = format!("`precision` is for a time, and `{}` is not one; remove it", column.field);
    let times =
        quote_spanned!(span=> #p::ValueKind::Time | #p::ValueKind::DateTime | #p::ValueKind::Timestamp);
    quote_spanned! {span=>
        match #kind {
            #times | #p::ValueKind::Array(#times) => {}
            _ => ::core::panic!(#message),
        }
    }
}

/// The type of a generated key and of a version is an integer, where its tokens did not tell.
fn integer(column: &Column) -> TokenStream {
    let auto = column.key.as_ref().and_then(|key| key.auto);
    let Some(span) = auto.or(column.version).filter(|_| column.is_integer().is_none()) else {
        return TokenStream::new();
    };
    let span = at(span);
    let (field, kind) = (&column.field, column_type(&column.ty, "KIND"));
    let message = match auto {
        Some(_) => format!("the database generates integers, and `{field}` is none; {}", column.other_key()),
        None => format!("a version is a counter, but `{field}` is not an integer"),
    };
    let p = private_at(span);
    let integers = ["i16", "i32", "i64"].map(|name| {
        let integer = Ident::new(name, span);
        quote_spanned!(span=> <::core::primitive::#integer as #p::ColumnType>::KIND)
    });
    quote_spanned! {span=>
        match #kind {
            #(#integers)|* => {}
            _ => ::core::panic!(#message),
        }
    }
}
