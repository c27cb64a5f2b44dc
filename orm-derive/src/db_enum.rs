//! `#[derive(DbEnum)]`: reading, rules and code of an enum that is a column's type.

use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields};

use crate::db_type::conversions;
use crate::errors::Errors;
use crate::expand::{at, private, quiet};
use crate::parse::{Form, Known, Options, Text, unknown};
use crate::{names, suggest};

const ENUM: &[Known] = &[
    Known("rename_all", Form::Text, "snake_case"),
    Known("repr", Form::Text, "i16"),
    Known("native", Form::Text, "mood"),
];

const VARIANT: &[Known] = &[Known("rename", Form::Text, "happy")];

const INTEGERS: [&str; 7] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32"];

type Case = (&'static str, fn(&str) -> String);

const CASES: [Case; 7] = [
    ("snake_case", |name| name.to_snake_case()),
    ("kebab-case", |name| name.to_kebab_case()),
    ("camelCase", |name| name.to_lower_camel_case()),
    ("PascalCase", |name| name.to_pascal_case()),
    ("SCREAMING_SNAKE_CASE", |name| name.to_shouty_snake_case()),
    ("lowercase", |name| name.to_lowercase()),
    ("UPPERCASE", |name| name.to_uppercase()),
];

/// The most bytes of a label of PostgreSQL's.
const LONGEST_LABEL: usize = 63;

struct Enum {
    ident: Ident,
    repr: Option<Text>,
    native: Option<Text>,
    variants: Vec<Variant>,
}

struct Variant {
    ident: Ident,
    label: Text,
}

/// The impls of an enum; of one with mistakes the errors, and stubs.
pub fn derive(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let code = match syn::parse2::<DeriveInput>(input) {
        Ok(item) => {
            let read = read(&item, &mut errors);
            check(&read, &mut errors);
            expand(&read, errors.is_empty())
        }
        Err(error) => {
            errors.push(error);
            TokenStream::new()
        }
    };
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

fn read(item: &DeriveInput, errors: &mut Errors) -> Enum {
    let name = &item.ident;
    if !item.generics.params.is_empty() {
        errors.on(&item.generics, "a `DbEnum` cannot be generic: its labels are those of one enum");
    }
    let options = options(&item.attrs, ENUM, errors);
    let text = |option| options.as_ref().and_then(|options| options.text(option));
    let case = text("rename_all").and_then(|written| {
        let known = CASES.iter().find(|(case, _)| *case == written.value());
        if known.is_none() {
            errors.on(written, unknown("case", &written.value(), &CASES.map(|(case, _)| case)));
        }
        known
    });
    let variants = match &item.data {
        Data::Enum(data) => data.variants.iter().collect(),
        Data::Struct(data) => {
            errors.at(
                data.struct_token.span,
                "a `DbEnum` is an enum, this is a struct; write `#[derive(DbType)]`",
            );
            Vec::new()
        }
        Data::Union(data) => {
            errors.at(data.union_token.span, "a `DbEnum` is an enum, this is a union");
            Vec::new()
        }
    };
    if variants.is_empty() && matches!(item.data, Data::Enum(_)) {
        errors.at(name.span(), format!("`{name}` has no variants, so no column could hold one"));
    }
    let variants = variants.into_iter().map(|variant| {
        if !matches!(variant.fields, Fields::Unit) {
            let message = format!(
                "`{name}::{}` holds data, and a column holds a label: make the variant plain, or the column a `Json<{name}>`",
                variant.ident
            );
            errors.on(&variant.fields, message);
        }
        let plain = names::plain(&variant.ident);
        let renamed = self::options(&variant.attrs, VARIANT, errors);
        let label = match renamed.as_ref().and_then(|options| options.text("rename")) {
            Some(label) => Text::of(label),
            None => Text::new(case.map_or_else(|| plain.clone(), |(_, case)| case(&plain)), variant.ident.span()),
        };
        Variant { ident: variant.ident.clone(), label }
    });
    let variants = variants.collect();
    Enum {
        ident: name.clone(),
        repr: text("repr").map(Text::of),
        native: text("native").map(Text::of),
        variants,
    }
}

fn options(attributes: &[syn::Attribute], known: &'static [Known], errors: &mut Errors) -> Option<Options> {
    let mut own = attributes.iter().filter(|attribute| attribute.path().is_ident("db_enum"));
    let first = own.next()?;
    if let Some(second) = own.next() {
        errors.on(second.path(), "`#[db_enum]` is given twice; join them in one");
    }
    Some(Options::read(first, "db_enum", known, errors))
}

fn check(read: &Enum, errors: &mut Errors) {
    if let Some(repr) = &read.repr {
        if !INTEGERS.contains(&repr.value.as_str()) {
            errors.at(repr.span, unknown("integer", &repr.value, &INTEGERS));
        }
        if let Some(native) = &read.native {
            errors.at(
                native.span,
                "a type of the database's own has labels and no numbers: keep `repr` or `native`",
            );
        }
        return;
    }
    if let Some(native) =
        read.native.as_ref().filter(|native| native.value.is_empty() || native.value.contains('\0'))
    {
        errors.at(native.span, "the type needs a name: `native = \"mood\"`");
    }
    for (place, variant) in read.variants.iter().enumerate() {
        let Text { value: label, span } = &variant.label;
        if let Some(other) = read.variants[..place].iter().find(|other| other.label.value == *label) {
            let (one, two) = (&other.ident, &variant.ident);
            let message = format!(
                "`{one}` and `{two}` are both stored as {label:?}; give one of them another `rename`"
            );
            errors.at(*span, message);
        }
        if read.native.is_some() && label == "NULL" {
            let message = "PostgreSQL's driver takes this label of a native enum for no label at all, and could not read \
                           one; give the variant another `rename`, or leave `native` out";
            errors.at(*span, message);
        }
        if label.is_empty() || label.contains('\0') || label.len() > LONGEST_LABEL {
            errors.at(*span, format!("a label has 1 to {LONGEST_LABEL} bytes, and none of them is NUL"));
        }
    }
}

fn expand(read: &Enum, complete: bool) -> TokenStream {
    let (p, quiet, this) = (private(), quiet(), &read.ident);
    let body = match (&read.repr, complete) {
        (_, false) => quote! {
            const KIND: #p::ValueKind = #p::ValueKind::Text;

            fn read(_: #p::ValueRef<'_>) -> ::core::result::Result<Self, #p::ValueError> {
                loop {}
            }

            fn view(&self) -> #p::ValueRef<'_> {
                loop {}
            }
        },
        (Some(repr), true) => numbers(read, &repr.value),
        (None, true) => labels(read),
    };
    let conversions = conversions(this);
    quote! {
        #quiet
        impl #p::ColumnType for #this {
            type Family = #this;
            type Stored = #this;
            type Bare = Self;
            type Like<__U: #p::ColumnType> = __U;
            #body
        }

        #quiet
        impl #p::ArrayElement for #this {}

        #conversions
    }
}

fn labels(read: &Enum) -> TokenStream {
    let (p, this) = (private(), &read.ident);
    let name = this.to_string();
    let variants: Vec<&Ident> = read.variants.iter().map(|variant| &variant.ident).collect();
    let labels: Vec<&String> = read.variants.iter().map(|variant| &variant.label.value).collect();
    let kind = match &read.native {
        None => quote!(#p::ValueKind::Text),
        Some(Text { value, .. }) => {
            quote!(#p::ValueKind::Enum(&#p::EnumDef::new(#value, &[#(#labels),*])))
        }
    };
    let known = suggest::list(labels.iter().map(|label| format!("{label:?}")));
    quote! {
        const KIND: #p::ValueKind = #kind;

        fn read(cell: #p::ValueRef<'_>) -> ::core::result::Result<Self, #p::ValueError> {
            match cell {
                #(#p::ValueRef::Text(#labels) => ::core::result::Result::Ok(#this::#variants),)*
                other => ::core::result::Result::Err(#p::ValueError::not_among(other, #name, #known)),
            }
        }

        fn view(&self) -> #p::ValueRef<'_> {
            #p::ValueRef::Text(match self {
                #(#this::#variants => #labels,)*
            })
        }
    }
}

fn numbers(read: &Enum, repr: &str) -> TokenStream {
    let (p, this) = (private(), &read.ident);
    let (name, repr) = (this.to_string(), Ident::new(repr, read.ident.span()));
    let known = "the numbers of its variants alone";
    let variants: Vec<&Ident> = read.variants.iter().map(|variant| &variant.ident).collect();
    let checks = variants.iter().map(|variant| {
        let message = format!("the number of `{variant}` does not fit `{repr}`");
        quote_spanned! {at(variant.span())=>
            ::core::assert!(
                #this::#variant as i128 >= ::core::primitive::#repr::MIN as i128
                    && #this::#variant as i128 <= ::core::primitive::#repr::MAX as i128,
                #message
            );
        }
    });
    quote! {
        const KIND: #p::ValueKind = {
            #(#checks)*
            <::core::primitive::#repr as #p::ColumnType>::KIND
        };

        fn read(cell: #p::ValueRef<'_>) -> ::core::result::Result<Self, #p::ValueError> {
            match cell {
                #(#p::ValueRef::Int(number) if number == #this::#variants as i64 => {
                    ::core::result::Result::Ok(#this::#variants)
                })*
                other => ::core::result::Result::Err(#p::ValueError::not_among(other, #name, #known)),
            }
        }

        fn view(&self) -> #p::ValueRef<'_> {
            #p::ValueRef::Int(match self {
                #(#this::#variants => #this::#variants as i64,)*
            })
        }
    }
}
