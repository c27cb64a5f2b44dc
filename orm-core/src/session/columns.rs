//! Loads deferred columns.

use std::panic::Location;

use super::Session;
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::CellError;
use crate::identity::cell_error;
use crate::model::{Column, Model};
use crate::query::select;
use crate::sql::{Expr, Source};
use crate::value::{ColumnType, Value};

impl Session {
    /// Reads a deferred column of one object and returns a copy of its value, which the field holds from then on. It
    /// runs one statement, or none if the value is already loaded.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # async fn f(session: &mut Session, post: &Entity<Post>) -> Result<()> {
    /// let body: String = session.load_column(post, Post::BODY).await?;
    /// assert_eq!(post.body.get()?, &body);
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session. `NoRows`: its row is gone. And those of
    /// [`all`](Self::all).
    pub async fn load_column<M: Model, L, T: ColumnType>(
        &mut self,
        entity: &Entity<M, L>,
        column: Column<M, T>,
    ) -> Result<T> {
        self.load_column_all(std::slice::from_ref(entity), column).await?;
        let def = M::def();
        let place = entity.place();
        if !self.store.has_columns(place.id(), &[column.index()]) {
            return Err(Error::new(
                ErrorKind::NoRows,
                format!("the row of this `{}` no longer exists: it was deleted concurrently", def.name),
            ));
        }
        let column = column.index();
        T::read(entity.view(column)).map_err(|error| cell_error(def, &CellError { column, error }))
    }

    /// Reads a deferred column of many objects: one statement for as many objects without it as the database can bind
    /// keys. An object whose row no longer exists stays without a value.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Post { #[key] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # async fn f(session: &mut Session, posts: Vec<Entity<Post>>) -> Result<()> {
    /// session.load_column_all(&posts, Post::BODY).await?;
    /// for post in &posts {
    ///     println!("{}", post.body.get()?);
    /// }
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: an object belongs to another session; and those of [`all`](Self::all).
    pub async fn load_column_all<M: Model, L, T>(
        &mut self,
        entities: &[Entity<M, L>],
        column: Column<M, T>,
    ) -> Result<()> {
        let mut keys: Vec<Vec<Value>> = Vec::new();
        for entity in entities {
            self.check_mine(entity)?;
            let place = entity.place();
            let at = place.id();
            if !self.store.has_columns(at, &[column.index()]) || self.store.is_expired(at) {
                keys.push(self.store.key(at));
            }
        }
        let def = M::def();
        let columns = def.key_columns(def.key);
        let room = self.database.dialect().key_limit(columns.len(), 0).max(1);
        for keys in keys.chunks(room) {
            let mut query = select::<M>().raise_all().undefer(column);
            query.spec.core.filter = Some(Expr::among(&Source::Table(def.table), &columns, keys));
            query.spec.one = keys.len() == 1;
            query.spec.core.under.ignore_for_own_rows();
            self.select(query.spec, Location::caller()).await?;
        }
        Ok(())
    }
}
