//! What the tests of orm-core share: a database for each test on every backend, and the servers that hold them.
//!
//! [`on_every_backend!`] makes one test of each backend from one async function. SQLite needs nothing. PostgreSQL and
//! MariaDB or MySQL are found on this machine and started privately, on free loopback ports with an empty directory
//! each, and stop with the test process, however it ends. Files of tests are in [`directory`], which goes with it as well. `ORM_TEST_POSTGRES_URL` and `ORM_TEST_MYSQL_URL` name servers
//! to use instead. A backend that is not there is printed, and fails where `CI=true`.

mod backend;
mod cut;
mod fault_proxy;
mod guard;
mod mysql;
mod pgbouncer;
mod postgres;
mod private_server;
mod programs;
mod server;
mod test_database;
mod tls_server;
mod valgrind;

pub use backend::{Backend, not_run, run};
pub use cut::Cut;
pub use fault_proxy::FaultProxy;
pub use guard::directory;
pub use pgbouncer::PgBouncer;
pub use private_server::PrivateServer;
pub use test_database::TestDatabase;
pub use tls_server::TlsServer;
pub use valgrind::instructions;
