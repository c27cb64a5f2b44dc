use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Removes a directory as soon as this process ends, in whatever way, or the guard is dropped: the standard input of its
/// process closes then. It waits for a server in the directory to stop.
#[derive(Debug)]
pub(crate) struct Guard {
    _process: Child,
}

/// The file in a directory that marks a running server.
pub(crate) const RUNNING: &str = "running";

impl Guard {
    /// # Errors
    /// `sh` is missing.
    pub(crate) fn of(directory: &Path) -> Result<Guard, String> {
        // The process that fills the directory may not have noticed yet that the test has gone.
        const WATCH: &str = r#"
            directory=$1; running=$2
            read -r _
            while [ -e "$directory/$running" ]; do sleep 0.1; done
            for pause in 0.1 0.1 0.2 0.5 1; do
                rm -rf "$directory"
                sleep "$pause"
                [ -e "$directory" ] || break
            done
        "#;
        let mut process = Command::new("sh");
        process.args(["-c", WATCH, "guard"]).arg(directory).arg(RUNNING);
        Ok(Guard { _process: watch(process)? })
    }
}

/// Starts a process that ends when the standard input that is returned with it closes.
pub(crate) fn watch(mut process: Command) -> Result<Child, String> {
    use std::os::unix::process::CommandExt;
    // In a separate process group: a Ctrl-C on the terminal must not stop its work.
    process.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    process.spawn().map_err(|error| format!("cannot start sh: {error}"))
}

/// A directory for the files of a test, which is removed when it is dropped, and when this process ends in whatever way.
///
/// # Panics
/// The directory cannot be made.
pub fn directory() -> TempDir {
    static ROOT: OnceLock<(PathBuf, Guard)> = OnceLock::new();
    let (root, _) = ROOT.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("orm-tests-files-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        let guard = Guard::of(&root).unwrap_or_else(|error| panic!("{error}"));
        (root, guard)
    });
    tempfile::tempdir_in(root).unwrap_or_else(|error| panic!("{}: {error}", root.display()))
}
