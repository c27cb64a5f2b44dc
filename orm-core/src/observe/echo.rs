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
    /// The number of rows and the first 20 of them too, each value up to 60 characters; what is made of `secret` columns as
    /// `***`, and all values of SQL of your own, since nothing says where they are from.
    Rows,
}
