use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::scope::{Named, Scope};
use super::{at, column_type, private, private_at, quiet};
use crate::model::{Column, Relation};
use crate::parse::{Cascade, Function, KeyAction, Kind, Lazy, Text};

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
            impl #p::HasHooks for #this {}
        }
    });
    quote! {
        #declared

        #quiet
        impl #p::Model for #this {
            type Key = #key;
            type Bare = #module::#loads;

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
    let columns = scope.columns().map(|(column, _)| column_def(column));
    let key = scope.columns().filter(|(column, _)| column.key.is_some()).map(|(_, names)| names.place());
    let relations = scope.relations().map(|relation| relation_def(scope, &relation));
    let check = optional(scope.model.check.as_ref());
    let renamed_from = optional(scope.model.renamed_from.as_ref());
    let lists = [(true, &scope.model.unique), (false, &scope.model.indexes)];
    let indexes = lists.into_iter().flat_map(|(unique, lists)| lists.iter().map(move |list| (unique, list)));
    let indexes = indexes.map(|(unique, list)| {
        let place = |name: &String| scope.model.columns.iter().position(|column| column.field == *name);
        let columns = list.names.iter().filter_map(place).map(Literal::usize_unsuffixed);
        quote!(#p::IndexDef { columns: &[#(#columns),*], unique: #unique })
    });
    let count = Literal::usize_unsuffixed(scope.relations().count());
    quote! {
        static RELATIONS: [#p::RelationDef; #count] = [#(#relations),*];
        static DEF: #p::ModelDef = #p::ModelDef {
            name: #name,
            table: #table,
            columns: &[#(#columns),*],
            key: &[#(#key),*],
            relations: &RELATIONS,
            check: #check,
            renamed_from: #renamed_from,
            indexes: &[#(#indexes),*],
            checked: #p::CheckedModel::new(),
        };
        &DEF
    }
}

fn optional(text: Option<&Text>) -> TokenStream {
    match text.map(|text| &text.value) {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn column_def(column: &Column) -> TokenStream {
    let p = private();
    let (name, field) = (&column.name.value, &column.field);
    let (kind, nullable) = (column_type(&column.ty, "KIND"), column_type(&column.ty, "NULLABLE"));
    let plain = quote!(#p::ColumnDef::new(#name, #field, #kind, #nullable));
    let flags = [
        ("key", column.key.is_some()),
        ("auto", column.auto()),
        ("unique", column.unique),
        ("index", column.index),
        ("generated", column.default || column.auto() || column.generated.is_some()),
        ("read_only", column.generated.is_some()),
        ("read_back", column.read_back.is_some() || is_triggered(column)),
        ("version", column.version.is_some()),
        ("secret", column.secret),
        ("deferred", column.is_deferred),
    ];
    let mut set: Vec<TokenStream> = flags
        .into_iter()
        .filter(|(_, on)| *on)
        .map(|(flag, _)| {
            let flag = format_ident!("{flag}");
            quote!(#flag: true,)
        })
        .collect();
    if let Some(length) = column.length.as_ref().and_then(|length| length.value.parse::<u32>().ok()) {
        set.push(quote!(length: ::core::option::Option::Some(#length),));
    }
    match &column.serialized {
        Some(name) if name.value == *field => {}
        Some(name) => {
            let name = &name.value;
            set.push(quote!(serialized: ::core::option::Option::Some(#name),));
        }
        None => set.push(quote!(serialized: ::core::option::Option::None,)),
    }
    if column.check.is_some() {
        let check = optional(column.check.as_ref());
        set.push(quote!(check: #check,));
    }
    match column.stamp() {
        Some(("created", _)) => set.push(quote!(stamp: ::core::option::Option::Some(#p::Stamp::Created),)),
        Some(_) => set.push(quote!(stamp: ::core::option::Option::Some(#p::Stamp::Updated),)),
        None => {}
    }
    if column.renamed_from.is_some() {
        let renamed_from = optional(column.renamed_from.as_ref());
        set.push(quote!(renamed_from: #renamed_from,));
    }
    if let Some(sql) = &column.default_sql {
        set.push(quote!(default: ::core::option::Option::Some(#sql),));
    }
    if let Some(sql) = &column.generated_sql {
        let (sql, stored) = (&sql.value, column.is_virtual.is_none());
        set.push(quote! {
            computed: ::core::option::Option::Some(#p::ComputedDef { sql: #sql, stored: #stored }),
        });
    }
    if let Some(function) = &column.default_with
        && let Some(path) = &function.path
    {
        let (ty, span) = (&column.ty, at(function.span));
        let at_path = private_at(span);
        let value = quote_spanned!(span=> || #at_path::IntoValue::<#ty>::into_value(#path()));
        set.push(quote!(default_with: ::core::option::Option::Some(#value),));
    }
    if set.is_empty() { plain } else { quote!(#p::ColumnDef { #(#set)* ..#plain }) }
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
        Kind::HasMany => quote!(HasMany),
        Kind::HasOne => quote!(HasOne),
        Kind::BelongsTo => {
            let required = relation.is_required();
            quote!(BelongsTo { required: #required })
        }
        Kind::ManyToMany => quote!(ManyToMany),
    };
    let none = Vec::new();
    let (local, remote) = match relation.kind {
        Kind::BelongsTo => (&relation.key.names, &relation.target_key.names),
        Kind::HasMany | Kind::HasOne => (&relation.target_key.names, &relation.key.names),
        Kind::ManyToMany => (&none, &none),
    };
    let through = through(scope, named);
    let span = named.target_span();
    let at_target = private_at(span);
    let erased = quote_spanned!(span=> #at_target::erased::<#target>);
    let lazy = lazy(relation.lazy);
    let order_by = relation.order_by.iter().flat_map(|order| &order.terms).map(|term| {
        let (field, descending) = (&term.field, term.descending);
        quote!(#p::OrderDef { field: #field, descending: #descending })
    });
    let cascade = relation.cascade.map(|(cascade, _)| cascade).unwrap_or_default();
    let Cascade { merge, delete, delete_orphan, refresh_expire, expunge } = cascade;
    let passive_deletes = relation.passive_deletes.is_some();
    let view_only = relation.view_only.is_some();
    let merge = merge && !view_only;
    let filter = filter(relation);
    let (on_delete, on_update) = (key_action(relation.on_delete), key_action(relation.on_update));
    let inverse = match &relation.inverse {
        Some(inverse) => {
            let name = inverse.value.trim_start_matches("r#");
            quote!(::core::option::Option::Some(#name))
        }
        None => quote!(::core::option::Option::None),
    };
    let serialized = match &relation.serialized {
        Some(name) => {
            let name = &name.value;
            quote!(::core::option::Option::Some(#name))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #p::RelationDef {
            name: #name,
            index: #index,
            kind: #p::RelationKind::#kind,
            local: &[#(#local),*],
            remote: &[#(#remote),*],
            through: #through,
            lazy: #p::Lazy::#lazy,
            order_by: &[#(#order_by),*],
            cascade: #p::Cascade {
                merge: #merge,
                delete: #delete,
                delete_orphan: #delete_orphan,
                refresh_expire: #refresh_expire,
                expunge: #expunge,
            },
            passive_deletes: #passive_deletes,
            view_only: #view_only,
            filter: #filter,
            on_delete: #on_delete,
            on_update: #on_update,
            inverse: #inverse,
            serialized: #serialized,
            parent: #p::erased::<#this>,
            target: #erased,
            resolved: #p::ResolvedRelation::new(),
        }
    }
}

/// What makes the condition on the targets; its type is checked where the path is written.
fn filter(relation: &Relation) -> TokenStream {
    let Some(Function { path: Some(path), span }) = &relation.filter else {
        return quote!(::core::option::Option::None);
    };
    let span = at(*span);
    let p = private_at(span);
    let made = quote_spanned!(span=> || #p::relation_filter(#path()));
    quote!(::core::option::Option::Some(#made))
}

/// A table's name, in its schema where it has one.
fn table_name(table: &Text, schema: Option<&Text>) -> TokenStream {
    let (p, name) = (private(), &table.value);
    match schema.map(|schema| &schema.value) {
        None => quote!(#p::TableName::new(#name)),
        Some(schema) => quote!(#p::TableName::within(#schema, #name)),
    }
}

fn through(scope: &Scope<'_>, named: &Named<'_>) -> TokenStream {
    let p = private();
    let Some(table) = &named.relation.through else {
        return quote!(::core::option::Option::None);
    };
    let schema = named.relation.through_schema.as_ref().or(scope.model.schema.as_ref());
    let table = table_name(table, schema);
    let (key, target_key) = (&named.relation.key.names, &named.relation.target_key.names);
    quote! {
        ::core::option::Option::Some(#p::ThroughDef {
            table: #table,
            key: &[#(#key),*],
            target_key: &[#(#target_key),*],
        })
    }
}

fn key_action(action: Option<(KeyAction, proc_macro2::Span)>) -> TokenStream {
    let p = private();
    let action = match action {
        None => return quote!(::core::option::Option::None),
        Some((KeyAction::NoAction, _)) => quote!(NoAction),
        Some((KeyAction::Restrict, _)) => quote!(Restrict),
        Some((KeyAction::Cascade, _)) => quote!(Cascade),
        Some((KeyAction::SetNull, _)) => quote!(SetNull),
        Some((KeyAction::SetDefault, _)) => quote!(SetDefault),
    };
    quote!(::core::option::Option::Some(#p::KeyAction::#action))
}

fn lazy(lazy: Lazy) -> TokenStream {
    match lazy {
        Lazy::Select => quote!(Select),
        Lazy::Raise => quote!(Raise),
        Lazy::RaiseOnSql => quote!(RaiseOnSql),
        Lazy::Selectin => quote!(Selectin),
        Lazy::Joined => quote!(Joined),
        Lazy::Subquery => quote!(Subquery),
    }
}
