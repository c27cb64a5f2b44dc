//! Handles to objects.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use yoke::Yoke;

use super::{Held, LoadedIn, Relation};
use crate::graph::{Arena, ArenaId, Node, ObjectId, Region};
use crate::model::Model;

/// A handle to one object of a session. Read its columns as fields, `user.name`; read its relationships with
/// [`get`](Self::get) if the query loaded them, and otherwise with the accessor that the derive generates,
/// `user.orders()?`. Reading never runs a statement. To change columns, call [`Session::edit`](crate::Session::edit);
/// to change relationships, call [`append`](crate::Session::append), [`assign`](crate::Session::assign) and the other
/// methods for links; `commit` writes the changes. With the feature `serde` an entity serialises its columns and the
/// relationships that its type says are loaded.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let lem = session.insert(Author::draft().name("Stanisław Lem")).await?;
/// assert_eq!(lem.name, "Stanisław Lem");                                    // a column is a field
///
/// session.edit(&lem, |author| author.email = Some("lem@example.com".into()))?;
/// session.append(&lem, Author::BOOKS, Book::draft().title("Solaris").year(1961))?;
/// session.commit().await?;                                                  // one UPDATE, one INSERT
///
/// let query = select::<Author>().filter(Author::ID.eq(lem.id)).with(Author::BOOKS.selectin());
/// let author = session.one(query).await?;
/// assert_eq!(author.get(Author::BOOKS).len(), 1);                           // loaded by the query: no `?`
/// assert!(author == lem);                                                   // one row is one object
/// # Ok(()) }
/// ```
///
/// `L` is the type of what the query loaded; [`loaded!`](macro@crate::loaded) writes it for a signature. A handle is
/// cheap to clone, `Send` and `Sync`. It stays readable after its session is dropped. Two handles to one row of one
/// session are the same object ([`same`](Self::same)), so a change made through one is visible through the other.
pub struct Entity<M: Model, L = <M as Model>::Bare> {
    node: Yoke<&'static Node<M>, Arc<Region>>,
    place: Place,
    loaded: PhantomData<fn() -> L>,
}

/// Where an object lies: in the graph, and in the answer of the query that the handle came from.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub(crate) arena: ArenaId,
    pub(crate) node: u32,
    /// The level and the position in it; none for a handle that proves nothing.
    pub(crate) answer: Option<(u32, u32)>,
}

impl Place {
    /// The object, whichever answer the handle came from.
    pub(crate) fn id(self) -> ObjectId {
        ObjectId { arena: self.arena, node: self.node }
    }

    /// What its answer has for a relationship of the object.
    pub(crate) fn targets(self, answer: &Region, relation: usize) -> Vec<ObjectId> {
        let targets = || {
            let (level, position) = self.answer?;
            let edge = answer.level(level as usize)?.edges.iter().find(|edge| edge.relation == relation)?;
            let there = answer.level(edge.level)?;
            let target = |item: &u32| {
                there.nodes.get(*item as usize).map(|node| ObjectId { arena: there.arena, node: *node })
            };
            Some(edge.targets.of(position as usize).iter().filter_map(target).collect())
        };
        targets().unwrap_or_default()
    }
}

impl<M: Model, L> Entity<M, L> {
    pub(crate) fn new(region: Arc<Region>, place: Place) -> Entity<M, L> {
        let node = Yoke::attach_to_cart(region, |region| region.graph().node(place.arena, place.node));
        Entity { node, place, loaded: PhantomData }
    }

    /// The entities of an answer's rows, in their order.
    pub(crate) fn of_first_level(answer: &Arc<Region>) -> Vec<Entity<M, L>> {
        let Some(level) = answer.level(0) else { return Vec::new() };
        let arena: Yoke<&'static Arena<M>, Arc<Region>> =
            Yoke::attach_to_cart(Arc::clone(answer), |region| region.graph().arena(level.arena));
        let entity = |(position, node): (u32, &u32)| {
            let place = Place { arena: level.arena, node: *node, answer: Some((0, position)) };
            let node = arena.map_project_cloned(|arena, _| arena.node(place.node));
            Entity { node, place, loaded: PhantomData }
        };
        let Some(rows) = answer.rows() else {
            return (0u32..).zip(level.nodes.iter()).map(entity).collect();
        };
        let row = |position: &u32| level.nodes.get(*position as usize).map(|node| entity((*position, node)));
        rows.iter().filter_map(row).collect()
    }

    /// Reads a relationship that the query loaded: a [`Many`](super::Many), an `Entity`, or an `Option` of one.
    ///
    /// It cannot fail and runs no statement. A relationship that the query did not load does not compile. The links are
    /// those that the query found, even if they changed since; the columns show the object's current values.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let authors = session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
    /// for author in &authors {
    ///     for book in author.get(Author::BOOKS) {
    ///         println!("{}: {}", author.name, book.title);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    // That it is a relationship is said twice, or the compiler would report it twice: once for the result.
    pub fn get<R: Relation + LoadedIn<L>>(&self, relation: R) -> R::Output<R::Nested> {
        let _ = relation;
        R::output(Held::answer(self.region(), self.place, R::INDEX))
    }

    /// What [`get`](Self::get) reads, for a query whose loads were erased: nothing where it did not load the
    /// relationship.
    #[doc(hidden)]
    pub fn found<R: Relation<Parent = M>>(
        &self,
        relation: R,
    ) -> Option<R::Output<<R::Target as Model>::Bare>> {
        let _ = relation;
        Held::find(self.region(), self.place, R::INDEX).map(R::output)
    }

    /// Whether two handles refer to the same object: the same row of the same session. `==` does the same.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = || select::<Author>().filter(Author::NAME.eq("Harper Lee"));
    /// let once = session.one(query()).await?;
    /// let again = session.one(query()).await?;
    /// assert!(Entity::same(&once, &again));
    ///
    /// let elsewhere = engine.session().one(query()).await?;
    /// assert!(!Entity::same(&once, &elsewhere));
    /// # Ok(()) }
    /// ```
    pub fn same<K>(a: &Entity<M, L>, b: &Entity<M, K>) -> bool {
        std::ptr::eq(a.node(), b.node())
    }

    /// The same object with a type that does not record what is loaded. It lets entities of different queries share one
    /// type; read their relationships with the accessors.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let with_books = session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
    /// let authors: Vec<Entity<Author>> = with_books.iter().map(Entity::dynamic).collect();
    /// assert_eq!(authors[0].books()?.len(), 3);
    /// # Ok(()) }
    /// ```
    pub fn dynamic(&self) -> Entity<M> {
        let place = Place { answer: None, ..self.place };
        Entity::new(self.region().bare(), place)
    }

    /// The same entity, whose answer holds more than its type recorded.
    pub(crate) fn proven<K>(self) -> Entity<M, K> {
        Entity { node: self.node, place: self.place, loaded: PhantomData }
    }

    pub(crate) fn region(&self) -> &Arc<Region> {
        self.node.backing_cart()
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    fn node(&self) -> &Node<M> {
        self.node.get()
    }
}

impl<M: Model, L> Deref for Entity<M, L> {
    type Target = M;

    fn deref(&self) -> &M {
        self.node().current()
    }
}

impl<M: Model, L> Clone for Entity<M, L> {
    fn clone(&self) -> Self {
        Entity { node: self.node.clone(), place: self.place, loaded: PhantomData }
    }
}

/// Identity, as [`Entity::same`]: one row of one session.
impl<M: Model, L, K> PartialEq<Entity<M, K>> for Entity<M, L> {
    fn eq(&self, other: &Entity<M, K>) -> bool {
        Entity::same(self, other)
    }
}

impl<M: Model, L> Eq for Entity<M, L> {}

impl<M: Model, L> Hash for Entity<M, L> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.node()).hash(state);
    }
}

/// The model's name and its columns; `secret` ones are hidden, relationships are left out.
impl<M: Model, L> fmt::Debug for Entity<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let def = M::def();
        let mut out = f.debug_struct(def.name);
        for (index, column) in def.columns.iter().enumerate() {
            if column.secret {
                out.field(column.field, &format_args!("***"));
            } else {
                out.field(column.field, &format_args!("{}", self.view(index)));
            }
        }
        out.finish_non_exhaustive()
    }
}
