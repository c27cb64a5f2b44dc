//! `#[derive(DbType)]`: reading, rules and code of a struct around one value that is a column's type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, Type};

use crate::errors::Errors;
use crate::expand::{column_type, private, quiet};
use crate::parse::{Form, Known, Options, is_option, type_text};

const OPTIONS: &[Known] = &[Known("try_from", Form::Flag, "")];

/// The impls of a newtype; of another struct the errors alone.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let code = match syn::parse2::<DeriveInput>(input) {
        Ok(item) => {
            let inner = inner(&item, &mut errors);
            let checked = checked(&item, &mut errors);
            expand(&item.ident, inner.filter(|_| errors.is_empty()), checked)
        }
        Err(error) => {
            errors.push(error);
            TokenStream::new()
        }
    };
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

/// What a value of a type of the user's own becomes in drafts, queries and keys.
pub fn conversions(this: &Ident) -> TokenStream {
    let (p, quiet) = (private(), quiet());
    let into_value = |to: TokenStream| {
        quote! {
            #quiet
            impl #p::IntoValue<#to> for #this {
                fn into_value(self) -> #p::Value {
                    #p::ColumnType::view(&self).to_value()
                }
            }
        }
    };
    let (plain, optional) = (into_value(quote!(#this)), into_value(quote!(::core::option::Option<#this>)));
    quote! {
        #plain
        #optional

        #quiet
        impl #p::IntoOperand<#this> for #this {
            fn into_operand(self) -> #p::Expr {
                #p::operand(&self)
            }
        }

        #quiet
        impl #p::Plain for #this {}

        #quiet
        impl #p::Comparable<#this> for #this {}
    }
}

fn inner(item: &DeriveInput, errors: &mut Errors) -> Option<Type> {
    let name = &item.ident;
    if !item.generics.params.is_empty() {
        errors.on(&item.generics, "a `DbType` cannot be generic: a column has one type");
    }
    let form = format!("write `struct {name}(i64);` with the type that is stored");
    let fields = match &item.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.at(
                data.enum_token.span,
                "a `DbType` is a struct around one value; for an enum write `#[derive(DbEnum)]`",
            );
            return None;
        }
        Data::Union(data) => {
            errors.at(data.union_token.span, format!("a `DbType` is a struct around one value; {form}"));
            return None;
        }
    };
    match fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let inner = fields.unnamed.first()?.ty.clone();
            if is_option(&inner) {
                let message =
                    format!("`{name}` is a value; a column that may be NULL is an `Option<{name}>`");
                errors.on(&inner, message);
            }
            Some(inner)
        }
        Fields::Unit => {
            errors.at(name.span(), format!("`{name}` holds nothing; {form}"));
            None
        }
        fields => {
            errors.on(fields, format!("a `DbType` is a struct around one value; {form}"));
            None
        }
    }
}

/// Whether reading asks the type itself.
fn checked(item: &DeriveInput, errors: &mut Errors) -> bool {
    let mut own = item.attrs.iter().filter(|attribute| attribute.path().is_ident("db_type"));
    let Some(first) = own.next() else { return false };
    if let Some(second) = own.next() {
        errors.on(second.path(), "`#[db_type]` is given twice; join them in one");
    }
    Options::read(first, "db_type", OPTIONS, errors).flag("try_from").is_some()
}

fn expand(this: &Ident, inner: Option<Type>, checked: bool) -> TokenStream {
    let (p, quiet, conversions) = (private(), quiet(), conversions(this));
    let Some(inner) = inner else {
        return quote! {
            #quiet
            impl #p::ColumnType for #this {
                type Family = #this;
                type Stored = #this;
                type Bare = Self;
                type Like<__U: #p::ColumnType> = __U;
                const KIND: #p::ValueKind = #p::ValueKind::Text;

                fn read(_: #p::ValueRef<'_>) -> ::core::result::Result<Self, #p::ValueError> {
                    loop {}
                }

                fn view(&self) -> #p::ValueRef<'_> {
                    loop {}
                }
            }

            #conversions
        };
    };
    let item = |item| column_type(&inner, item);
    let (kind, read, view, stored) = (item("KIND"), item("read"), item("view"), item("Stored"));
    let quick = item("quick");
    let name = this.to_string();
    let written = type_text(&inner);
    let doc = format!("Stored as `{written}`.");
    let made = match checked {
        false => quote!(::core::result::Result::Ok(#this(inner))),
        true => quote! {
            <#this as ::core::convert::TryFrom<#inner>>::try_from(inner)
                .map_err(|error| #p::ValueError::not_accepted(cell, #name, &error))
        },
    };
    // A conversion error includes the cell, which the short path does not have.
    let short = (!checked).then(|| {
        quote! {
            fn quick(cells: &dyn #p::Cells, index: usize) -> ::core::option::Option<Self> {
                #quick(cells, index).map(#this)
            }
        }
    });
    quote! {
        #quiet
        #[doc = #doc]
        impl #p::ColumnType for #this {
            type Family = #this;
            type Stored = #stored;
            type Bare = Self;
            type Like<__U: #p::ColumnType> = __U;
            const KIND: #p::ValueKind = #kind;

            fn read(cell: #p::ValueRef<'_>) -> ::core::result::Result<Self, #p::ValueError> {
                let inner = #read(cell)?;
                #made
            }

            fn view(&self) -> #p::ValueRef<'_> {
                #view(&self.0)
            }

            #short
        }

        #conversions
    }
}
