use std::marker::PhantomData;
use std::ops::RangeFull;

use super::spec::Depth;
use super::{Alias, IntoOrder, IntoPredicate, LoadSpec, Strategy};
use crate::entity::{Loaded, LoadedAs, Marks, Recursive, Relation, SelfReferential, ToMany};
use crate::model::{Column, LoadedSetOf, Model};

/// What to load of a relationship: `User::ORDERS.selectin()`, with what to load below it. `S` is the relationship's place
/// in the loaded set: [`Loaded`] or [`Recursive`].
#[derive(Debug)]
#[must_use = "a load does nothing until it is given to `with` or `load_all`"]
pub struct Load<R, S> {
    spec: LoadSpec,
    of: PhantomData<fn() -> (R, S)>,
}

/// What to load of a relationship of `M`, with nothing proven: [`Load::dynamic`].
#[derive(Debug)]
#[must_use = "a load does nothing until it is given to `with` or `load_all`"]
pub struct DynamicLoad<M> {
    spec: LoadSpec,
    of: PhantomData<fn() -> M>,
}

/// A relationship that this query leaves out, whatever the model says: `User::ORDERS.raise()`.
#[derive(Debug)]
#[must_use = "it does nothing until it is given to `with`"]
pub struct LeaveOut<R> {
    spec: LoadSpec,
    of: PhantomData<fn() -> R>,
}

/// The loading strategies of a relationship.
pub trait RelationExt: Relation {
    /// By a second statement: `SELECT .. WHERE key IN (..)`, as many keys at once as the database binds.
    fn selectin(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Selectin)
    }

    /// By a LEFT JOIN in the statement of the parents. Rows that this join multiplies collapse, and the list of parents is
    /// the same as with every other strategy: limits, DISTINCT and the query's own joins apply to the parents' rows, which
    /// are a subquery where that matters.
    fn joined(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Joined)
    }

    /// By a second statement that joins the target to the parents' own statement: no keys are sent. Below a load that
    /// has no statement of its own to repeat (`selectin`, `load_all`) the keys are at hand and are used.
    fn subquery(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Subquery)
    }

    /// The cheapest correct plan. A to-one of a page, or of one row that is found by its key, is joined, behind the page
    /// where rows are skipped or sorted; otherwise each distinct target that the session does not hold is asked for once.
    /// A collection of all rows of a table is asked for without sending their keys, and reads no row without a parent.
    /// [`Engine::plan`](crate::Engine::plan) shows it.
    fn auto(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Auto)
    }

    /// From a join that the query has written itself; for [`Select::fill`](super::Select::fill).
    fn filled(self) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        Load::new(Strategy::Filled)
    }

    /// As [`filled`](Self::filled), from a join of the target under another name.
    fn filled_by(self, target: &Alias<Self::Target>) -> Load<Self, Loaded<<Self::Target as Model>::Bare>> {
        let source = target.source();
        Load::new(Strategy::Filled).map(|spec| spec.source = Some(source))
    }

    /// Not loaded by this query, against an eager default of the model.
    fn raise(self) -> LeaveOut<Self> {
        LeaveOut { spec: LoadSpec::new(Self::def(), Strategy::Raise), of: PhantomData }
    }

    /// Not loaded by this query, against an eager default of the model; `session.load` may ask for it later.
    fn lazy(self) -> LeaveOut<Self> {
        LeaveOut { spec: LoadSpec::new(Self::def(), Strategy::Lazy), of: PhantomData }
    }
}

impl<R: Relation> RelationExt for R {}

/// What `fill` takes: a relationship whose target the query joins, or `User::ORDERS.filled()` with more to load below it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a relationship to fill",
    label = "expected a relationship that the query joins: `User::ORDERS`"
)]
pub trait IntoFill<L> {
    /// The loaded set with it.
    type Marked;

    /// The load without its types.
    #[doc(hidden)]
    fn into_fill(self) -> LoadSpec;
}

impl<L, R: Marks<L, Loaded<<<R as Relation>::Target as Model>::Bare>>> IntoFill<L> for R {
    type Marked = R::Marked;

    fn into_fill(self) -> LoadSpec {
        LoadSpec::new(R::def(), Strategy::Filled)
    }
}

impl<L, R: Marks<L, S>, S> IntoFill<L> for Load<R, S> {
    type Marked = R::Marked;

    fn into_fill(self) -> LoadSpec {
        self.spec
    }
}

impl<R: Relation, S> Load<R, S> {
    fn new(strategy: Strategy) -> Load<R, S> {
        Load { spec: LoadSpec::new(R::def(), strategy), of: PhantomData }
    }

    fn map(self, change: impl FnOnce(&mut LoadSpec)) -> Load<R, S> {
        self.retype(change)
    }

    fn retype<T>(self, change: impl FnOnce(&mut LoadSpec)) -> Load<R, T> {
        let mut spec = self.spec;
        change(&mut spec);
        Load { spec, of: PhantomData }
    }

    /// Reads a deferred column with every target; see [`Deferred`](crate::Deferred).
    pub fn undefer<T>(self, column: Column<R::Target, T>) -> Load<R, S> {
        self.map(|spec| spec.undeferred.push(column.index()))
    }

    /// Loads a relationship of the targets too. A relationship that is named twice is loaded once, with what is below either.
    pub fn with<O: LoadOption<S::Nested>>(self, load: O) -> Load<R, S::Around<O::Marked>>
    where
        S: LoadedAs,
    {
        self.retype(|spec| spec.loads.push(load.into_spec()))
    }

    /// The same load with nothing proven: for loads that are chosen while the program runs. It leaves the query's type as
    /// it is, and what it loads is read with the accessors.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
    /// # #[derive(Model, Debug)] struct Profile { #[key] id: i64, user_id: i64 }
    /// # #[derive(Model, Debug)] struct User {
    /// #     #[key] id: i64, #[has_many] orders: HasMany<Order>, #[has_one] profile: HasOne<Profile>
    /// # }
    /// # async fn f(session: &mut Session, with_orders: bool) -> Result<()> {
    /// let mut query = select::<User>();
    /// if with_orders {
    ///     query = query.with(User::ORDERS.selectin().dynamic());
    /// }
    /// for user in session.all(query).await? {
    ///     if with_orders {
    ///         println!("{} orders", user.orders()?.len());
    ///     }
    /// }
    ///
    /// // Loads of one model are of one type then.
    /// let chosen = [User::ORDERS.selectin().dynamic(), User::PROFILE.joined().dynamic()];
    /// let query = chosen.into_iter().fold(select::<User>(), |query, load| query.with(load));
    /// # let _ = query; Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn dynamic(self) -> DynamicLoad<R::Parent> {
        DynamicLoad { spec: self.spec, of: PhantomData }
    }

    /// The most keys in one statement; without it, as many as the database binds. 0 is an error when the query runs.
    pub fn batch_size(self, keys: usize) -> Load<R, S> {
        self.map(|spec| spec.batch_size = Some(keys))
    }

    /// Makes a join an inner one: parents without a target are dropped.
    pub fn inner(self) -> Load<R, S> {
        self.map(|spec| spec.inner = true)
    }

    /// Follows a self-referential relationship below its first level: `.recursive(2)` twice more, a statement a level,
    /// `.recursive(..)` to the last level, circles included.
    ///
    /// With `..` every level is proven: `get` reads it wherever one is. With a number the first level is, and the
    /// accessor of the objects below says what is loaded: what lies deeper than the limit is `NotLoaded`, not empty.
    ///
    /// With `..` an object that is reached again is not asked about again. With a number each level is read as a whole, with
    /// what you load below it: in a circle its objects are asked about once for each level that they are on.
    pub fn recursive<D: RecursionDepth<S>>(self, depth: D) -> Load<R, D::Slot>
    where
        R: SelfReferential,
    {
        self.retype(|spec| spec.depth = Some(depth.into_depth()))
    }
}

/// How far `.recursive(..)` goes: a number of further levels, or `..` for all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a recursion depth",
    label = "expected a number of levels, or `..` for all"
)]
pub trait RecursionDepth<S> {
    /// The relationship's place in the loaded set.
    type Slot;

    /// The depth without its type.
    #[doc(hidden)]
    fn into_depth(self) -> Depth;
}

impl<S> RecursionDepth<S> for usize {
    type Slot = S;

    fn into_depth(self) -> Depth {
        Depth::Limited(self)
    }
}

impl<S: LoadedAs> RecursionDepth<S> for RangeFull {
    type Slot = Recursive<S::Nested>;

    fn into_depth(self) -> Depth {
        Depth::Unlimited
    }
}

/// Part of a relationship: read with `get`, it never becomes what the object holds.
impl<R: ToMany, S> Load<R, S> {
    /// Loads only the targets that meet the condition.
    pub fn filter(self, condition: impl IntoPredicate) -> Load<R, S> {
        let Some(condition) = condition.into_predicate() else { return self };
        self.map(|spec| {
            let condition = condition.into_sql();
            spec.filter = Some(crate::sql::Expr::and(spec.filter.take(), condition));
        })
    }

    /// Loads the targets in this order instead of the relationship's own.
    pub fn order_by(self, order: impl IntoOrder) -> Load<R, S> {
        self.map(|spec| spec.order.extend(order.into_order()))
    }

    /// Loads at most so many targets of each parent.
    pub fn limit(self, targets: u64) -> Load<R, S> {
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

impl<L, R: Marks<L, S>, S> LoadOption<L> for Load<R, S> {
    type Marked = R::Marked;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}

impl<L, R: Marks<L, Loaded<<<R as Relation>::Target as Model>::Bare>>> LoadOption<L> for LeaveOut<R> {
    type Marked = L;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}

impl<M: Model, L: LoadedSetOf<M>> LoadOption<L> for DynamicLoad<M> {
    type Marked = L;

    fn into_spec(self) -> LoadSpec {
        self.spec
    }
}
