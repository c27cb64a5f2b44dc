//! Reading: tokens become raw structs, attribute by attribute.
//!
//! Enters: the tokens of the item under the derive. Leaves: an [`Input`] for the model, and the mistakes that can be
//! seen in one attribute alone: unknown names, values of another form, duplicates. The only stage that knows syn's
//! attributes.

mod attributes;
mod docs;
mod foreign;
mod index;
mod input;
mod options;
mod serde;
mod types;
mod value;

pub use attributes::{ColumnAttribute, KeyAttribute, Kind, RelationAttribute, Through};
pub use docs::doc_text;
pub use index::{Index, Word, words};
pub use input::{Field, Input, input};
pub use options::{Form, Known, Options};
pub use serde::RenameAll;
pub use types::{
    Holder, Wrapper, inner_of_deferred, inner_of_option, is_option, last_name, type_text, wrapped,
};
pub use value::{Cascade, Function, KeyAction, Lazy, Names, OrderBy, Text, unknown};
