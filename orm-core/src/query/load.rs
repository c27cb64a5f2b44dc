use std::marker::PhantomData;

use super::{IntoOrder, LoadSpec, Predicate, Strategy};
use crate::entity::{Marks, Relation, ToMany};
use crate::model::Model;

/// What to load of a relationship: `User::ORDERS.selectin()`, with what to load below it.
#[derive(Debug)]
#[must_use = "a load does nothing until it is given to `with` or `load_all`"]
pub struct Load<R, N> {
    spec: LoadSpec,
    of: PhantomData<fn() -> (R, N)>,
}

/// The loading strategies of a relationship.
pub trait RelationExt: Relation {
    /// By a second statement: `SELECT .. WHERE key IN (..)`, as many keys at once as the database binds.
    fn selectin(self) -> Load<Self, <Self::Target as Model>::Bare> {
        Load::new(Strategy::Selectin)
    }

    /// By a LEFT JOIN in the statement of the parents. Rows that the join multiplies collapse; with `limit` or
    /// `offset` the parents are paged, never the joined rows.
    fn joined(self) -> Load<Self, <Self::Target as Model>::Bare> {
        Load::new(Strategy::Joined)
    }
}

impl<R: Relation> RelationExt for R {}

impl<R: Relation, N> Load<R, N> {
    fn new(strategy: Strategy) -> Load<R, N> {
        Load { spec: LoadSpec::new(R::def(), strategy), of: PhantomData }
    }

    fn map(self, change: impl FnOnce(&mut LoadSpec)) -> Load<R, N> {
        let mut spec = self.spec;
        change(&mut spec);
        Load { spec, of: PhantomData }
    }

    /// Loads a relationship of the targets too.
    pub fn with<O: LoadOption<N>>(self, load: O) -> Load<R, O::Marked> {
        let mut spec = self.spec;
        spec.loads.push(load.into_spec());
        Load { spec, of: PhantomData }
    }

    /// The most keys in one statement; without it, as many as the database binds. 0 is an error when the query runs.
    pub fn batch_size(self, keys: usize) -> Load<R, N> {
        self.map(|spec| spec.batch_size = Some(keys))
    }

    /// Makes a join an inner one: parents without a target are dropped.
    pub fn inner(self) -> Load<R, N> {
        self.map(|spec| spec.inner = true)
    }
}

/// Part of a relationship: read with `get`, it never becomes what the object holds.
impl<R: ToMany, N> Load<R, N> {
    /// Loads only the targets that meet the condition.
    pub fn filter(self, condition: Predicate) -> Load<R, N> {
        self.map(|spec| {
            let condition = condition.into_sql();
            spec.filter = Some(crate::sql::Expr::and(spec.filter.take(), condition));
        })
    }

    /// Loads the targets in this order instead of the relationship's own.
    pub fn order_by(self, order: impl IntoOrder) -> Load<R, N> {
        self.map(|spec| spec.order.extend(order.into_order()))
    }

    /// Loads at most so many targets of each parent.
    pub fn limit(self, targets: u64) -> Load<R, N> {
        self.map(|spec| spec.limit = Some(targets))
    }
}

/// What `with` takes: a load of a relationship that starts at the model with the loaded set `L`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not something to load",
    label = "expected a relationship with a strategy: `User::ORDERS.selectin()`"
)]
pub trait LoadOption<L> {
    /// The loaded set with it.
    type Marked;

    /// The load without its types.
    #[doc(hidden)]
    fn into_spec(self) -> LoadSpec;
}

impl<L, R: Marks<L, N>, N> LoadOption<L> for Load<R, N> {
    type Marked = R::Marked;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}
