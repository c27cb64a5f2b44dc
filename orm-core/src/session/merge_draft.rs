//! Merges drafts.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

use super::Session;
use crate::entity::Entity;
use crate::error::Result;
use crate::model::Model;
use crate::query::{LoadOption, LoadSpec};
use crate::unit_of_work::{CompleteDraft, MergeGraph, Pending, Ref};

impl Session {
    /// Merges a draft. If a row with its key exists, the draft's columns become changes of that row's object; otherwise
    /// the draft is added. The same applies to the drafts inside it. Objects of other sessions that it links are merged
    /// as by [`merge`](Self::merge). A relationship that the draft sets has exactly these targets afterwards.
    ///
    /// A draft takes missing parts of its key from what it is linked to: a line whose key is its order's key and a
    /// number is found by the number. A draft without a key costs no statement. The others are looked up by one
    /// statement for all drafts of a model on the same level, and collections that change are read.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let draft = Author::draft().id(1).name("Ursula K. Le Guin").books([
    ///     Book::draft().id(1).title("A Wizard of Earthsea").year(1968),
    ///     Book::draft().title("The Tombs of Atuan").year(1971),
    /// ]);
    /// # session.execute(update::<Book>().set(Book::AUTHOR_ID, 2).filter(Book::ID.is_in([2, 3]))).await?;
    /// match session.merge_draft(draft).await? {
    ///     Merged::Found(author) => println!("{} exists, and has two books now", author.name),
    ///     Merged::Added(_) => println!("new"),
    /// }
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: it sets a relationship that is not merged. Those of [`merge`](Self::merge).
    #[track_caller]
    pub fn merge_draft<D: CompleteDraft>(&mut self, draft: D) -> MergeDraft<'_, D::Model> {
        let graph = MergeGraph::of_draft(&self.unit, &self.store, draft.into_data());
        MergeDraft { session: self, graph, loads: Vec::new(), caller: Location::caller(), of: PhantomData }
    }
}

/// What [`Session::merge_draft`] returns: the object of the existing row, or a pending object.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// match session.merge_draft(Tag::draft().id(1).name("utopias")).await? {
///     Merged::Found(tag) => assert_eq!(tag.name, "utopias"),
///     Merged::Added(_) => unreachable!("the tag exists"),
/// }
/// # Ok(()) }
/// ```
pub enum Merged<M: Model, L = <M as Model>::Bare> {
    /// The row exists; the draft's columns are changes of its object.
    Found(Entity<M, L>),
    /// The row does not exist; the next flush inserts it.
    Added(Pending<M>),
}

impl<M: Model, L> fmt::Debug for Merged<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Merged::Found(entity) => f.debug_tuple("Found").field(entity).finish(),
            Merged::Added(_) => f.debug_tuple("Added").field(&format_args!("{}", M::def().name)).finish(),
        }
    }
}

/// The future of [`Session::merge_draft`], with options. Nothing runs until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let sent = Tag::draft().id(1).name("utopias");
/// let Merged::Found(tag) = session.merge_draft(sent).await? else { panic!("the tag exists") };
/// assert_eq!(tag.name, "utopias");
/// session.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is merged until it is awaited"]
pub struct MergeDraft<'s, M: Model, L = <M as Model>::Bare> {
    session: &'s mut Session,
    graph: Result<MergeGraph>,
    loads: Vec<LoadSpec>,
    caller: &'static Location<'static>,
    of: PhantomData<fn() -> (M, L)>,
}

impl<'s, M: Model, L> MergeDraft<'s, M, L> {
    /// Loads a relationship of the existing row's object, before the merge changes it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let draft = Book::draft().id(2).author_id(1).title("The Lathe of Heaven").year(1971);
    /// if let Merged::Found(book) = session.merge_draft(draft).with(Book::TAGS.selectin()).await? {
    ///     assert_eq!(book.get(Book::TAGS).len(), 1);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> MergeDraft<'s, M, O::Marked> {
        let MergeDraft { session, graph, mut loads, caller, .. } = self;
        loads.push(load.into_spec());
        MergeDraft { session, graph, loads, caller, of: PhantomData }
    }
}

impl<'s, M: Model, L: 'static> IntoFuture for MergeDraft<'s, M, L> {
    type Output = Result<Merged<M, L>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        let MergeDraft { session, graph, loads, caller, .. } = self;
        Box::pin(async move {
            Ok(match session.merge_graph(graph?, loads, caller).await? {
                (Ref::Pending(cell), _) => Merged::Added(Pending::new(cell)),
                (Ref::Node(node), at) => Merged::Found(session.entity_at(node, at)),
            })
        })
    }
}
