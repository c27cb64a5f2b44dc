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
    /// Merges a draft: with the key of a row that is there, its columns become changes of that row's object; otherwise
    /// it is added. So are the drafts in it, and objects of other sessions that it links are merged as
    /// [`merge`](Self::merge) does it; a relationship that it was given has exactly these targets afterwards.
    ///
    /// A draft takes the parts of its key that it was not given from what it is linked to: a line of an order, whose key is
    /// the order's and a number, is found by the number. One without a key costs no statement. Those with one are looked up with one statement for all of a model
    /// that are as deep in the draft, and the collections that change are read.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key(auto)] id: i64, user_id: Option<i64>, text: String }
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let orders = [Order::draft().id(1).text("changed"), Order::draft().id(2).text("kept")];
    /// match session.merge_draft(User::draft().id(7).name("jack").orders(orders)).await? {
    ///     Merged::Found(user) => println!("{} was there, and has two orders now", user.id),
    ///     Merged::Added(_) => println!("new"),
    /// }
    /// session.commit().await?;
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidQuery`: it was given a relationship that is not merged; and those of [`merge`](Self::merge).
    #[track_caller]
    pub fn merge_draft<D: CompleteDraft>(&mut self, draft: D) -> MergeDraft<'_, D::Model> {
        let graph = MergeGraph::of_draft(&self.unit, &self.store, draft.into_data());
        MergeDraft { session: self, graph, loads: Vec::new(), caller: Location::caller(), of: PhantomData }
    }
}

/// What merging a draft gave: the object of the row that was there, or a pending one.
pub enum Merged<M: Model, L = <M as Model>::Bare> {
    /// The row is there; the draft's columns are changes of its object.
    Found(Entity<M, L>),
    /// The row is not there; the next flush inserts it.
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

/// One draft to merge, when it is awaited: what [`Session::merge_draft`] gives.
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
    /// Loads a relationship with the object of the row, if it is there; what it finds is from before the merge.
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
