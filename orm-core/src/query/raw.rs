//! Raw SQL.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::from_row::{FromRow, RowField, StructRow};
use super::list::EntityItem;
use super::selectable::{Reader, RowView, ValueReader};
use super::{EntityColumns, LoadOption, Selectable, Under};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Region;
use crate::model::Model;
use crate::sql::{Bind, Source};
use crate::value::{Cells, ColumnType, Value};

/// Raw SQL: `sql("..").bind(..)`.
///
/// Every `?` stands for a bound value, on every database; `??` is a question mark. [`rows`](Self::rows),
/// [`structs`](Self::structs) or [`entities`](Self::entities) specify what it returns; [`Session::execute`] runs what
/// returns no rows.
///
/// SQL that may write or lock begins the session's transaction, and a read-only session refuses it. SQL that begins or
/// ends a transaction is `InvalidQuery`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = sql("SELECT id, title FROM books WHERE year < ? ORDER BY id").bind(1970);
/// let rows: Vec<(i64, String)> = session.rows(query.rows::<(i64, String)>()).await?;
/// assert_eq!(rows.len(), 2);
///
/// let query = sql("SELECT * FROM books WHERE id = ?").bind(3).entities::<Book>().with(Book::TAGS.selectin());
/// for book in session.rows(query).await? {
///     println!("{} has {} tags", book.title, book.get(Book::TAGS).len());
/// }
/// let changed: u64 = session.execute(sql("UPDATE books SET year = ? WHERE id = ?").bind(1969).bind(1)).await?;
/// assert_eq!(changed, 1);
/// # Ok(()) }
/// ```
///
/// [`Session::execute`]: crate::Session::execute
#[derive(Debug, Clone)]
#[must_use = "SQL does nothing until a session runs it"]
pub struct Sql {
    pub(crate) spec: RawSpec,
}

/// Raw SQL without its types.
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
    /// The criteria that hold in what its entities load.
    pub(crate) under: Under,
}

/// Raw SQL. The text is a constant of the program; values are bound with [`bind`](Sql::bind).
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let titles = session.rows(sql("SELECT title FROM books WHERE id = ?").bind(1).rows::<String>()).await?;
/// assert_eq!(titles, ["A Wizard of Earthsea"]);
/// # Ok(()) }
/// ```
pub fn sql(text: &'static str) -> Sql {
    Sql {
        spec: RawSpec {
            text: Cow::Borrowed(text),
            binds: Vec::new(),
            entity: None,
            width: None,
            yield_per: None,
            under: Under::default(),
        },
    }
}

impl Sql {
    /// Raw SQL that the program puts together. Never put a value into the text, which would be an SQL injection; bind
    /// it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// use orm_core::query::Sql;
    ///
    /// let table = Book::def().table();
    /// let count = Sql::from_text(format!("SELECT count(*) FROM {table}"));
    /// assert_eq!(session.row(count.rows::<i64>()).await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn from_text(text: String) -> Sql {
        Sql {
            spec: RawSpec {
                text: Cow::Owned(text),
                binds: Vec::new(),
                entity: None,
                width: None,
                yield_per: None,
                under: Under::default(),
            },
        }
    }

    /// The value of the next `?`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT count(*) FROM books WHERE year BETWEEN ? AND ?").bind(1960).bind(1970);
    /// assert_eq!(session.row(query.rows::<i64>()).await?, 2);
    /// # Ok(()) }
    /// ```
    pub fn bind(mut self, value: impl Into<Value>) -> Sql {
        self.spec.binds.push(value.into().into());
        self
    }

    /// The value of the next `?`, shown as `***` in logs and errors.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT count(*) FROM authors WHERE email = ?").bind_secret("ursula@example.com");
    /// assert_eq!(session.row(query.rows::<i64>()).await?, 1);
    /// # Ok(()) }
    /// ```
    pub fn bind_secret(mut self, value: impl Into<Value>) -> Sql {
        self.spec.binds.push(Bind { secret: true, ..value.into().into() });
        self
    }

    /// Returns each row as a value or a tuple of values, by position. A row with more columns is an error.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let rows = session.rows(sql("SELECT id, year FROM books ORDER BY id").rows::<(i64, i32)>()).await?;
    /// assert_eq!(rows[0], (1, 1968));
    /// # Ok(()) }
    /// ```
    // What cannot be a row is reported where the query runs; a bound here would report it a second time.
    pub fn rows<T>(self) -> SqlRows<T> {
        SqlRows { spec: self.spec, of: PhantomData }
    }

    /// Returns each row as a struct with `#[derive(FromRow)]`, by the columns' names. Columns without a field are
    /// ignored.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// #[derive(FromRow)]
    /// struct Decade {
    ///     decade: i64,
    ///     books: i64,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let text = "SELECT year / 10 * 10 AS decade, count(*) AS books FROM books GROUP BY 1 ORDER BY 1";
    /// let decades: Vec<Decade> = session.rows(sql(text).structs::<Decade>()).await?;
    /// assert_eq!((decades[0].decade, decades[0].books), (1960, 2));
    /// # Ok(()) }
    /// ```
    pub fn structs<T>(self) -> SqlStructs<T> {
        SqlStructs { spec: self.spec, of: PhantomData }
    }

    /// Returns each row as an entity of the session, by the columns' names.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let books = session.rows(sql("SELECT * FROM books WHERE year < 1965").entities::<Book>()).await?;
    /// session.edit(&books[0], |book| book.year += 1)?;
    /// # Ok(()) }
    /// ```
    pub fn entities<M: Model>(self) -> SqlEntities<M> {
        SqlEntities { spec: self.spec, entity: EntityColumns::new(Source::Table(M::def().table)) }
    }
}

/// Raw SQL that returns values, or tuples of values: what [`Sql::rows`] returns. `T` is a row.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let counts = sql("SELECT author_id, count(*) FROM books GROUP BY author_id ORDER BY 1").rows::<(i64, i64)>();
/// assert_eq!(session.rows(counts).await?, [(1, 3), (2, 1)]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "SQL does nothing until a session runs it"]
pub struct SqlRows<T> {
    spec: RawSpec,
    of: PhantomData<fn() -> T>,
}

/// Raw SQL that returns structs: what [`Sql::structs`] returns. `T` is the struct.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// #[derive(FromRow, Debug, PartialEq)]
/// struct Count {
///     author_id: i64,
///     books: i64,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let counts = sql("SELECT author_id, count(*) AS books FROM books GROUP BY author_id ORDER BY 1").structs::<Count>();
/// assert_eq!(session.rows(counts).await?[0], Count { author_id: 1, books: 3 });
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "SQL does nothing until a session runs it"]
pub struct SqlStructs<T> {
    spec: RawSpec,
    of: PhantomData<fn() -> T>,
}

/// Raw SQL that returns entities: what [`Sql::entities`] returns. `L` is the type of what it loads with them.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let old = sql("SELECT * FROM books WHERE year < 1965").entities::<Book>().with(Book::AUTHOR.selectin());
/// let books = session.rows(old).await?;
/// assert_eq!(books[0].get(Book::AUTHOR).name, "Harper Lee");
/// # Ok(()) }
/// ```
#[must_use = "SQL does nothing until a session runs it"]
pub struct SqlEntities<M: Model, L = <M as Model>::Bare> {
    spec: RawSpec,
    entity: EntityColumns<M, L>,
}

impl<T> SqlRows<T> {
    /// The number of rows in a batch of `session.stream(..)`; 1,000 by default.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT id FROM books ORDER BY id").rows::<i64>().yield_per(3);
    /// assert_eq!(session.stream(query).next_batch().await?, Some(vec![1, 2, 3]));
    /// # Ok(()) }
    /// ```
    pub fn yield_per(mut self, rows: usize) -> SqlRows<T> {
        self.spec.yield_per = Some(rows);
        self
    }
}

impl<T: RawRow> SqlRows<T> {
    pub(super) fn into_parts(self) -> (RawSpec, T::Reader) {
        let mut width = 0;
        let reader = T::reader(&mut width);
        (RawSpec { width: Some(width), ..self.spec }, reader)
    }
}

impl<T> SqlStructs<T> {
    /// The number of structs in a batch of `session.stream(..)`; 1,000 by default. As [`SqlRows::yield_per`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// #[derive(FromRow)]
    /// struct Title {
    ///     id: i64,
    ///     title: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT id, title FROM books ORDER BY id").structs::<Title>().yield_per(3);
    /// assert_eq!(session.stream(query).next_batch().await?.map(|batch| batch.len()), Some(3));
    /// # Ok(()) }
    /// ```
    pub fn yield_per(mut self, structs: usize) -> SqlStructs<T> {
        self.spec.yield_per = Some(structs);
        self
    }
}

impl<T: FromRow> SqlStructs<T> {
    pub(super) fn into_parts(self) -> (RawSpec, NamedReader<T>) {
        (self.spec, NamedReader { places: OnceLock::new(), of: PhantomData })
    }
}

impl<M: Model, L> SqlEntities<M, L> {
    /// The number of entities in a batch of `session.stream(..)`; 1,000 by default.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT * FROM books ORDER BY id").entities::<Book>().yield_per(3);
    /// assert_eq!(session.stream(query).next_batch().await?.map(|batch| batch.len()), Some(3));
    /// # Ok(()) }
    /// ```
    pub fn yield_per(mut self, entities: usize) -> SqlEntities<M, L> {
        self.spec.yield_per = Some(entities);
        self
    }

    /// Loads a relationship with every entity and adds it to the entities' type.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let query = sql("SELECT * FROM books WHERE id = 2").entities::<Book>().with(Book::TAGS.selectin());
    /// assert_eq!(session.rows(query).await?[0].get(Book::TAGS).len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> SqlEntities<M, O::Marked> {
        SqlEntities { spec: self.spec, entity: self.entity.with(load) }
    }
}

impl<M: Model, L: 'static> SqlEntities<M, L> {
    pub(super) fn into_parts(self) -> (RawSpec, <EntityColumns<M, L> as Selectable>::Reader) {
        let mut list = super::SelectList::default();
        let reader = self.entity.list(&mut list);
        (RawSpec { entity: list.entities.pop(), ..self.spec }, reader)
    }
}

impl<M: Model, L> fmt::Debug for SqlEntities<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlEntities").field(&self.spec).finish()
    }
}

/// What [`Sql::rows`] can return: a value, or a tuple of up to 16.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let pairs: Vec<(i64, Option<String>)> =
///     session.rows(sql("SELECT id, email FROM authors ORDER BY id").rows::<(i64, Option<String>)>()).await?;
/// assert_eq!(pairs[1], (2, None));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a row of SQL can be",
    label = "expected a column's type, or a tuple of up to 16",
    note = "a struct is read with `.structs::<..>()`, an entity with `.entities::<..>()`"
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

/// Reads a struct by the column names of the first row.
#[doc(hidden)]
#[derive(Debug)]
pub struct NamedReader<T> {
    places: OnceLock<Vec<usize>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for NamedReader<T> {
    fn clone(&self) -> Self {
        NamedReader { places: self.places.clone(), of: PhantomData }
    }
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
/// `InvalidQuery`: no column has the name, or two have it.
pub(crate) fn places(cells: &dyn Cells, names: &[&str], of: &str) -> Result<Vec<usize>> {
    let mut columns: Vec<&str> = Vec::new();
    while let Some(name) = cells.column_name(columns.len()) {
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
