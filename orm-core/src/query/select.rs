use std::fmt;
use std::marker::PhantomData;

use super::joins::join_methods;
use super::keyset;
use super::lock::{lock_methods, locked};
use super::spec::{ORDER_FIRST, before_page};
use super::{
    Computed, EntityColumns, FromSpec, IntoFill, IntoOrder, IntoPredicate, LoadOption, PartColumns, PartOf,
    Predicate, RelationConditions, SelectColumns, SelectSpec, Selectable, select_columns,
};
use crate::entity::{Entity, ToMany};
use crate::model::{Column, Model, erased};
use crate::sql::{Expr, Lock};

/// A query for the entities of one model; `L` is what it loads with them.
#[must_use = "a query does nothing until a session runs it"]
pub struct Select<M: Model, L = <M as Model>::Bare> {
    pub(crate) spec: SelectSpec,
    of: PhantomData<fn() -> (M, L)>,
}

/// All rows of a model, to narrow down.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let users = session.all(select::<User>().filter(User::NAME.like("j%")).order_by(User::ID).limit(10)).await?;
/// # let _ = users; Ok(()) }
/// # fn main() {}
/// ```
pub fn select<M: Model>() -> Select<M> {
    Select { spec: SelectSpec::of(erased::<M>()), of: PhantomData }
}

impl<M: Model, L> Select<M, L> {
    join_methods!();
    lock_methods!();

    /// Loads a relationship with every entity; what it gives is part of the entities' type.
    pub fn with<O: LoadOption<L>>(self, load: O) -> Select<M, O::Marked> {
        let mut spec = self.spec;
        spec.loads.push(load.into_spec());
        Select { spec, of: PhantomData }
    }

    /// Reads a deferred column with every entity; see [`Deferred`](crate::Deferred). One that is not deferred is read
    /// anyway.
    pub fn undefer<T>(self, column: Column<M, T>) -> Self {
        self.map(|spec| spec.undeferred.push(column.index()))
    }

    /// Keeps the rows that meet the condition, and every earlier one. A condition is made of columns: `User::AGE.gt(18)`,
    /// combined with `&`, `|` and `!`, or with [`Predicate::all`](super::Predicate::all) and `Predicate::any` from a list. `None` filters nothing:
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, age: i32 }
    /// # async fn f(session: &mut Session, name: Option<&str>) -> Result<()> {
    /// let query = select::<User>()
    ///     .filter(User::AGE.gt(18) & !User::NAME.like("j%"))
    ///     .filter(name.map(|name| User::NAME.eq(name)));
    /// let users = session.all(query).await?;
    /// # let _ = users; Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn filter(self, condition: impl IntoPredicate) -> Self {
        let Some(condition) = condition.into_predicate() else { return self };
        self.map(|spec| spec.filter = Some(Expr::and(spec.filter.take(), condition.into_sql())))
    }

    /// Sorts the rows, after every earlier order.
    pub fn order_by(self, order: impl IntoOrder) -> Self {
        self.map(|spec| {
            spec.order.extend(order.into_order());
            if spec.behind {
                spec.refuse(ORDER_FIRST);
            }
        })
    }

    /// Takes at most so many entities.
    pub fn limit(self, entities: u64) -> Self {
        self.map(|spec| spec.limit = Some(entities))
    }

    /// Skips so many entities first.
    pub fn offset(self, entities: u64) -> Self {
        self.map(|spec| spec.offset = Some(entities))
    }

    /// Takes one page of so many entities. The first one is number 1, and a number 0 is an error when the query runs.
    pub fn page(self, number: u64, size: u64) -> Self {
        self.map(|spec| match before_page(number, size) {
            Ok(before) => (spec.limit, spec.offset) = (Some(size), Some(before)),
            Err(why) => spec.refuse(why),
        })
    }

    /// Takes the page of so many entities that comes after one of them in the query's order, or the first page. The
    /// primary key is added to the order, so that rows that sort alike are on one page each.
    ///
    /// Unlike [`page`](Self::page) it costs the same for every page, and rows that come or go meanwhile shift nothing.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let mut last: Option<Entity<User>> = None;
    /// loop {
    ///     let page = session.all(select::<User>().order_by(User::NAME).page_after(last.as_ref(), 50)).await?;
    ///     let Some(end) = page.last() else { break };
    ///     last = Some(end.clone());
    /// }
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// The order is said before. It is of the model's own columns, and says where NULL goes where one may be NULL; deferred
    /// ones are read. A join that may repeat an entity needs [`distinct`](Self::distinct) or [`unique`](Self::unique).
    /// Running the query is an error otherwise.
    pub fn page_after<K>(self, last: Option<&Entity<M, K>>, size: u64) -> Self {
        self.limit(size).map(|spec| {
            if let Err(error) = keyset::begin_behind(spec, last) {
                spec.refuse(error.to_string());
            }
        })
    }

    /// Returns equal rows once: an entity that the query's own joins repeat is one row. The database does it, so the order
    /// can only be of the model's own columns; [`unique`](Self::unique) takes any order.
    pub fn distinct(self) -> Self {
        self.map(|spec| spec.distinct = true)
    }

    /// Returns an entity that the query's own joins repeat once, where it comes first in the order, which may be of the
    /// joined tables. A limit, a page and a count are of entities then; with a limit the database drops the repeated rows,
    /// which therefore cannot be locked.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, price: i64 }
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let buyers = select::<User>().join(User::ORDERS).order_by(Order::PRICE.desc()).unique();
    /// let top_three = session.all(buyers.limit(3)).await?;      // three users, by their dearest order
    /// # let _ = top_three; Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn unique(self) -> Self {
        self.map(|spec| spec.unique = true)
    }

    /// Gives each entity with the number of its targets of a relationship, counted by the database.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let page = select::<User>().order_by(User::NAME).page(1, 20).with_count(User::ORDERS);
    /// let users: Vec<(Entity<User>, i64)> = session.rows(page).await?;
    /// # let _ = users; Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// With `unique`, which is for entities, it is an error.
    pub fn with_count<R: ToMany>(self, relation: R) -> SelectColumns<(EntityColumns<M, L>, Computed<i64>)>
    where
        L: 'static,
    {
        let mut spec = self.spec;
        if spec.unique {
            spec.refuse(
                "`with_count` gives the rows as they are, and `.unique()` is for entities; use `.distinct()`",
            );
        }
        let (loads, undeferred) = (std::mem::take(&mut spec.loads), std::mem::take(&mut spec.undeferred));
        rows_of::<M, _>(spec, select_columns((EntityColumns::loading(loads, undeferred), relation.count())))
    }

    /// Reads some columns alone, as structs of their own, which are no entities: the session holds nothing of them, and
    /// they load no relationships.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, biography: String }
    /// #[derive(FromRow, Debug)]
    /// #[row(model = User)]
    /// struct UserName {
    ///     id: i64,
    ///     name: String,
    /// }
    ///
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let query = select::<User>().filter(User::NAME.like("j%")).order_by(User::ID);
    /// let names: Vec<UserName> = session.rows(query.load_only::<UserName>()).await?;
    /// # let _ = names; Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// With a load, `undefer` or `unique`, which are for entities, it is an error.
    pub fn load_only<P: PartOf<M>>(self) -> SelectColumns<PartColumns<M, P>> {
        let mut spec = self.spec;
        let what = match (spec.loads.is_empty(), spec.undeferred.is_empty() || spec.behind, spec.unique) {
            (false, ..) => Some("`.with(..)`"),
            (_, false, _) => Some("`.undefer(..)`"),
            (_, _, true) => Some("`.unique()`"),
            _ => None,
        };
        if let Some(what) = what {
            let (part, model) = (P::NAME, M::def().name);
            spec.refuse(format!("`load_only::<{part}>()` gives no entities of `{model}`; leave {what} out"));
        }
        rows_of::<M, _>(spec, select_columns(PartColumns::new()))
    }

    /// Reads a relationship from a join of the query: `get` gives the targets that the query's rows have, be they all of
    /// them or not, and each entity is returned once. They are not what the object holds: `user.orders()` still says not
    /// loaded. SQLAlchemy calls it `contains_eager`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64, open: bool }
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
    /// # async fn f(session: &mut Session) -> Result<()> {
    /// let query = select::<User>().join(User::ORDERS).filter(Order::OPEN.eq(true)).fill(User::ORDERS);
    /// for user in session.all(query).await? {
    ///     println!("{} has {} open orders", user.name, user.get(User::ORDERS).len());
    /// }
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    ///
    /// With `limit` or `offset` it is an error: those would cut a collection in two.
    pub fn fill<F: IntoFill<L>>(self, relation: F) -> Select<M, F::Marked> {
        let mut spec = self.spec;
        spec.loads.push(relation.into_fill());
        Select { spec, of: PhantomData }
    }

    fn lock_mut(&mut self) -> &mut Lock {
        locked(&mut self.spec.lock)
    }

    fn joins_mut(&mut self) -> &mut FromSpec {
        &mut self.spec.from
    }

    /// Loads nothing but what this query names: the eager defaults of every model are left out, at every level.
    pub fn raise_all(self) -> Self {
        self.map(|spec| spec.raise_all = true)
    }

    /// Overwrites what the session already holds of the rows: unsaved changes and loaded relationships are replaced by
    /// what the database has now.
    pub fn populate_existing(self) -> Self {
        self.map(|spec| spec.populate_existing = true)
    }

    /// How many entities `session.stream(..)` reads, and loads the relationships of, at a time; 1,000 where nothing is
    /// said. The other methods of a session return all entities at once, however many that is said to be.
    pub fn yield_per(self, entities: usize) -> Self {
        self.map(|spec| spec.yield_per = Some(entities))
    }

    /// The same query with nothing proven: for loads that are chosen while the program runs. Its type is that of a query
    /// without loads, so both arms of an `if` have it; what was loaded is read with the accessors.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
    /// # #[derive(Model, Debug)] struct User { #[key] id: i64, #[has_many] orders: HasMany<Order> }
    /// # async fn f(session: &mut Session, with_orders: bool) -> Result<()> {
    /// let mut query = select::<User>().order_by(User::ID);
    /// if with_orders {
    ///     query = query.with(User::ORDERS.selectin()).dynamic();
    /// }
    /// for user in session.all(query).await? {
    ///     if with_orders {
    ///         println!("{} orders", user.orders()?.len());
    ///     }
    /// }
    /// # Ok(()) }
    /// # fn main() {}
    /// ```
    pub fn dynamic(self) -> Select<M> {
        Select { spec: self.spec, of: PhantomData }
    }

    fn map(mut self, change: impl FnOnce(&mut SelectSpec)) -> Self {
        change(&mut self.spec);
        self
    }
}

/// The rows of a query for entities, as those of one for something else.
fn rows_of<M: Model, S: Selectable>(spec: SelectSpec, mut query: SelectColumns<S>) -> SelectColumns<S> {
    query.spec.from = spec.from;
    query.spec.from.name_model::<M>();
    query.spec.filter = spec.filter;
    query.spec.distinct = spec.distinct;
    query.spec.order = spec.order;
    (query.spec.limit, query.spec.offset) = (spec.limit, spec.offset);
    query.spec.lock = spec.lock;
    query.spec.raise_all = spec.raise_all;
    query.spec.populate_existing = spec.populate_existing;
    query.spec.yield_per = spec.yield_per;
    query.spec.behind = spec.behind;
    query.spec.refused = spec.refused;
    query
}

impl<M: Model, L> fmt::Debug for Select<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Select").field(&self.spec).finish()
    }
}
