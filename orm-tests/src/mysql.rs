use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::programs::{find, install};
use crate::server::{Place, Server, greets};

/// A user for every way in which a server names a connection over loopback; one statement a line.
const USERS: &str = "\
CREATE USER IF NOT EXISTS orm@localhost;
GRANT ALL ON *.* TO orm@localhost WITH GRANT OPTION;
CREATE USER IF NOT EXISTS orm@'127.0.0.1';
GRANT ALL ON *.* TO orm@'127.0.0.1' WITH GRANT OPTION;
";

/// A private MariaDB or MySQL, or the one that `ORM_TEST_MYSQL_URL` names.
pub(crate) fn server() -> Result<Server, String> {
    if let Ok(url) = std::env::var("ORM_TEST_MYSQL_URL") {
        return Ok(Server::named(url));
    }
    let (program, is_mariadb) = program()?;
    let place = Place::new("mysql", &["mysql", "nobody"])?;
    let data = place.path("data");
    let datadir = format!("--datadir={}", data.display());
    if is_mariadb {
        let install =
            find("mariadb-install-db", &directories()).or_else(|| find("mysql_install_db", &directories()));
        let install = install.ok_or("`mariadb-install-db` was not found beside the server")?;
        let mut init = Command::new(install);
        init.args(["--no-defaults", &datadir, "--auth-root-authentication-method=normal", "--skip-test-db"]);
        place.run(&init)?;
    } else {
        let mut init = Command::new(&program);
        init.args(["--no-defaults", "--initialize-insecure", &datadir]);
        place.run(&init)?;
    }
    let users = place.path("users.sql");
    fs::write(&users, USERS).map_err(|error| format!("cannot write {}: {error}", users.display()))?;

    let port = place.port;
    let mut command = Command::new(program);
    command.args([
        "--no-defaults",
        &datadir,
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--max-connections=200",
    ]);
    command.arg(format!("--port={port}")).arg(format!("--init-file={}", users.display()));
    command.arg(format!("--socket={}", place.path("socket").display()));
    command.arg(format!("--pid-file={}", place.path("pid").display()));
    command.args([
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=64M",
    ]);
    if !is_mariadb {
        command.arg("--mysqlx=0");
    }
    // The directory goes with the server, so there is nothing to save.
    let url = format!("mysql://orm@127.0.0.1:{port}/");
    Server::start(&place, &command, "KILL", url, || greets(port))
}

fn directories() -> Vec<PathBuf> {
    ["/usr/sbin", "/usr/local/mysql/bin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from).to_vec()
}

/// The server's program, and whether it is MariaDB's.
fn program() -> Result<(PathBuf, bool), String> {
    let find_any = || {
        let mariadb = find("mariadbd", &directories()).map(|program| (program, true));
        mariadb.or_else(|| {
            let program = find("mysqld", &directories())?;
            let version = Command::new(&program).arg("--version").output().ok()?;
            let is_mariadb = String::from_utf8_lossy(&version.stdout).contains("MariaDB");
            Some((program, is_mariadb))
        })
    };
    if let Some(found) = find_any() {
        return Ok(found);
    }
    if install("mariadb-server") {
        return find_any().ok_or_else(|| "mariadb-server was installed and brought no server".to_owned());
    }
    Err("no `mariadbd` or `mysqld` was found; install MariaDB (Debian: apt-get install mariadb-server), or set \
         ORM_TEST_MYSQL_URL"
        .to_owned())
}
