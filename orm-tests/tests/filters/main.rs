//! Relationships with a filter: two of them over one key are two relationships, and neither is the whole.
#![allow(missing_docs)]

mod errors;
mod held;
mod loading;
mod queries;
mod shop;
