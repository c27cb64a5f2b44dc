//! `#[max_statements(n)]`: a function whose statements are counted.

use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::quote;

/// A function whose body is counted: its tokens with another body, or one error and the function unchanged.
pub fn max_statements(limit: TokenStream, function: TokenStream) -> TokenStream {
    match expand(limit, function.clone()) {
        Ok(counted) => counted,
        Err((span, message)) => {
            let error = syn::Error::new(span, message).into_compile_error();
            quote!(#error #function)
        }
    }
}

fn expand(limit: TokenStream, function: TokenStream) -> Result<TokenStream, (Span, &'static str)> {
    let limit = number(limit)?;
    let mut tokens: Vec<TokenTree> = function.into_iter().collect();
    let not_a_function = (Span::call_site(), "`max_statements` counts the statements of a function");
    let Some(name) = tokens.windows(2).find_map(|pair| match pair {
        [TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "fn" => Some(name.clone()),
        _ => None,
    }) else {
        return Err(not_a_function);
    };
    let Some(TokenTree::Group(body)) = tokens.pop() else { return Err(not_a_function) };
    if body.delimiter() != Delimiter::Brace {
        return Err(not_a_function);
    }
    let is_async = tokens.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "async"));
    let counted = counted(is_async, &body, &limit, &name.to_string());
    // The function's own place, so that a panic in the body is reported there.
    let mut counted = Group::new(Delimiter::Brace, counted);
    counted.set_span(body.span());
    tokens.push(TokenTree::Group(counted));
    Ok(tokens.into_iter().collect())
}

/// An `async fn` is awaited inside the scope. One that is not is what a test attribute made of one: it blocks on the
/// future in its own thread.
fn counted(is_async: bool, body: &Group, limit: &Literal, name: &str) -> TokenStream {
    let run = match is_async {
        true => quote!(::orm_core::observe::QueryScope::run(async move #body).await),
        false => quote!(::orm_core::observe::QueryScope::run_blocking(move || #body)),
    };
    quote! {
        let (value, report) = #run;
        ::core::assert!(
            report.count() <= #limit,
            "`{}` may run {} statements at most, and ran {}",
            #name,
            #limit,
            report
        );
        value
    }
}

fn number(limit: TokenStream) -> Result<Literal, (Span, &'static str)> {
    let expected = "expected the most statements that the function may run: `#[max_statements(3)]`";
    let mut tokens = limit.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Literal(limit)), None) if limit.to_string().parse::<usize>().is_ok() => Ok(limit),
        (Some(token), _) => Err((token.span(), expected)),
        (None, _) => Err((Span::call_site(), expected)),
    }
}
