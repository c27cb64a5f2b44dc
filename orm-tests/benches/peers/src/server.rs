use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Result;

/// A private PostgreSQL, on a free port of this machine, that ends with this value.
pub struct Server {
    /// Where it is, without a database.
    pub url: String,
    child: Child,
    _directory: TempDir,
}

impl Server {
    pub fn start() -> Result<Server> {
        let directory = tempfile::tempdir()?;
        let user = unprivileged(directory.path())?;
        let data = directory.path().join("data");
        let mut init = user.command(&program("initdb")?);
        init.arg("-D").arg(&data).args(["--username=orm", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        if !init.arg("--no-sync").stdout(Stdio::null()).status()?.success() {
            return Err("initdb failed".into());
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let mut postgres = user.command(&program("postgres")?);
        postgres.arg("-D").arg(&data).args(["-p", &port]);
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
        let child = postgres.stderr(Stdio::null()).spawn()?;
        let url = format!("postgres://orm@127.0.0.1:{port}");
        let server = Server { url, child, _directory: directory };
        let ready = program("pg_isready")?;
        for _ in 0..100 {
            let mut asked = Command::new(&ready);
            if asked.args(["-q", "-h", "127.0.0.1", "-p", &port]).status()?.success() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("PostgreSQL has not started in 10 s".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // INT is its fast shutdown; it ends its own processes.
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// PostgreSQL does not run as root; then it runs as its own user.
struct User(Option<(u32, u32)>);

impl User {
    fn command(&self, program: &Path) -> Command {
        match self.0 {
            Some((uid, gid)) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", &uid.to_string(), "--regid", &gid.to_string(), "--clear-groups"]);
                command.arg(program);
                command
            }
            None => Command::new(program),
        }
    }
}

fn unprivileged(directory: &Path) -> Result<User> {
    if id(&["-u"])? != 0 {
        return Ok(User(None));
    }
    let (uid, gid) = (id(&["-u", "postgres"])?, id(&["-g", "postgres"])?);
    chown(directory, Some(uid), Some(gid))?;
    Ok(User(Some((uid, gid))))
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
