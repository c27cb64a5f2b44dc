//! The loaded set: which relationships a query loaded, as a type.
//!
//! For each model the derive makes a record `Loads<A, B, ..>` with one parameter per relationship, [`NotLoaded`] or
//! [`Yes`] with the loaded set of the targets. The shape of the traits is what makes rustc say the right thing: one
//! impl that can match, and the bound on the method, not on its `impl` block.

use std::marker::PhantomData;

use super::Relation;
use crate::model::{LoadedSet, LoadedShape, LoadedSlot};

/// In a loaded set: this relationship was not loaded.
#[derive(Debug)]
pub enum NotLoaded {}

/// In a loaded set: this relationship was loaded, and its targets with the loaded set `N`.
#[derive(Debug)]
pub struct Yes<N>(PhantomData<fn() -> N>);

/// In a loaded set: this self-referential relationship was loaded to the last level, by `.recursive(..)`.
#[derive(Debug)]
pub enum Recursive {}

impl LoadedSlot for NotLoaded {
    fn shape<L: LoadedSet>() -> Option<LoadedShape> {
        None
    }
}

impl<N: LoadedSet> LoadedSlot for Yes<N> {
    fn shape<L: LoadedSet>() -> Option<LoadedShape> {
        Some(LoadedShape::of::<N>())
    }
}

impl LoadedSlot for Recursive {
    fn shape<L: LoadedSet>() -> Option<LoadedShape> {
        Some(LoadedShape::of::<L>())
    }
}

/// Loading the relationship recursively without a limit turns the loaded set `N` of its targets into `Marked`.
pub trait MarksRecursive<N>: super::SelfReferential {
    /// The loaded set in which the relationship is loaded at every level.
    type Marked;
}

/// Two loaded sets of one model, or two values of one of its parameters, as one: what is loaded in either of them. So a
/// relationship that a query names twice is loaded with what is below both.
#[diagnostic::on_unimplemented(
    message = "the loaded sets `{Self}` and `{Other}` are not known to be of one model",
    label = "a relationship is named twice here"
)]
pub trait MergesWith<Other> {
    /// What is loaded in either.
    type Merged;
}

#[diagnostic::do_not_recommend]
impl<S> MergesWith<S> for NotLoaded {
    type Merged = S;
}

#[diagnostic::do_not_recommend]
impl<N> MergesWith<NotLoaded> for Yes<N> {
    type Merged = Yes<N>;
}

#[diagnostic::do_not_recommend]
impl<M: MergesWith<N>, N> MergesWith<Yes<N>> for Yes<M> {
    type Merged = Yes<M::Merged>;
}

// What is recursive in one place alone is refused when the query runs.
#[diagnostic::do_not_recommend]
impl<N> MergesWith<Recursive> for Yes<N> {
    type Merged = Recursive;
}

#[diagnostic::do_not_recommend]
impl<S> MergesWith<S> for Recursive {
    type Merged = Recursive;
}

/// The relationship is loaded in every value with the loaded set `L`.
///
/// As a bound it is what a function asks for:
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Book { #[key] id: i64, author_id: i64 }
/// # #[derive(Model, Debug)] struct Author { #[key] id: i64, name: String, #[has_many] books: HasMany<Book> }
/// fn shelf<L>(author: &Entity<Author, L>) -> String
/// where
///     author::Books: LoadedIn<L>,
/// {
///     format!("{} wrote {} books", author.name, author.get(Author::BOOKS).len())
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not loaded by this query",
    label = "reading `{Self}` here would need another query",
    note = "add `.with({Self}.selectin())` to the `select` this value came from"
)]
pub trait LoadedIn<L>: Relation {
    /// The loaded set of the targets.
    type Nested;
}

/// Naming the relationship in a query with the loaded set `L` gives the loaded set `Marked`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship of this model",
    label = "this relationship starts at another model",
    note = "load it inside the relationship that leads to its model: `.with(outer.selectin().with(inner.selectin()))`"
)]
pub trait Marks<L, N>: Relation {
    /// The loaded set with this relationship in it.
    type Marked;
}
