use std::panic::Location;
use std::sync::Arc;

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::model::{Model, erased};
use crate::sql::{Expr, Source};
use crate::unit_of_work::{EntityState, Node, UnitOfWork, deleted};
use crate::value::ValueRef;

impl Session {
    /// What an object is to this session.
    pub fn state<M: Model, L>(&self, entity: &Entity<M, L>) -> EntityState {
        let place = entity.place();
        match self.check_mine(entity) {
            Ok(()) => self.unit.state(Node { arena: place.arena, node: place.node }),
            Err(_) => EntityState::Detached,
        }
    }

    /// Forgets what an object holds: its unsaved changes are lost, its relationships are not loaded any more, and the
    /// next query that returns its row fills its columns in anew. Until then they read as they were.
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session.
    pub fn expire<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        let node = self.editable(entity)?;
        self.unit.discard_changes(&mut self.store, node);
        self.store.expire(node.arena, node.node);
        Ok(())
    }

    /// Expires all objects of the session. What was added stays pending, and what is deleted stays so.
    pub fn expire_all(&mut self) {
        self.unit.discard_all_changes(&mut self.store);
        self.store.expire_all();
    }

    /// Reads an object's row again, with what its model loads by default. Unsaved changes of it are lost.
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session. `NoRows`: its row is gone.
    pub async fn refresh<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        let node = self.editable(entity)?;
        self.unit.discard_changes(&mut self.store, node);
        self.store.expire(node.arena, node.node);
        let found = self.read_row::<M>(node, Location::caller()).await?;
        match found {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::NoRows,
                format!("the row of this `{}` is gone: somebody else deleted it", M::def().name),
            )),
        }
    }

    /// Reads the row of an object that is there; whether it still is.
    pub(super) async fn read_row<M: Model>(
        &mut self,
        node: Node,
        at: &'static Location<'static>,
    ) -> Result<bool> {
        let def = M::def();
        let mut query = crate::query::select::<M>();
        let key = self.store.key(node.arena, node.node);
        query.spec.filter = Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[key]));
        query.spec.one = true;
        query.spec.undeferred = self.store.undeferred(node.arena, node.node);
        let answer = self.select(query.spec, at).await?;
        Ok(answer.level(0).is_some_and(|level| !level.nodes.is_empty()))
    }

    /// Takes an object out of the session: it stays readable and is detached. What was to be written of it is dropped.
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session.
    pub fn expunge<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        self.check_mine(entity)?;
        let place = entity.place();
        let node = Node { arena: place.arena, node: place.node };
        self.unit.expunged(&mut self.store, node);
        self.store.expunge(node.arena, node.node);
        Ok(())
    }

    /// Takes all objects out of the session and drops everything that is pending. The memory of what no handle keeps is
    /// freed.
    pub fn expunge_all(&mut self) {
        self.unit.rolled_back(&mut self.store);
        self.unit = UnitOfWork::default();
        self.store = Store::new();
        if self.in_transaction() {
            // It may have written, and a rollback makes untrue what is read from now on.
            self.store.writes();
        }
    }

    /// Whether the session holds the object of a row, without asking the database.
    pub fn contains<M: Model, L>(&self, entity: &Entity<M, L>) -> bool {
        self.state(entity) == EntityState::Persistent
    }

    /// Copies an object of another session, or a detached one, onto this session's object of the same row, which is read
    /// first if it is not there. Columns that differ are changes of this session's object.
    ///
    /// # Errors
    /// `InvalidState`: this session deleted the object. `NoRows`: the row is not there; `Stale`: the object has another version than the row.
    pub async fn merge<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<Entity<M>> {
        self.check_keeps_objects()?;
        let def = M::def();
        let view = |column: usize| entity.view(column).to_value();
        let is_loaded = |column: usize| entity.view(column) != ValueRef::NotLoaded;
        let key: Vec<_> = def.key.iter().map(|column| view(*column)).collect();
        self.autoflush().await?;
        let arena = self.store.arena_of(erased::<M>());
        let mut held = self.store.find(arena, &key);
        if let Some(node) = held
            && self.unit.state(Node { arena, node }) == EntityState::Deleted
        {
            return Err(deleted(def.name));
        }
        if let Some(node) = held
            && self.store.is_expired(arena, node)
            && !self.read_row::<M>(Node { arena, node }, Location::caller()).await?
        {
            self.store.expunge(arena, node);
            held = None;
        }
        let mine = match held {
            Some(node) => node,
            None => {
                let mut query = crate::query::select::<M>();
                let columns = def.key_columns(def.key);
                query.spec.undeferred = def.deferred().filter(|column| is_loaded(*column)).collect();
                query.spec.filter =
                    Some(Expr::among(&Source::Table(def.table), &columns, std::slice::from_ref(&key)));
                self.select(query.spec, Location::caller()).await?;
                self.store.find(arena, &key).ok_or_else(|| {
                    let text = format!("the row of the `{}` to merge is gone; add it as a draft", def.name);
                    Error::new(ErrorKind::NoRows, text)
                })?
            }
        };
        let node = Node { arena, node: mine };
        if let Some(version) = def.columns.iter().position(|column| column.version)
            && self.store.arena(arena).view(mine, version) != entity.view(version)
        {
            return Err(Error::new(
                ErrorKind::Stale,
                format!(
                    "the `{}` to merge has the version {} and its row the version {}",
                    def.name,
                    entity.view(version),
                    self.store.arena(arena).view(mine, version)
                ),
            ));
        }
        let changes = (0..def.columns.len())
            .filter(|column| is_loaded(*column))
            .map(|column| (column, view(column)))
            .collect();
        self.unit.change(&self.store, node, changes)?;
        Ok(Entity::new(Arc::clone(self.store.region()), Place { arena, node: mine, answer: None }))
    }
}
