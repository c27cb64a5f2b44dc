//! The packages that most others depend on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use orm_core::prelude::*;

use crate::cost::Meter;
use crate::model::Version;
use crate::page::{Align, Page, Row};

/// Answers on a page: the first ten, or all of them when it is `full`.
pub async fn answer(engine: &Engine, page: &mut Page, full: bool) -> Result<()> {
    const FIRST: usize = 10;
    let meter = Meter::start(engine);
    let mut session = engine.session();
    let query = select::<Version>()
        .with(Version::DEPENDENCIES.selectin().with(Version::PACKAGE.selectin()))
        .order_by(Version::ID);
    let versions = session.all(query).await?;
    let cost = meter.stop();

    // Who depends on two versions of a package counts once.
    let mut dependents: BTreeMap<String, HashSet<i64>> = BTreeMap::new();
    for version in &versions {
        for dependency in version.get(Version::DEPENDENCIES) {
            let name = dependency.get(Version::PACKAGE).name.clone();
            dependents.entry(name).or_default().insert(version.id);
        }
    }
    let mut ranked: Vec<(String, usize)> =
        dependents.into_iter().map(|(name, dependents)| (name, dependents.len())).collect();
    ranked.sort_by_key(|(_, count)| Reverse(*count));
    let shown = if full { ranked.len() } else { FIRST };
    let row = |(name, count): &(String, usize)| Row::new([count.to_string(), name.clone()]);
    let rows: Vec<Row> = ranked.iter().take(shown).map(row).collect();

    page.heading("Most depended-on packages", &cost);
    if rows.is_empty() {
        page.line("  none");
    }
    page.table(&[Align::Right, Align::Left], &rows, full);
    Ok(())
}
