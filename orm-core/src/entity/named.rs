//! What `loaded!` looks names up with.

use super::LoadedAs;
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

/// A loaded set with a relationship of the model `M` at its place, with nothing below it. `K` is how it is loaded.
#[doc(hidden)]
pub trait WithBare<const RELATION: usize, M, K> {
    /// The other loaded set.
    type Out;
}

impl<const RELATION: usize, M, K, S> WithBare<RELATION, M, K> for S
where
    M: RelationAt<RELATION>,
    K: LoadedAs,
    S: With<At<RELATION>, K::Around<<M::Target as Model>::Bare>>,
{
    type Out = S::Out;
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
