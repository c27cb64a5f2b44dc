//! Which columns a statement selects.

use super::{ColumnDef, ErasedModel, ModelDef};
use crate::sql::{Expr, Source};
use crate::value::{Cells, ValueError, ValueRef};

/// Which columns of a model a statement selects, and where they are in its rows: all but the deferred ones that were
/// not requested.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) model: &'static dyn ErasedModel,
    /// Where each column is among those selected; `None` if all are.
    places: Option<Box<[Option<usize>]>>,
}

impl Selection {
    /// The columns of a model, with some of the deferred ones.
    pub(crate) fn new(model: &'static dyn ErasedModel, undeferred: &[usize]) -> Selection {
        let columns = model.def().columns;
        let left_out = |(index, column): (usize, &ColumnDef)| column.deferred && !undeferred.contains(&index);
        if !columns.iter().enumerate().any(left_out) {
            return Selection { model, places: None };
        }
        let mut next = 0..;
        let place = |column| if left_out(column) { None } else { next.next() };
        Selection { model, places: Some(columns.iter().enumerate().map(place).collect()) }
    }

    /// The same with the deferred columns of a source that some expressions name.
    pub(crate) fn naming<'e>(&self, source: &Source, named: impl Iterator<Item = &'e Expr>) -> Selection {
        let mut columns: Vec<usize> =
            self.def().deferred().filter(|column| self.place(*column).is_some()).collect();
        let mut add = |expr: &Expr| {
            if let Expr::Column { source: of, name, .. } = expr
                && of == source
            {
                columns.extend(self.def().columns.iter().position(|column| column.name == *name));
            }
        };
        for expr in named.filter(|_| !self.is_whole()) {
            expr.walk(&mut add);
        }
        Selection::new(self.model, &columns)
    }

    pub(crate) fn def(&self) -> &'static ModelDef {
        self.model.def()
    }

    /// The names of the selected columns, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns().map(|column| column.name)
    }

    /// The selected columns, in their order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static ColumnDef> {
        let selected = |(index, _): &(usize, _)| self.place(*index).is_some();
        self.def().columns.iter().enumerate().filter(selected).map(|(_, column)| column)
    }

    /// Where a column is in a row, from the model's first; `None` if it is not selected.
    pub(crate) fn place(&self, column: usize) -> Option<usize> {
        match &self.places {
            None => Some(column),
            Some(places) => places.get(column).copied().flatten(),
        }
    }

    /// The model's cells of a row, in which they begin at an offset.
    pub(crate) fn cells<'r>(&'r self, cells: &'r dyn Cells, offset: usize) -> Selected<'r> {
        Selected { cells, offset, places: self.places.as_deref() }
    }

    /// Whether a row that begins with the model's columns is the model's cells as it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.places.is_none()
    }
}

/// The cells of one model in a row, some of which were not selected.
pub(crate) struct Selected<'r> {
    cells: &'r dyn Cells,
    offset: usize,
    places: Option<&'r [Option<usize>]>,
}

impl<'r> Selected<'r> {
    /// The cells of a row in the order of the model's columns; a column without a place is not loaded.
    pub(crate) fn at(cells: &'r dyn Cells, places: &'r [Option<usize>]) -> Selected<'r> {
        Selected { cells, offset: 0, places: Some(places) }
    }

    fn place(&self, index: usize) -> Option<usize> {
        let place = match self.places {
            None => index,
            Some(places) => places.get(index).copied().flatten()?,
        };
        Some(self.offset + place)
    }
}

impl Cells for Selected<'_> {
    fn boolean(&self, index: usize) -> Option<bool> {
        self.cells.boolean(self.place(index)?)
    }

    fn integer(&self, index: usize) -> Option<i64> {
        self.cells.integer(self.place(index)?)
    }

    fn float(&self, index: usize) -> Option<f64> {
        self.cells.float(self.place(index)?)
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.cells.text(self.place(index)?)
    }

    fn cell(&self, index: usize) -> Result<ValueRef<'_>, ValueError> {
        let Some(places) = self.places else { return self.cells.cell(self.offset + index) };
        match places.get(index) {
            None => Err(ValueError::MissingCell { index }),
            Some(None) => Ok(ValueRef::NotLoaded),
            Some(Some(place)) => self.cells.cell(self.offset + place),
        }
    }
}
