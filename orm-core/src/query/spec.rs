use crate::model::{ErasedModel, RelationDef};
use crate::sql::{Expr, Order};

/// A query for the entities of one model, without its types.
#[derive(Debug, Clone)]
#[doc(hidden)]
pub struct SelectSpec {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) filter: Option<Expr>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) loads: Vec<LoadSpec>,
    pub(crate) populate_existing: bool,
}

/// What to load of one relationship, and how.
#[derive(Debug, Clone)]
#[doc(hidden)]
pub struct LoadSpec {
    pub(crate) relation: &'static RelationDef,
    pub(crate) strategy: Strategy,
    /// Drops parents without a target; only of a join.
    pub(crate) inner: bool,
    /// The most keys in one statement; as many as the database binds where none is given.
    pub(crate) batch_size: Option<usize>,
    pub(crate) filter: Option<Expr>,
    /// Replaces the relationship's own order where there is one.
    pub(crate) order: Vec<Order>,
    /// The most targets of one parent.
    pub(crate) limit: Option<u64>,
    pub(crate) loads: Vec<LoadSpec>,
}

/// How a relationship is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Strategy {
    /// A second statement with the parents' keys.
    Selectin,
    /// A join in the parents' statement.
    Joined,
}

impl Strategy {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::Selectin => "selectin",
            Strategy::Joined => "joined",
        }
    }
}

impl LoadSpec {
    pub(crate) fn new(relation: &'static RelationDef, strategy: Strategy) -> LoadSpec {
        LoadSpec {
            relation,
            strategy,
            inner: false,
            batch_size: None,
            filter: None,
            order: Vec::new(),
            limit: None,
            loads: Vec::new(),
        }
    }

    /// Whether it loads something else than the whole relationship in its own order. Such a load is read from the
    /// query alone and never becomes what the object holds.
    pub(crate) fn is_view(&self) -> bool {
        self.filter.is_some() || self.limit.is_some() || !self.order.is_empty() || self.inner_drops_targets()
    }

    /// An inner join somewhere below drops targets of this relationship that have none of their own.
    fn inner_drops_targets(&self) -> bool {
        self.loads.iter().any(|load| {
            load.strategy == Strategy::Joined && (load.inner || load.inner_drops_targets())
        })
    }
}
