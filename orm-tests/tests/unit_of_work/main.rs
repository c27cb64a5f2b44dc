//! The unit of work: what is written, in which order and in how many statements; what the objects show meanwhile; and
//! what a rollback, an error, a panic or a cancellation leaves behind.
#![allow(missing_docs)]

mod models;
#[path = "../shop/mod.rs"]
mod shop;

mod autoflush;
mod bulk;
mod cascades;
mod composite_keys;
mod dirty;
mod expired;
mod failures;
mod flush_order;
mod following;
mod generated_keys;
mod links;
mod locking;
mod merging;
mod moved_children;
mod natural_keys;
mod plan;
mod refused;
mod rollback;
mod row_order;
mod row_switch;
mod savepoints;
mod states;
mod transactions;
mod trees;
mod unsaved_links;
