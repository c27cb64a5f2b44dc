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
    loads: syn::Result<Loads>,
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
        let loads = Loads::of_model(input);
        // What could not be read has been reported.
        input.step(|cursor| {
            let mut rest = *cursor;
            while let Some((_, next)) = rest.token_tree() {
                rest = next;
            }
            Ok(((), rest))
        })?;
        Ok(Input { library, model, loads })
    }
}

impl Loads {
    /// What stands behind the model.
    fn of_model(input: ParseStream<'_>) -> syn::Result<Loads> {
        let loads: Loads = if input.is_empty() { Loads::default() } else { input.parse()? };
        if let Some(span) = loads.recursive {
            return Err(syn::Error::new(
                span,
                "`..` is the recursion of a relationship: `loaded!(Folder { children { .. } })`",
            ));
        }
        if input.is_empty() { Ok(loads) } else { Err(input.error(EXPECTED)) }
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
        let called = format!("`{}`", quote!(#model).to_string().replace(' ', ""));
        let set = match loads {
            Ok(loads) => loads.set(library, &quote!(#model), &called, &quote!(true)),
            // As something that is not a loaded set it is one error, and not one for each use of the entity too.
            Err(error) => error.to_compile_error(),
        };
        quote!(#library::__private::Entity<#model, #set>)
    }
}

impl Loads {
    /// The loaded set of a model with all of them. `called` is the model in a message; `found` is whether all names up to it
    /// were found, without which there is nothing to say of names below.
    fn set(&self, library: &Path, model: &TokenStream, called: &str, found: &TokenStream) -> TokenStream {
        let bare = quote!(<#model as #library::__private::Model>::Bare);
        self.named.iter().fold(bare, |set, load| {
            let span = at(load.name.span());
            let p = quote_spanned!(span=> #library::__private);
            let name = names::plain(&load.name);
            let names = quote_spanned!(span=> <#model as #p::Model>::RELATIONS);
            // Written several times, the place is an error once: elsewhere any relationship does.
            let place = quote_spanned! {span=> {
                match #p::place(#names, #name) {
                    ::core::option::Option::None if #found => {
                        ::core::panic!("{}", #p::no_relation(#called, #names, #name).written())
                    }
                    place => #p::place_or_any(place, #names),
                }
            }};
            let again = quote_spanned!(span=> { #p::place_or_any(#p::place(#names, #name), #names) });
            let kind = match load.below.recursive {
                Some(_) => quote_spanned!(span=> #p::Recursive),
                None => quote_spanned!(span=> #p::Loaded),
            };
            if load.below.named.is_empty() {
                return quote_spanned!(span=> <#set as #p::WithBare<#place, #model, #kind<()>>>::Out);
            }
            let target = quote_spanned!(span=> <#model as #p::RelationAt<#again>>::Target);
            let found = quote_spanned!(span=> #found && #p::place(#names, #name).is_some());
            let below = load.below.set(library, &target, &format!("the target of `{name}`"), &found);
            quote_spanned!(span=> <#set as #p::With<#p::At<#place>, #kind<#below>>>::Out)
        })
    }
}
