use std::path::{Path, PathBuf};

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

/// Whether this is Debian or one of its children, where packages come from apt.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}
