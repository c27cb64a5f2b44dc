//! Writing: a model becomes code.
//!
//! Enters: a model. Leaves: a module of plain types, and beside the struct its constants, accessors and trait impls.
//! It never fails and reports nothing. For a model with mistakes it writes stubs: every name is there, no body is.
//!
//! The module mentions none of the user's types, because a struct inside a function body is out of its reach; all
//! impls stand next to the struct. Every path is absolute, so that nothing in the user's scope changes what it means.
//!
//! What keeps one mistake of a user to one error of the compiler, here and in the library's traits:
//!
//! * A name that does not exist: a constant that a relationship or `FromRow` names has a stand-in in a local trait, which the
//!   inherent constant hides if it exists. `loaded!` looks names up in constants, whose panic the compiler reports once.
//! * A bound is repeated where a result is a projection (`R: Relation + LoadedIn<L>` of `get`): it is then reported once. Where a
//!   result contains an argument's type, it is written as a projection too (`X::Itself` of `add_column`): it is then unknown where
//!   the bound is not met, and its uses add no errors.
//! * The missing columns of a draft: one generated trait over the tuple of column states lists them.
//! * The tree of `loaded!` is constants in one generic alias, not types within types, which clippy counts. Each name is a step that
//!   a trait applies to what was read before.
//! * Only an `Option` of the column's own type is accepted: a second `impl`, for `Option<&str>`, would leave a bare `None` without
//!   a type.
//! * The drivers' crates are in hidden modules: their names would otherwise make the compiler print every `String` with its path.

mod assertions;
mod debug;
mod definition;
mod draft;
mod inherent;
mod loaded_set;
mod module;
mod named_column;
mod record;
mod relation;
mod scope;
mod taken;
mod visibility;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::model::Model;
pub use named_column::NamedColumn;
use scope::Scope;

/// The code of a model; only stubs of it where the model has mistakes.
pub fn model(model: &Model, complete: bool) -> TokenStream {
    let scope = Scope::new(model, complete);
    let mut code = module::module(&scope);
    code.extend(scope.relations().map(|relation| relation::relation(&scope, &relation)));
    code.extend(loaded_set::loaded_set(&scope));
    code.extend(inherent::inherent(&scope));
    code.extend(record::record(&scope));
    code.extend(definition::definition(&scope));
    code.extend(draft::draft(&scope));
    code.extend(debug::debug(&scope));
    if complete {
        code.extend(assertions::assertions(&scope));
    }
    code
}

/// The library, for the signatures that editors show: they name what users name.
pub fn library() -> TokenStream {
    quote!(::orm_core)
}

/// Where the library keeps what other generated code names.
pub fn private() -> TokenStream {
    private_at(Span::call_site())
}

/// The same, to be pointed at where a type of the user's does not fit what follows.
pub fn private_at(span: Span) -> TokenStream {
    quote_spanned!(span=> ::orm_core::__private)
}

/// `<i64 as ColumnType>::view`. Its span is the type's, so a type that cannot be a column is one error, however often
/// it is named.
pub fn column_type(ty: &Type, item: &str) -> TokenStream {
    let span = at(ty.span());
    let (p, item) = (private_at(span), Ident::new(item, span));
    quote_spanned!(span=> <#ty as #p::ColumnType>::#item)
}

/// Where a mistake is to be seen; names are looked up as everywhere in generated code.
pub fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Code that the compiler shows as one place of the user's.
pub fn respanned(code: TokenStream, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = TokenTree::Group(Group::new(group.delimiter(), respanned(group.stream(), span)));
        }
        token.set_span(span);
        token
    };
    code.into_iter().map(respan).collect()
}

/// What stands before every generated impl. The user chose the names and the types in it: lints about them have been
/// heard where they are declared.
pub fn quiet() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, nonstandard_style, private_bounds, private_interfaces, trivial_bounds, clippy::all, clippy::pedantic)]
    }
}
