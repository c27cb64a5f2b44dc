use std::path::{Path, PathBuf};
use std::process::Command;

/// A program in one of some directories, or in PATH.
pub(crate) fn find(name: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = directories.iter().cloned().chain(std::env::split_paths(&path));
    all.map(|directory| directory.join(name)).find(|program| program.is_file())
}

/// The directories `<parent>/*/<child>`, the one with the highest name first: versions stand in them.
pub(crate) fn versions(parent: &str, child: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_string_lossy().parse().unwrap_or(0);
            Some((version, entry.path().join(child)))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// Installs a package if that needs no password: on Debian and its derivatives, as root. Prints that it does.
pub(crate) fn install(package: &str) -> bool {
    let is_debian = Path::new("/etc/debian_version").exists();
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if !is_debian || !is_root {
        return false;
    }
    eprintln!("running `apt-get install -y {package}`");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command.output().is_ok_and(|output| output.status.success())
    };
    let install = ["install", "-y", "--no-install-recommends", package];
    apt(&install) || (apt(&["update"]) && apt(&install))
}
