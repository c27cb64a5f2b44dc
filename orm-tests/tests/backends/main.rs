//! One suite on every backend.

mod batches;
mod bulk;
mod ddl;
mod keys;
mod loading;
mod relationships;
mod shop;
mod text;
mod transactions;
mod types;
mod violations;
mod writing;
