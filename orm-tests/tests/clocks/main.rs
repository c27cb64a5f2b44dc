//! Times: columns that state their precision, and columns that the database's clock fills in.
#![allow(missing_docs)]

mod database;
mod precision;
