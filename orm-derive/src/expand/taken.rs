//! Names already in use, so that generated ones never collide.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};

use crate::model::Model;
use crate::names;

/// The names that are in use.
pub struct Taken {
    /// On the struct.
    inherent: HashSet<String>,
    /// In the module.
    module: HashSet<String>,
    /// In the types of the struct's fields: a type parameter of that name would hide the type.
    types: HashSet<String>,
}

impl Taken {
    /// What is in use before anything is generated for a model.
    pub fn of(model: &Model) -> Taken {
        let mut types = HashSet::new();
        words(model.ident.to_token_stream(), &mut types);
        let columns = model.columns.iter().map(|column| &column.ty);
        for ty in columns.chain(model.relations.iter().map(|relation| &relation.ty)) {
            words(ty.to_token_stream(), &mut types);
        }
        let name = str::to_owned;
        Taken { inherent: ["draft", "entity"].map(name).into(), module: HashSet::new(), types }
    }

    /// Takes a name on the struct, if it is free.
    pub fn inherent(&mut self, name: &Ident) -> bool {
        self.inherent.insert(names::plain(name))
    }

    /// Takes a name in the module, if it is free.
    pub fn module(&mut self, name: &Ident) -> bool {
        self.module.insert(names::plain(name))
    }

    /// Takes a name in the module, another one where it is not free.
    pub fn fresh_in_module(&mut self, name: Ident) -> Ident {
        let fresh = fresh(name, &self.module);
        self.module.insert(fresh.to_string());
        fresh
    }

    /// A name for a type parameter.
    pub fn fresh_parameter(&self, name: Ident) -> Ident {
        fresh(name, &self.types)
    }
}

fn fresh(mut name: Ident, taken: &HashSet<String>) -> Ident {
    while taken.contains(&name.to_string()) {
        name = format_ident!("{name}_");
    }
    name
}

fn words(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
