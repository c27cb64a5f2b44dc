//! Links of drafts.

use std::sync::Arc;

use super::draft::DraftData;
use super::pending::{Pending, PendingCell};
use crate::entity::{Entity, Many};
use crate::graph::{ArenaId, Region};
use crate::model::Model;

/// The other end of a link: a row to be written with it, one that waits for a flush, or an existing one.
#[derive(Debug)]
pub enum LinkTarget {
    /// A draft that is added with the link.
    Draft(Box<DraftData>),
    /// An object that waits for its flush.
    Pending(Arc<PendingCell>),
    /// An object of a session.
    Entity {
        /// The session's graph.
        region: Arc<Region>,
        /// The arena.
        arena: ArenaId,
        /// The object.
        node: u32,
    },
}

/// What a relationship to one `M` takes: a draft, a [`Pending`](crate::write::Pending) object or an entity. `R`
/// is the relationship; a draft may leave out the key that it fills.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(2))).await?;
/// session.append(&author, Author::BOOKS, Book::draft().title("Go Set a Watchman").year(2015))?;   // a draft
/// let pending = session.add(Book::draft().author_id(1).title("untitled").year(2000));
/// session.append(&author, Author::BOOKS, &pending)?;                                             // a pending object
/// let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
/// session.append(&author, Author::BOOKS, &book)?;                                                // an entity
/// session.commit().await?;
/// assert_eq!(session.count(select::<Book>().filter(Book::AUTHOR_ID.eq(2))).await?, 4);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked as a `{M}`",
    label = "expected a draft of `{M}`, a `Pending<{M}>` or an `&Entity<{M}>`"
)]
pub trait IntoLink<M: Model, R = ()> {
    /// The other end of the link.
    #[doc(hidden)]
    fn into_link(self) -> LinkTarget;
}

/// What a collection of `M` takes: an array, a `Vec` or a slice of what [`IntoLink`] takes, or a loaded collection.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let tags: Vec<Pending<Tag>> = ["classic", "satire"].map(|name| session.add(Tag::draft().name(name))).into();
/// let book = session.insert(Book::draft().author_id(1).title("untitled").year(2000).tags(&tags)).await?;
/// assert_eq!(session.load(&book, Book::TAGS).await?.len(), 2);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be linked as a collection of `{M}`",
    label = "expected an array, a `Vec` or a slice of drafts, pendings or entities of `{M}`"
)]
pub trait IntoLinks<M: Model, R = ()> {
    /// The other ends of the links.
    #[doc(hidden)]
    fn into_links(self) -> Vec<LinkTarget>;
}

/// The link of a draft that is complete but for what the link gives it; for generated code.
#[doc(hidden)]
pub fn draft_link(draft: DraftData) -> LinkTarget {
    LinkTarget::Draft(Box::new(draft))
}

impl<M: Model, L, R> IntoLink<M, R> for &Entity<M, L> {
    fn into_link(self) -> LinkTarget {
        let place = self.place();
        LinkTarget::Entity { region: self.region().bare(), arena: place.arena, node: place.node }
    }
}

impl<M: Model, L, R> IntoLink<M, R> for Entity<M, L> {
    fn into_link(self) -> LinkTarget {
        IntoLink::<M, R>::into_link(&self)
    }
}

impl<M: Model, R> IntoLink<M, R> for &Pending<M> {
    fn into_link(self) -> LinkTarget {
        LinkTarget::Pending(Arc::clone(self.cell()))
    }
}

impl<M: Model, R> IntoLink<M, R> for Pending<M> {
    fn into_link(self) -> LinkTarget {
        IntoLink::<M, R>::into_link(&self)
    }
}

impl<M: Model, R, T: IntoLink<M, R>, const N: usize> IntoLinks<M, R> for [T; N] {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(<T as IntoLink<M, R>>::into_link).collect()
    }
}

impl<M: Model, R, T: IntoLink<M, R>> IntoLinks<M, R> for Vec<T> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(<T as IntoLink<M, R>>::into_link).collect()
    }
}

impl<'a, M: Model, R, T> IntoLinks<M, R> for &'a Vec<T>
where
    &'a T: IntoLink<M, R>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::<M, R>::into_link).collect()
    }
}

impl<'a, M: Model, R, T> IntoLinks<M, R> for &'a [T]
where
    &'a T: IntoLink<M, R>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::<M, R>::into_link).collect()
    }
}

impl<'a, M: Model, R, T, const N: usize> IntoLinks<M, R> for &'a [T; N]
where
    &'a T: IntoLink<M, R>,
{
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::<M, R>::into_link).collect()
    }
}

impl<M: Model, L, R> IntoLinks<M, R> for Many<M, L> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.into_iter().map(IntoLink::<M, R>::into_link).collect()
    }
}

impl<M: Model, L, R> IntoLinks<M, R> for &Many<M, L> {
    fn into_links(self) -> Vec<LinkTarget> {
        self.iter().map(IntoLink::<M, R>::into_link).collect()
    }
}
