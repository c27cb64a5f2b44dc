//! Changes of objects, flushes and bulk statements.

use std::panic::Location;

use super::session::Failure;
use super::{Run, Session};
use crate::entity::{AsEntity, Entity};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{CellError, ObjectId};
use crate::identity::cell_error;
use crate::model::{Model, generated, in_precision, publish};
use crate::unit_of_work::{
    Bulk, BulkOperation, CompleteDraft, DraftData, EntityState, FlushPlan, Pending, deleted, to_be_marked,
};

impl Session {
    /// Adds a draft and the drafts inside it. The next flush inserts them, parents first. It runs no statement.
    ///
    /// A missing required column is a compile error. A link that is not possible, such as to an object of another
    /// session, is an error of the flush.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.add(Author::draft().name("Stanisław Lem").books([
    ///     Book::draft().title("Solaris").year(1961),
    ///     Book::draft().title("The Cyberiad").year(1965),
    /// ]));
    /// session.commit().await?;                       // two INSERTs: one for the author, one for both books
    /// assert!(author.entity()?.id > 0);
    /// # Ok(()) }
    /// ```
    pub fn add<D: CompleteDraft>(&mut self, draft: D) -> Pending<D::Model> {
        self.add_data(draft.into_data())
    }

    pub(super) fn add_data<M: Model>(&mut self, data: DraftData) -> Pending<M> {
        Pending::new(self.unit.add(&mut self.store, data))
    }

    /// Adds a draft, flushes, and returns the entity. It runs the statements of a [`flush`](Self::flush): one INSERT if
    /// nothing else is pending.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let tag = session.insert(Tag::draft().name("satire")).await?;
    /// assert!(tag.id > 0);
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
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

    /// Changes an object's columns. The next flush writes those that differ from the row. It runs no statement.
    ///
    /// The change is visible through every handle at once. Relationships are changed with [`append`](Self::append),
    /// [`assign`](Self::assign) and the other methods for links.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.edit(&book, |book| book.year = 1969)?;
    /// session.commit().await?;                       // UPDATE books SET year = ?
    /// assert_eq!(book.year, 1969);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session.
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
        let version = in_precision(arena, node.node, version);
        let mut changed = std::mem::take(&mut self.unit.edited);
        changed.clear();
        changed.extend(arena.differences(arena.node(node.node).current(), &version));
        if let Some(column) = changed.iter().find(|column| def.columns[**column].read_only) {
            return Err(generated(def, *column));
        }
        if self.store.is_expired(node) {
            self.unit.edited_while_expired(&self.store, node);
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
        if self.unit.mark_between(&self.store, node, &changed, before) == Some(true) {
            self.unit.mark_edited(&mut self.store, node);
        }
        self.unit.edited = changed;
        Ok(())
    }

    /// Deletes an object at the next flush, and applies its relationships' cascades: children are deleted too, or their
    /// key is set to NULL. If neither is possible, the flush is refused. It runs no statement.
    ///
    /// Where the model has `#[column(deleted)]`, the flush fills in that column instead and the row stays, hidden from
    /// queries; children that have one too follow by the cascades, and others keep their key.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(2))).await?;
    /// session.delete(&author)?;
    /// session.commit().await?;                       // `books` has cascade = "all"
    /// assert_eq!(session.count(select::<Book>()).await?, 3);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted already, or belongs to another session.
    pub fn delete<E: AsEntity>(&mut self, entity: E) -> Result<()> {
        let node = self.editable(entity.as_entity())?;
        self.unit.delete(node);
        Ok(())
    }

    /// Deletes an object's row at the next flush, also where its model has `#[column(deleted)]`, which [`delete`](Self::delete)
    /// would only fill in. Otherwise it is the same. Children go by the relationships' cascades, those included that are
    /// marked as deleted. It runs no statement.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "chrono")] mod program {
    /// # use orm_core::prelude::*;
    /// # use chrono::{DateTime, Utc};
    /// # #[derive(Model, Debug)] pub struct Note { #[key(auto)] id: i64, #[column(deleted)] deleted_at: Option<DateTime<Utc>> }
    /// # pub async fn f(session: &mut Session) -> Result<()> {
    /// if let Some(note) = session.get::<Note>(1).with_deleted().await? {
    ///     session.purge(&note)?;
    ///     session.commit().await?;
    /// }
    /// # Ok(()) } }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// Those of [`delete`](Self::delete).
    pub fn purge<E: AsEntity>(&mut self, entity: E) -> Result<()> {
        let entity = entity.as_entity();
        // What would only be marked as deleted may be purged instead.
        if self.check_mine(entity).is_err() || !self.unit.is_to_be_marked(&self.store, entity.place().id()) {
            self.editable(entity)?;
        }
        self.check_usable()?;
        self.unit.purge(entity.place().id());
        Ok(())
    }

    /// The object's place in this session's graph, if it may be changed.
    pub(super) fn editable<M: Model, L>(&self, entity: &Entity<M, L>) -> Result<ObjectId> {
        self.check_usable()?;
        self.check_mine(entity)?;
        let place = entity.place();
        let node = place.id();
        match self.unit.state(node) {
            EntityState::Deleted if self.unit.is_to_be_marked(&self.store, node) => {
                Err(to_be_marked(M::def().name))
            }
            EntityState::Deleted => Err(deleted(M::def().name)),
            _ => Ok(node),
        }
    }

    /// Whether a flush would update the object's row. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.edit(&book, |book| book.year = 2000)?;
    /// assert!(session.is_modified(&book));
    /// session.edit(&book, |book| book.year = 1968)?;
    /// assert!(!session.is_modified(&book), "it has the row's value again");
    /// # Ok(()) }
    /// ```
    pub fn is_modified<M: Model, L>(&self, entity: &Entity<M, L>) -> bool {
        let place = entity.place();
        let node = place.id();
        self.check_mine(entity).is_ok() && !self.unit.changed_columns(&self.store, node).is_empty()
    }

    /// The number of objects that the next flush inserts. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Tag::draft().name("satire"));
    /// assert_eq!(session.new_count(), 1);
    /// # Ok(()) }
    /// ```
    pub fn new_count(&self) -> usize {
        self.unit.new_count()
    }

    /// Writes pending changes: inserts with parents first, in batches; then the changed columns of edited objects; then
    /// link rows. It begins a transaction if none is open. Nothing is permanent before [`commit`](Self::commit).
    ///
    /// It runs one INSERT for consecutive rows of a model that set the same columns, one UPDATE for a batch with the
    /// same changed columns, and one DELETE for each table and batch; and a SELECT where children of a deleted object
    /// must be found. Without pending changes it runs nothing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let tag = session.add(Tag::draft().name("satire"));
    /// session.flush().await?;
    /// println!("the key is {}", tag.entity()?.id);
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A constraint refuses a row, a required column has no value, or a row is not what the session read (`Stale`). The
    /// session then needs [`rollback`](Self::rollback).
    ///
    /// # Cancel safety
    /// If the future is dropped, the session needs [`rollback`](Self::rollback).
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
            hooks.after_flush(&executed, &self.options.context);
        }
        Ok(())
    }

    /// The steps that a flush would execute now. It writes nothing and runs no statement.
    ///
    /// What the flush has to look up first, such as the children of deleted rows, and what hooks of models change is
    /// not part of the plan.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Tag::draft().name("satire"));
    /// assert_eq!(session.flush_plan().to_string(), "1. insert 1 Tag");
    /// # Ok(()) }
    /// ```
    pub fn flush_plan(&self) -> FlushPlan {
        FlushPlan::of(&self.unit, &self.store, self.database.dialect())
    }

    /// Runs a bulk statement, which bypasses the unit of work: [`insert`](crate::insert), [`update`](crate::update),
    /// [`delete`](crate::delete), or raw [`sql`](crate::sql). It returns the number of rows, or the rows as entities
    /// with `.returning()`. It begins a transaction if none is open, except for raw SQL that only reads.
    ///
    /// Objects in the session follow their rows: they get the new values, or are deleted. Unsaved edits of other
    /// columns stay unsaved; an unsaved edit of a column that the statement sets is dropped.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let changed = session.execute(update::<Book>().set(Book::YEAR, 1969).filter(Book::ID.eq(1))).await?;
    /// let gone: Vec<Entity<Book>> = session.execute(delete::<Book>().filter(Book::ID.eq(4)).returning()).await?;
    /// assert_eq!((changed, gone.len()), (1, 1));
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: the statement cannot be run as it is written. A constraint refuses a row; the session then needs
    /// [`rollback`](Self::rollback).
    ///
    /// # Cancel safety
    /// If the future is dropped, the session needs [`rollback`](Self::rollback).
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
        let (mut bulk, dialect) = (bulk, self.database.dialect());
        bulk.apply(&self.criteria);
        bulk.check(&self.store, dialect)?;
        if self.unit.has_work() {
            self.autoflush().await?;
            // Objects that the session did not hold before may be in the way.
            bulk.check(&self.store, dialect)?;
        }
        let begins = !self.in_transaction();
        match bulk.is_raw() {
            // It connects if it has to.
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
