//! The description of a query for entities, and of what it loads.

use super::{QueryCore, Under};
use crate::model::{ErasedModel, Lazy, RelationDef, RelationKind};
use crate::sql::{Expr, Order, Sees, Source};

/// A query for the entities of one model, without its types.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct SelectSpec {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) core: QueryCore,
    /// Whether an object that joins of the query repeat is returned once.
    pub(crate) unique: bool,
    pub(crate) loads: Vec<LoadSpec>,
    /// Whether it finds one row at most, by its key.
    pub(crate) one: bool,
    /// The deferred columns to read.
    pub(crate) undeferred: Vec<usize>,
}

impl SelectSpec {
    /// All rows of a model.
    pub(crate) fn of(model: &'static dyn ErasedModel) -> SelectSpec {
        let (core, loads, undeferred) = (QueryCore::default(), Vec::new(), Vec::new());
        SelectSpec { model, core, unique: false, loads, one: false, undeferred }
    }
}

/// What to load of one relationship, and how.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct LoadSpec {
    pub(crate) relation: &'static RelationDef,
    pub(crate) strategy: Strategy,
    /// Whether `auto` chose the strategy.
    pub(crate) chosen: bool,
    /// Drops parents without a target; only of a join.
    pub(crate) inner: bool,
    /// The most keys in one statement; as many as the database binds where none is given.
    pub(crate) batch_size: Option<usize>,
    pub(crate) depth: Option<Depth>,
    pub(crate) filter: Option<Expr>,
    /// Replaces the relationship's own order if it has one.
    pub(crate) order: Vec<Order>,
    /// The most targets of one parent.
    pub(crate) limit: Option<u64>,
    /// The source of the targets, where a join of the query has them.
    pub(crate) source: Option<Source>,
    /// The deferred columns of the targets to read.
    pub(crate) undeferred: Vec<usize>,
    pub(crate) loads: Vec<LoadSpec>,
    /// The to-one that the targets load by default and that would lead back: it is filled with whom they were found for.
    pub(crate) back: Option<&'static RelationDef>,
    /// What it sees, with everything below it, of rows that criteria hide.
    pub(crate) sees: Sees,
    /// The criteria that hold in it.
    pub(crate) under: Under,
}

/// How a relationship is loaded.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// A second statement with the parents' keys.
    Selectin,
    /// A join in the parents' statement.
    Joined,
    /// A second statement around the parents' statement.
    Subquery,
    /// Whichever the planner finds cheapest.
    Auto,
    /// A second statement without keys: all rows of the parents' table are there.
    Whole,
    /// From a join that the query has already: `.fill(..)`.
    Filled,
    /// Not at all, against the model's default: `.raise()`.
    Raise,
    /// Not at all, against the model's default: `.lazy()`.
    Lazy,
}

/// How often a self-referential relationship is followed below its first level.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// So many times.
    Limited(usize),
    /// To the last level.
    Unlimited,
}

impl Strategy {
    /// As the method that chooses it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Strategy::Selectin => "selectin",
            Strategy::Joined => "joined",
            Strategy::Subquery => "subquery",
            Strategy::Auto | Strategy::Whole => "auto",
            Strategy::Filled => "fill",
            Strategy::Raise => "raise",
            Strategy::Lazy => "lazy",
        }
    }

    /// The strategy of a model-level default that loads.
    pub(crate) fn of_default(lazy: Lazy) -> Option<Strategy> {
        match lazy {
            Lazy::Selectin => Some(Strategy::Selectin),
            Lazy::Joined => Some(Strategy::Joined),
            Lazy::Subquery => Some(Strategy::Subquery),
            Lazy::OnDemand | Lazy::Raise | Lazy::RaiseOnSql => None,
        }
    }
}

impl LoadSpec {
    pub(crate) fn new(relation: &'static RelationDef, strategy: Strategy) -> LoadSpec {
        LoadSpec {
            relation,
            strategy,
            chosen: false,
            inner: false,
            batch_size: None,
            depth: None,
            filter: None,
            order: Vec::new(),
            limit: None,
            source: None,
            undeferred: Vec::new(),
            loads: Vec::new(),
            back: None,
            sees: Sees::Same,
            under: Under::default(),
        }
    }

    /// Whether each object has a target: the key says so, and no criteria hide it.
    pub(crate) fn is_always_there(&self) -> bool {
        self.relation.kind == RelationKind::ManyToOne { required: true } && !self.under.hides(self.relation)
    }

    /// Whether it loads something other than the whole relationship in its own order. Such a load is read only from the
    /// query's answer and never stored in the object.
    pub(crate) fn is_view(&self) -> bool {
        self.has_own_terms() || self.inner_drops_targets() || self.under.shows_hidden(self.relation)
    }

    /// Whether it has its own filter, order or limit.
    pub(crate) fn has_own_terms(&self) -> bool {
        self.filter.is_some() || self.limit.is_some() || !self.order.is_empty()
    }

    /// Whether an inner join below drops targets of this relationship that have none of their own.
    fn inner_drops_targets(&self) -> bool {
        self.loads.iter().any(|load| {
            let always_there = load.is_always_there();
            load.strategy == Strategy::Joined && ((load.inner && !always_there) || load.inner_drops_targets())
        })
    }
}
