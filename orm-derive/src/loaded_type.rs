//! `loaded!`: the type of a loaded entity, from a tree of relationships.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
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
        let model: Path = input.parse().map_err(|error| syn::Error::new(error.span(), EXPECTED))?;
        // Read on its own: a mistake in it is kept, and what follows the mistake is skipped.
        let loads = Loads::of_model.parse2(input.parse()?);
        if let Some((of, constant)) = constant(&model) {
            let error = syn::Error::new(constant.span(), EXPECTED);
            return Ok(Input { library, model: of, loads: Err(error) });
        }
        Ok(Input { library, model, loads })
    }
}

/// `User` and `ORDERS` of `User::ORDERS`, where a relationship is named by its field.
fn constant(path: &Path) -> Option<(Path, Ident)> {
    let mut of = path.clone();
    let last = of.segments.pop()?.ident;
    of.segments.pop_punct();
    let is_type = of.segments.last()?.ident.to_string().starts_with(char::is_uppercase);
    (is_type && !last.to_string().contains(char::is_lowercase)).then_some((of, last))
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
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error(EXPECTED));
        }
        Ok(Term::Load(Load { name, below }))
    }
}

impl Input {
    fn expand(&self) -> TokenStream {
        let Input { library, model, loads } = self;
        let model = quote!(#model);
        let loads = match loads {
            Ok(loads) => loads,
            // As something that is not a loaded set it is one error, and not one for each use of the entity too.
            Err(error) => {
                let error = error.to_compile_error();
                return quote!(#library::__private::Entity<#model, #error>);
            }
        };
        let called = format!("`{}`", model.to_string().replace(' ', ""));
        let mut steps = Vec::new();
        loads.steps(library, &model, &called, &quote!(true), &mut steps);
        if steps.len() <= STEPS {
            return quote!(#library::__private::LoadedEntity<#model #(, #steps)*>);
        }
        let bare = quote!(<#model as #library::__private::Model>::Bare);
        let start = quote!(#library::__private::LoadedTree<#bare, #model, #library::__private::Top>);
        let read = steps
            .chunks(STEPS)
            .fold(start, |read, steps| quote!(#library::__private::Steps<#read #(, #steps)*>));
        quote!(<#read as #library::__private::Whole>::Entity)
    }
}

/// The number of steps that the library's `Steps` takes.
const STEPS: usize = 16;

impl Loads {
    /// The steps from the model's bare set to the set with all of them, each a sign and the place of a relationship. `called`
    /// is the model in a message; `found` is whether all names up to it were found, without which there is nothing to say of
    /// names below.
    fn steps(
        &self,
        library: &Path,
        model: &TokenStream,
        called: &str,
        found: &TokenStream,
        steps: &mut Vec<TokenStream>,
    ) {
        for load in &self.named {
            let span = at(load.name.span());
            let p = quote_spanned!(span=> #library::__private);
            let name = names::plain(&load.name);
            let names = quote_spanned!(span=> <#model as #p::Model>::RELATIONS);
            // Looked up several times, the name is an error once: elsewhere any relationship does.
            let place = quote_spanned! {span=> {
                match #p::place(#names, #name) {
                    ::core::option::Option::None if #found => {
                        ::core::panic!("{}", #p::no_relation(#called, #names, #name).written())
                    }
                    place => #p::place_or_any(place, #names),
                }
            }};
            let is_recursive = load.below.recursive.is_some();
            if load.below.named.is_empty() {
                let step = if is_recursive { '*' } else { '.' };
                steps.push(quote_spanned!(span=> #step, #place));
                continue;
            }
            let again = quote_spanned!(span=> { #p::place_or_any(#p::place(#names, #name), #names) });
            let target = quote_spanned!(span=> <#model as #p::RelationAt<#again>>::Target);
            let found = quote_spanned!(span=> #found && #p::place(#names, #name).is_some());
            steps.push(quote_spanned!(span=> '{', #place));
            load.below.steps(library, &target, &format!("the target of `{name}`"), &found, steps);
            let end = if is_recursive { ']' } else { '}' };
            steps.push(quote_spanned!(span=> #end, 0));
        }
    }
}
