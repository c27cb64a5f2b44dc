//! The lock file: read and checked, before a database is touched.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use cargo_lock::{Dependency, Lockfile, SourceId};

use crate::failure::Failure;

/// A lock file: its text, and what it lists, sorted by name and version.
pub struct Lock {
    pub path: String,
    pub contents: String,
    pub versions: Vec<Locked>,
}

/// One `[[package]]`, which is one version of a package.
pub struct Locked {
    pub name: String,
    pub number: String,
    pub source: Option<String>,
    pub checksum: Option<String>,
    /// What it depends on, as places in the list.
    pub dependencies: Vec<usize>,
}

impl Lock {
    pub fn read(path: &Path) -> Result<Lock, Failure> {
        let shown = shown(path);
        let contents =
            fs::read_to_string(path).map_err(|reason| Failure::Unreadable { path: shown.clone(), reason })?;
        match parse(&contents) {
            Ok(versions) => Ok(Lock { path: shown, contents, versions }),
            Err(reason) => Err(Failure::NotALockFile { path: shown, reason }),
        }
    }

    /// The number of names, some of which have several versions.
    pub fn packages(&self) -> usize {
        self.versions.chunk_by(|one, next| one.name == next.name).count()
    }

    pub fn dependencies(&self) -> usize {
        self.versions.iter().map(|version| version.dependencies.len()).sum()
    }

    /// Refuses an unknown package, with the name that was probably meant.
    pub fn require(&self, name: &str) -> Result<(), Failure> {
        const SIMILAR: f64 = 0.7;
        if self.versions.iter().any(|version| version.name == name) {
            return Ok(());
        }
        let names = self.versions.iter().map(|version| version.name.as_str());
        let scored = names.map(|other| (strsim::normalized_damerau_levenshtein(name, other), other));
        let nearest = scored.filter(|(score, _)| *score >= SIMILAR).max_by(|a, b| a.0.total_cmp(&b.0));
        Err(Failure::NoSuchPackage {
            name: name.to_owned(),
            path: self.path.clone(),
            nearest: nearest.map(|(_, name)| name.to_owned()),
        })
    }
}

/// A path as a reader knows it: without `..`, and from here where it lies below.
fn shown(path: &Path) -> String {
    let Ok(full) = path.canonicalize() else { return path.display().to_string() };
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let below = here.ok().and_then(|here| full.strip_prefix(here).ok().map(Path::to_path_buf));
    below.unwrap_or(full).display().to_string()
}

fn parse(contents: &str) -> Result<Vec<Locked>, String> {
    let file: Lockfile = contents.parse().map_err(|error: cargo_lock::Error| brief(&error.to_string()))?;
    // The oldest lock files list the package itself apart from the rest.
    let mut listed: Vec<cargo_lock::Package> = file.packages.into_iter().chain(file.root).collect();
    if listed.is_empty() {
        return Err("it lists no packages".to_owned());
    }
    listed.sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));

    let mut places: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, package) in listed.iter().enumerate() {
        let same = places.entry((&package.name, &package.version)).or_default();
        if same.iter().any(|other| listed[*other].source == package.source) {
            return Err(format!("it lists `{} {}` twice", package.name, package.version));
        }
        same.push(at);
    }
    let find = |dependency: &Dependency| {
        let same = places.get(&(&dependency.name, &dependency.version)).map_or(&[][..], Vec::as_slice);
        let place = match same {
            [only] => Some(*only),
            several => several.iter().copied().find(|at| listed[*at].source == dependency.source),
        };
        place.ok_or_else(|| {
            format!("it does not list `{} {}`, which others need", dependency.name, dependency.version)
        })
    };
    let lock = |package: &cargo_lock::Package| {
        // A replaced package hands its dependents on to what replaces it.
        let dependencies = package.dependencies.iter().chain(&package.replace);
        let mut dependencies = dependencies.map(find).collect::<Result<Vec<usize>, String>>()?;
        dependencies.sort_unstable();
        dependencies.dedup();
        Ok(Locked {
            name: package.name.to_string(),
            number: package.version.to_string(),
            source: package.source.as_ref().map(SourceId::to_string),
            checksum: package.checksum.as_ref().map(ToString::to_string),
            dependencies,
        })
    };
    listed.iter().map(lock).collect()
}

/// The first and the last line of a parser's message, which draws the place in between.
fn brief(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = first.trim_start_matches("parse error: ");
    lines.next_back().map_or_else(|| first.to_owned(), |last| format!("{first}: {last}"))
}
