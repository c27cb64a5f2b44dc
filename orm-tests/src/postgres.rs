use std::path::PathBuf;
use std::process::Command;

use crate::programs::{find, versions};
use crate::server::{Place, Server, succeeds};

/// A private PostgreSQL, or the one that `ORM_TEST_POSTGRES_URL` names.
pub(crate) fn server() -> Result<Server, String> {
    if let Ok(url) = std::env::var("ORM_TEST_POSTGRES_URL") {
        return Ok(Server::named(url));
    }
    let mut directories = versions("/usr/lib/postgresql", "bin");
    directories.extend(["/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/pgsql/bin"].map(PathBuf::from));
    let program = |name| {
        find(name, &directories).ok_or_else(|| {
            format!("no `{name}` was found; install PostgreSQL (Debian: apt-get install postgresql), or set ORM_TEST_POSTGRES_URL")
        })
    };
    let (initdb, postgres, pg_isready) = (program("initdb")?, program("postgres")?, program("pg_isready")?);

    let place = Place::new("postgres", &["postgres", "nobody"])?;
    let data = place.path("data");
    let mut init = Command::new(initdb);
    init.arg("-D").arg(&data);
    init.args(["--username=orm", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    place.run(&init)?;

    let port = place.port.to_string();
    let mut command = Command::new(postgres);
    command.arg("-D").arg(&data).args(["-p", &port]);
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
    ];
    for setting in settings {
        command.args(["-c", setting]);
    }
    let url = format!("postgres://orm@127.0.0.1:{port}/postgres");
    Server::start(&place, &command, "QUIT", url, || {
        succeeds(&pg_isready, &["-q", "-h", "127.0.0.1", "-p", &port, "-U", "orm", "-d", "postgres"])
    })
}
