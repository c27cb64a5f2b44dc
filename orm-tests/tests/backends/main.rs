//! One suite on every backend.

mod batches;
mod bounded;
mod bulk;
mod cancellation;
mod ddl;
mod faults;
mod keys;
mod loading;
mod relationships;
mod shop;
mod streaming;
mod text;
mod transactions;
mod types;
mod violations;
mod writing;
