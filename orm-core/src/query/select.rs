use std::marker::PhantomData;

use super::{IntoOrder, LoadOption, Predicate, SelectSpec};
use crate::model::{Model, erased};
use crate::sql::Expr;

/// A query for the entities of one model; `L` is what it loads with them.
#[derive(Debug)]
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
    Select {
        spec: SelectSpec {
            model: erased::<M>(),
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            loads: Vec::new(),
            raise_all: false,
            few: false,
            populate_existing: false,
            yield_per: None,
        },
        of: PhantomData,
    }
}

impl<M: Model, L> Select<M, L> {
    /// Loads a relationship with every entity; what it gives is part of the entities' type.
    pub fn with<O: LoadOption<L>>(self, load: O) -> Select<M, O::Marked> {
        let mut spec = self.spec;
        spec.loads.push(load.into_spec());
        Select { spec, of: PhantomData }
    }

    /// Keeps the rows that meet the condition, and every earlier one.
    pub fn filter(self, condition: Predicate) -> Self {
        self.map(|spec| spec.filter = Some(Expr::and(spec.filter.take(), condition.into_sql())))
    }

    /// Sorts the rows, after every earlier order.
    pub fn order_by(self, order: impl IntoOrder) -> Self {
        self.map(|spec| spec.order.extend(order.into_order()))
    }

    /// Takes at most so many entities.
    pub fn limit(self, entities: u64) -> Self {
        self.map(|spec| spec.limit = Some(entities))
    }

    /// Skips so many entities first.
    pub fn offset(self, entities: u64) -> Self {
        self.map(|spec| spec.offset = Some(entities))
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

    /// The same query with nothing proven, for loads that are chosen while the program runs; what they found is read
    /// with the accessors.
    #[doc(hidden)]
    pub fn erase(self) -> Select<M> {
        Select { spec: self.spec, of: PhantomData }
    }

    fn map(mut self, change: impl FnOnce(&mut SelectSpec)) -> Self {
        change(&mut self.spec);
        self
    }
}
