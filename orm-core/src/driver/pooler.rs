//! What lies between an engine and its database.

/// What is between an engine and its database: the argument of
/// [`EngineBuilder::pooler`](crate::options::EngineBuilder::pooler).
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::options::Pooler;
///
/// let builder = Engine::builder("postgres://app@pgbouncer/shop").pooler(Pooler::Transaction);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pooler {
    /// No pooler, or one that lends a connection for as long as the program holds it: PgBouncer's `session`.
    #[default]
    Transparent,
    /// A pooler that lends a connection for one transaction: PgBouncer's `transaction`.
    Transaction,
}
