//! What columns hold on every backend: types, values, keys, constraints, and the tables that are created for them.

mod calculations;
mod clocks;
mod columns;
mod ddl;
mod keys;
mod schema_check;
mod schemas;
mod serialized;
#[path = "../backends/shop.rs"]
mod shop;
mod stamps;
mod text;
mod types;
mod values;
mod violations;
