//! One suite on every backend.

mod batches;
mod bulk;
mod cancellation;
mod columns;
mod ddl;
mod faults;
mod keys;
mod loading;
mod pool;
mod pooler;
mod relationships;
mod schemas;
mod shop;
mod text;
mod tls;
mod transactions;
mod types;
mod values;
mod violations;
mod writing;
