use std::sync::Arc;

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Hydrate, Model, erased};
use crate::unit_of_work::{CompleteDraft, Draft, EntityState, Node, Pending};
use crate::value::{Key, Value};

/// What merging a draft gave: the object of the row that was there, or a pending one.
#[derive(Debug)]
pub enum Merged<M: Model> {
    /// The row is there; the draft's columns are changes of its object.
    Found(Entity<M>),
    /// The row is not there; the next flush inserts it.
    Added(Pending<M>),
}

impl Session {
    /// Takes an object of another session, or a detached one, as this session's object of its row, without asking the
    /// database: its columns are taken to be those of the row. For objects from a cache.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # fn f(session: &mut Session, cached: &Entity<User>) -> Result<()> {
    /// let user = session.merge_without_loading(cached)?;
    /// assert!(!session.is_modified(&user));
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: this session deleted the object, or holds unsaved changes of it.
    pub fn merge_without_loading<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<Entity<M>> {
        self.check_usable()?;
        self.check_keeps_objects()?;
        let def = M::def();
        let cells: Vec<Value> = (0..def.columns.len()).map(|column| entity.view(column).to_value()).collect();
        let key: Vec<Value> = def.key.iter().map(|column| cells[*column].clone()).collect();
        let arena = self.store.arena_of(erased::<M>());
        if let Some(node) = self.store.find(arena, &key).map(|node| Node { arena, node }) {
            let deleted = self.unit.state(node) == EntityState::Deleted;
            if deleted || !self.unit.changed_columns(&self.store, node).is_empty() {
                let what = if deleted { "is deleted" } else { "has unsaved changes" };
                return Err(Error::new(
                    ErrorKind::InvalidState,
                    format!("this session's `{}` {what}; merging without loading would lose that", def.name),
                ));
            }
        }
        let found = self.store.hydrate(arena, &cells.as_slice(), Hydrate::Overwrite)?;
        let node = found.map(|found| found.node).ok_or_else(|| {
            Error::new(ErrorKind::InvalidValue, format!("the `{}` to merge has no key", def.name))
        })?;
        Ok(Entity::new(Arc::clone(self.store.region()), Place { arena, node, answer: None }))
    }

    /// Merges a draft: with the key of a row that is there, its columns become changes of that row's object; otherwise
    /// it is added. A draft without a key costs no statement, one with a key at most one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// match session.merge_draft(User::draft().id(7).name("jack")).await? {
    ///     Merged::Found(user) => println!("{} was there", user.id),
    ///     Merged::Added(_) => println!("new"),
    /// }
    /// session.commit().await?;
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: the draft has links; merge the objects it links on their own. And those of
    /// [`get`](Self::get).
    pub async fn merge_draft<D: CompleteDraft>(&mut self, draft: D) -> Result<Merged<D::Model>> {
        self.check_keeps_objects()?;
        let def = D::Model::def();
        let data = Draft::into_data(draft);
        if data.has_links() {
            return Err(Error::new(
                ErrorKind::InvalidQuery,
                format!(
                    "a draft of `{}` with links cannot be merged; merge what it links on its own",
                    def.name
                ),
            ));
        }
        let key: Option<Vec<Value>> = def.key.iter().map(|column| data.value(*column).cloned()).collect();
        let Some(key) = key else { return Ok(Merged::Added(self.add_data(data))) };
        let places: Vec<usize> = (0..key.len()).collect();
        let key = <D::Model as Model>::Key::read(&key.as_slice(), &places).map_err(|error| {
            Error::new(ErrorKind::InvalidValue, format!("the key of `{}`: {error}", def.name))
                .with_source(error)
        })?;
        match self.get_by_typed_key::<D::Model>(key).await? {
            None => Ok(Merged::Added(self.add_data(data))),
            Some(entity) => {
                let node = self.editable(&entity)?;
                let given =
                    (0..def.columns.len()).filter_map(|column| Some((column, data.value(column)?.clone())));
                self.unit.change(&self.store, node, given.collect())?;
                Ok(Merged::Found(entity))
            }
        }
    }
}
