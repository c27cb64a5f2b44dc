use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Path, Token, braced, bracketed};

use crate::expand::at;
use crate::names;

/// `User { orders { items }, profile }`, behind the path of the library: the type of an entity with these relationships
/// loaded.
pub fn loaded_type(input: TokenStream) -> TokenStream {
    match syn::parse2::<Input>(input) {
        Ok(input) => input.expand(),
        Err(error) => error.into_compile_error(),
    }
}

struct Input {
    library: Path,
    model: Path,
    loads: Loads,
}

/// What stands between the braces.
#[derive(Default)]
struct Loads {
    named: Vec<Load>,
    /// `..`
    recursive: Option<Span>,
}

struct Load {
    name: Ident,
    below: Loads,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Input> {
        let library;
        bracketed!(library in input);
        let library = library.call(Path::parse_mod_style)?;
        if input.is_empty() {
            return Err(syn::Error::new(Span::call_site(), EXPECTED));
        }
        let model = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
        let loads = if input.is_empty() { Loads::default() } else { input.parse()? };
        if let Some(span) = loads.recursive {
            return Err(syn::Error::new(
                span,
                "`..` is the recursion of a relationship: `loaded!(Folder { children { .. } })`",
            ));
        }
        if !input.is_empty() {
            return Err(input.error(EXPECTED));
        }
        Ok(Input { library, model, loads })
    }
}

const EXPECTED: &str =
    "expected a model and the relationships that are loaded: `loaded!(User { orders { items }, profile })`";

impl Parse for Loads {
    fn parse(input: ParseStream<'_>) -> syn::Result<Loads> {
        let inside;
        if !input.peek(syn::token::Brace) {
            return Err(input.error(EXPECTED));
        }
        braced!(inside in input);
        let mut loads = Loads::default();
        let terms = Punctuated::<Term, Token![,]>::parse_terminated(&inside)?;
        for term in terms {
            match term {
                Term::Recursive(span) => loads.recursive = Some(span),
                Term::Load(load) if loads.named.iter().any(|other| other.name == load.name) => {
                    let text = format!("`{}` is named twice", load.name);
                    return Err(syn::Error::new(load.name.span(), text));
                }
                Term::Load(load) => loads.named.push(load),
            }
        }
        Ok(loads)
    }
}

enum Term {
    Load(Load),
    Recursive(Span),
}

impl Parse for Term {
    fn parse(input: ParseStream<'_>) -> syn::Result<Term> {
        if input.peek(Token![..]) {
            let dots: Token![..] = input.parse()?;
            return Ok(Term::Recursive(dots.spans[0]));
        }
        let name = input.call(syn::ext::IdentExt::parse_any).map_err(|error| {
            syn::Error::new(error.span(), "expected the field of a relationship: `loaded!(User { orders })`")
        })?;
        let below = if input.peek(syn::token::Brace) { input.parse()? } else { Loads::default() };
        Ok(Term::Load(Load { name, below }))
    }
}

impl Input {
    fn expand(&self) -> TokenStream {
        let Input { library, model, loads } = self;
        let set = loads.set(library, &quote!(#model));
        quote!(#library::__private::Entity<#model, #set>)
    }
}

impl Loads {
    /// The loaded set of a model with all of them.
    fn set(&self, library: &Path, model: &TokenStream) -> TokenStream {
        let bare = quote!(<#model as #library::__private::Model>::Bare);
        self.named.iter().fold(bare, |set, load| {
            let span = at(load.name.span());
            let p = quote!(#library::__private);
            let name = names::hash(&names::plain(&load.name));
            let named = quote_spanned!(span=> <#model as #library::loaded::RelationNamed<#name>>);
            let below = load.below.set(library, &quote_spanned!(span=> #named::Target));
            let slot = match load.below.recursive {
                Some(_) => quote!(#p::Recursive<#below>),
                None => quote!(#p::Loaded<#below>),
            };
            quote_spanned!(span=> <#set as #p::With<#named::Place, #slot>>::Out)
        })
    }
}
