use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use orm_core::Engine;
use orm_core::options::EngineBuilder;

use crate::TestDatabase;
use crate::programs::{find, install};
use crate::server::{Place, Server};

/// A private PgBouncer in front of a test's database, which lends its few connections by the transaction.
#[derive(Debug)]
pub struct PgBouncer {
    server: Server,
}

impl PgBouncer {
    /// Starts one. `lenient`: it takes connections that begin with settings it does not know.
    ///
    /// # Errors
    /// Why it is not available.
    pub fn start(database: &TestDatabase, lenient: bool) -> Result<PgBouncer, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let program = program()?;
        let place = Place::new(
            &format!("pgbouncer-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            &["postgres", "nobody"],
        )?;
        let (server, name) = database.place();
        let (host, port) = server.split_once(':').ok_or_else(|| format!("`{server}` has no port"))?;
        let ignored = if lenient { "ignore_startup_parameters = extra_float_digits" } else { "" };
        let (users, settings) = (place.path("users"), place.path("pgbouncer.ini"));
        let text = format!(
            "[databases]\n{name} = host={host} port={port} user=orm dbname={name}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n{ignored}\n",
            place.port,
            users.display()
        );
        fs::write(&settings, text)
            .map_err(|error| format!("cannot write {}: {error}", settings.display()))?;
        fs::write(&users, "\"orm\" \"\"\n")
            .map_err(|error| format!("cannot write {}: {error}", users.display()))?;
        let mut command = Command::new(program);
        command.arg(&settings);
        let (port, url) = (place.port, format!("postgres://orm@127.0.0.1:{}/{name}", place.port));
        let ready = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        Ok(PgBouncer { server: Server::start(&place, &command, "TERM", url, ready)? })
    }

    /// The settings of an engine behind it.
    pub fn builder(&self) -> EngineBuilder {
        Engine::builder(&self.server.url)
    }
}

fn program() -> Result<PathBuf, String> {
    let find = || find("pgbouncer", &[PathBuf::from("/usr/sbin"), PathBuf::from("/opt/homebrew/bin")]);
    if let Some(found) = find() {
        return Ok(found);
    }
    if install("pgbouncer") {
        return find().ok_or_else(|| "pgbouncer was installed and is not there".to_owned());
    }
    Err("no `pgbouncer` was found; install it (Debian: apt-get install pgbouncer)".to_owned())
}
