/// What stands between an engine and its database; see [`EngineBuilder::pooler`](crate::options::EngineBuilder::pooler).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pooler {
    /// Nothing, or a pooler that lends a connection for as long as the program holds it: PgBouncer's `session`.
    #[default]
    Session,
    /// A pooler that lends a connection for one transaction: PgBouncer's `transaction`.
    Transaction,
}
