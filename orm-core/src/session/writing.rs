use std::panic::Location;

use super::session::Failure;
use super::{Run, Session};
use crate::entity::{AsEntity, Entity, Relation, ToMany, ToOne};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{CellError, ObjectId};
use crate::identity::cell_error;
use crate::model::{Model, ModelDef, publish};
use crate::unit_of_work::{
    Bulk, BulkOperation, CompleteDraft, DraftData, EntityState, FlushPlan, IntoLink, IntoLinks, KeyLinkOf,
    Pending, deleted,
};
use crate::value::{IntoKey, Key, ValueError};

impl Session {
    /// Takes a draft, and the drafts inside it; the next flush writes them, parents first.
    ///
    /// A required column that the draft lacks is a compile error. What cannot be linked (an object of another session)
    /// is an error of the flush.
    pub fn add<D: CompleteDraft>(&mut self, draft: D) -> Pending<D::Model> {
        self.add_data(draft.into_data())
    }

    pub(super) fn add_data<M: Model>(&mut self, data: DraftData) -> Pending<M> {
        Pending::new(self.unit.add(&mut self.store, data))
    }

    /// Adds a draft, flushes, and gives the entity.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush).
    pub fn insert<D: CompleteDraft>(&mut self, draft: D) -> Run<'_, Entity<D::Model>> {
        let data = draft.into_data();
        Run::new(async move {
            let pending = self.add_data::<D::Model>(data);
            self.flush().await?;
            pending.entity()
        })
    }

    /// Changes an object's columns; the next flush writes those that differ from the database.
    ///
    /// The change is seen through every handle at once. Relationships are changed with `append`, `assign` and the
    /// rest, not here.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # async fn f(session: &mut Session, user: Entity<User>) -> Result<()> {
    /// session.edit(&user, |user| user.name = "Jack".into())?;
    /// session.commit().await
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session.
    pub fn edit<E: AsEntity>(&mut self, entity: E, change: impl FnOnce(&mut E::Model)) -> Result<()> {
        let node = self.editable(entity.as_entity())?;
        let arena = self.store.graph().arena::<E::Model>(node.arena);
        let version = arena.duplicate(node.node).map(|mut version| {
            change(&mut version);
            version
        });
        self.publish_edit::<E::Model>(node, version)
    }

    /// Makes a version of an object the newest one.
    pub(super) fn publish_edit<M: Model>(
        &mut self,
        node: ObjectId,
        version: Result<M, CellError>,
    ) -> Result<()> {
        let (arena, def) = (self.store.graph().arena::<M>(node.arena), M::def());
        let version = version.map_err(|error| cell_error(def, &error))?;
        let current = arena.node(node.node).current();
        let changed: Vec<usize> =
            (0..def.columns.len()).filter(|column| current.view(*column) != version.view(*column)).collect();
        if self.store.is_expired(node) {
            self.unit.presume(&self.store, node);
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.unit.touch(&self.store, node);
        self.unit.key_edited(&mut self.store, node, &changed);
        let arena = self.store.graph().arena::<M>(node.arena);
        let before = arena.node(node.node).current_version();
        publish(arena, node.node, version, &changed);
        self.unit.keys_changed(&mut self.store, node, &changed, before);
        Ok(())
    }

    /// Adds to a collection: an entity, a pending object or a draft. Sets the key or adds the link row at the next
    /// flush. A collection that is loaded has the new member at once (a draft's after the flush); one that is not
    /// loaded is not loaded for it. A link that exists already stays as it is.
    ///
    /// # Errors
    /// `InvalidState`: one of the objects belongs to another session, or the target's key shares a column with its primary
    /// key, which would change. Nothing is changed then.
    pub fn append<M: Model, L, R: ToMany<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R::Fills>,
    ) -> Result<()> {
        self.connect_objects(entity, relation, target)
    }

    /// Sets a to-one relationship: the key at once, or at the next flush where the target is new.
    ///
    /// # Errors
    /// `InvalidState`: one of the objects belongs to another session; the key shares a column with the primary key, which
    /// would change; or the old target of a `has_one` cannot be without it. Nothing is changed then.
    pub fn assign<M: Model, L, R: ToOne<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R::Fills>,
    ) -> Result<()> {
        self.connect_objects(entity, relation, target)
    }

    /// Takes a member out of a collection: its key becomes NULL, or it is deleted under `delete-orphan` unless it gets
    /// another parent before the flush; of a many-to-many, the link row goes.
    ///
    /// # Errors
    /// `InvalidState`: it is no member, its key cannot be NULL and no cascade says what to do, or one of the objects
    /// belongs to another session.
    pub fn remove<M: Model, L, R: ToMany<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R::Fills>,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.disconnect(&mut self.store, R::def(), parent, target.into_link())
    }

    /// Ends a to-one relationship: its key becomes NULL. Of a `has_one` the other side's key does, or the other side is
    /// deleted under `delete-orphan`.
    ///
    /// # Errors
    /// `InvalidState`: the relationship is required, or the object belongs to another session.
    pub fn unassign<M: Model, L, R: ToOne<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.end_to_one(&mut self.store, R::def(), parent)
    }

    /// Makes a loaded collection hold exactly these: what is missing is appended, what is not among them is removed.
    ///
    /// # Errors
    /// `NotLoaded`: what to remove is not known; load the collection first. And those of `append` and `remove`. Nothing is
    /// changed then.
    pub fn replace<M: Model, L, R: ToMany<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        targets: impl IntoLinks<R::Target, R::Fills>,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.replace(&mut self.store, R::def(), parent, targets.into_links())
    }

    /// Adds a row to the link table of a many-to-many at the next flush, by the keys of its ends: neither has to be loaded.
    /// A link that exists already stays as it is. What the session holds of both shows it at once.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct User {
    /// #     #[key(auto)] id: i64,
    /// #     #[many_to_many(through = "follows", key = "user_id", target_key = "followed_id")]
    /// #     following: HasMany<User>,
    /// # }
    /// # async fn f(session: &mut Session, me: i64, them: i64) -> Result<()> {
    /// session.link(User::FOLLOWING, me, them)?;
    /// session.commit().await?;
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the relationship has no link table, or one by other columns than the primary keys. `InvalidValue`: a
    /// key is out of its type's range. A key that no row has is a `ForeignKeyViolation` of the flush.
    pub fn link<R: ToMany>(
        &mut self,
        relation: R,
        from: impl IntoKey<<R::Parent as Model>::Key>,
        to: impl IntoKey<<R::Target as Model>::Key>,
    ) -> Result<()> {
        let _ = relation;
        let link = self.link_of::<R>(from.into_key(), to.into_key())?;
        self.unit.link_keys(&mut self.store, link, true)
    }

    /// Takes a row out of the link table of a many-to-many at the next flush, by the keys of its ends. A row that does not
    /// exist is not an error.
    ///
    /// # Errors
    /// Those of [`link`](Self::link), but for keys that no row has.
    pub fn unlink<R: ToMany>(
        &mut self,
        relation: R,
        from: impl IntoKey<<R::Parent as Model>::Key>,
        to: impl IntoKey<<R::Target as Model>::Key>,
    ) -> Result<()> {
        let _ = relation;
        let link = self.link_of::<R>(from.into_key(), to.into_key())?;
        self.unit.link_keys(&mut self.store, link, false)
    }

    fn link_of<R: ToMany>(
        &self,
        from: Result<<R::Parent as Model>::Key, ValueError>,
        to: Result<<R::Target as Model>::Key, ValueError>,
    ) -> Result<KeyLinkOf> {
        self.check_usable()?;
        self.check_keeps_objects()?;
        let wrong = |def: &ModelDef, error: ValueError| {
            let error = if def.has_secret_key() { error.without_value() } else { error };
            Error::new(ErrorKind::InvalidValue, format!("the key of `{}`: {error}", def.name))
                .with_source(error)
        };
        let relation = R::def();
        let parent = from.map_err(|error| wrong(relation.parent(), error))?.values();
        let target = to.map_err(|error| wrong(relation.target(), error))?.values();
        Ok(KeyLinkOf { relation, parent, target })
    }

    /// Deletes an object at the next flush, and what its relationships' cascades say: children are deleted too, or lose
    /// their key, or the flush refuses because neither is possible.
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted already, or belongs to another session.
    pub fn delete<E: AsEntity>(&mut self, entity: E) -> Result<()> {
        let node = self.editable(entity.as_entity())?;
        self.unit.delete(node);
        Ok(())
    }

    /// The object's place in this session's graph, if it may be changed.
    pub(super) fn editable<M: Model, L>(&self, entity: &Entity<M, L>) -> Result<ObjectId> {
        self.check_usable()?;
        self.check_mine(entity)?;
        let place = entity.place();
        let node = place.id();
        match self.unit.state(node) {
            EntityState::Deleted => Err(deleted(M::def().name)),
            _ => Ok(node),
        }
    }

    fn connect_objects<M: Model, L, R: Relation<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R::Fills>,
    ) -> Result<()> {
        let _ = relation;
        // A child that lost its parent may be given another one.
        let place = entity.place();
        let orphan = place.id();
        let parent = match self.check_usable().and_then(|()| self.check_mine(entity)) {
            Ok(()) if self.unit.is_orphan(orphan) => orphan,
            _ => self.editable(entity)?,
        };
        self.unit.connect(&mut self.store, R::def(), parent, target.into_link())
    }

    /// Whether an object differs from its row as the session knows it. Never runs a statement.
    pub fn is_modified<M: Model, L>(&self, entity: &Entity<M, L>) -> bool {
        let place = entity.place();
        let node = place.id();
        self.check_mine(entity).is_ok() && !self.unit.changed_columns(&self.store, node).is_empty()
    }

    /// How many objects wait for their row.
    pub fn new_count(&self) -> usize {
        self.unit.new_count()
    }

    /// Writes what is pending: inserts parents first, in batches, then the changed columns of changed objects, then
    /// link rows. Begins a transaction if none is open; nothing is permanent before [`commit`](Self::commit).
    ///
    /// # Errors
    /// A constraint refuses a row, a required column has no value, or a row is not what the session read (`Stale`).
    /// The session then waits for [`rollback`](Self::rollback).
    pub async fn flush(&mut self) -> Result<()> {
        self.check_usable()?;
        self.unit.take_refusal()?;
        if !self.unit.has_work() {
            return Ok(());
        }
        self.check_writable()?;
        self.check_keeps_objects()?;
        let hooks = self.options.hooks.clone();
        if let Some(hooks) = &hooks {
            hooks.before_flush(self)?;
        }
        let begins = !self.in_transaction();
        self.begin_writing().await?;
        let mut flusher = self.flusher()?;
        let flushed = match hooks.is_some() {
            true => Box::pin(flusher.run_and_tell()).await,
            false => Box::pin(flusher.run()).await.map(|()| FlushPlan::default()),
        };
        let flushed = flushed.map_err(|error| self.store.name_violation(error, self.database.dialect()));
        if let (Err(error), None) = (&flushed, &self.failed) {
            // Some of it is written, so whatever went wrong, the rest cannot be committed.
            self.failed = Some(Failure::of(error));
        }
        let executed = flushed?;
        if begins {
            Box::pin(self.end_empty()).await;
        }
        if let Some(hooks) = hooks {
            hooks.after_flush(&executed);
        }
        Ok(())
    }

    /// What a flush would write now, without writing it: the steps that the flush executes. What it has to look for in the
    /// database first, such as the children of deleted rows, is added to them by then, and so is what hooks of models change.
    pub fn flush_plan(&self) -> FlushPlan {
        FlushPlan::of(&self.unit, &self.store, self.database.dialect())
    }

    /// Runs a bulk statement (`insert`, `update`, `delete`) past the unit of work: gives the number of its rows, or with
    /// `.returning()` its rows as entities. Begins a transaction if none is open; raw SQL that only reads does not.
    ///
    /// Objects that the session holds follow their rows: they have the new values, or are deleted. What is unsaved of other
    /// columns stays so; an unsaved edit of a column that the statement sets is dropped.
    ///
    /// # Errors
    /// `InvalidQuery`: it cannot be run as it is written. A constraint refuses a row; the session then waits for
    /// [`rollback`](Self::rollback).
    #[track_caller]
    pub fn execute<O: BulkOperation>(&mut self, operation: O) -> Run<'_, O::Output> {
        // Not an `async fn`: those do not know their caller, whom the N+1 notice names.
        Run::new(self.run_bulk::<O>(operation.into_bulk(), Location::caller()))
    }

    async fn run_bulk<O: BulkOperation>(
        &mut self,
        bulk: Bulk,
        at: &'static Location<'static>,
    ) -> Result<O::Output> {
        self.check_keeps_objects()?;
        self.check_usable()?;
        let dialect = self.database.dialect();
        bulk.check(&self.store, dialect)?;
        if self.unit.has_work() {
            self.autoflush().await?;
            // Objects that the session did not hold before may be in the way.
            bulk.check(&self.store, dialect)?;
        }
        let begins = !self.in_transaction();
        match bulk.is_raw() {
            // What it needs, it says itself.
            true => self.connect().await?,
            false => self.begin_writing().await?,
        }
        let done = self.flusher()?.bulk(bulk, at).await;
        self.unit.relink_expunged(&mut self.store);
        if begins {
            self.end_empty().await;
        }
        Ok(O::output(self.note(done)?))
    }

    /// Ends the transaction that began for something to write, if nothing was sent: it was refused, or there was
    /// nothing.
    async fn end_empty(&mut self) {
        let Some(lease) = self.lease.as_mut().filter(|lease| lease.is_empty()) else { return };
        if lease.rollback().await.is_err() {
            self.lease = None;
        }
    }

    pub(super) fn not_begun(&self) -> Error {
        Error::new(
            ErrorKind::InvalidState,
            "a transaction is open already; end it first, or use `session.nested(..)` for a savepoint",
        )
    }
}
