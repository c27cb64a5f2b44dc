//! The statements of a stream that is read in pages.

use crate::error::{Error, ErrorKind, Result};
use crate::model::Selection;
use crate::query::{Keyset, SelectSpec};
use crate::sql::Select;
use crate::value::{Cells, Value, ValueError};

/// A query in pages, each of which begins after the last row of the one before: it reads a long result on a database
/// that cannot read a statement a part at a time.
#[derive(Debug)]
pub(super) struct Pages {
    keyset: Keyset,
    /// Where the terms of the order are in a row.
    cells: Vec<TermCell>,
    /// The values of the terms in the last row so far.
    after: Option<Vec<Value>>,
    /// How many entities the query still has to give.
    left: Option<u64>,
}

/// Where a term of the order is in a row.
#[derive(Debug)]
struct TermCell {
    /// Whether it is among the model's columns that a row has.
    selected: bool,
    cell: usize,
}

impl Pages {
    /// # Errors
    /// `InvalidQuery`: the query sorts by something that does not compare.
    pub(super) fn new(spec: &SelectSpec) -> Result<Pages> {
        let selection = Selection::new(spec.model, &spec.undeferred);
        let keyset = Keyset::of(spec)?;
        let cell = |column: Option<usize>| {
            let place = column.and_then(|column| selection.place(column));
            TermCell { selected: place.is_some(), cell: place.unwrap_or_default() }
        };
        let cells = keyset.terms().iter().map(|term| cell(term.column)).collect();
        Ok(Pages { keyset, cells, after: None, left: spec.core.limit })
    }

    /// The query of the next page, of at most this many entities; `None` when the limit of the query is reached.
    pub(super) fn page(&self, mut spec: SelectSpec, entities: usize) -> Option<SelectSpec> {
        let most = u64::try_from(entities).unwrap_or(u64::MAX);
        let most = self.left.map_or(most, |left| left.min(most));
        if most == 0 {
            return None;
        }
        spec.core.order = self.keyset.order();
        spec.core.limit = Some(most);
        if let Some(after) = &self.after {
            spec.core.offset = None;
            spec.core.and_where(self.keyset.behind(after));
        }
        Some(spec)
    }

    /// Selects the terms that are not columns of the model, after the columns.
    pub(super) fn select_terms(&mut self, select: &mut Select) {
        let terms = self.cells.iter_mut().zip(self.keyset.terms());
        for (at, term) in terms.filter(|(at, _)| !at.selected) {
            at.cell = select.columns.len();
            select.returns(term.order.expr.clone());
        }
    }

    /// The last row of a full page, and how many rows the page had.
    ///
    /// # Errors
    /// A cell cannot be read.
    pub(super) fn set_last(&mut self, cells: &dyn Cells, rows: u64) -> Result<()> {
        let read = |at: &TermCell| cells.cell(at.cell).map(|cell| cell.to_value());
        let values: Result<Vec<Value>, _> = self.cells.iter().map(read).collect();
        let unreadable = |error: ValueError| {
            let error = error.without_value();
            let text = format!("what a stream sorts by cannot be read: {error}");
            Error::new(ErrorKind::InvalidValue, text).with_source(error)
        };
        self.after = Some(values.map_err(unreadable)?);
        self.left = self.left.map(|left| left.saturating_sub(rows));
        Ok(())
    }
}
