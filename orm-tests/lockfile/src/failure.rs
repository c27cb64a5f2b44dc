use std::io;

/// Everything that ends the program with one line on standard error and exit code 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot read `{path}`: {reason}")]
    Unreadable { path: String, reason: io::Error },
    #[error("`{path}` is not a lock file: {reason}")]
    NotALockFile { path: String, reason: String },
    #[error("no package `{name}` in `{path}`{}", did_you_mean(.nearest))]
    NoSuchPackage { name: String, path: String, nearest: Option<String> },
    #[error("cannot keep a database at `{path}`: {reason}")]
    Unwritable { path: String, reason: io::Error },
    #[error("`{path}` was not made by this program, so it stays as it is: {reason}")]
    ForeignDatabase { path: String, reason: String },
    #[error("the three ways of loading gave different reports")]
    WaysDiffer,
    #[error(transparent)]
    Orm(#[from] orm_core::Error),
    #[error("cannot write the answers: {0}")]
    Output(io::Error),
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
