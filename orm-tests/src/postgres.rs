use std::path::PathBuf;
use std::process::Command;

use crate::programs::{find, versions};
use crate::server::{Place, Server, succeeds};
use crate::tls_server::Certificates;

/// A private PostgreSQL, or the one that `ORM_TEST_POSTGRES_URL` names.
pub(crate) fn server() -> Result<Server, String> {
    if let Ok(url) = std::env::var("ORM_TEST_POSTGRES_URL") {
        return Ok(Server::named(url));
    }
    start("postgres", &["synchronous_commit=off"])
}

/// A private server with further settings.
pub(crate) fn start(name: &str, settings: &[&str]) -> Result<Server, String> {
    let place = Place::new(name, &USERS)?;
    initialize(&place)?;
    run(&place, settings)
}

/// An empty database in a place.
fn initialize(place: &Place) -> Result<(), String> {
    let mut init = Command::new(program("initdb")?);
    init.arg("-D").arg(place.path("data"));
    init.args(["--username=orm", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    place.run(&init)
}

/// A private server that accepts only TLS connections, and the user `card` only with a certificate.
pub(crate) fn with_tls() -> Result<(Server, Certificates), String> {
    let place = Place::new("postgres-tls", &USERS)?;
    let certificates = Certificates::make(&place)?;
    let access =
        place.write("access", "hostssl all card 127.0.0.1/32 cert\nhostssl all orm 127.0.0.1/32 trust\n")?;
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificates.server.display()),
        format!("ssl_key_file={}", certificates.server_key.display()),
        format!("ssl_ca_file={}", certificates.authority.display()),
        format!("hba_file={}", access.display()),
    ];
    initialize(&place)?;
    let server = run(&place, &settings.each_ref().map(String::as_str))?;
    Ok((server, certificates))
}

/// A private server that follows another one.
pub(crate) fn start_standby(name: &str, primary: &Server, settings: &[&str]) -> Result<Server, String> {
    let place = Place::new(name, &USERS)?;
    let mut copy = Command::new(program("pg_basebackup")?);
    copy.arg("-D").arg(place.path("data")).args(["-d", &primary.url, "--write-recovery-conf"]);
    copy.args(["--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
    place.run(&copy)?;
    run(&place, settings)
}

const USERS: [&str; 2] = ["postgres", "nobody"];

fn program(name: &str) -> Result<PathBuf, String> {
    let mut directories = versions("/usr/lib/postgresql", "bin");
    directories.extend(["/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/pgsql/bin"].map(PathBuf::from));
    find(name, &directories).ok_or_else(|| {
        format!("no `{name}` was found; install PostgreSQL (Debian: apt-get install postgresql), or set ORM_TEST_POSTGRES_URL")
    })
}

/// Runs the server whose data are in a place.
fn run(place: &Place, settings: &[&str]) -> Result<Server, String> {
    let (postgres, pg_isready) = (program("postgres")?, program("pg_isready")?);
    let port = place.port.to_string();
    let mut command = Command::new(postgres);
    command.arg("-D").arg(place.path("data")).args(["-p", &port]);
    let always = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=200",
    ];
    for setting in always.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    let url = format!("postgres://orm@127.0.0.1:{port}/postgres");
    Server::start(place, &command, "QUIT", url, || {
        succeeds(&pg_isready, &["-q", "-h", "127.0.0.1", "-p", &port, "-U", "orm", "-d", "postgres"])
    })
}
