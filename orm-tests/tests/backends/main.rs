//! One suite on every backend.

mod batches;
mod bounded;
mod bulk;
mod cancellation;
mod columns;
mod ddl;
mod faults;
mod get_many;
mod keys;
mod loading;
mod pool;
mod pooler;
mod relationships;
mod schema_check;
mod schemas;
mod serialized;
mod shop;
mod streamed_rows;
mod streaming;
mod text;
mod tls;
mod transactions;
mod types;
mod values;
mod violations;
mod writing;
