//! Reading and writing on every backend. What connections do is in `connections`, what columns hold in `column_types`.

mod batches;
mod bulk;
mod get_many;
mod loading;
mod relationships;
mod shop;
mod streamed_rows;
mod streaming;
mod transactions;
mod writing;
