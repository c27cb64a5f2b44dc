//! One suite on every backend.

mod batches;
mod bulk;
mod cancellation;
mod ddl;
mod faults;
mod keys;
mod loading;
mod pool;
mod pooler;
mod relationships;
mod schema_check;
mod schemas;
mod serialized;
mod shop;
mod text;
mod transactions;
mod types;
mod violations;
mod writing;
