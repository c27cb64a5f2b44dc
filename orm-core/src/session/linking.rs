//! Links between objects.

use super::Session;
use crate::entity::{Entity, Relation, ToMany, ToOne};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, ModelDef};
use crate::unit_of_work::{IntoLink, IntoLinks, KeyLinkOf};
use crate::value::{IntoKey, Key, ValueError};

impl Session {
    /// Adds an entity, a pending object or a draft to a collection. The next flush sets its key or inserts the link
    /// row. It runs no statement.
    ///
    /// A loaded collection shows the new member at once (a draft after the flush); an unloaded collection stays
    /// unloaded. A link that exists already stays as it is.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(2)).with(Author::BOOKS.selectin())).await?;
    /// session.append(&author, Author::BOOKS, Book::draft().title("Go Set a Watchman").year(2015))?;
    /// session.commit().await?;
    /// assert_eq!(author.books()?.len(), 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: one of the objects belongs to another session, or the target's key shares a column with its
    /// primary key, which would change. Nothing is changed then.
    pub fn append<M: Model, L, R: Relation<Parent = M> + ToMany>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R>,
    ) -> Result<()> {
        self.connect_objects(entity, relation, target)
    }

    /// Sets a to-one relationship. The key changes at once, or at the next flush if the target is new. It runs no
    /// statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(4))).await?;
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
    /// session.assign(&book, Book::AUTHOR, &author)?;
    /// assert_eq!(book.author_id, 1);
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: one of the objects belongs to another session; the key shares a column with the primary key,
    /// which would change; or the old target of a `has_one` cannot be without its parent. Nothing is changed then.
    pub fn assign<M: Model, L, R: Relation<Parent = M> + ToOne>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R>,
    ) -> Result<()> {
        self.connect_objects(entity, relation, target)
    }

    /// Removes a member from a collection. The next flush sets its key to NULL, or deletes the member under
    /// `delete-orphan` unless it has another parent by then. For a many-to-many it deletes the link row. It runs no
    /// statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(2)).with(Book::TAGS.selectin())).await?;
    /// let utopia = book.get(Book::TAGS).to_vec()[0].clone();
    /// session.remove(&book, Book::TAGS, &utopia)?;
    /// session.commit().await?;
    /// assert!(book.tags()?.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the object is not a member; its key cannot be NULL and no cascade applies; or one of the objects
    /// belongs to another session.
    pub fn remove<M: Model, L, R: Relation<Parent = M> + ToMany>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R>,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.disconnect(&mut self.store, R::def(), parent, target.into_link())
    }

    /// Ends a to-one relationship: the key becomes NULL. For a `has_one` it is the other side's key, or the other side
    /// is deleted under `delete-orphan`. It runs no statement.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Team { #[key(auto)] id: i64 }
    /// # #[derive(Model, Debug)]
    /// # struct Player {
    /// #     #[key(auto)] id: i64, team_id: Option<i64>,
    /// #     #[belongs_to] team: BelongsTo<Option<Team>>,
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Team, Player]).await?;
    /// # let mut session = engine.session();
    /// let player = session.insert(Player::draft().team(Team::draft())).await?;
    /// session.unassign(&player, Player::TEAM)?;
    /// assert_eq!(player.team_id, None);
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: the relationship is required, or the object belongs to another session.
    pub fn unassign<M: Model, L, R: Relation<Parent = M> + ToOne>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.end_to_one(&mut self.store, R::def(), parent)
    }

    /// Sets the members of a loaded collection: missing ones are appended, all others are removed. It runs no
    /// statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = session.one(select::<Book>().filter(Book::ID.eq(2)).with(Book::TAGS.selectin())).await?;
    /// session.replace(&book, Book::TAGS, [Tag::draft().name("dreams"), Tag::draft().name("psychiatry")])?;
    /// session.commit().await?;
    /// assert_eq!(book.tags()?.len(), 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `NotLoaded`: load the collection first, since what to remove is unknown. Those of [`append`](Self::append) and
    /// [`remove`](Self::remove). Nothing is changed then.
    pub fn replace<M: Model, L, R: Relation<Parent = M> + ToMany>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        targets: impl IntoLinks<R::Target, R>,
    ) -> Result<()> {
        let _ = relation;
        let parent = self.editable(entity)?;
        self.unit.replace(&mut self.store, R::def(), parent, targets.into_links())
    }

    /// Adds a row to the link table of a many-to-many at the next flush, by the keys of its ends, which need not be
    /// loaded. A link that exists already stays as it is. Loaded collections of both ends show it at once. It runs no
    /// statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.link(Book::TAGS, 1, 1)?;
    /// session.commit().await?;
    /// let book = session.get::<Book>(1).with(Book::TAGS.selectin()).await?;
    /// assert_eq!(book.map(|book| book.get(Book::TAGS).len()), Some(1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidState`: the relationship has no link table, or its link table refers to other columns than the primary
    ///   keys.
    /// * `InvalidValue`: a key is out of its type's range.
    /// * A key without a row is a `ForeignKeyViolation` of the flush.
    pub fn link<R: Relation + ToMany>(
        &mut self,
        relation: R,
        from: impl IntoKey<<R::Parent as Model>::Key>,
        to: impl IntoKey<<R::Target as Model>::Key>,
    ) -> Result<()> {
        let _ = relation;
        let link = self.link_of::<R>(from.into_key(), to.into_key())?;
        self.unit.link_keys(&mut self.store, link, true)
    }

    /// Removes a row from the link table of a many-to-many at the next flush, by the keys of its ends. It is not an
    /// error if the row does not exist. It runs no statement.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.unlink(Book::TAGS, 2, 1)?;
    /// session.commit().await?;
    /// let book = session.get::<Book>(2).with(Book::TAGS.selectin()).await?;
    /// assert_eq!(book.map(|book| book.get(Book::TAGS).len()), Some(0));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`link`](Self::link), except for keys without a row.
    pub fn unlink<R: Relation + ToMany>(
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
        let (of_parent, of_target) = (relation.parent(), relation.target());
        let parent = of_parent.stored_key(from.map_err(|error| wrong(of_parent, error))?.values());
        let target = of_target.stored_key(to.map_err(|error| wrong(of_target, error))?.values());
        Ok(KeyLinkOf { relation, parent, target })
    }

    fn connect_objects<M: Model, L, R: Relation<Parent = M>>(
        &mut self,
        entity: &Entity<M, L>,
        relation: R,
        target: impl IntoLink<R::Target, R>,
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
}
