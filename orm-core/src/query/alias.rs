use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Computed, EntityColumns};
use crate::model::{Column, Model};
use crate::sql::{Source, TableRef};
use crate::value::ColumnType;

/// A model's table under another name, so that one query can name it twice.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Employee { #[key] id: i64, name: String, manager_id: Option<i64> }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let manager = alias::<Employee>("manager");
/// let pairs: Vec<(String, String)> = session
///     .rows(
///         select_columns((Employee::NAME, manager.column(Employee::NAME)))
///             .join_table(&manager, manager.column(Employee::ID).eq(Employee::MANAGER_ID)),
///     )
///     .await?;
/// # let _ = pairs; Ok(()) }
/// # fn main() {}
/// ```
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct Alias<M> {
    table: Arc<TableRef>,
    of: PhantomData<fn() -> M>,
}

/// A model's table under another name.
pub fn alias<M: Model>(name: &str) -> Alias<M> {
    let table = TableRef::Table { name: M::def().table, alias: Some(name.into()) };
    Alias { table: Arc::new(table), of: PhantomData }
}

impl<M: Model> Alias<M> {
    /// A column of the aliased table.
    pub fn column<T: ColumnType>(&self, column: Column<M, T>) -> Computed<T> {
        Computed::new(column.def().expr(&self.source()))
    }

    /// The entity of the aliased table, to be selected.
    pub fn entity(&self) -> EntityColumns<M> {
        EntityColumns::new(self.source())
    }

    pub(super) fn table(&self) -> &Arc<TableRef> {
        &self.table
    }

    pub(super) fn source(&self) -> Source {
        Source::Defined(Arc::clone(&self.table))
    }
}

impl<M> Clone for Alias<M> {
    fn clone(&self) -> Self {
        Alias { table: Arc::clone(&self.table), of: PhantomData }
    }
}

impl<M> fmt::Debug for Alias<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alias").field(&self.table.name()).finish()
    }
}
