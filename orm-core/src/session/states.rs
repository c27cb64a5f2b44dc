use std::panic::Location;

use indexmap::IndexSet;

use super::{Expunge, Session};
use crate::entity::Entity;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::Model;
use crate::sql::{Expr, Source};
use crate::unit_of_work::EntityState;

impl Session {
    /// What an object is to this session.
    pub fn state<M: Model, L>(&self, entity: &Entity<M, L>) -> EntityState {
        let place = entity.place();
        match self.check_mine(entity) {
            Ok(()) => self.unit.state(place.id()),
            Err(_) => EntityState::Detached,
        }
    }

    /// Forgets what an object holds: its unsaved changes are lost, its relationships are not loaded any more, and the
    /// next query that returns its row fills its columns in anew. Until then they read as they were. So do those that it
    /// holds, where the relationship's `cascade` says `refresh-expire` or `all`.
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session.
    pub fn expire<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        let node = self.editable(entity)?;
        self.expire_with_held(node);
        Ok(())
    }

    fn expire_with_held(&mut self, node: ObjectId) {
        let mut nodes: IndexSet<ObjectId> =
            self.unit.held_with(&self.store, node, |cascade| cascade.refresh_expire).into_iter().collect();
        nodes.retain(|node| self.unit.state(*node) == EntityState::Persistent);
        self.unit.discard_changes(&mut self.store, &nodes);
        nodes.iter().for_each(|node| self.store.expire(*node));
    }

    /// Expires all objects of the session. What was added stays pending, and what is deleted stays so.
    pub fn expire_all(&mut self) {
        self.unit.discard_all_changes(&mut self.store);
        self.store.expire_all();
    }

    /// Reads an object's row again, with what its model loads by default. Unsaved changes of it are lost. What it holds is
    /// expired with it as by [`expire`](Self::expire).
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session. `NoRows`: its row is gone.
    pub async fn refresh<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        let node = self.editable(entity)?;
        self.expire_with_held(node);
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
        node: ObjectId,
        at: &'static Location<'static>,
    ) -> Result<bool> {
        let def = M::def();
        let mut query = crate::query::select::<M>();
        let key = self.store.key(node);
        query.spec.filter = Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[key]));
        query.spec.one = true;
        query.spec.undeferred = self.store.undeferred(node);
        let answer = self.select(query.spec, at).await?;
        Ok(answer.level(0).is_some_and(|level| !level.nodes.is_empty()))
    }

    /// Takes an object out of the session: it stays readable and is detached. What was to be written of it is dropped, and
    /// a pending object is discarded. What it holds goes with it where the relationship's `cascade` says `expunge` or
    /// `all`. A rollback does not bring it back.
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session.
    pub fn expunge(&mut self, object: impl Expunge) -> Result<()> {
        object.expunge_from(self)
    }

    /// Takes all objects out of the session as they are: detached, with what they show. What a flush wrote stays part of
    /// the transaction; what no flush has written is dropped, and what waits for its row is discarded. The memory of what
    /// no handle keeps is freed.
    pub fn expunge_all(&mut self) {
        self.store = Store::new();
        if self.in_transaction() {
            // It may have written, and a rollback makes untrue what is read from now on.
            self.store.writes();
        }
        self.unit.expunged_all(&mut self.store);
    }

    /// Whether the session holds the object of a row, without asking the database.
    pub fn contains<M: Model, L>(&self, entity: &Entity<M, L>) -> bool {
        self.state(entity) == EntityState::Persistent
    }
}
