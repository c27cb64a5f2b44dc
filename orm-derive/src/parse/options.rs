//! Options between the parentheses of an attribute.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, LitInt, LitStr, Meta, MetaNameValue, Path};

use super::attributes::{Kind, home_of};
use super::foreign;
use crate::errors::Errors;
use crate::suggest;

/// What may follow an option's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing.
    Flag,
    /// `= ".."`.
    Text,
    /// `= ".."`, any number of times.
    Texts,
    /// Either.
    FlagOrText,
    /// `= 50`.
    Number,
    /// `= ".."`, or `= Model`.
    TextOrModel,
    /// `= 3`, and 0 too.
    Digits,
}

/// An option that an attribute takes: its name, its form, and a value for messages.
pub struct Known(pub &'static str, pub Form, pub &'static str);

/// What is written between the parentheses of one attribute.
pub struct Options {
    entries: Vec<Entry>,
    /// Whether all of it could be read; otherwise that has been reported, and what is missing is not a second mistake.
    pub complete: bool,
}

struct Entry {
    name: &'static str,
    span: Span,
    value: Option<Written>,
}

/// What follows the sign.
enum Written {
    Text(LitStr),
    Model(Path),
}

impl Options {
    /// Reads `#[name(option, option = "..")]`.
    pub fn read(attribute: &Attribute, name: &str, known: &'static [Known], errors: &mut Errors) -> Options {
        let before = errors.len();
        let mut options = Options { entries: Vec::new(), complete: true };
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                for option in split(list.tokens.clone()) {
                    options.entry(option, name, known, errors);
                }
            }
            Meta::NameValue(meta) => {
                errors.on(meta, misplaced_value(meta, name, known));
            }
        }
        options.complete = errors.len() == before;
        options
    }

    /// The text of an option.
    pub fn text(&self, name: &str) -> Option<&LitStr> {
        self.entry_of(name)?.text()
    }

    /// The model of an option.
    pub fn model(&self, name: &str) -> Option<&Path> {
        match &self.entry_of(name)?.value {
            Some(Written::Model(path)) => Some(path),
            _ => None,
        }
    }

    /// Every text of an option that may be written several times.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &LitStr> {
        self.entries.iter().filter(move |entry| entry.name == name).filter_map(Entry::text)
    }

    /// Where an option is written, with a value or without.
    pub fn flag(&self, name: &str) -> Option<Span> {
        self.entry_of(name).map(|entry| entry.span)
    }

    fn entry_of(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    fn entry(&mut self, tokens: TokenStream, attribute: &str, known: &'static [Known], errors: &mut Errors) {
        let mut rest = tokens.into_iter();
        let name = match rest.next() {
            Some(TokenTree::Ident(name)) => name,
            Some(other) => {
                let takes = takes(attribute, known);
                return errors.on(other, format!("expected the name of an option; {takes}"));
            }
            None => return,
        };
        let plain = name.unraw().to_string();
        let Some(Known(option, form, example)) = known.iter().find(|known| known.0 == plain) else {
            return errors.at(name.span(), unknown(&plain, attribute, known));
        };
        if *form != Form::Texts && self.entry_of(option).is_some() {
            return errors.at(name.span(), format!("`{option}` is given twice; remove one"));
        }
        let span = name.span();
        let value = match read_value(&name, rest.collect(), *form, example, errors) {
            Ok(value) => value,
            Err(Misread) => return,
        };
        self.entries.push(Entry { name: option, span, value });
    }
}

impl Entry {
    fn text(&self) -> Option<&LitStr> {
        match &self.value {
            Some(Written::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// `#[name = ".."]` where `#[name(option = "..")]` was meant.
fn misplaced_value(meta: &MetaNameValue, name: &str, known: &[Known]) -> String {
    let Some(Known(option, _, example)) = known.iter().find(|known| known.1 != Form::Flag) else {
        let value = meta.value.to_token_stream().to_string();
        return match known.iter().find(|known| known.0 == value.trim_matches('"')) {
            Some(Known(option, ..)) => format!("options are written in parentheses: `#[{name}({option})]`"),
            None => format!("`#[{name}]` takes no value: write `#[{name}]`"),
        };
    };
    let given = syn::parse2::<LitStr>(meta.value.to_token_stream());
    let value = given.map_or_else(|_| (*example).to_owned(), |text| text.value());
    format!("options are written in parentheses: `#[{name}({option} = {value:?})]`")
}

/// The mistake has been reported.
struct Misread;

fn read_value(
    name: &Ident,
    rest: TokenStream,
    form: Form,
    example: &str,
    errors: &mut Errors,
) -> Result<Option<Written>, Misread> {
    let mut tokens = rest.clone().into_iter();
    let value: TokenStream = match tokens.next() {
        None if matches!(
            form,
            Form::Text | Form::Texts | Form::TextOrModel | Form::Number | Form::Digits
        ) =>
        {
            let example = if matches!(form, Form::Number | Form::Digits) {
                example.to_owned()
            } else {
                format!("{example:?}")
            };
            errors.at(name.span(), format!("`{name}` needs a value: `{name} = {example}`"));
            return Err(Misread);
        }
        None => return Ok(None),
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => tokens.collect(),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => group.stream(),
        Some(_) => {
            errors.on(rest, format!("expected `,` after `{name}`"));
            return Err(Misread);
        }
    };
    if form == Form::Flag {
        errors.on(rest, format!("`{name}` takes no value: write `{name}`"));
        return Err(Misread);
    }
    if matches!(form, Form::Number | Form::Digits) {
        let number = read_number(name, value, rest, form, example, errors);
        return number.map(|number| Some(Written::Text(number)));
    }
    let written_with_sign = matches!(rest.clone().into_iter().next(), Some(TokenTree::Punct(_)));
    if form == Form::TextOrModel
        && let Some(model) = model(&value)
    {
        if written_with_sign {
            return Ok(Some(Written::Model(model)));
        }
        errors.on(rest, format!("write `{name} = {}`", value.to_string().replace(' ', "")));
        return Err(Misread);
    }
    match syn::parse2::<LitStr>(value.clone()) {
        Ok(text) if written_with_sign => return Ok(Some(Written::Text(text))),
        Ok(text) => errors.on(rest, format!("write `{name} = {:?}`", text.value())),
        Err(_) => {
            let written = value.to_string();
            let quoted = if worth_quoting(&value) { written.as_str() } else { example };
            let place = if value.is_empty() { rest } else { value };
            errors.on(place, format!("expected a text in quotes: `{name} = {quoted:?}`"));
        }
    }
    Err(Misread)
}

fn read_number(
    name: &Ident,
    value: TokenStream,
    rest: TokenStream,
    form: Form,
    example: &str,
    errors: &mut Errors,
) -> Result<LitStr, Misread> {
    let (least, kind) = if form == Form::Digits { (0, "a number") } else { (1, "a number above 0") };
    match syn::parse2::<LitInt>(value.clone()).map(|number| (number.base10_parse::<u32>(), number.span())) {
        Ok((Ok(number), span)) if number >= least => Ok(LitStr::new(&number.to_string(), span)),
        _ => {
            let place = if value.is_empty() { rest } else { value };
            errors.on(place, format!("expected {kind}: `{name} = {example}`"));
            Err(Misread)
        }
    }
}

/// The path of a struct; a name in small letters is that of a table, without its quotes.
fn model(value: &TokenStream) -> Option<Path> {
    let path = syn::parse2::<Path>(value.clone()).ok()?;
    let name = path.segments.last()?.ident.unraw().to_string();
    name.starts_with(char::is_uppercase).then_some(path)
}

/// Whether a value is probably the right one with its quotes left out.
fn worth_quoting(value: &TokenStream) -> bool {
    let mut tokens = value.clone().into_iter();
    // `lazy = true` is the way of another library.
    matches!((tokens.next(), tokens.next()), (Some(TokenTree::Ident(word)), None) if word != "true" && word != "false")
}

fn unknown(name: &str, attribute: &str, known: &[Known]) -> String {
    let takes = takes(attribute, known);
    if let Some(ours) = foreign::option(name, attribute) {
        return ours;
    }
    if let Some(near) = suggest::nearest(name, known.iter().map(|known| known.0)) {
        return format!("unknown attribute `{name}`; did you mean `{near}`? {takes}");
    }
    match home_of(name, attribute) {
        Some(home) => format!("unknown attribute `{name}`; it belongs to `#[{home}({name})]`; {takes}"),
        None => format!("unknown attribute `{name}`; {takes}"),
    }
}

fn takes(attribute: &str, known: &[Known]) -> String {
    let takes = |option: &str| Kind::of(attribute).is_none_or(|kind| kind.takes(option));
    let names = known.iter().filter(|known| takes(known.0)).map(|known| format!("`{}`", known.0));
    let names = suggest::list(names);
    format!("`#[{attribute}]` takes {names}")
}

/// The options between the commas.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut options = vec![TokenStream::new()];
    for token in tokens {
        match (&token, options.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => options.push(TokenStream::new()),
            (_, Some(option)) => option.extend([token]),
            (_, None) => {}
        }
    }
    options
}
