use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::guard::{Guard, RUNNING, watch};

/// A database server: one that this process started, or one that an environment variable names.
#[derive(Debug)]
pub(crate) struct Server {
    /// The URL of a database on it, to connect to first.
    pub(crate) url: String,
    /// Keeps the server running: it stops when this process ends and the pipe to the watchdog closes.
    _watchdog: Option<Child>,
    /// Keeps its directory for as long.
    _guard: Option<Arc<Guard>>,
}

/// Who runs a server, and where.
pub(crate) struct Place {
    /// The directory of the server; it is removed when the server has stopped, or when there was none.
    pub(crate) directory: PathBuf,
    pub(crate) port: u16,
    user: Option<User>,
    guard: Arc<Guard>,
}

#[derive(Debug, Clone)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl Server {
    pub(crate) fn named(url: String) -> Server {
        Server { url, _watchdog: None, _guard: None }
    }

    /// Starts a server and waits until it answers. It is stopped by its process id as soon as this process ends, in
    /// whatever way: the watchdog's standard input closes then. `stop` is a signal that the server handles itself: a shell
    /// that is not interactive has what it runs in the background ignore INT and QUIT.
    pub(crate) fn start(
        place: &Place,
        command: &Command,
        stop: &str,
        url: String,
        is_ready: impl Fn() -> bool,
    ) -> Result<Server, String> {
        const WATCH: &str = r#"
            directory=$1; running=$2; stop=$3; shift 3
            : >"$directory/$running" || exit 1
            "$@" </dev/null >"$directory/log" 2>&1 &
            server=$!
            read -r _
            kill -"$stop" "$server"
            waited=0
            while kill -0 "$server"; do
                waited=$((waited + 1))
                [ "$waited" -ne 100 ] || kill -KILL "$server"
                sleep 0.1
            done
            rm -f "$directory/$running"
        "#;
        let mut process = Command::new("sh");
        process.args(["-c", WATCH, "watchdog"]).arg(&place.directory).args([RUNNING, stop]);
        process.args(place.as_user(command));
        let mut watchdog = watch(process)?;
        let until = Instant::now() + Duration::from_secs(60);
        while !is_ready() {
            let ended = watchdog.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > until {
                let log = fs::read_to_string(place.directory.join("log")).unwrap_or_default();
                return Err(format!("the server did not start:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Server { url, _watchdog: Some(watchdog), _guard: Some(Arc::clone(&place.guard)) })
    }
}

impl Place {
    /// An empty directory and a free port. Servers refuse to run as root, so root runs them as one of the users.
    pub(crate) fn new(name: &str, users: &[&str]) -> Result<Place, String> {
        let user = if id(&["-u"])? == 0 { Some(User::first(users)?) } else { None };
        let directory = std::env::temp_dir().join(format!("orm-tests-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        let failed = |error| format!("cannot make {}: {error}", directory.display());
        fs::create_dir_all(&directory).map_err(failed)?;
        let guard = Arc::new(Guard::of(&directory)?);
        if let Some(User { uid, gid, .. }) = user {
            chown(&directory, Some(uid), Some(gid)).map_err(failed)?;
        }
        let port = free_port()?;
        Ok(Place { directory, port, user, guard })
    }

    /// Runs a program to its end, as the user that the server runs as.
    pub(crate) fn run(&self, command: &Command) -> Result<(), String> {
        let mut words = self.as_user(command).into_iter();
        let program = words.next().unwrap_or_default();
        let output =
            Command::new(&program).args(words).current_dir(&self.directory).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("cannot run {program}: {error}"))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!(
                "{command:?} failed:\n{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }

    fn as_user(&self, command: &Command) -> Vec<String> {
        let word = |word: &std::ffi::OsStr| word.to_string_lossy().into_owned();
        let mut words = Vec::new();
        if let Some(User { name, gid, .. }) = &self.user {
            words.extend(
                ["setpriv", "--reuid", name, "--regid", &gid.to_string(), "--clear-groups"]
                    .map(str::to_owned),
            );
        }
        words.push(word(command.get_program()));
        words.extend(command.get_args().map(word));
        words
    }

    /// Writes a file that only the server's user can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        let failed = |error| format!("cannot write {}: {error}", path.display());
        fs::write(&path, text).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        if let Some(User { uid, gid, .. }) = self.user {
            chown(&path, Some(uid), Some(gid)).map_err(failed)?;
        }
        Ok(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl User {
    fn first(names: &[&str]) -> Result<User, String> {
        for name in names {
            if let (Ok(uid), Ok(gid)) = (id(&["-u", name]), id(&["-g", name])) {
                return Ok(User { name: (*name).to_owned(), uid, gid });
            }
        }
        Err(format!("root needs one of the users {} to run a server as", names.join(", ")))
    }
}

/// An unused port of the loopback interface.
pub(crate) fn free_port() -> Result<u16, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

fn id(arguments: &[&str]) -> Result<u32, String> {
    let output =
        Command::new("id").args(arguments).output().map_err(|error| format!("cannot run id: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| format!("id {} said `{text}`", arguments.join(" ")))
}

/// Whether a server on a port sends something as soon as a client connects: MySQL's greeting.
pub(crate) fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    stream.read_exact(&mut [0; 5]).is_ok()
}

/// Whether a program runs and succeeds.
pub(crate) fn succeeds(program: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
