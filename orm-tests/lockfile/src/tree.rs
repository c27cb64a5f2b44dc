//! The tree below a package, to its last level.

use std::collections::{HashMap, HashSet};

use orm_core::prelude::*;

use crate::cost::Meter;
use crate::model::{Package, Source, Version, version};
use crate::page::Page;

/// The versions at and below some roots, by id.
#[derive(Default)]
struct Tree {
    roots: Vec<i64>,
    branches: HashMap<i64, Branch>,
}

struct Branch {
    label: String,
    dependencies: Vec<i64>,
}

/// Answers on a page, for every version of the package.
pub async fn answer(engine: &Engine, page: &mut Page, name: &str) -> Result<()> {
    let meter = Meter::start(engine);
    let tree = load(&mut engine.session(), name).await?;
    let cost = meter.stop();
    page.heading(&format!("What {name} depends on"), &cost);
    tree.draw(page);
    Ok(())
}

async fn load(session: &mut Session, name: &str) -> Result<Tree> {
    // A statement for each level. Every version is asked about once, so circles end.
    let below = Version::DEPENDENCIES
        .selectin()
        .with(Version::PACKAGE.selectin())
        .with(Version::SOURCE.selectin())
        .recursive(..);
    let versions = Package::VERSIONS
        .selectin()
        .with(Version::PACKAGE.selectin())
        .with(Version::SOURCE.selectin())
        .with(below);
    let package = session.one(select::<Package>().filter(Package::NAME.eq(name)).with(versions)).await?;

    let mut tree = Tree::default();
    let mut reached = Vec::new();
    for version in package.get(Package::VERSIONS) {
        tree.roots.push(version.id);
        tree.enter(&version);
        reached.extend(version.get(Version::DEPENDENCIES));
    }
    while let Some(version) = reached.pop() {
        if tree.enter(&version) {
            reached.extend(version.get(Version::DEPENDENCIES));
        }
    }
    Ok(tree)
}

impl Tree {
    /// Enters a version; returns false if it is already entered.
    fn enter<L>(&mut self, version: &Entity<Version, L>) -> bool
    where
        version::Package: LoadedIn<L>,
        version::Source: LoadedIn<L>,
        version::Dependencies: LoadedIn<L>,
    {
        let package = version.get(Version::PACKAGE);
        let origin = version.get(Version::SOURCE).map_or_else(String::new, |source| origin(&source));
        let label = format!("{} {}{origin}", package.name, version.number);
        let dependencies =
            version.get(Version::DEPENDENCIES).iter().map(|dependency| dependency.id).collect();
        self.branches.insert(version.id, Branch { label, dependencies }).is_none()
    }

    /// Draws the tree as `cargo tree` does: what was drawn before is marked `(*)` and not drawn again. The stack is a
    /// `Vec`, so that no tree is too deep for it.
    fn draw(&self, page: &mut Page) {
        let mut drawn = HashSet::new();
        let mut stack: Vec<(i64, String, String)> =
            self.roots.iter().rev().map(|root| (*root, String::new(), String::new())).collect();
        while let Some((id, lead, below)) = stack.pop() {
            let Some(branch) = self.branches.get(&id) else { continue };
            let again = !drawn.insert(id) && !branch.dependencies.is_empty();
            page.line(&format!("{lead}{}{}", branch.label, if again { " (*)" } else { "" }));
            if again {
                continue;
            }
            for (left, dependency) in branch.dependencies.iter().rev().enumerate() {
                let (tee, bar) = if left == 0 { ("└── ", "    ") } else { ("├── ", "│   ") };
                stack.push((*dependency, format!("{below}{tee}"), format!("{below}{bar}")));
            }
        }
    }
}

/// Where a version comes from, unless that is where nearly everything comes from.
fn origin(source: &Source) -> String {
    let usual = ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];
    if usual.contains(&source.url.as_str()) { String::new() } else { format!(" ({})", source.url) }
}
