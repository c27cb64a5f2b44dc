//! Some columns of a model as a struct.

use std::fmt;
use std::marker::PhantomData;

use super::list::{SelectList, ValueItem};
use super::{FromRow, Selectable, StructReader};
use crate::model::{ColumnDef, Model};
use crate::sql::Source;

/// Some columns of a model as your own struct, by `#[derive(FromRow)]` and `#[row(model = User)]`; for
/// [`Select::load_only`](super::Select::load_only).
///
/// A field has the name of the model's field, or names it with `#[row(name = "..")]`, and has its type. The compiler
/// checks both.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// #[derive(FromRow, Debug)]
/// #[row(model = Book)]
/// struct Title {
///     #[row(name = "title")]
///     text: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let title = session.row(select::<Book>().filter(Book::ID.eq(1)).load_only::<Title>()).await?;
/// assert_eq!(title.text, "A Wizard of Earthsea");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of the model `{M}`",
    label = "its fields are not columns of `{M}`",
    note = "say which model its fields are of: `#[derive(FromRow)] #[row(model = {M})]`"
)]
pub trait PartOf<M: Model>: FromRow {
    /// The columns that the fields take, in the order of the fields.
    #[doc(hidden)]
    fn columns() -> Vec<usize>;
}

/// The columns of a partial struct in the select list: what [`Select::load_only`](super::Select::load_only) selects.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// #[derive(FromRow)]
/// #[row(model = Book)]
/// struct Title {
///     id: i64,
///     title: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let titles = select::<Book>().filter(Book::YEAR.lt(1970)).load_only::<Title>().order_by(Book::ID);
/// assert_eq!(session.rows(titles).await?.len(), 2);
/// # Ok(()) }
/// ```
#[must_use = "it does nothing until it is selected"]
pub struct PartColumns<M, P> {
    of: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, P: PartOf<M>> PartColumns<M, P> {
    pub(super) fn new() -> PartColumns<M, P> {
        PartColumns { of: PhantomData }
    }
}

impl<M: Model, P: PartOf<M>> Selectable for PartColumns<M, P> {
    type Itself = Self;
    type Row = P;
    type Reader = StructReader<P>;

    fn itself(self) -> Self {
        self
    }

    fn list(self, list: &mut SelectList) -> StructReader<P> {
        let def = M::def();
        let source = Source::Table(def.table);
        list.know(source.clone(), def);
        let item = |column: &ColumnDef| ValueItem {
            expr: column.expr(&source),
            name: Some(column.name),
            field: Some(column.field),
            kind: column.kind,
            nullable: column.nullable,
        };
        let columns = P::columns().into_iter().filter_map(|column| def.columns.get(column));
        StructReader::of_places(columns.map(|column| list.value(item(column))).collect())
    }
}

impl<M: Model, P> fmt::Debug for PartColumns<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PartColumns").field(&M::def().name).finish()
    }
}
