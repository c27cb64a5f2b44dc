//! Doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment among some attributes, as its attributes.
pub fn of(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned().collect()
}

/// The text of a doc comment, without the indentation that all its lines share; `None` if there is none. What a macro computes
/// is not known here and left out.
pub fn doc_text(docs: &[Attribute]) -> Option<String> {
    let texts: Vec<String> = docs.iter().filter_map(literal).collect();
    let lines: Vec<String> = texts.iter().flat_map(|text| lines_of(text)).collect();
    let indents = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start_matches(' ').len()).min()?;
    let lines: Vec<&str> =
        lines.iter().map(|line| line.get(indent..).unwrap_or_default().trim_end()).collect();
    Some(lines.join("\n").trim_matches('\n').to_owned())
}

fn literal(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    match &meta.value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The lines of one attribute. A block comment may have a star in front of each of its lines.
fn lines_of(text: &str) -> Vec<String> {
    let is_starred = |line: &str| line.trim_start().starts_with('*');
    let is_list = text.lines().next().is_some_and(is_starred);
    let has_stars = !is_list && text.lines().skip(1).all(|line| is_starred(line) || line.trim().is_empty());
    let unstarred = |(at, line): (usize, &str)| match line.trim_start().strip_prefix('*') {
        Some(rest) if has_stars && at > 0 => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.split('\n').enumerate().map(unstarred).collect()
}

#[cfg(test)]
mod tests {
    use syn::{ItemStruct, parse_quote};

    use super::doc_text;

    fn text(item: &ItemStruct) -> Option<String> {
        doc_text(&super::of(&item.attrs))
    }

    #[test]
    fn a_doc_comment_is_its_lines() {
        let plain: ItemStruct = parse_quote! {
            /// A customer's order.
            ///
            ///   * \"open\", or 'closed'
            struct Order;
        };
        assert_eq!(text(&plain).as_deref(), Some("A customer's order.\n\n  * \\\"open\\\", or 'closed'"));
        let block: ItemStruct = parse_quote! {
            #[doc = "\n * One.\n *\n * Two. \n "]
            struct Order;
        };
        assert_eq!(text(&block).as_deref(), Some("One.\n\nTwo."));
        let list: ItemStruct = parse_quote! {
            #[doc = " * one\n * two"]
            struct Order;
        };
        assert_eq!(text(&list).as_deref(), Some("* one\n* two"));
    }

    #[test]
    fn what_contains_no_text_is_left_out() {
        let empty: ItemStruct = parse_quote! {
            ///
            #[doc(hidden)]
            #[doc = include_str!("order.md")]
            struct Order;
        };
        assert_eq!(text(&empty), None);
    }
}
