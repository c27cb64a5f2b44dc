//! The models: packages, their versions, where these come from, and who depends on whom.

use orm_core::prelude::*;

/// A name, in one version or several.
#[derive(Model, Debug)]
#[model(table = "packages")]
pub struct Package {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    #[has_many(order_by = "id")]
    pub versions: HasMany<Version>,
}

/// One entry of the lock file. Ids rise with the name and the number, so `order_by = "id"` sorts by both.
#[derive(Model, Debug)]
#[model(table = "versions")]
pub struct Version {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    pub package_id: i64,
    pub source_id: Option<i64>,
    pub number: String,
    pub checksum: Option<String>,
    #[belongs_to]
    pub package: BelongsTo<Package>,
    #[belongs_to]
    pub source: BelongsTo<Option<Source>>,
    #[many_to_many(
        through = "dependencies",
        key = "dependent_id",
        target_key = "dependency_id",
        order_by = "id"
    )]
    pub dependencies: HasMany<Version>,
    #[many_to_many(
        through = "dependencies",
        key = "dependency_id",
        target_key = "dependent_id",
        order_by = "id"
    )]
    pub dependents: HasMany<Version>,
}

/// A registry or a repository. Members of the workspace have none.
#[derive(Model, Debug)]
#[model(table = "sources")]
pub struct Source {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub url: String,
}

/// The lock file that the database was filled from, to see whether it is still the same.
#[derive(Model, Debug)]
#[model(table = "lock_files")]
pub struct LockFile {
    #[key(auto)]
    pub id: i64,
    pub contents: String,
}
