//! What `loaded!` looks names up with.

use std::marker::PhantomData;

use super::{Entity, Loaded, Recursive};
use crate::model::Model;

/// The relationship at one place of a model, if `loaded!` can name it.
#[doc(hidden)]
pub trait RelationAt<const RELATION: usize> {
    /// The model that it leads to.
    type Target: Model;
}

/// The place of a relationship in a loaded set.
#[doc(hidden)]
#[derive(Debug)]
pub enum At<const RELATION: usize> {}

/// A loaded set with something else at one place.
#[doc(hidden)]
pub trait With<P, S> {
    /// The other loaded set.
    type Out;
}

/// What `loaded!` has read so far: the loaded set `S` of the model `M`, and what it is below, `Top` or `Below`.
#[doc(hidden)]
#[derive(Debug)]
pub struct LoadedTree<S, M, B>(PhantomData<(S, M, B)>);

/// Below nothing: the model that `loaded!` begins with.
#[doc(hidden)]
#[derive(Debug)]
pub enum Top {}

/// Below a relationship of the model `M`, of which `S` was read so far.
#[doc(hidden)]
#[derive(Debug)]
pub struct Below<const RELATION: usize, S, M, B>(PhantomData<(S, M, B)>);

/// One step of reading `loaded!`:
///
/// * `'.'`: a relationship with nothing below it, and `'*'` one that is recursive;
/// * `'{'`: begins what is below a relationship, `'}'` ends it, and `']'` ends it where the relationship is recursive;
/// * `' '`: nothing.
#[doc(hidden)]
pub trait Step<const STEP: char, const RELATION: usize> {
    /// What was read then.
    type Next;
}

impl<T> Step<' ', 0> for T {
    type Next = T;
}

impl<const RELATION: usize, S, M, B> Step<'.', RELATION> for LoadedTree<S, M, B>
where
    M: RelationAt<RELATION>,
    S: With<At<RELATION>, Loaded<<M::Target as Model>::Bare>>,
{
    type Next = LoadedTree<S::Out, M, B>;
}

impl<const RELATION: usize, S, M, B> Step<'*', RELATION> for LoadedTree<S, M, B>
where
    M: RelationAt<RELATION>,
    S: With<At<RELATION>, Recursive<<M::Target as Model>::Bare>>,
{
    type Next = LoadedTree<S::Out, M, B>;
}

impl<const RELATION: usize, S, M: RelationAt<RELATION>, B> Step<'{', RELATION> for LoadedTree<S, M, B> {
    type Next = LoadedTree<<M::Target as Model>::Bare, M::Target, Below<RELATION, S, M, B>>;
}

impl<const RELATION: usize, N, T, S, M, B> Step<'}', 0> for LoadedTree<N, T, Below<RELATION, S, M, B>>
where
    S: With<At<RELATION>, Loaded<N>>,
{
    type Next = LoadedTree<S::Out, M, B>;
}

impl<const RELATION: usize, N, T, S, M, B> Step<']', 0> for LoadedTree<N, T, Below<RELATION, S, M, B>>
where
    S: With<At<RELATION>, Recursive<N>>,
{
    type Next = LoadedTree<S::Out, M, B>;
}

/// All of `loaded!` was read.
#[doc(hidden)]
pub trait Whole {
    /// The entity with what is loaded.
    type Entity;
}

impl<S, M: Model> Whole for LoadedTree<S, M, Top> {
    type Entity = Entity<M, S>;
}

macro_rules! steps {
    ($($step:ident $relation:ident),*) => {
        /// What was read after up to sixteen more steps.
        #[doc(hidden)]
        pub type Steps<T, $(const $step: char = ' ', const $relation: usize = 0),*> = steps!(T, $($step $relation),*);

        /// The entity of a model after up to sixteen steps. A tree is constants and not types within types, of which clippy
        /// would find few too many in the signatures that `loaded!` is for.
        #[doc(hidden)]
        pub type LoadedEntity<M, $(const $step: char = ' ', const $relation: usize = 0),*> =
            <Steps<LoadedTree<<M as Model>::Bare, M, Top>, $($step, $relation),*> as Whole>::Entity;
    };
    ($read:ty, $step:ident $relation:ident $(, $steps:ident $relations:ident)*) => {
        steps!(<$read as Step<$step, $relation>>::Next, $($steps $relations),*)
    };
    ($read:ty,) => { $read };
}

steps! {
    S0 R0, S1 R1, S2 R2, S3 R3, S4 R4, S5 R5, S6 R6, S7 R7,
    S8 R8, S9 R9, S10 R10, S11 R11, S12 R12, S13 R13, S14 R14, S15 R15
}

/// The place of a relationship among those of a model. The compiler looks it up, so that a name of none is one error: a trait
/// that the model lacks would be one wherever the type is used.
#[doc(hidden)]
pub const fn place(names: &[&str], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < names.len() {
        if is(names[at], name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A place, or that of any relationship that can be named.
#[doc(hidden)]
pub const fn place_or_any(place: Option<usize>, names: &[&str]) -> usize {
    if let Some(place) = place {
        return place;
    }
    let mut at = 0;
    while at < names.len() && names[at].is_empty() {
        at += 1;
    }
    at
}

/// What is said of a name that is none.
#[doc(hidden)]
pub const fn no_relation(model: &str, names: &[&str], name: &str) -> Text {
    let mut text = Text { bytes: [0; 512], length: 0 };
    text.push(model);
    text.push(" has no relationship `");
    text.push(name);
    text.push("` that `loaded!` can name: it has ");
    let (mut listed, mut at) = (false, 0);
    while at < names.len() {
        if !names[at].is_empty() {
            text.push(if listed { ", `" } else { "`" });
            text.push(names[at]);
            text.push("`");
            listed = true;
        }
        at += 1;
    }
    if !listed {
        text.push("none");
    }
    text
}

const fn is(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// A message that is put together by the compiler; what does not fit is left out.
#[doc(hidden)]
#[derive(Debug)]
pub struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl Text {
    const fn push(&mut self, text: &str) {
        let text = text.as_bytes();
        if self.length + text.len() > self.bytes.len() {
            return;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
    }

    /// The message.
    pub const fn written(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{no_relation, place};

    const NAMES: &[&str] = &["orders", "", "profile"];

    #[test]
    fn a_name_has_its_place() {
        assert_eq!(place(NAMES, "profile"), Some(2));
        assert_eq!(place(NAMES, "ordres"), None);
    }

    #[test]
    fn another_name_is_refused_with_those_that_there_are() {
        let text = no_relation("`User`", NAMES, "ordres");
        let said = "`User` has no relationship `ordres` that `loaded!` can name: it has `orders`, `profile`";
        assert_eq!(text.written(), said);
        let text = no_relation("`Item`", &[], "ordres");
        assert_eq!(
            text.written(),
            "`Item` has no relationship `ordres` that `loaded!` can name: it has none"
        );
    }
}
