//! Connections on every backend: the pool, what is prepared on them, what cancellation leaves behind, what is logged.

mod bounded;
mod cancellation;
mod echo;
mod faults;
mod lent;
mod pool;
mod pooler;
mod prepared;
mod round_trips;
mod secrets;
mod secrets_elsewhere;
mod settings;
#[path = "../backends/shop.rs"]
mod shop;
mod sqlite_urls;
mod tls;
