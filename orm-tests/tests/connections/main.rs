//! Connections on every backend: the pool, what is prepared on them, what cancellation leaves behind, what is logged.

mod bounded;
mod cancellation;
mod echo;
mod faults;
mod pool;
mod pooler;
mod prepared;
mod secrets;
#[path = "../backends/shop.rs"]
mod shop;
mod sqlite_urls;
mod tls;
