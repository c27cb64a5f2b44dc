/// What an engine prints of each statement on standard error.
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
    /// The number of rows too.
    Rows,
}
