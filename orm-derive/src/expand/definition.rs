//! `Model::def()`: the model as static data.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Attribute;
use syn::spanned::Spanned;

use super::relation::can_be_named;
use super::scope::{Named, Scope};
use super::{at, column_type, private, private_at, quiet};
use crate::model::{Column, Relation};
use crate::parse::{Cascade, Function, KeyAction, Kind, Lazy, Text, Through, doc_text};

/// The model as static data.
pub fn definition(scope: &Scope<'_>) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let (this, module, loads) = (&scope.model.ident, &scope.module, &scope.loads);
    let key = key_type(scope);
    let body = if scope.complete { definition_body(scope) } else { quote!(loop {}) };
    let hooks = (scope.complete && scope.model.hooks).then(|| {
        quote! {
            fn hooks() -> ::core::option::Option<#p::HookTable<Self>> {
                ::core::option::Option::Some(#p::HookTable::new())
            }
        }
    });
    // Where hooks are not asked for, an impl of them is an error. A model with mistakes has one error already.
    let declared = (scope.model.hooks || !scope.complete).then(|| {
        quote! {
            #quiet
            impl #p::DeclaresHooks for #this {}
        }
    });
    let names = scope.relations().map(|relation| match can_be_named(scope, &relation) {
        true => relation.relation.field.as_str(),
        false => "",
    });
    let names: Vec<&str> = names.collect();
    let relations =
        (!names.is_empty()).then(|| quote!(const RELATIONS: &'static [&'static str] = &[#(#names),*];));
    quote! {
        #declared

        #quiet
        impl #p::Model for #this {
            type Key = #key;
            type Bare = #module::#loads;
            #relations

            fn def() -> &'static #p::ModelDef {
                #body
            }

            #hooks
        }
    }
}

fn key_type(scope: &Scope<'_>) -> TokenStream {
    let mut types = scope.model.keys().map(|column| &column.ty);
    match (types.next(), types.next()) {
        // A model without a key has been reported; most keys are integers.
        _ if !scope.complete && !has_usable_key(scope) => quote!(i64),
        (None, _) => quote!(i64),
        (Some(only), None) => quote!(#only),
        (Some(first), Some(second)) => quote!((#first, #second #(, #types)*)),
    }
}

/// Whether the key's types can be a key, as far as their tokens tell: the others have been reported.
fn has_usable_key(scope: &Scope<'_>) -> bool {
    scope.model.keys().count() <= crate::check::MOST_KEY_COLUMNS
        && scope.model.keys().all(crate::check::can_be_key)
}

fn definition_body(scope: &Scope<'_>) -> TokenStream {
    let p = private();
    let (name, table) = (&scope.model.name, table_name(&scope.model.table, scope.model.schema.as_ref()));
    let columns: Vec<_> = scope.columns().map(|(column, _)| column_def(column)).collect();
    let key = scope.columns().filter(|(column, _)| column.key.is_some()).map(|(_, names)| names.place());
    let relations = scope.relations().map(|relation| relation_def(scope, &relation));
    let lists = [(true, &scope.model.unique), (false, &scope.model.indexes)];
    let indexes = lists.into_iter().flat_map(|(unique, lists)| lists.iter().map(move |list| (unique, list)));
    let indexes: Vec<_> = indexes
        .map(|(unique, list)| {
            let place = |name: &String| scope.model.columns.iter().position(|column| column.field == *name);
            let columns = list.columns.names.iter().filter_map(place).map(Literal::usize_unsuffixed);
            let condition = list.condition.as_ref().map(|text| with("condition", some(&text.value)));
            quote!(#p::IndexDef::new(&[#(#columns),*], #unique) #condition)
        })
        .collect();
    let mut set = TokenStream::new();
    if let Some(check) = &scope.model.check {
        set.extend(with("check_constraint", some(&check.value)));
    }
    if let Some(name) = &scope.model.renamed_from {
        set.extend(with("renamed_from", some(&name.value)));
    }
    set.extend(docs(&scope.model.docs));
    if !indexes.is_empty() {
        set.extend(with("indexes", quote!(&[#(#indexes),*])));
    }
    let count = scope.relations().count();
    // Of a target that is not a model the impls of the relationship report it, and nothing here.
    let targets = (count > 0).then(|| quote!(use #p::NoTarget as _;));
    let (width, count) = (Literal::usize_unsuffixed(columns.len()), Literal::usize_unsuffixed(count));
    quote! {
        #targets
        static COLUMNS: [#p::ColumnDef; #width] = [#(#columns),*];
        static RELATIONS: [#p::RelationDef; #count] = [#(#relations),*];
        static DEF: #p::ModelDef =
            #p::ModelDef::new(#name, #table, &COLUMNS, &[#(#key),*], &RELATIONS) #set;
        &DEF
    }
}

/// `.with_name(value)`: what a descriptor has besides what its constructor takes.
fn with(name: &str, value: impl ToTokens) -> TokenStream {
    let setter = format_ident!("with_{name}");
    quote!(.#setter(#value))
}

/// The name in serialised objects, where that is not the field's.
fn serialized(name: Option<&Text>, field: &str) -> Option<TokenStream> {
    match name {
        Some(name) if name.value == field => None,
        Some(name) => Some(with("serialized", some(&name.value))),
        None => Some(with("serialized", quote!(::core::option::Option::None))),
    }
}

/// What a doc comment says, for the comments of tables and columns.
fn docs(docs: &[Attribute]) -> Option<TokenStream> {
    doc_text(docs).map(|text| with("docs", some(text)))
}

fn some(value: impl ToTokens) -> TokenStream {
    quote!(::core::option::Option::Some(#value))
}

fn column_def(column: &Column) -> TokenStream {
    let p = private();
    let (name, field) = (&column.name.value, &column.field);
    let (kind, nullable) = (column_type(&column.ty, "KIND"), column_type(&column.ty, "NULLABLE"));
    let flags = [
        ("key", column.key.is_some()),
        ("auto", column.auto()),
        ("unique", column.unique),
        ("index", column.index),
        ("generated", column.default || column.auto() || column.generated.is_some()),
        ("read_only", column.generated.is_some()),
        ("read_back", column.read_back.is_some() || is_triggered(column)),
        ("version", column.version.is_some()),
        ("database_clock", column.clock.is_some()),
        ("secret", column.secret),
        ("deferred", column.is_deferred),
    ];
    let flags = flags.into_iter().filter(|(_, on)| *on);
    let mut set: TokenStream = flags.map(|(flag, on)| with(flag, on)).collect();
    if let Some(length) = column.length.as_ref().and_then(|length| length.value.parse::<u32>().ok()) {
        set.extend(with("length", some(length)));
    }
    if let Some(digits) = column.precision.as_ref().and_then(|precision| precision.value.parse::<u8>().ok()) {
        set.extend(with("precision", some(digits)));
    }
    set.extend(serialized(column.serialized.as_ref(), field));
    if let Some(check) = &column.check {
        set.extend(with("check", some(&check.value)));
    }
    match column.stamp() {
        Some(("created", _)) => set.extend(with("stamp", some(quote!(#p::Stamp::Created)))),
        Some(("updated", _)) => set.extend(with("stamp", some(quote!(#p::Stamp::Updated)))),
        Some(_) => set.extend(with("stamp", some(quote!(#p::Stamp::Deleted)))),
        None => {}
    }
    if let Some((word, function)) = column.author()
        && let Some(path) = &function.path
    {
        let stamp = if word == "created_by" { quote!(Created) } else { quote!(Updated) };
        set.extend(with("stamp", some(quote!(#p::Stamp::#stamp))));
        let (ty, span) = (&column.ty, at(function.span));
        let at_path = private_at(span);
        // The types are found out on the path, so that a mistake there is reported without names of the library.
        let read = quote_spanned! {span=>
            |context| {
                let read: fn(&_) -> _ = #path;
                match #at_path::from_context(context, read) {
                    ::core::result::Result::Ok(found) => {
                        ::core::result::Result::Ok(#at_path::IntoValue::<#ty>::into_value(found))
                    }
                    ::core::result::Result::Err(missing) => ::core::result::Result::Err(missing),
                }
            }
        };
        set.extend(with("from_context", some(read)));
    }
    if let Some(name) = &column.renamed_from {
        set.extend(with("renamed_from", some(&name.value)));
    }
    if let Some(sql) = &column.default_sql {
        set.extend(with("default", some(&sql.value)));
    }
    if let Some(sql) = &column.generated_sql {
        let (sql, stored) = (&sql.value, column.is_virtual.is_none());
        set.extend(with("computed", some(quote!(#p::ComputedDef::new(#sql, #stored)))));
    }
    if let Some(function) = &column.default_with
        && let Some(path) = &function.path
    {
        let (ty, span) = (&column.ty, at(function.span));
        let at_path = private_at(span);
        let value = quote_spanned!(span=> || #at_path::IntoValue::<#ty>::into_value(#path()));
        set.extend(with("default_with", some(value)));
    }
    set.extend(docs(&column.docs));
    quote!(#p::ColumnDef::new(#name, #field, #kind, #nullable) #set)
}

/// Whether the database fills it in and no SQL is given: then a trigger does.
fn is_triggered(column: &Column) -> bool {
    column.generated.is_some() && column.generated_sql.is_none()
}

fn relation_def(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let p = private();
    let relation = named.relation;
    let (this, target) = (&scope.model.ident, &relation.target);
    let (name, index) = (&relation.field, Literal::usize_unsuffixed(named.index));
    let kind = match relation.kind {
        Kind::HasMany => quote!(OneToMany),
        Kind::HasOne => quote!(OneToOne),
        Kind::BelongsTo => {
            let required = relation.is_required();
            quote!(ManyToOne { required: #required })
        }
        Kind::ManyToMany => quote!(ManyToMany),
    };
    let none = Vec::new();
    let (local, remote) = match relation.kind {
        Kind::BelongsTo => (&relation.key.names, &relation.target_key.names),
        Kind::HasMany | Kind::HasOne => (&relation.target_key.names, &relation.key.names),
        Kind::ManyToMany => (&none, &none),
    };
    let span = named.target_span();
    let at_target = private_at(span);
    let target = quote_spanned!(span=> #at_target::Target::<#target>::ERASED);
    let mut set = TokenStream::new();
    for (side, fields) in [("local", local), ("remote", remote)] {
        if !fields.is_empty() {
            set.extend(with(side, quote!(&[#(#fields),*])));
        }
    }
    if let Some(through) = through(scope, named) {
        set.extend(with("through", some(through)));
    }
    if let Some(lazy) = lazy(relation.lazy) {
        set.extend(with("lazy", quote!(#p::Lazy::#lazy)));
    }
    let terms: Vec<_> = relation.order_by.iter().flat_map(|order| &order.terms).collect();
    if !terms.is_empty() {
        let terms = terms.iter().map(|term| {
            let (field, descending) = (&term.field, term.descending);
            let of_association = term.of.as_ref().map(|_| with("of_association", true));
            quote!(#p::OrderDef::new(#field, #descending) #of_association)
        });
        set.extend(with("order_by", quote!(&[#(#terms),*])));
    }
    let cascade = cascade(relation);
    set.extend(with("cascade", quote!(#p::Cascade::new() #cascade)));
    if relation.passive_deletes.is_some() {
        set.extend(with("passive_deletes", true));
    }
    if relation.view_only.is_some() {
        set.extend(with("view_only", true));
    }
    set.extend(filter(relation).map(|filter| with("filter", filter)));
    for (option, action) in [("on_delete", relation.on_delete), ("on_update", relation.on_update)] {
        if let Some((action, _)) = action {
            set.extend(with(option, some(key_action(action))));
        }
    }
    if let Some(inverse) = &relation.inverse {
        set.extend(with("inverse_name", some(inverse.value.trim_start_matches("r#"))));
    }
    set.extend(serialized(relation.serialized.as_ref(), name));
    quote! {
        #p::RelationDef::new(#name, #index, #p::RelationKind::#kind, #p::erased::<#this>, #target) #set
    }
}

/// What follows the parent; what is only read is not merged.
fn cascade(relation: &Relation) -> TokenStream {
    let cascade = relation.cascade.map(|(cascade, _)| cascade).unwrap_or_default();
    let Cascade { merge, delete, delete_orphan, refresh_expire, expunge } = cascade;
    let flags = [
        ("merge", merge && relation.view_only.is_none()),
        ("delete", delete),
        ("delete_orphan", delete_orphan),
        ("refresh_expire", refresh_expire),
        ("expunge", expunge),
    ];
    flags.into_iter().filter(|(_, on)| *on).map(|(flag, on)| with(flag, on)).collect()
}

/// What makes the condition on the targets; its type is checked where the path is written.
fn filter(relation: &Relation) -> Option<TokenStream> {
    let Some(Function { path: Some(path), span }) = &relation.filter else { return None };
    let span = at(*span);
    let p = private_at(span);
    // Not an argument: the compiler would show the function that takes it.
    Some(quote_spanned!(span=> || {
        let condition: ::orm_core::Predicate = #path();
        #p::relation_filter(condition)
    }))
}

/// A table's name, in its schema where it has one.
fn table_name(table: &Text, schema: Option<&Text>) -> TokenStream {
    let (p, name) = (private(), &table.value);
    match schema.map(|schema| &schema.value) {
        None => quote!(#p::TableName::new(#name)),
        Some(schema) => quote!(#p::TableName::within(#schema, #name)),
    }
}

fn through(scope: &Scope<'_>, named: &Named<'_>) -> Option<TokenStream> {
    let p = private();
    let (key, target_key) = (&named.relation.key.names, &named.relation.target_key.names);
    Some(match named.relation.through.as_ref()? {
        Through::Table(table) => {
            let schema = named.relation.through_schema.as_ref().or(scope.model.schema.as_ref());
            let table = table_name(table, schema);
            quote!(#p::ThroughDef::new(#table, &[#(#key),*], &[#(#target_key),*]))
        }
        Through::Model(model) => {
            let span = at(model.span());
            let at_model = private_at(span);
            let model = quote_spanned!(span=> #at_model::Target::<#model>::ERASED);
            quote!(#p::ThroughDef::of(#model, &[#(#key),*], &[#(#target_key),*]))
        }
    })
}

fn key_action(action: KeyAction) -> TokenStream {
    let p = private();
    match action {
        KeyAction::NoAction => quote!(#p::KeyAction::NoAction),
        KeyAction::Restrict => quote!(#p::KeyAction::Restrict),
        KeyAction::Cascade => quote!(#p::KeyAction::Cascade),
        KeyAction::SetNull => quote!(#p::KeyAction::SetNull),
        KeyAction::SetDefault => quote!(#p::KeyAction::SetDefault),
    }
}

/// How it is loaded, unless that is the default.
fn lazy(lazy: Lazy) -> Option<TokenStream> {
    Some(match lazy {
        Lazy::Select => return None,
        Lazy::Raise => quote!(Raise),
        Lazy::RaiseOnSql => quote!(RaiseOnSql),
        Lazy::Selectin => quote!(Selectin),
        Lazy::Joined => quote!(Joined),
        Lazy::Subquery => quote!(Subquery),
    })
}
