//! `#[derive(Model)]` and `#[derive(FromRow)]` of `orm-core`, which re-exports them: depend on that crate.
//!
//! The stages, in the order in which a model's struct passes through them: `parse` reads tokens and attributes, `model` puts
//! them in plain structs with the defaults filled in, `check` holds the rules, `expand` writes the code. `row` is all of the small
//! `FromRow`.

// Only the macros are exported: `pub` means that another stage uses an item.
#![allow(unreachable_pub)]

use proc_macro2::TokenStream;
use quote::quote;

mod errors;
mod library;
mod loaded_type;
mod max_statements;
mod names;
mod suggest;

mod parse;

mod model;

mod check;

mod expand;

mod row;

mod db_enum;

mod db_type;

#[cfg(test)]
mod fuzz;

use errors::Errors;

/// Implemented in `orm-derive`; use it from `orm-core`, which re-exports and documents it.
#[proc_macro_derive(
    Model,
    attributes(
        model,
        key,
        column,
        has_many,
        has_one,
        belongs_to,
        many_to_many,
        serde,
        // Words of other libraries, to be answered with ours.
        primary_key,
        auto_increment,
        foreign_key,
        relationship,
        nullable,
        unique
    )
)]
pub fn derive_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
}

/// Implemented in `orm-derive`; use it from `orm-core`, which re-exports and documents it.
#[proc_macro_attribute]
pub fn max_statements(
    limit: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    max_statements::max_statements(limit.into(), function.into()).into()
}

/// The type of a loaded entity. `orm_core::loaded!`, which is the documented form, adds the path of the library.
#[doc(hidden)]
#[proc_macro]
pub fn loaded_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    loaded_type::loaded_type(input.into()).into()
}

/// Implemented in `orm-derive`; use it from `orm-core`, which re-exports and documents it.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn derive_from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    row::derive(input.into()).into()
}

/// Implemented in `orm-derive`; use it from `orm-core`, which re-exports and documents it.
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn derive_db_enum(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    db_enum::derive(input.into()).into()
}

/// Implemented in `orm-derive`; use it from `orm-core`, which re-exports and documents it.
#[proc_macro_derive(DbType, attributes(db_type))]
pub fn derive_db_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    db_type::derive(input.into()).into()
}

/// The expansion of a model; of one with mistakes, the errors and stubs, so that its uses add no errors of their own.
fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(input) = parse::input(input, &mut errors) else {
        return errors.into_tokens();
    };
    let model = model::Model::new(input);
    check::all(&model, &mut errors);
    let code = expand::model(&model, errors.is_empty());
    let code = library::renamed(code, model.library.as_ref());
    let errors = errors.into_tokens();
    quote!(#errors #code)
}
