use std::fmt;
use std::marker::PhantomData;

use super::{Comparand, Predicate};
use crate::model::{Column, ErasedModel, Model, erased};
use crate::sql::{Delete as DeleteSql, Dialect, Expr, NewRows, Update as UpdateSql, Writer};
use crate::value::{ColumnType, IntoValue};

/// Changes rows past the identity map: `update::<User>().set(User::NAME, "x").filter(..)`.
#[derive(Debug)]
#[must_use = "nothing is changed until `session.execute` runs it"]
pub struct Update<M, O = Rows> {
    pub(crate) spec: BulkSpec,
    of: PhantomData<fn() -> (M, O)>,
}

/// Deletes rows past the unit of work: `delete::<User>().filter(..)`.
#[derive(Debug)]
#[must_use = "nothing is deleted until `session.execute` runs it"]
pub struct Delete<M, O = Rows> {
    pub(crate) spec: BulkSpec,
    of: PhantomData<fn() -> (M, O)>,
}

/// A bulk statement that gives the number of its rows.
#[derive(Debug)]
pub enum Rows {}

/// A bulk statement that gives its rows as entities.
#[derive(Debug)]
pub enum Returning {}

/// What a bulk UPDATE or DELETE does, without its types.
#[doc(hidden)]
pub struct BulkSpec {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) set: Vec<(usize, Expr)>,
    pub(crate) filter: Option<Expr>,
    pub(crate) deletes: bool,
}

/// An UPDATE of the rows of a model. Without a filter it changes all of them. A version column counts it, unless it is set.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String, email: Option<String> }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let changed: u64 = session.execute(update::<User>().set(User::EMAIL, Null).filter(User::NAME.eq("jack"))).await?;
/// let users: Vec<Entity<User>> = session.execute(update::<User>().set(User::NAME, "ed").returning()).await?;
/// # let _ = (changed, users); Ok(()) }
/// # fn main() {}
/// ```
pub fn update<M: Model>() -> Update<M> {
    Update { spec: BulkSpec::new::<M>(false), of: PhantomData }
}

/// A DELETE of the rows of a model. Without a filter it deletes all of them. Cascades are the database's.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let gone: u64 = session.execute(delete::<User>().filter(User::NAME.like("j%"))).await?;
/// # let _ = gone; Ok(()) }
/// # fn main() {}
/// ```
pub fn delete<M: Model>() -> Delete<M> {
    Delete { spec: BulkSpec::new::<M>(true), of: PhantomData }
}

impl BulkSpec {
    fn new<M: Model>(deletes: bool) -> BulkSpec {
        BulkSpec { model: erased::<M>(), set: Vec::new(), filter: None, deletes }
    }

    fn and_where(&mut self, condition: Predicate) {
        self.filter = Some(Expr::and(self.filter.take(), condition.into_sql()));
    }
}

impl fmt::Debug for BulkSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let def = self.model.def();
        let table = def.table;
        let statement = match self.deletes {
            true => Writer::delete(
                Dialect::Sqlite,
                &DeleteSql { table, filter: self.filter.clone(), returning: Vec::new() },
            ),
            false => {
                let set = self
                    .set
                    .iter()
                    .map(|(column, value)| (def.columns[*column].named(), value.clone()))
                    .collect();
                let filter = self.filter.clone();
                Writer::update(
                    Dialect::Sqlite,
                    &UpdateSql { table, set, from: NewRows::default(), filter, returning: Vec::new() },
                )
            }
        };
        write!(f, "{statement:?}")
    }
}

impl<M: Model, O> Update<M, O> {
    /// Sets a column to a value.
    pub fn set<T: ColumnType>(mut self, column: Column<M, T>, value: impl IntoValue<T>) -> Self {
        let bind = crate::sql::Bind { kind: Some(column.def().kind), ..value.into_value().into() };
        self.spec.set.push((column.index(), Expr::Bind(bind)));
        self
    }

    /// Sets a column to another column of the same row.
    pub fn set_to<T: ColumnType>(mut self, column: Column<M, T>, other: impl Comparand<T>) -> Self {
        self.spec.set.push((column.index(), other.into_comparand()));
        self
    }

    /// Changes only the rows that meet the condition, and every earlier one.
    pub fn filter(mut self, condition: Predicate) -> Self {
        self.spec.and_where(condition);
        self
    }

    /// Gives the changed rows as entities.
    pub fn returning(self) -> Update<M, Returning> {
        Update { spec: self.spec, of: PhantomData }
    }
}

impl<M: Model, O> Delete<M, O> {
    /// Deletes only the rows that meet the condition, and every earlier one.
    pub fn filter(mut self, condition: Predicate) -> Self {
        self.spec.and_where(condition);
        self
    }

    /// Gives the rows as they were, as detached entities.
    pub fn returning(self) -> Delete<M, Returning> {
        Delete { spec: self.spec, of: PhantomData }
    }
}

/// What an INSERT does with a row that is there already.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String, #[column(unique)] email: String }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let draft = || User::draft().name("jack").email("jack@bean.com");
/// session.execute(insert::<User>().rows([draft()]).on_conflict(OnConflict::nothing())).await?;
/// session.execute(insert::<User>().rows([draft()]).on_conflict(OnConflict::update(User::EMAIL, User::NAME))).await?;
/// # Ok(()) }
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is a part of a query, and does nothing by itself"]
pub struct OnConflict<M> {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) update: Vec<&'static str>,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> OnConflict<M> {
    /// Leaves the row as it is, whichever constraint it meets.
    pub fn nothing() -> OnConflict<M> {
        OnConflict { columns: Vec::new(), update: Vec::new(), of: PhantomData }
    }

    /// Gives the row that has the same value in the unique columns `on` the new values of the columns `take`. A version
    /// column counts the update, whatever the new row has there.
    pub fn update(on: impl IntoColumns<M>, take: impl IntoColumns<M>) -> OnConflict<M> {
        let name = |column: usize| M::def().columns[column].name;
        OnConflict {
            columns: on.into_columns().into_iter().map(name).collect(),
            update: take.into_columns().into_iter().map(name).collect(),
            of: PhantomData,
        }
    }
}

/// Columns of one model: one, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not columns of `{M}`",
    label = "expected a column of `{M}`, or a tuple of them"
)]
pub trait IntoColumns<M> {
    /// Their places in the model.
    #[doc(hidden)]
    fn into_columns(self) -> Vec<usize>;
}

impl<M, T> IntoColumns<M> for Column<M, T> {
    fn into_columns(self) -> Vec<usize> {
        vec![self.index()]
    }
}

macro_rules! tuple_columns {
    ($(($($ty:ident $at:tt),+))*) => {$(
        impl<M, $($ty: IntoColumns<M>),+> IntoColumns<M> for ($($ty,)+) {
            fn into_columns(self) -> Vec<usize> {
                let mut columns = Vec::new();
                $(columns.extend(self.$at.into_columns());)+
                columns
            }
        }
    )*};
}

tuple_columns! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
}
