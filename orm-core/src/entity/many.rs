//! Loaded collections.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Entity;
use super::entity::Place;
use crate::graph::{ArenaId, Region, Slice};
use crate::model::Model;

/// A loaded collection, in the order in which it was loaded. `N` is what was loaded with each member.
///
/// It is what [`Entity::get`] and the accessors return for a `has_many` or a `many_to_many`. It runs no statement, and
/// is cheap to clone. It does not change when the collection changes; read the relationship again for that.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
/// let books = author.get(Author::BOOKS);
/// assert_eq!(books.len(), 3);
/// assert_eq!(books.iter().filter(|book| book.year < 1970).count(), 1);
/// for book in &books {
///     println!("{} ({})", book.title, book.year);
/// }
/// # Ok(()) }
/// ```
pub struct Many<M: Model, N = <M as Model>::Bare> {
    region: Arc<Region>,
    items: Items,
    loaded: PhantomData<fn() -> (M, N)>,
}

/// Where a collection's members are listed.
#[derive(Debug, Clone)]
pub(crate) enum Items {
    /// Nowhere: there are none.
    Empty,
    /// One object.
    Node { arena: ArenaId, node: u32 },
    /// An object's own slot.
    Slice { arena: ArenaId, slice: Slice },
    /// An edge of a query's answer.
    Answer { level: u32, edge: usize, position: u32 },
}

impl Items {
    /// What the query that a place belongs to found for a relationship, if it loaded it.
    pub(crate) fn of_answer(region: &Region, place: Place, relation: usize) -> Option<Items> {
        let (level, position) = place.answer?;
        let edge = region.level(level as usize)?.edges.iter().position(|edge| edge.relation == relation)?;
        Some(Items::Answer { level, edge, position })
    }

    pub(super) fn len(&self, region: &Region) -> usize {
        match self {
            Items::Empty => 0,
            Items::Node { .. } => 1,
            Items::Slice { slice, .. } => slice.as_slice().len(),
            Items::Answer { .. } => self.positions(region).map_or(0, |(_, positions)| positions.len()),
        }
    }

    pub(crate) fn get(&self, region: &Region, index: usize) -> Option<Place> {
        match self {
            Items::Empty => None,
            Items::Node { arena, node } => {
                (index == 0).then_some(Place { arena: *arena, node: *node, answer: None })
            }
            Items::Slice { arena, slice } => {
                let node = *slice.as_slice().get(index)?;
                Some(Place { arena: *arena, node, answer: None })
            }
            Items::Answer { .. } => {
                let (target, positions) = self.positions(region)?;
                let position = *positions.get(index)?;
                let level = region.level(target)?;
                let node = *level.nodes.get(position as usize)?;
                let target = u32::try_from(target).ok()?;
                Some(Place { arena: level.arena, node, answer: Some((target, position)) })
            }
        }
    }

    fn positions<'r>(&self, region: &'r Region) -> Option<(usize, &'r [u32])> {
        let Items::Answer { level, edge, position } = *self else { return None };
        let edge = region.level(level as usize)?.edges.get(edge)?;
        Some((edge.level, edge.targets.of(position as usize)))
    }
}

impl<M: Model, N> Many<M, N> {
    pub(crate) fn new(region: Arc<Region>, items: Items) -> Many<M, N> {
        Many { region, items, loaded: PhantomData }
    }

    #[cfg(feature = "serde")]
    pub(super) fn parts(&self) -> (&Arc<Region>, &Items) {
        (&self.region, &self.items)
    }

    /// The number of members.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(author.get(Author::BOOKS).len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn len(&self) -> usize {
        self.items.len(&self.region)
    }

    /// Whether the collection has no members.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.all(select::<Book>().with(Book::TAGS.selectin()).order_by(Book::ID)).await?;
    /// assert!(books[0].get(Book::TAGS).is_empty());
    /// assert!(!books[1].get(Book::TAGS).is_empty());
    /// # Ok(()) }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member at a position, counted from 0; `None` past the end.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// let books = author.get(Author::BOOKS);
    /// assert_eq!(books.get(1).map(|book| book.title.clone()).as_deref(), Some("The Lathe of Heaven"));
    /// assert!(books.get(3).is_none());
    /// # Ok(()) }
    /// ```
    pub fn get(&self, index: usize) -> Option<Entity<M, N>> {
        let place = self.items.get(&self.region, index)?;
        Some(Entity::new(Arc::clone(&self.region), place))
    }

    /// The first member; `None` if there are none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(author.get(Author::BOOKS).first().map(|book| book.year), Some(1968));
    /// # Ok(()) }
    /// ```
    pub fn first(&self) -> Option<Entity<M, N>> {
        self.get(0)
    }

    /// The last member; `None` if there are none.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// assert_eq!(author.get(Author::BOOKS).last().map(|book| book.year), Some(1974));
    /// # Ok(()) }
    /// ```
    pub fn last(&self) -> Option<Entity<M, N>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The members, each as its own handle. A `for` loop over the collection or a reference to it does the same.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// let newest = author.get(Author::BOOKS).iter().max_by_key(|book| book.year);
    /// assert_eq!(newest.map(|book| book.title.clone()).as_deref(), Some("The Dispossessed"));
    /// # Ok(()) }
    /// ```
    pub fn iter(&self) -> IntoIter<M, N> {
        self.clone().into_iter()
    }

    /// The members in a `Vec`, for sorting or indexing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    /// let mut books = author.get(Author::BOOKS).to_vec();
    /// books.sort_by(|a, b| a.title.cmp(&b.title));
    /// assert_eq!(books[0].title, "A Wizard of Earthsea");
    /// # Ok(()) }
    /// ```
    pub fn to_vec(&self) -> Vec<Entity<M, N>> {
        self.iter().collect()
    }
}

impl<M: Model, N> Clone for Many<M, N> {
    fn clone(&self) -> Self {
        Many { region: Arc::clone(&self.region), items: self.items.clone(), loaded: PhantomData }
    }
}

impl<M: Model, N> fmt::Debug for Many<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// An iterator over the members of a [`Many`], as handles. It can be reversed and knows its length.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
/// let years: Vec<i32> = author.get(Author::BOOKS).into_iter().rev().map(|book| book.year).collect();
/// assert_eq!(years, [1974, 1971, 1968]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct IntoIter<M: Model, N> {
    many: Many<M, N>,
    next: usize,
    end: usize,
}

impl<M: Model, N> IntoIterator for Many<M, N> {
    type Item = Entity<M, N>;
    type IntoIter = IntoIter<M, N>;

    fn into_iter(self) -> IntoIter<M, N> {
        let end = self.len();
        IntoIter { many: self, next: 0, end }
    }
}

impl<M: Model, N> IntoIterator for &Many<M, N> {
    type Item = Entity<M, N>;
    type IntoIter = IntoIter<M, N>;

    fn into_iter(self) -> IntoIter<M, N> {
        self.iter()
    }
}

impl<M: Model, N> Iterator for IntoIter<M, N> {
    type Item = Entity<M, N>;

    fn next(&mut self) -> Option<Entity<M, N>> {
        if self.next == self.end {
            return None;
        }
        self.next += 1;
        self.many.get(self.next - 1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl<M: Model, N> DoubleEndedIterator for IntoIter<M, N> {
    fn next_back(&mut self) -> Option<Entity<M, N>> {
        if self.next == self.end {
            return None;
        }
        self.end -= 1;
        self.many.get(self.end)
    }
}

impl<M: Model, N> ExactSizeIterator for IntoIter<M, N> {}
