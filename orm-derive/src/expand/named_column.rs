//! A column of another struct, named by its field and checked by the compiler.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::private_at;
use crate::names;

/// A column of another struct, by the name of its field.
pub struct NamedColumn<'n, M> {
    /// The type or path of the struct.
    pub model: &'n M,
    pub field: &'n str,
    /// Where it is named.
    pub span: Span,
    /// What it is used for, and what to do if the column does not exist.
    pub label: String,
    pub note: String,
}

impl<M: ToTokens> NamedColumn<'_, M> {
    /// `<User>::NAME`.
    pub fn constant(&self) -> TokenStream {
        let (model, constant) = (self.model, names::constant(self.field, self.span));
        quote_spanned!(self.span=> <#model>::#constant)
    }

    /// `then`, behind a check that the column exists.
    ///
    /// The constant of a trait stands for one that the struct lacks, with the type that is expected of it, so the compiler
    /// reports it once and in these words. Of a struct that is not a model nothing is reported here.
    pub fn checked(&self, ty: &TokenStream, then: TokenStream) -> TokenStream {
        let (model, span, label, note) = (self.model, self.span, &self.label, &self.note);
        let (p, constant, column) = (private_at(span), names::constant(self.field, span), self.constant());
        let name = model.to_token_stream().to_string().replace(' ', "");
        let message =
            format!("`{}` has no column `{}`", name.rsplit("::").next().unwrap_or(&name), self.field);
        quote_spanned! {span=> {
            trait OtherColumns {
                const #constant: #p::Column<#model, #ty, #p::NoSuchColumn> = #p::Column::new(0);
            }
            impl<T> OtherColumns for T {}
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            trait IsAColumn: ::core::marker::Sized {
                fn exists(self) {}
            }
            #[diagnostic::do_not_recommend]
            impl<C: #p::Present> IsAColumn for C {}
            use #p::NoTarget as _;
            IsAColumn::exists(#p::Target::<#model>::column(#column));
            #then
        }}
    }
}
