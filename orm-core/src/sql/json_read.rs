//! Steps into JSON documents.

use std::sync::Arc;

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    /// A member of an object.
    Key(Arc<str>),
    /// An element of an array, from 0.
    Index(usize),
}

/// What is read at a place in a document. It is NULL where something else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonRead {
    /// A text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number.
    Float,
    /// A truth value.
    Boolean,
    /// JSON of any form.
    Document,
    /// How many elements an array has.
    Length,
    /// Whether anything is there, including JSON's null: never NULL.
    Exists,
}
