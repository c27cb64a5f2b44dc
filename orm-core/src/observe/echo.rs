//! What an engine prints.

/// What an engine prints of each statement to standard error.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::builder("sqlite::memory:").echo(Echo::Params).connect().await?;
/// engine.session().execute(sql("SELECT 1")).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Echo {
    /// Nothing.
    #[default]
    Off,
    /// The SQL and the time it took.
    Sql,
    /// The bound values too; those of `secret` columns as `***`.
    Params,
    /// Also the number of rows and the first 20 of them, each value up to 60 characters. Values from `secret` columns
    /// are `***`, and so are all values of raw SQL, whose origin is unknown.
    Rows,
}
