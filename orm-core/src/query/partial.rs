use std::fmt;
use std::marker::PhantomData;

use super::list::{SelectList, ValueItem};
use super::{FromRow, Selectable, StructReader};
use crate::model::{ColumnDef, Model};
use crate::sql::Source;

/// Some columns of a model as a struct of their own, by `#[derive(FromRow)]` and `#[row(model = User)]`; for
/// [`Select::load_only`](super::Select::load_only).
///
/// A field is called as the model's field is, or says so with `#[row(name = "..")]`, and has its type: the compiler checks
/// both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no part of the model `{M}`",
    label = "its fields are not columns of `{M}`",
    note = "say which model its fields are of: `#[derive(FromRow)] #[row(model = {M})]`"
)]
pub trait PartOf<M: Model>: FromRow {
    /// The columns that the fields take, in the order of the fields.
    #[doc(hidden)]
    fn columns() -> Vec<usize>;
}

/// The columns of a struct of some of them.
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
    type Row = P;
    type Reader = StructReader<P>;

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
