//! How visible an item of the generated module is.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Visibility;

/// The visibility that an item in the module needs to be seen as far as the struct beside the module.
pub fn inside(visibility: &Visibility) -> TokenStream {
    let Visibility::Restricted(restricted) = visibility else {
        return match visibility {
            Visibility::Inherited => quote!(pub(super)),
            visible => visible.to_token_stream(),
        };
    };
    let path = &restricted.path;
    match path.segments.first().map(|segment| segment.ident.to_string()).as_deref() {
        Some("self") => quote!(pub(super)),
        Some("super") => quote!(pub(in super::#path)),
        _ => visibility.to_token_stream(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(visibility: &str) -> String {
        let inside = syn::parse_str(visibility).map(|visibility| inside(&visibility).to_string());
        inside.unwrap_or_default().replace(' ', "")
    }

    #[test]
    fn is_as_seen_from_the_module() {
        assert_eq!(seen(""), "pub(super)");
        assert_eq!(seen("pub"), "pub");
        assert_eq!(seen("pub(crate)"), "pub(crate)");
        assert_eq!(seen("pub(self)"), "pub(super)");
        assert_eq!(seen("pub(super)"), "pub(insuper::super)");
        assert_eq!(seen("pub(in super::super)"), "pub(insuper::super::super)");
        assert_eq!(seen("pub(in crate::shop)"), "pub(incrate::shop)");
    }
}
