//! `#[derive(Model)]` and `#[derive(FromRow)]` of `orm-core`, which re-exports them: depend on that crate.
//!
//! The stages, in the order in which a model's struct passes through them: `parse` reads tokens and attributes, `model` puts
//! them in plain structs with the defaults filled in, `check` holds the rules, `expand` writes the code. `row` is all of the small
//! `FromRow`.

// Nothing but the macro is exported: `pub` says that another stage uses an item.
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

/// Makes a struct a model: one struct is one table.
///
/// The documentation of `orm_core::Model` shows what it generates.
///
/// | attribute | on | takes |
/// |---|---|---|
/// | `#[model(..)]` | the struct | `table`, `schema`, `module`, `hooks`, `debug`, `check`, `unique`, `index`, `renamed_from`, `crate` |
/// | `#[serde(..)]` | the struct | `rename_all` |
/// | `#[serde(..)]` | any field | `rename`, `skip`, `skip_serializing` |
/// | `#[key]` | a primary key's field | `auto` |
/// | `#[column(..)]` | a column's field | `name`, `unique`, `index`, `default`, `version`, `created`, `updated`, `secret`, `deferred`, `length`, `check`, `renamed_from` |
/// | `#[has_many(..)]` | a `HasMany<T>` | `key`, `target_key`, `lazy`, `order_by`, `cascade`, `passive_deletes`, `inverse`, `view_only` |
/// | `#[has_one(..)]` | a `HasOne<T>` | the same |
/// | `#[belongs_to(..)]` | a `BelongsTo<T>` or `BelongsTo<Option<T>>` | `key`, `target_key`, `lazy`, `cascade`, `on_delete`, `on_update`, `inverse`, `view_only` |
/// | `#[many_to_many(..)]` | a `HasMany<T>` | `through`, `through_schema`, `key`, `target_key`, `lazy`, `order_by`, `cascade`, `inverse`, `view_only` |
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

/// Fails a test that runs more statements than it should, and lists them by what they load.
///
/// It stands on an `async fn`, above or below the attribute that makes it a test. The documentation of
/// `orm_core::max_statements` shows it.
#[proc_macro_attribute]
pub fn max_statements(
    limit: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    max_statements::max_statements(limit.into(), function.into()).into()
}

/// The type of a loaded entity. `orm_core::loaded!`, which the documentation shows, says where the library is.
#[doc(hidden)]
#[proc_macro]
pub fn loaded_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    loaded_type::loaded_type(input.into()).into()
}

/// Makes a struct that takes the values of a row by name.
///
/// The documentation of `orm_core::FromRow` shows its use. `#[row(name = "..")]` on a field says what the query calls
/// its value, where that is not the field's own name. `#[row(model = User)]` on the struct says that its fields are
/// columns of a model, for `Select::load_only`; `#[row(crate = "shop::orm")]` says where the library is.
#[proc_macro_derive(FromRow, attributes(row))]
pub fn derive_from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    row::derive(input.into()).into()
}

/// Makes an enum without fields a type that a column can have: a text, an integer, or a type of the database's own.
///
/// The documentation of `orm_core::value::ColumnType` shows it.
///
/// | attribute | on | takes |
/// |---|---|---|
/// | `#[db_enum(..)]` | the enum | `rename_all = "snake_case"`, `repr = "i16"`, `native = "mood"` |
/// | `#[db_enum(..)]` | a variant | `rename = ".."` |
///
/// Without attributes a variant is stored as its name. `rename_all` takes `"snake_case"`, `"kebab-case"`,
/// `"camelCase"`, `"PascalCase"`, `"SCREAMING_SNAKE_CASE"`, `"lowercase"` and `"UPPERCASE"`. With `repr` it is stored as
/// its number, with `native` as a label of a type that `create_all` creates on PostgreSQL, or an `ENUM` on MySQL; on
/// SQLite it stays a text.
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn derive_db_enum(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    db_enum::derive(input.into()).into()
}

/// Makes a struct around one value a type that a column can have: `struct UserId(i64);`.
///
/// The documentation of `orm_core::value::ColumnType` shows it. It is stored as what is inside, and compares with its own type
/// alone. `#[db_type(try_from)]` reads it with the struct's own `TryFrom`, whose error then says why a stored value is
/// none.
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
