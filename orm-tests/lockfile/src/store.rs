//! Writing: one unit of work, one transaction.

use std::collections::HashMap;

use orm_core::prelude::*;

use crate::lock::Lock;
use crate::model::{LockFile, Package, Source, Version};

/// Writes a lock file into tables that are empty: everything or nothing.
pub async fn store(session: &mut Session, lock: &Lock) -> Result<()> {
    session.add(LockFile::draft().contents(&lock.contents));
    let mut packages: HashMap<&str, Pending<Package>> = HashMap::new();
    let mut sources: HashMap<&str, Pending<Source>> = HashMap::new();
    let mut rows = Vec::with_capacity(lock.versions.len());
    for locked in &lock.versions {
        let package = packages.entry(&locked.name);
        let package = package.or_insert_with(|| session.add(Package::draft().name(&locked.name))).clone();
        let source = locked
            .source
            .as_ref()
            .map(|url| sources.entry(url).or_insert_with(|| session.add(Source::draft().url(url))).clone());
        rows.push((locked, package, source));
    }
    // With what they refer to in place, the versions get their ids in the order of the lock file.
    session.flush().await?;
    let mut versions = Vec::with_capacity(rows.len());
    for (locked, package, source) in rows {
        let checksum = locked.checksum.clone();
        let draft = Version::draft().number(&locked.number).checksum(checksum).package(package);
        versions.push(session.add(match source {
            Some(source) => draft.source(source),
            None => draft,
        }));
    }
    // Versions depend on each other in circles, so they are linked once all of them have their row.
    session.flush().await?;
    for (locked, version) in lock.versions.iter().zip(&versions) {
        let version = version.entity()?;
        for dependency in &locked.dependencies {
            session.append(&version, Version::DEPENDENCIES, &versions[*dependency])?;
        }
    }
    session.commit().await
}
