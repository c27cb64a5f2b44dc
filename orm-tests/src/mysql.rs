use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::programs::{find, install};
use crate::server::{Place, Server, free_port, greets};
use crate::tls_server::Certificates;

/// A user for every way in which a server names a connection over loopback; one statement a line.
const USERS: &str = "\
CREATE USER IF NOT EXISTS orm@localhost;
GRANT ALL ON *.* TO orm@localhost WITH GRANT OPTION;
CREATE USER IF NOT EXISTS orm@'127.0.0.1';
GRANT ALL ON *.* TO orm@'127.0.0.1' WITH GRANT OPTION;
";

/// A user that has to show a certificate.
const CARD: &str = "\
CREATE USER IF NOT EXISTS card@localhost REQUIRE X509;
CREATE USER IF NOT EXISTS card@'127.0.0.1' REQUIRE X509;
";

/// A private MariaDB or MySQL, or the one that `ORM_TEST_MYSQL_URL` names.
pub(crate) fn server() -> Result<Server, String> {
    if let Ok(url) = std::env::var("ORM_TEST_MYSQL_URL") {
        return Ok(Server::named(url));
    }
    start("mysql", &[]).map(|(server, _)| server)
}

/// A private server with further settings; also returns whether it is MariaDB.
pub(crate) fn start(name: &str, settings: &[&str]) -> Result<(Server, bool), String> {
    let (program, is_mariadb) = program()?;
    let place = Place::new(name, &USERS_TO_RUN_AS)?;
    let mut command = prepare(&place, program, is_mariadb)?;
    command.arg(format!("--init-file={}", place.path("users.sql").display())).args(settings);
    Ok((run(&place, &command)?, is_mariadb))
}

/// Two private nodes of a cluster, which write the same tables.
pub(crate) fn start_cluster(name: &str) -> Result<[Server; 2], String> {
    let (program, _) = program().and_then(|found| match found.1 {
        true => Ok(found),
        false => Err("it is MySQL, whose clusters are others".to_owned()),
    })?;
    let provider =
        ["/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so"].map(PathBuf::from);
    let provider = provider.into_iter().find(|path| path.is_file());
    let provider = provider.ok_or("no `libgalera_smm.so` was found (Debian: apt-get install galera-4)")?;
    for needed in ["rsync", "wsrep_sst_rsync"] {
        find(needed, &directories())
            .ok_or_else(|| format!("`{needed}` was not found, by which a node joins"))?;
    }
    let mut first = None;
    let mut start = |number: u32| {
        let place = Place::new(&format!("{name}-{number}"), &USERS_TO_RUN_AS)?;
        let mut command = prepare(&place, program.clone(), true)?;
        let (group, transfer, increments) = (free_port()?, free_port()?, free_port()?);
        let join = first.map_or_else(String::new, |first: u16| format!("127.0.0.1:{first}"));
        if first.replace(group).is_none() {
            // The second one gets them with everything else.
            command.arg(format!("--init-file={}", place.path("users.sql").display()));
        }
        command.args([
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            "--wsrep-sync-wait=1",
        ]);
        command.arg(format!("--wsrep-provider={}", provider.display()));
        command
            .arg(format!("--wsrep-cluster-name={name}"))
            .arg(format!("--wsrep-cluster-address=gcomm://{join}"));
        command.arg(format!("--wsrep-node-address=127.0.0.1:{group}"));
        command
            .args(["--wsrep-sst-method=rsync", &format!("--wsrep-sst-receive-address=127.0.0.1:{transfer}")]);
        command.arg(format!(
            "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{increments}"
        ));
        run(&place, &command)
    };
    Ok([start(1)?, start(2)?])
}

/// A private server that accepts only TLS connections, and the user `card` only with a certificate.
pub(crate) fn with_tls() -> Result<(Server, Certificates), String> {
    let (program, is_mariadb) = program()?;
    let place = Place::new("mysql-tls", &USERS_TO_RUN_AS)?;
    let certificates = Certificates::make(&place)?;
    let mut command = prepare(&place, program, is_mariadb)?;
    let users = place.write("users.sql", &format!("{USERS}{CARD}"))?;
    command.arg(format!("--init-file={}", users.display())).arg("--require-secure-transport=ON");
    command.arg(format!("--ssl-cert={}", certificates.server.display()));
    command.arg(format!("--ssl-key={}", certificates.server_key.display()));
    command.arg(format!("--ssl-ca={}", certificates.authority.display()));
    Ok((run(&place, &command)?, certificates))
}

const USERS_TO_RUN_AS: [&str; 2] = ["mysql", "nobody"];

/// Fills the directory of a server; returns the command that runs it.
fn prepare(place: &Place, program: PathBuf, is_mariadb: bool) -> Result<Command, String> {
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
    // In the system's own directory, one server would remove the files of another one when it starts.
    command.arg(format!("--tmpdir={}", place.path("").display()));
    command.arg(format!("--port={port}"));
    command.arg(format!("--socket={}", place.path("socket").display()));
    command.arg(format!("--pid-file={}", place.path("pid").display()));
    command.args([
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-buffer-pool-size=64M",
    ]);
    if !is_mariadb {
        command.args(["--mysqlx=0", "--secure-file-priv=NULL", "--auto-generate-certs=OFF"]);
    }
    Ok(command)
}

fn run(place: &Place, command: &Command) -> Result<Server, String> {
    let port = place.port;
    // The directory is removed with the server, so nothing has to be saved.
    Server::start(place, command, "KILL", format!("mysql://orm@127.0.0.1:{port}/"), || greets(port))
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
