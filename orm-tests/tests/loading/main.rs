//! What loading promises, on a database: rows, the SQL's shape and the number of statements together.

#[path = "../fixtures/mod.rs"]
mod fixtures;

mod ddl;
mod dynamic_tier;
mod errors;
mod filters;
mod identifiers;
mod identity_map;
mod joined;
mod joined_pages;
mod late_loading;
mod lazy_loading;
mod long_statements;
mod observing;
mod selectin;
mod selectin_batches;
mod selectin_keys;
mod self_referential;
mod short_statements;
mod strategies;
mod typed_tier;
mod values;
mod views;
