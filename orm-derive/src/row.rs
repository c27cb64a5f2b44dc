//! `#[derive(FromRow)]`: a struct that takes the values of a row by name.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields, Ident, LitStr, Path, Type};

use crate::errors::Errors;
use crate::expand::{NamedColumn, at};
use crate::library;

/// One field: what it takes and from where.
struct Taken {
    ident: Ident,
    name: String,
    /// Where the name is written.
    span: Span,
    ty: Type,
}

/// The expansion; of a struct with mistakes, the errors and a stub.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    if let Some(lifetime) = input.generics.lifetimes().next() {
        let text = "a row owns its values: write `name: String` and not a reference; a struct of a row has no lifetime";
        errors.on(lifetime, text);
        return errors.into_tokens();
    }
    let library = library::of_attributes(&input.attrs, "row", &mut errors);
    let fields = fields(&input, &mut errors);
    let model = model(&input, &mut errors);
    let mut code = expand(&input, &fields, errors.is_empty());
    if let Some(model) = model.filter(|_| errors.is_empty()) {
        code.extend(part(&input, &model, &fields));
    }
    let (code, errors) = (library::renamed(code, library.as_ref()), errors.into_tokens());
    quote!(#errors #code)
}

/// The model that the fields are columns of: `#[row(model = User)]`.
fn model(input: &DeriveInput, errors: &mut Errors) -> Option<Path> {
    let mut model = None;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("row")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                meta.value()?.parse::<LitStr>()?;
                return Ok(());
            }
            if !meta.path.is_ident("model") {
                return Err(meta.error("unknown option; above a struct `row` takes `model = User`"));
            }
            let value = meta.value()?;
            if let Ok(quoted) = value.fork().parse::<LitStr>() {
                let text = format!("the model is written without quotes: `model = {}`", quoted.value());
                return Err(syn::Error::new(quoted.span(), text));
            }
            model = Some(value.parse::<Path>()?);
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    model
}

fn fields(input: &DeriveInput, errors: &mut Errors) -> Vec<Taken> {
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            _ => None,
        },
        _ => None,
    };
    let Some(named) = named else {
        errors.at(
            input.ident.span(),
            format!("`{}` takes values by name, so it has to be a struct with named fields", input.ident),
        );
        return Vec::new();
    };
    let mut taken: Vec<Taken> = Vec::with_capacity(named.len());
    for field in named {
        let Some(ident) = field.ident.clone() else { continue };
        let (name, span) = name(field, &ident, errors);
        if taken.iter().any(|earlier| earlier.name == name) {
            errors.at(span, format!("two fields take the value `{name}`"));
        }
        taken.push(Taken { ident, name, span, ty: field.ty.clone() });
    }
    taken
}

/// The name of a field's value: `#[row(name = "..")]`, or the field's own.
fn name(field: &Field, ident: &Ident, errors: &mut Errors) -> (String, Span) {
    let mut name = (ident.unraw().to_string(), ident.span());
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("row")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("unknown option; `row` takes `name = \"..\"`"));
            }
            let value: LitStr = meta.value()?.parse()?;
            name = (value.value(), value.span());
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
    name
}

fn expand(input: &DeriveInput, fields: &[Taken], complete: bool) -> TokenStream {
    let (struct_name, text) = (&input.ident, input.ident.unraw().to_string());
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    let infos = fields.iter().filter(|_| complete).map(|Taken { name, ty, .. }| {
        let (kind, nullable) = (constant(ty, "KIND"), constant(ty, "NULLABLE"));
        quote!(::orm_core::__private::RowField { name: #name, kind: #kind, nullable: #nullable })
    });
    let values = fields.iter().enumerate().map(
        |(index, Taken { ident, ty, .. })| quote_spanned!(ty.span()=> #ident: row.field::<#ty>(#index)?),
    );
    let body = match complete {
        true => quote!(::core::result::Result::Ok(#struct_name { #(#values),* })),
        false => quote!(::core::unreachable!()),
    };
    quote! {
        impl #impl_generics ::orm_core::__private::FromRow for #struct_name #type_generics #bounds {
            const NAME: &'static str = #text;
            const FIELDS: &'static [::orm_core::__private::RowField] = &[#(#infos),*];

            fn from_row(row: &::orm_core::__private::StructRow<'_>) -> ::orm_core::__private::Result<Self> {
                #body
            }
        }
    }
}

/// The struct as part of a model: the compiler checks that each field has the name and type of a column.
fn part(input: &DeriveInput, model: &Path, fields: &[Taken]) -> TokenStream {
    let struct_name = &input.ident;
    let (impl_generics, type_generics, bounds) = input.generics.split_for_impl();
    let columns = fields.iter().map(|Taken { ident, name, span, ty, .. }| {
        let column = NamedColumn {
            model,
            field: name,
            span: at(*span),
            label: format!("`{struct_name}.{ident}` is read from it"),
            note: "a field has the name of the model's field, or gives it: `#[row(name = \"..\")]`"
                .to_owned(),
        };
        let constant = column.constant();
        let index = quote_spanned!(ty.span()=> ::orm_core::__private::Column::<_, #ty, _>::index);
        column.checked(&quote!(#ty), quote!(#index(#constant)))
    });
    quote! {
        #[allow(dead_code)]
        impl #impl_generics ::orm_core::__private::PartOf<#model> for #struct_name #type_generics #bounds {
            fn columns() -> ::std::vec::Vec<usize> {
                ::std::vec![#(#columns),*]
            }
        }
    }
}

/// `<i64 as ColumnType>::KIND`, pointed at the type.
fn constant(ty: &Type, item: &str) -> TokenStream {
    let item = Ident::new(item, ty.span());
    quote_spanned!(ty.span()=> <#ty as ::orm_core::__private::ColumnType>::#item)
}
