//! What can be counted: queries for entities and for rows.

use super::{RowQuery, RowsFrom, RowsSpec, Select, SelectSpec};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::sql::Criteria;

/// A query whose length [`Session::count`](crate::Session::count) returns: [`select`](crate::select) or
/// [`select_columns`](crate::select_columns).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// use orm_core::query::Countable;
///
/// async fn is_empty(engine: &Engine, query: impl Countable) -> Result<bool> {
///     Ok(engine.session().count(query).await? == 0)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query that can be counted",
    label = "expected `select::<Model>()` or `select_columns(..)`"
)]
pub trait Countable: Send {
    /// The query without its types.
    #[doc(hidden)]
    fn into_counted(self) -> Result<Counted>;
}

/// A query to count, without its types.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum Counted {
    /// One for entities.
    Entities(Box<SelectSpec>),
    /// One for rows.
    Rows(Box<RowsSpec>),
}

impl Counted {
    /// Sets the criteria of the session that counts.
    pub(crate) fn set_criteria(&mut self, criteria: &Criteria) {
        match self {
            Counted::Entities(spec) => spec.core.under.set(criteria),
            Counted::Rows(spec) => spec.core.under.set(criteria),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, L> Countable for Select<M, L> {
    fn into_counted(self) -> Result<Counted> {
        Ok(Counted::Entities(Box::new(self.spec)))
    }
}

#[diagnostic::do_not_recommend]
impl<Q: RowQuery> Countable for Q {
    fn into_counted(self) -> Result<Counted> {
        match self.into_query().0 {
            RowsFrom::Select(spec) => Ok(Counted::Rows(spec)),
            RowsFrom::Raw(_) => Err(Error::new(
                ErrorKind::InvalidQuery,
                "raw SQL is not rewritten into a count; write `SELECT count(*) ..` and read it with `session.row`",
            )),
        }
    }
}
