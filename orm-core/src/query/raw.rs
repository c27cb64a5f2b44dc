use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::from_row::{FromRow, RowField, StructRow};
use super::list::EntityItem;
use super::selectable::{Reader, RowView, ValueReader};
use super::{EntityColumns, LoadOption, Selectable};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Region;
use crate::model::Model;
use crate::sql::{Bind, Source};
use crate::value::{Cells, ColumnType, Value};

/// SQL of your own: `sql("..").bind(..)`.
///
/// Every `?` stands for a bound value, on every database; `??` is a question mark. What it gives is said by
/// [`rows`](Self::rows), [`structs`](Self::structs) or [`entities`](Self::entities); [`Session::execute`] runs what gives
/// nothing.
///
/// SQL that may write or lock begins the session's transaction, however it is run, and a read-only session refuses it. What
/// begins or ends a transaction is `InvalidQuery`.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key] id: i64, name: String, #[has_many] orders: HasMany<Order> }
/// # #[derive(Model, Debug)] struct Order { #[key] id: i64, user_id: i64 }
/// # async fn f(session: &mut Session) -> Result<()> {
/// let query = sql("SELECT id, name FROM user WHERE name LIKE ?").bind("j%");
/// let rows: Vec<(i64, String)> = session.rows(query.rows::<(i64, String)>()).await?;
///
/// let query = sql("SELECT * FROM user WHERE id = ?").bind(7).entities::<User>().with(User::ORDERS.selectin());
/// for user in session.rows(query).await? {
///     println!("{} has {} orders", user.name, user.get(User::ORDERS).len());
/// }
/// let changed: u64 = session.execute(sql("UPDATE user SET name = ? WHERE id = ?").bind("ed").bind(7)).await?;
/// # let _ = (rows, changed); Ok(()) }
/// # fn main() {}
/// ```
///
/// [`Session::execute`]: crate::Session::execute
#[derive(Debug, Clone)]
#[must_use = "SQL does nothing until a session runs it"]
pub struct Sql {
    pub(crate) spec: RawSpec,
}

/// SQL of a user's, without its types.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct RawSpec {
    pub(crate) text: Cow<'static, str>,
    pub(crate) binds: Vec<Bind>,
    pub(crate) entity: Option<EntityItem>,
    /// How many columns a row has to have, where they are read by their place.
    pub(crate) width: Option<usize>,
    /// How many rows of a stream make a batch.
    pub(crate) yield_per: Option<usize>,
}

/// SQL of your own.
pub fn sql(text: &'static str) -> Sql {
    Sql {
        spec: RawSpec {
            text: Cow::Borrowed(text),
            binds: Vec::new(),
            entity: None,
            width: None,
            yield_per: None,
        },
    }
}

impl Sql {
    /// SQL that the program puts together. A value in it is an injection; values are bound.
    pub fn from_text(text: String) -> Sql {
        Sql {
            spec: RawSpec {
                text: Cow::Owned(text),
                binds: Vec::new(),
                entity: None,
                width: None,
                yield_per: None,
            },
        }
    }

    /// The value of the next `?`.
    pub fn bind(mut self, value: impl Into<Value>) -> Sql {
        self.spec.binds.push(value.into().into());
        self
    }

    /// The value of the next `?`, which no log shows.
    pub fn bind_secret(mut self, value: impl Into<Value>) -> Sql {
        self.spec.binds.push(Bind { secret: true, ..value.into().into() });
        self
    }

    /// Gives each row as a value or a tuple of values, by their place. A row that has further columns is an error.
    pub fn rows<T: RawRow>(self) -> SqlRows<T::Reader> {
        let (mut spec, mut width) = (self.spec, 0);
        let reader = T::reader(&mut width);
        spec.width = Some(width);
        SqlRows { spec, reader }
    }

    /// Gives each row as a struct with `#[derive(FromRow)]`, by the columns' names. Columns that the struct has no field
    /// for are not read.
    pub fn structs<T: FromRow>(self) -> SqlRows<NamedReader<T>> {
        SqlRows { spec: self.spec, reader: NamedReader { places: OnceLock::new(), of: PhantomData } }
    }

    /// Gives each row as an entity, by the columns' names: they are in the session's identity map as any other, and load
    /// what the query names by further statements.
    pub fn entities<M: Model>(self) -> SqlEntities<M> {
        SqlEntities { spec: self.spec, entity: EntityColumns::new(Source::Table(M::def().table)) }
    }
}

/// SQL of your own that gives rows.
#[derive(Debug)]
#[must_use = "SQL does nothing until a session runs it"]
pub struct SqlRows<R> {
    pub(crate) spec: RawSpec,
    pub(crate) reader: R,
}

/// SQL of your own that gives entities; `L` is what it loads with them.
#[must_use = "SQL does nothing until a session runs it"]
pub struct SqlEntities<M: Model, L = <M as Model>::Bare> {
    spec: RawSpec,
    entity: EntityColumns<M, L>,
}

impl<R> SqlRows<R> {
    /// How many rows `session.stream(..)` reads at a time; 1,000 where nothing is said.
    pub fn yield_per(mut self, rows: usize) -> SqlRows<R> {
        self.spec.yield_per = Some(rows);
        self
    }
}

impl<M: Model, L> SqlEntities<M, L> {
    /// How many entities `session.stream(..)` reads, and loads the relationships of, at a time; 1,000 where nothing is
    /// said.
    pub fn yield_per(mut self, entities: usize) -> SqlEntities<M, L> {
        self.spec.yield_per = Some(entities);
        self
    }

    /// Loads a relationship with every entity; what it gives is part of the entities' type.
    pub fn with<O: LoadOption<L>>(self, load: O) -> SqlEntities<M, O::Marked> {
        SqlEntities { spec: self.spec, entity: self.entity.with(load) }
    }
}

impl<M: Model, L: 'static> SqlEntities<M, L> {
    pub(super) fn into_rows(self) -> SqlRows<<EntityColumns<M, L> as Selectable>::Reader> {
        let mut list = super::SelectList::default();
        let reader = self.entity.list(&mut list);
        SqlRows { spec: RawSpec { entity: list.entities.pop(), ..self.spec }, reader }
    }
}

impl<M: Model, L> fmt::Debug for SqlEntities<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlEntities").field(&self.spec).finish()
    }
}

/// What [`Sql::rows`] can give: a value, or a tuple of up to 16.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a row of SQL can be",
    label = "expected a column's type, or a tuple of up to 16",
    note = "a struct is given by `.structs::<..>()`, an entity by `.entities::<..>()`"
)]
pub trait RawRow {
    /// How it is read.
    #[doc(hidden)]
    type Reader: Reader<Row = Self>;

    /// A reader of the next values of a row.
    #[doc(hidden)]
    fn reader(next: &mut usize) -> Self::Reader;
}

#[diagnostic::do_not_recommend]
impl<T: ColumnType> RawRow for T {
    type Reader = ValueReader<T>;

    fn reader(next: &mut usize) -> ValueReader<T> {
        *next += 1;
        ValueReader::new(*next - 1)
    }
}

macro_rules! raw_tuples {
    ($(($($ty:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($ty: RawRow),+> RawRow for ($($ty,)+) {
            type Reader = ($($ty::Reader,)+);

            fn reader(next: &mut usize) -> Self::Reader {
                ($($ty::reader(next),)+)
            }
        }
    )*};
}

raw_tuples! {
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I)
    (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K)
    (A, B, C, D, E, F, G, H, I, J, K, L)
    (A, B, C, D, E, F, G, H, I, J, K, L, M)
    (A, B, C, D, E, F, G, H, I, J, K, L, M, N)
    (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O)
    (A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P)
}

/// Reads a struct by the names that the first row says the columns have.
#[doc(hidden)]
#[derive(Debug)]
pub struct NamedReader<T> {
    places: OnceLock<Vec<usize>>,
    of: PhantomData<fn() -> T>,
}

impl<T: FromRow> Reader for NamedReader<T> {
    type Held = T;
    type Row = T;

    fn read(&self, row: &RowView<'_>) -> Result<T> {
        if let Some(places) = self.places.get() {
            return T::from_row(&StructRow::new(*row, places));
        }
        let fields: Vec<&'static str> = T::FIELDS.iter().map(|field: &RowField| field.name).collect();
        let found = places(row.cells, &fields, T::NAME)?;
        T::from_row(&StructRow::new(*row, self.places.get_or_init(|| found)))
    }

    fn finish(&self, held: T, _answer: &Arc<Region>) -> T {
        held
    }
}

/// Where the columns with these names are in a row.
///
/// # Errors
/// `InvalidQuery`: there is none of that name, or there are two.
pub(crate) fn places(cells: &dyn Cells, names: &[&str], of: &str) -> Result<Vec<usize>> {
    let mut columns: Vec<&str> = Vec::new();
    while let Some(name) = cells.name(columns.len()) {
        columns.push(name);
    }
    let place = |name: &&str| {
        let mut found = columns.iter().enumerate().filter(|(_, column)| *column == name);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some(_), Some(_)) => {
                refuse(format!("the SQL gives two columns called `{name}`, which `{of}` needs one of"))
            }
            (None, _) => refuse(format!(
                "the SQL gives no column `{name}`, which `{of}` needs; it gives `{}`",
                columns.join("`, `")
            )),
        }
    };
    names.iter().map(place).collect()
}

fn refuse<T>(why: String) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why))
}
