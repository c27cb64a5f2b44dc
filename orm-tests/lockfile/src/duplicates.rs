//! The packages present in several versions, and who asks for each.

use std::collections::HashSet;

use orm_core::prelude::*;

use crate::cost::Meter;
use crate::model::{Package, Version, version};
use crate::page::{Align, Page, Row};

/// Answers on a page; `full` names everybody who asks.
pub async fn answer(engine: &Engine, page: &mut Page, full: bool) -> Result<()> {
    let meter = Meter::start(engine);
    let mut session = engine.session();
    let versions = Package::VERSIONS.selectin().with(Version::PACKAGE.selectin());
    let packages = session.all(select::<Package>().with(versions).order_by(Package::NAME)).await?;
    let several = packages.iter().map(|package| package.get(Package::VERSIONS)).filter(|all| all.len() > 1);
    // Only these are asked about, all of them at once.
    let dependents = Version::DEPENDENTS.selectin().with(Version::PACKAGE.selectin());
    let several = session.load_all(several.flatten(), dependents).await?;
    let cost = meter.stop();

    let ambiguous: HashSet<i64> = several.iter().map(|version| version.package_id).collect();
    let mut named = None;
    let mut rows = Vec::with_capacity(several.len());
    for version in &several {
        // Only the first version of a package has the name beside it.
        let again = named.replace(version.package_id) == Some(version.package_id);
        let name = if again { String::new() } else { version.get(Version::PACKAGE).name.clone() };
        let askers = version.get(Version::DEPENDENTS);
        rows.push(Row {
            cells: vec![name, version.number.clone()],
            list: askers.iter().map(|asker| call(&asker, &ambiguous)).collect(),
        });
    }
    page.heading("Packages in several versions, and who asks for each", &cost);
    if rows.is_empty() {
        page.line("  none");
    }
    page.table(&[Align::Left, Align::Left], &rows, full);
    Ok(())
}

/// The name of a version's package, with the version's number if the name is ambiguous.
fn call<L>(version: &Entity<Version, L>, ambiguous: &HashSet<i64>) -> String
where
    version::Package: LoadedIn<L>,
{
    let name = &version.get(Version::PACKAGE).name;
    if ambiguous.contains(&version.package_id) { format!("{name} {}", version.number) } else { name.clone() }
}
