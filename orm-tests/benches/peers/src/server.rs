use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Result;

/// A private server, on a free port of this machine, that ends with this value.
pub struct Server {
    /// Where it is, without a database.
    pub url: String,
    child: Child,
    /// The signal by which it ends its own processes at once.
    stop: &'static str,
    _directory: TempDir,
}

impl Server {
    pub fn postgres() -> Result<Server> {
        let place = Place::new("postgres")?;
        let mut init = place.command(&program("initdb")?);
        init.arg("-D").arg(place.data()).args([
            "--username=orm",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        run(init.arg("--no-sync"))?;
        let mut postgres = place.command(&program("postgres")?);
        postgres.arg("-D").arg(place.data()).args(["-p", &place.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=1GB",
            "max_wal_size=8GB",
            // The disk is not compared, and nothing may run beside a contender.
            "fsync=off",
            "autovacuum=off",
        ] {
            postgres.args(["-c", setting]);
        }
        let mut ready = Command::new(program("pg_isready")?);
        ready.args(["-q", "-h", "127.0.0.1", "-p", &place.port.to_string()]);
        place.start("postgres", &mut postgres, "INT", &mut ready)
    }

    pub fn mariadb() -> Result<Server> {
        let place = Place::new("mysql")?;
        let datadir = format!("--datadir={}", place.data().display());
        let mut init = place.command(Path::new("mariadb-install-db"));
        init.args(["--no-defaults", &datadir, "--auth-root-authentication-method=normal", "--skip-test-db"]);
        run(&mut init)?;
        let users = place.directory.path().join("users.sql");
        std::fs::write(&users, "CREATE USER orm@localhost;\nGRANT ALL ON *.* TO orm@localhost;\n")?;
        let mut mariadb = place.command(Path::new("mariadbd"));
        mariadb.args(["--no-defaults", &datadir, "--bind-address=127.0.0.1", "--skip-log-bin"]);
        mariadb.arg(format!("--port={}", place.port)).arg(format!("--init-file={}", users.display()));
        for (name, file) in [("socket", "socket"), ("pid-file", "pid")] {
            mariadb.arg(format!("--{name}={}", place.directory.path().join(file).display()));
        }
        mariadb.args([
            "--max-connections=200",
            "--innodb-buffer-pool-size=1G",
            // The disk is not compared.
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
        ]);
        let mut ready = Command::new("mariadb-admin");
        ready.args(["--no-defaults", "--protocol=tcp", "-h", "127.0.0.1", "-u", "orm", "ping"]);
        ready.arg(format!("--port={}", place.port));
        // Its directory is removed with it.
        place.start("mysql", &mut mariadb, "KILL", &mut ready)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let signal = format!("-{}", self.stop);
        let _ = Command::new("kill").args([&signal, &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Where a server runs, and as whom: as its own user instead of root.
struct Place {
    directory: TempDir,
    port: u16,
    user: Option<(u32, u32)>,
}

impl Place {
    fn new(user: &str) -> Result<Place> {
        let directory = tempfile::tempdir()?;
        let mut owner = None;
        if id(&["-u"])? == 0 {
            let (uid, gid) = (id(&["-u", user])?, id(&["-g", user])?);
            chown(directory.path(), Some(uid), Some(gid))?;
            owner = Some((uid, gid));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Place { directory, port, user: owner })
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn command(&self, program: &Path) -> Command {
        let Some((uid, gid)) = self.user else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command.args(["--reuid", &uid.to_string(), "--regid", &gid.to_string(), "--clear-groups"]);
        command.arg(program);
        command
    }

    fn start(
        self,
        scheme: &str,
        command: &mut Command,
        stop: &'static str,
        ready: &mut Command,
    ) -> Result<Server> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let url = format!("{scheme}://orm@127.0.0.1:{}", self.port);
        let server = Server { url, child, stop, _directory: self.directory };
        for _ in 0..100 {
            if ready.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("{} has not started in 10 s", server.url).into())
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn id(arguments: &[&str]) -> Result<u32> {
    Ok(String::from_utf8(Command::new("id").args(arguments).output()?.stdout)?.trim().parse()?)
}

/// A program of the newest PostgreSQL, where Debian puts it or on the path.
fn program(name: &str) -> Result<PathBuf> {
    let mut found = vec![PathBuf::from(name)];
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        for version in versions {
            found.push(version?.path().join("bin").join(name));
        }
    }
    found.retain(|program| program.components().count() == 1 || program.exists());
    found.sort();
    Ok(found.pop().unwrap_or_default())
}
