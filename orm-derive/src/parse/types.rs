//! Types of fields, as far as their tokens tell.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The type of a relationship's field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    HasMany,
    HasOne,
    BelongsTo,
}

impl Holder {
    pub fn name(self) -> &'static str {
        match self {
            Holder::HasMany => "HasMany",
            Holder::HasOne => "HasOne",
            Holder::BelongsTo => "BelongsTo",
        }
    }
}

/// A type with one type parameter, as far as relationships care.
pub struct Wrapper {
    /// Which relationship it holds; none for a type that holds none, `Vec<Order>`.
    pub holder: Option<Holder>,
    /// The parameter, without its `Option`.
    pub target: Option<Type>,
    /// Whether the parameter is an `Option`.
    pub optional: bool,
}

impl Wrapper {
    pub fn of(ty: &Type) -> Wrapper {
        let segment = last_segment(ty);
        let holder = match segment.map(|segment| segment.ident.to_string()).as_deref() {
            Some("HasMany") => Some(Holder::HasMany),
            Some("HasOne") => Some(Holder::HasOne),
            Some("BelongsTo") => Some(Holder::BelongsTo),
            _ => None,
        };
        let inner = segment.and_then(argument);
        let optional = inner.is_some_and(is_option);
        let target = match inner {
            Some(inner) if optional => last_segment(inner).and_then(argument),
            inner => inner,
        };
        Wrapper { holder, target: target.cloned(), optional }
    }
}

/// Whether a type is an `Option`, as far as its tokens tell.
pub fn is_option(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "Option")
}

/// What is inside an `Option`, or the type itself.
pub fn inner_of_option(ty: &Type) -> &Type {
    let inner = || {
        let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
        match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        }
    };
    inner().unwrap_or(ty)
}

/// What holds one value, or a list of them, and the type inside.
pub fn wrapped(ty: &Type) -> Option<(String, &Type)> {
    let segment = last_segment(ty)?;
    let name = segment.ident.to_string();
    let holds = matches!(name.as_str(), "Option" | "Vec" | "Box" | "Rc" | "Arc");
    argument(segment).filter(|_| holds).map(|inner| (name, inner))
}

/// What is inside a `Deferred`.
pub fn inner_of_deferred(ty: &Type) -> Option<&Type> {
    last_segment(ty).filter(|segment| segment.ident == "Deferred").and_then(argument)
}

/// The name at the end of a path type: `Order` of `shop::Order`.
pub fn last_name(ty: &Type) -> Option<String> {
    last_segment(ty).map(|segment| segment.ident.to_string())
}

/// A type as people write it.
pub fn type_text(ty: &Type) -> String {
    let mut text = String::new();
    write_tokens(ty.to_token_stream(), &mut text);
    text
}

/// A type in which `Self` is the struct's name, so that it means the same outside the struct.
pub fn without_self(ty: Type, this: &Ident) -> Type {
    let mut found = false;
    let tokens = replace_self(ty.to_token_stream(), this, &mut found);
    if !found {
        return ty;
    }
    syn::parse2(tokens).unwrap_or(ty)
}

fn replace_self(tokens: TokenStream, this: &Ident, found: &mut bool) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            *found = true;
            let mut this = this.clone();
            this.set_span(ident.span());
            TokenTree::Ident(this)
        }
        TokenTree::Group(group) => {
            let inner = replace_self(group.stream(), this, found);
            let mut replaced = Group::new(group.delimiter(), inner);
            replaced.set_span(group.span());
            TokenTree::Group(replaced)
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

fn write_tokens(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_tokens(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => {
                text.push(punct.as_char());
                text.push(' ');
            }
            TokenTree::Punct(punct) => text.push(punct.as_char()),
            word => {
                if text.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn wrapper(ty: &str) -> (Option<Holder>, Option<String>, bool) {
        let Ok(ty) = syn::parse_str::<Type>(ty) else { return (None, None, false) };
        let wrapper = Wrapper::of(&ty);
        (wrapper.holder, wrapper.target.as_ref().map(type_text), wrapper.optional)
    }

    #[test]
    fn reads_relationship_types() {
        assert_eq!(wrapper("HasMany<Order>"), (Some(Holder::HasMany), Some("Order".into()), false));
        assert_eq!(
            wrapper("orm_core::HasOne<shop::Order>"),
            (Some(Holder::HasOne), Some("shop::Order".into()), false)
        );
        assert_eq!(wrapper("BelongsTo<Option<User>>"), (Some(Holder::BelongsTo), Some("User".into()), true));
        assert_eq!(wrapper("Vec<Order>"), (None, Some("Order".into()), false));
        assert_eq!(wrapper("HasMany"), (Some(Holder::HasMany), None, false));
        assert_eq!(wrapper("i64"), (None, None, false));
        assert_eq!(wrapper("(i64, String)"), (None, None, false));
    }

    #[test]
    fn writes_types_as_people_do() {
        for text in [
            "Vec<u8>",
            "Option<shop::Order>",
            "(i64, String)",
            "&'static str",
            "[u8; 4]",
            "Box<dyn Send+Sync>",
        ] {
            let written = syn::parse_str::<Type>(text).map(|ty| type_text(&ty)).unwrap_or_default();
            assert_eq!(written, text);
        }
    }

    #[test]
    fn replaces_self() {
        let this = Ident::new("Node", Span::call_site());
        let replaced =
            syn::parse_str("HasMany<(Self, [Self; 1])>").map(|ty| type_text(&without_self(ty, &this)));
        assert_eq!(replaced.unwrap_or_default(), "HasMany<(Node, [Node; 1])>");
    }
}
