use std::fmt;
use std::marker::PhantomData;

use super::{ColumnDef, Model, ModelDef};
use crate::value::{ColumnType, Comparable};

/// A column of a model: the type of the constant `User::NAME`, which the derive generates. It filters, sorts and is
/// selected; see [`Expression`](crate::query::Expression).
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
pub struct Column<M, T> {
    index: usize,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    /// The column at an index of the model; for generated code.
    #[doc(hidden)]
    pub const fn new(index: usize) -> Column<M, T> {
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

impl<M: Model, T> Column<M, T> {
    /// The description of the column.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Author::EMAIL.def().name, "email");
    /// assert!(Author::EMAIL.def().unique && Author::EMAIL.def().nullable);
    /// # }
    /// ```
    pub fn def(self) -> &'static ColumnDef {
        let model: &'static ModelDef = M::def();
        &model.columns[self.index]
    }
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M: Model, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", M::def().table, self.def().name)
    }
}

/// Checks while compiling that a key column can refer to a column; for generated code.
#[doc(hidden)]
pub const fn check_key<A, F, B, K>(_key: Column<A, F>, _refers_to: Column<B, K>)
where
    F: RefersTo<K>,
{
}

/// Key columns of a type, or tuple of types, that can refer to a key of type `K`.
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
