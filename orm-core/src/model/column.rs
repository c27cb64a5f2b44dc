//! Constants of columns.

use std::fmt;
use std::marker::PhantomData;

use super::{ColumnDef, Model, ModelDef};
use crate::value::{ColumnType, Comparable};

/// A column of a model: the type of the constant `User::NAME`, which the derive generates. It filters, sorts and is
/// selected; see [`Expression`](crate::query::Expression). `A` specifies whether a program may set it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let query = select::<Book>().filter(Book::YEAR.lt(1970)).order_by(Book::TITLE.desc());
/// let titles: Vec<String> = session.all(query).await?.iter().map(|book| book.title.clone()).collect();
/// assert_eq!(titles, ["To Kill a Mockingbird", "A Wizard of Earthsea"]);
/// # Ok(()) }
/// ```
pub struct Column<M, T, A = ReadWrite> {
    index: usize,
    of: PhantomData<Of<M, T, A>>,
}

/// The types of a column, which holds no values of them.
type Of<M, T, A> = fn() -> (M, T, A);

/// A column that drafts, edits and bulk statements set.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Line { #[key(auto)] id: i64, price: i64 }
/// use orm_core::model::ReadWrite;
///
/// // Columns are `ReadWrite` unless they are declared otherwise, so the third parameter can be left out.
/// const PRICE: Column<Line, i64, ReadWrite> = Line::PRICE;
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum ReadWrite {}

/// A column that only the database fills in: `#[column(generated)]`.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::model::ReadOnly;
///
/// #[derive(Model, Debug)]
/// struct Line {
///     #[key(auto)]
///     id: i64,
///     price: i64,
///     #[column(generated = "price * 2")]
///     double: i64,
/// }
///
/// const DOUBLE: Column<Line, i64, ReadOnly> = Line::DOUBLE;
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum ReadOnly {}

/// Columns that a program may set.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::model::Writable;
/// use orm_core::write::Update;
///
/// /// An update that resets a column, whichever model it is of; one that the database generates does not compile.
/// fn reset<M: Model, A: Writable>(column: Column<M, i64, A>) -> Update<M> {
///     update::<M>().set(column, 0)
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a generated column cannot be set",
    label = "the database fills this column in",
    note = "the column is `#[column(generated)]`: its value is read back after each INSERT and UPDATE"
)]
pub trait Writable {}

impl Writable for ReadWrite {}

impl<M, T, A> Column<M, T, A> {
    /// The column at an index of the model; for generated code.
    #[doc(hidden)]
    pub const fn new(index: usize) -> Column<M, T, A> {
        Column { index, of: PhantomData }
    }

    /// The column's position in [`ModelDef::columns`], from 0.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::TITLE.index(), 2);
    /// # }
    /// ```
    pub fn index(self) -> usize {
        self.index
    }
}

impl<M: Model, T, A> Column<M, T, A> {
    /// The description of the column.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Author::EMAIL.def().name(), "email");
    /// assert!(Author::EMAIL.def().unique() && Author::EMAIL.def().nullable());
    /// # }
    /// ```
    pub fn def(self) -> &'static ColumnDef {
        let model: &'static ModelDef = M::def();
        &model.columns[self.index]
    }
}

impl<M, T, A> Clone for Column<M, T, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T, A> Copy for Column<M, T, A> {}

impl<M: Model, T, A> fmt::Debug for Column<M, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", M::def().table, self.def().name)
    }
}

/// In place of an access: the column of a relationship's target that there is none of; for generated code.
#[doc(hidden)]
#[derive(Debug)]
pub enum NoSuchColumn {}

// That it is none is one error already.
impl Writable for NoSuchColumn {}

/// Columns that exist; for generated code.
#[doc(hidden)]
pub trait Present {}

impl<M, T> Present for Column<M, T, ReadWrite> {}
impl<M, T> Present for Column<M, T, ReadOnly> {}

/// Checks while compiling that a key column can refer to a column, and that links can set it; for generated code.
#[doc(hidden)]
pub const fn check_key<A, F, W: Writable, B, K, V>(_key: Column<A, F, W>, _refers_to: Column<B, K, V>)
where
    F: RefersTo<K>,
{
}

/// As [`check_key`], of a relationship that sets no key; for generated code.
#[doc(hidden)]
pub const fn check_read_key<A, F, W, B, K, V>(_key: Column<A, F, W>, _refers_to: Column<B, K, V>)
where
    F: RefersTo<K>,
{
}

/// Checks while compiling that a column of an association model can refer to a model's primary key; for generated code.
#[doc(hidden)]
pub const fn check_link_key<A, F: RefersTo<M::Key>, W, M: Model>(_key: Column<A, F, W>) {}

/// Key columns of a type, or tuple of types, that can refer to a key of type `K`.
///
/// ```
/// use orm_core::model::RefersTo;
///
/// fn refers_to<Key: RefersTo<Target>, Target>() {}
/// refers_to::<i32, i64>();                              // integers of different widths compare
/// refers_to::<(i64, String), (i64, String)>();          // a composite key
/// ```
#[diagnostic::on_unimplemented(
    message = "a key of the type `{Self}` cannot refer to one of the type `{K}`",
    label = "this key and what it refers to have different types"
)]
pub trait RefersTo<K> {}

#[diagnostic::do_not_recommend]
impl<F: ColumnType, K: ColumnType> RefersTo<K> for F where F::Family: Comparable<K::Family> {}

macro_rules! refers_to {
    ($(($($from:ident $to:ident),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($from: ColumnType, $to: ColumnType),+> RefersTo<($($to,)+)> for ($($from,)+)
        where
            $($from::Family: Comparable<$to::Family>,)+
        {
        }
    )*};
}

refers_to! {
    (A Va, B Vb)
    (A Va, B Vb, C Vc)
    (A Va, B Vb, C Vc, D Vd)
    (A Va, B Vb, C Vc, D Vd, E Ve)
    (A Va, B Vb, C Vc, D Vd, E Ve, F Vf)
    (A Va, B Vb, C Vc, D Vd, E Ve, F Vf, G Vg)
    (A Va, B Vb, C Vc, D Vd, E Ve, F Vf, G Vg, H Vh)
}

/// Checks while compiling that key columns can refer to a model's primary key; for generated code.
#[doc(hidden)]
pub const fn check_reference<F: RefersTo<M::Key>, M: Model>() {}
