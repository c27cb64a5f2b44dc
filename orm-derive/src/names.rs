//! Names made of other names: snake_case, constants, markers.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

/// The name of an identifier, without `r#`.
pub fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The name in snake_case: a table's, a module's and a key's default.
pub fn snake(name: &str) -> String {
    let snake = name.to_snake_case();
    if snake.is_empty() { name.to_owned() } else { snake }
}

/// The constant of a field: `User::NAME` for `name`.
pub fn constant(field: &str, span: Span) -> Ident {
    identifier(&field.to_shouty_snake_case(), span)
        .unwrap_or_else(|| spelled_out(field, &field.to_uppercase(), span))
}

/// The type of a relationship: `user::Orders` for `orders`.
pub fn marker(field: &str, span: Span) -> Ident {
    identifier(&field.to_upper_camel_case(), span).unwrap_or_else(|| spelled_out(field, field, span))
}

/// A name as an identifier, with `r#` if it is a keyword; `None` if it cannot be an identifier.
pub fn identifier(name: &str, span: Span) -> Option<Ident> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    if !starts || !chars.all(|c| c == '_' || c.is_alphanumeric()) || UNUSABLE.contains(&name) {
        return None;
    }
    let mut ident: Ident = syn::parse_str(name).or_else(|_| syn::parse_str(&format!("r#{name}"))).ok()?;
    ident.set_span(span);
    Some(ident)
}

/// Keywords that cannot be written `r#..` either.
pub const UNUSABLE: [&str; 5] = ["_", "crate", "self", "super", "Self"];

/// For names that lose what makes them an identifier when their case changes, `_1` or `__`.
fn spelled_out(field: &str, changed: &str, span: Span) -> Ident {
    let name = format!("{changed}_");
    identifier(&name, span)
        .or_else(|| identifier(&format!("F{field}"), span))
        .unwrap_or_else(|| Ident::new("FIELD", span))
}

/// A number for a name, the same wherever it is written: FNV-1a.
pub fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A path as it is written.
pub fn path(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Span {
        Span::call_site()
    }

    #[test]
    fn changes_the_case() {
        assert_eq!(snake("OrderItem"), "order_item");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(snake("__"), "__");
        assert_eq!(constant("email_address", here()), "EMAIL_ADDRESS");
        assert_eq!(constant("fooBar", here()), "FOO_BAR");
        assert_eq!(marker("order_items", here()), "OrderItems");
    }

    #[test]
    fn makes_identifiers_of_awkward_names() {
        assert_eq!(constant("type", here()), "TYPE");
        assert_eq!(marker("type", here()), "Type");
        assert_eq!(marker("self_", here()), "self__");
        assert_eq!(constant("_1", here()), "_1_");
        assert_eq!(constant("__", here()), "___");
        assert_eq!(marker("__", here()), "___");
        assert_eq!(constant("größe", here()), "GRÖSSE");
    }

    #[test]
    fn knows_what_can_be_an_identifier() {
        assert!(identifier("type", here()).is_some_and(|ident| ident == "r#type"));
        assert!(identifier("user", here()).is_some_and(|ident| ident == "user"));
        for name in ["", "_", "crate", "self", "1st", "a b", "a-b", "a\"b", "\0"] {
            assert!(identifier(name, here()).is_none(), "{name}");
        }
    }
}
