//! Column types beyond the primitives at work: as keys, in relationships and filters, in every statement.

mod enums;
mod keys;
mod lists;
mod newtypes;
mod stored;
