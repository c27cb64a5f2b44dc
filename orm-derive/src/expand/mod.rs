//! Writing: a model becomes code.
//!
//! Enters: a model. Leaves: a module of plain types, and beside the struct its constants, accessors and trait impls.
//! It never fails and reports nothing. For a model with mistakes it writes stubs: every name is there, no body is.
//!
//! The module mentions none of the user's types, because a struct inside a function body is out of its reach; all
//! impls stand next to the struct. Every path is absolute, and local names are hygienic.

/// `quote!` with local names that are hygienic, so that nothing in the user's scope changes what they mean.
macro_rules! mixed {
    ($($code:tt)*) => { ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($code)*) };
}

mod assertions;
mod definition;
mod draft;
mod inherent;
mod module;
mod record;
mod relation;
mod scope;
mod visibility;

use proc_macro2::TokenStream;

use crate::model::Model;
use scope::Scope;

/// The code of a model; only stubs of it where the model has mistakes.
pub fn model(model: &Model, complete: bool) -> TokenStream {
    let scope = Scope::new(model, complete);
    let mut code = module::module(&scope);
    code.extend(scope.relations().map(|relation| relation::relation(&scope, &relation)));
    code.extend(inherent::inherent(&scope));
    code.extend(record::record(&scope));
    code.extend(definition::definition(&scope));
    code.extend(draft::draft(&scope));
    if complete {
        code.extend(assertions::assertions(&scope));
    }
    code
}

/// Where the library keeps what generated code names.
fn private() -> TokenStream {
    mixed!(::orm_core::__private)
}

/// What stands before every generated impl. The user chose the names and the types in it: lints about them have been
/// heard where they are declared.
fn quiet() -> TokenStream {
    mixed! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, nonstandard_style, private_bounds, private_interfaces, clippy::all, clippy::pedantic)]
    }
}
