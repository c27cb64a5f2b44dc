//! One report, loaded three ways: how N+1 happens, and how it goes away.

use orm_core::prelude::*;

use crate::cost::{Cost, Meter};
use crate::failure::Failure;
use crate::model::{Package, Version, package, version};
use crate::page::{Align, Page, Row};

/// For every version: its package, its number, and the packages that ask for it.
type Report = Vec<(String, String, Vec<String>)>;

/// Loads the report in each way, checks that it is the same, and shows on a page what each took.
pub async fn answer(engine: &Engine, page: &mut Page) -> Result<(), Failure> {
    let packages = || select::<Package>().order_by(Package::ID);
    let (naive, naive_cost) = naive(engine, packages()).await?;
    let selectin = packages().with(
        Package::VERSIONS.selectin().with(Version::DEPENDENTS.selectin().with(Version::PACKAGE.selectin())),
    );
    let (selectin, selectin_cost) = eager(engine, selectin).await?;
    let joined = packages()
        .with(Package::VERSIONS.joined().with(Version::DEPENDENTS.joined().with(Version::PACKAGE.joined())));
    let (joined, joined_cost) = eager(engine, joined).await?;
    if naive != selectin || selectin != joined {
        return Err(Failure::WaysDiffer);
    }

    page.title("Who asks for each version, loaded three ways");
    let header = Row::new(["way", "statements", "rows", "time"]).with("a statement for");
    let row = |way: &str, cost: &Cost, each: &str| {
        let (statements, rows) = (cost.statements.to_string(), cost.rows.to_string());
        Row::new([way.to_owned(), statements, rows, cost.time()]).with(each)
    };
    let rows = [
        header,
        row("naive loop", &naive_cost, "the packages, each package, each version"),
        row("selectin", &selectin_cost, "the packages, the versions, the askers"),
        row("joined", &joined_cost, "everything"),
    ];
    page.table(&[Align::Left, Align::Right, Align::Right, Align::Right], &rows, true);
    Ok(())
}

/// N+1: a statement for every package, and one more for every version.
async fn naive(engine: &Engine, query: Select<Package>) -> Result<(Report, Cost)> {
    let meter = Meter::start(engine);
    // Otherwise the session would warn of this loop, and name the line that is to be changed.
    let mut session = engine.session_with(SessionOptions::new().repeated_loads(RepeatedLoads::Allow));
    let mut report = Report::new();
    for package in session.all(query).await? {
        for version in session.load(&package, Package::VERSIONS).await? {
            let mut askers = Vec::new();
            for dependent in session.load(&version, Version::DEPENDENTS).await? {
                // Every package is in the session, so this is the only load without a statement.
                askers.push(session.load(&dependent, Version::PACKAGE).await?.name.clone());
            }
            report.push((package.name.clone(), version.number.clone(), askers));
        }
    }
    Ok((report, meter.stop()))
}

/// All at once: the query specifies what it loads, and reading that runs no query. The strategy is not part of the
/// type.
async fn eager<L, V, D>(engine: &Engine, query: Select<Package, L>) -> Result<(Report, Cost)>
where
    package::Versions: LoadedIn<L, Nested = V>,
    version::Dependents: LoadedIn<V, Nested = D>,
    version::Package: LoadedIn<D>,
{
    let meter = Meter::start(engine);
    let mut report = Report::new();
    for package in engine.session().all(query).await? {
        for version in package.get(Package::VERSIONS) {
            let dependents = version.get(Version::DEPENDENTS);
            let askers = dependents.iter().map(|asker| asker.get(Version::PACKAGE).name.clone());
            report.push((package.name.clone(), version.number.clone(), askers.collect()));
        }
    }
    Ok((report, meter.stop()))
}
