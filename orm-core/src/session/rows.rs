use std::panic::Location;

use super::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{Reader, RowView, RowsSpec, SelectColumns, Selectable};

/// Rows of values and entities.
impl Session {
    /// All rows of a query, in its order: a tuple each, a single value, or a struct.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let names: Vec<String> = session.rows(select_columns(User::NAME).order_by(User::NAME)).await?;
    /// let both: Vec<(Entity<User>, i64)> =
    ///     session.rows(select_columns((User::entity(), func::length(User::NAME)))).await?;
    /// # let _ = (names, both); Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: the query cannot be run as it is written. `InvalidValue`: a value is not what the type says, a
    /// NULL that is no `Option` for one.
    #[track_caller]
    pub fn rows<S: Selectable, R: Reader>(
        &mut self,
        query: SelectColumns<S, R>,
    ) -> impl Future<Output = Result<Vec<R::Row>>> + Send {
        let caller = Location::caller();
        let SelectColumns { spec, reader, .. } = query;
        async move { self.rows_of(spec, reader, caller).await }
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// `NoRows`, `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row<S: Selectable, R: Reader>(
        &mut self,
        query: SelectColumns<S, R>,
    ) -> impl Future<Output = Result<R::Row>> + Send {
        let found = self.row_or_none(query);
        async move {
            found.await?.ok_or_else(|| {
                Error::new(ErrorKind::NoRows, "the query found no row; use `row_or_none` where that can be")
            })
        }
    }

    /// The one row of a query, or none.
    ///
    /// # Errors
    /// `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row_or_none<S: Selectable, R: Reader>(
        &mut self,
        query: SelectColumns<S, R>,
    ) -> impl Future<Output = Result<Option<R::Row>>> + Send {
        let found = self.rows(query);
        async move {
            let mut found = found.await?;
            match found.len() {
                0 | 1 => Ok(found.pop()),
                several => Err(Error::new(
                    ErrorKind::MultipleRows,
                    format!(
                        "the query found {several} rows where at most one was expected; use `first_row` with an order to \
                         take one of them"
                    ),
                )),
            }
        }
    }

    /// The first row of a query, or none.
    ///
    /// # Errors
    /// Those of [`rows`](Self::rows).
    #[track_caller]
    pub fn first_row<S: Selectable, R: Reader>(
        &mut self,
        query: SelectColumns<S, R>,
    ) -> impl Future<Output = Result<Option<R::Row>>> + Send {
        let limit = query.spec.limit.map_or(1, |limit| limit.min(1));
        let found = self.rows(query.limit(limit));
        async move { Ok(found.await?.into_iter().next()) }
    }

    async fn rows_of<R: Reader>(
        &mut self,
        spec: RowsSpec,
        reader: R,
        caller: &'static Location<'static>,
    ) -> Result<Vec<R::Row>> {
        self.autoflush().await?;
        self.connect().await?;
        if spec.lock.is_some() {
            self.begin_if_none().await?;
        }
        let mut held: Vec<R::Held> = Vec::new();
        let mut sink = |row: &RowView<'_>| -> Result<()> {
            held.push(reader.read(row)?);
            Ok(())
        };
        let answer = self.loader(spec.populate_existing, caller)?.rows(&spec, &mut sink).await;
        let answer = self.note(answer)?;
        if spec.populate_existing {
            self.unit.overwritten(&answer);
        }
        Ok(held.into_iter().map(|row| reader.finish(row, &answer)).collect())
    }
}
