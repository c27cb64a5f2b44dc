use std::panic::Location;

use super::session::no_connection;
use super::{Run, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::load::Loader;
use crate::query::{Reader, RowQuery, RowView, RowsFrom};
use crate::sql::{Effect, RawEffect};

/// Rows of values and entities.
impl Session {
    /// All rows of a query, in its order: a tuple each, a single value, a struct or an entity.
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
    pub fn rows<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Vec<Q::Row>> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(self.rows_of(query, reader, caller))
    }

    /// The one row of a query.
    ///
    /// # Errors
    /// `NoRows`, `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Q::Row> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(async move {
            at_most_one(self.rows_of(query, reader, caller).await?)?.ok_or_else(|| {
                Error::new(ErrorKind::NoRows, "the query found no row; use `row_or_none` where that can be")
            })
        })
    }

    /// The one row of a query, or none.
    ///
    /// # Errors
    /// `MultipleRows`, and those of [`rows`](Self::rows).
    #[track_caller]
    pub fn row_or_none<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Option<Q::Row>> {
        let caller = Location::caller();
        let (query, reader) = query.into_query();
        Run::new(async move { at_most_one(self.rows_of(query, reader, caller).await?) })
    }

    /// The first row of a query, or none.
    ///
    /// # Errors
    /// Those of [`rows`](Self::rows).
    #[track_caller]
    pub fn first_row<Q: RowQuery>(&mut self, query: Q) -> Run<'_, Option<Q::Row>> {
        let caller = Location::caller();
        let (mut query, reader) = query.into_query();
        if let RowsFrom::Select(spec) = &mut query {
            spec.limit = Some(spec.limit.map_or(1, |limit| limit.min(1)));
        }
        Run::new(async move { Ok(self.rows_of(query, reader, caller).await?.into_iter().next()) })
    }

    async fn rows_of<R: Reader>(
        &mut self,
        query: RowsFrom,
        reader: R,
        caller: &'static Location<'static>,
    ) -> Result<Vec<R::Row>> {
        self.autoflush().await?;
        self.connect().await?;
        let mut held: Vec<R::Held> = Vec::new();
        let mut sink = |row: &RowView<'_>| -> Result<()> {
            held.push(reader.read(row)?);
            Ok(())
        };
        let (overwrites, writes) = match &query {
            RowsFrom::Select(spec) => (spec.populate_existing, false),
            RowsFrom::Raw(spec) => {
                let told = RawEffect::of(self.database.dialect(), &spec.text);
                (false, told.is_ok_and(|told| told.effect >= Effect::MayWrite))
            }
        };
        if writes {
            // A rollback takes back what it returns.
            self.store.writes();
        }
        let answer = match self.options.identity_map {
            true => self.loader(overwrites, caller)?.rows(&query, &mut sink).await,
            false => {
                let Session { database, lease: Some(lease), .. } = self else { return Err(no_connection()) };
                let (mut store, dialect) = (Store::new(), database.dialect());
                let mut loader = Loader::new(&mut store, lease, &database.monitor, dialect, false, caller);
                loader.rows(&query, &mut sink).await
            }
        };
        let answer = self.note(answer)?;
        self.loaded(&answer, overwrites);
        Ok(held.into_iter().map(|row| reader.finish(row, &answer)).collect())
    }
}

fn at_most_one<T>(mut found: Vec<T>) -> Result<Option<T>> {
    match found.len() {
        0 | 1 => Ok(found.pop()),
        several => Err(Error::new(
            ErrorKind::MultipleRows,
            format!(
                "the query found {several} rows where at most one was expected; use `first_row` with an order to take one of \
                 them"
            ),
        )),
    }
}
