//! `crate = ".."`: generated code for a library that is renamed or re-exported.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::{Attribute, LitStr, Path};

use crate::errors::Errors;

/// Generated code with the library under another path: `crate = "shop::orm"` in the attribute of the struct.
pub fn renamed(code: TokenStream, library: Option<&TokenStream>) -> TokenStream {
    match library {
        Some(library) => replace(code, library),
        None => code,
    }
}

/// Every `::orm_core` becomes the path; what follows a path's first segment is none.
fn replace(code: TokenStream, library: &TokenStream) -> TokenStream {
    let mut done: Vec<TokenTree> = Vec::new();
    for token in code {
        match token {
            TokenTree::Ident(ident) if ident == "orm_core" && ends_with_root(&done) => {
                done.truncate(done.len() - 2);
                let span = ident.span();
                done.extend(library.clone().into_iter().map(|mut token| {
                    token.set_span(span);
                    token
                }));
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), replace(group.stream(), library));
                inside.set_span(group.span());
                done.push(TokenTree::Group(inside));
            }
            token => done.push(token),
        }
    }
    done.into_iter().collect()
}

/// Whether the tokens end with a `::` that begins a path.
fn ends_with_root(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    match tokens {
        [rest @ .., first, second] if is_colon(first) && is_colon(second) => {
            // After a keyword a path begins, after a name it continues.
            let is_name = |ident: &Ident| syn::parse_str::<Ident>(&ident.to_string()).is_ok();
            !matches!(rest.last(), Some(TokenTree::Ident(ident)) if is_name(ident))
        }
        _ => false,
    }
}

/// The path as generated code writes it, which is partly in a nested module.
pub fn path(text: &LitStr, errors: &mut Errors) -> Option<TokenStream> {
    let Ok(path) = text.parse_with(Path::parse_mod_style) else {
        errors.on(
            text,
            "expected the path of the library: `crate = \"shop::orm\"` or `crate = \"crate::orm\"`",
        );
        return None;
    };
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    if path.leading_colon.is_some() || first.as_deref() == Some("crate") {
        return Some(quote::quote!(#path));
    }
    if matches!(first.as_deref(), Some("self" | "super" | "Self")) {
        errors.on(text, "the path of the library begins with a crate: `crate = \"crate::orm\"`");
        return None;
    }
    Some(quote::quote!(::#path))
}

/// `crate = ".."` in the attributes of one name, where they have nothing else that is read here.
pub fn of_attributes(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Option<TokenStream> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        // Other options, and mistakes in them, are read elsewhere.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                found = Some(meta.value()?.parse::<LitStr>()?);
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    found.and_then(|text| path(&text, errors))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn the_path_is_replaced_where_it_is_one() {
        let library = quote!(::shop::orm);
        let code =
            quote!(impl ::orm_core::Model for A { fn f() -> Vec<::orm_core::X> { a::orm_core(orm_core) } });
        let expected =
            quote!(impl ::shop::orm::Model for A { fn f() -> Vec<::shop::orm::X> { a::orm_core(orm_core) } });
        assert_eq!(renamed(code, Some(&library)).to_string(), expected.to_string());
    }
}
