//! States of objects, expiry and refresh.

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
    /// The state of an object in this session. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// assert_eq!(session.state(&book), EntityState::Persistent);
    /// session.expunge(&book)?;
    /// assert_eq!(session.state(&book), EntityState::Detached);
    /// # Ok(()) }
    /// ```
    pub fn state<M: Model, L>(&self, entity: &Entity<M, L>) -> EntityState {
        let place = entity.place();
        match self.check_mine(entity) {
            Ok(()) => self.unit.state(place.id()),
            Err(_) => EntityState::Detached,
        }
    }

    /// Discards what the session knows of an object: unsaved changes are lost, its relationships become unloaded, and
    /// the next query that returns its row reloads its columns. Until then the columns keep their last values. Objects
    /// that it holds are expired too if the relationship's `cascade` includes `refresh-expire`.
    ///
    /// It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// engine.session().transaction(async |other| other.execute(update::<Book>().set(Book::YEAR, 2000)).await).await?;
    /// session.expire(&book)?;
    /// assert_eq!(book.year, 1968);
    /// session.all(select::<Book>()).await?;
    /// assert_eq!(book.year, 2000);
    /// # Ok(()) }
    /// ```
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

    /// [Expires](Self::expire) all objects of the session. Added objects stay pending, and deleted ones stay deleted.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.edit(&book, |book| book.year = 2000)?;
    /// session.expire_all();
    /// session.all(select::<Book>()).await?;
    /// assert_eq!(book.year, 1968, "the edit is lost");
    /// # Ok(()) }
    /// ```
    pub fn expire_all(&mut self) {
        self.unit.discard_all_changes(&mut self.store);
        self.store.expire_all();
    }

    /// Reloads an object's row, with the relationships that its model loads by default. Unsaved changes are lost.
    /// Objects that it holds are expired as by [`expire`](Self::expire).
    ///
    /// It runs one statement, and those of the model's default loads.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// engine.session().transaction(async |other| other.execute(update::<Book>().set(Book::YEAR, 2000)).await).await?;
    /// session.refresh(&book).await?;
    /// assert_eq!(book.year, 2000);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object is deleted, or belongs to another session. `NoRows`: its row no longer exists.
    pub async fn refresh<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Result<()> {
        let node = self.editable(entity)?;
        self.expire_with_held(node);
        let found = self.read_row::<M>(node, Location::caller()).await?;
        match found {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::NoRows,
                format!("the row of this `{}` no longer exists: it was deleted concurrently", M::def().name),
            )),
        }
    }

    /// Reads the row of an existing object; whether it still is.
    pub(super) async fn read_row<M: Model>(
        &mut self,
        node: ObjectId,
        at: &'static Location<'static>,
    ) -> Result<bool> {
        let def = M::def();
        let mut query = crate::query::select::<M>();
        let key = self.store.key(node);
        query.spec.core.filter =
            Some(Expr::among(&Source::Table(def.table), &def.key_columns(def.key), &[key]));
        query.spec.one = true;
        query.spec.undeferred = self.store.undeferred(node);
        // It is one of the session's, whether a query would find it or not.
        query.spec.core.under.ignore_for_own_rows();
        let answer = self.select(query.spec, at).await?;
        Ok(answer.level(0).is_some_and(|level| !level.nodes.is_empty()))
    }

    /// Removes an object from the session: it stays readable and is detached. Its unsaved changes are dropped; a
    /// pending object is discarded. Objects that it holds are removed with it if the relationship's `cascade` includes
    /// `expunge`. A rollback does not bring it back.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// session.expunge(&book)?;
    /// assert_eq!(book.title, "A Wizard of Earthsea");
    /// assert!(!session.contains(&book));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object belongs to another session.
    pub fn expunge(&mut self, object: impl Expunge) -> Result<()> {
        object.expunge_from(self)
    }

    /// Removes all objects from the session: they are detached and keep what they show. What a flush wrote stays part
    /// of the transaction. Unsaved changes are dropped, and pending objects are discarded. Objects without a handle are
    /// freed.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.all(select::<Book>()).await?;
    /// session.expunge_all();
    /// assert!(session.stats().objects.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn expunge_all(&mut self) {
        self.store = Store::new();
        if self.in_transaction() {
            // It may have written, and a rollback makes untrue what is read from now on.
            self.store.writes();
        }
        self.unit.expunged_all(&mut self.store);
    }

    /// Whether the session holds the object as persistent. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    /// assert!(session.contains(&book));
    /// assert!(!engine.session().contains(&book));
    /// # Ok(()) }
    /// ```
    pub fn contains<M: Model, L>(&self, entity: &Entity<M, L>) -> bool {
        self.state(entity) == EntityState::Persistent
    }
}
