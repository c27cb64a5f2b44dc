//! What stands after OVER.

use super::{Expr, Order};

/// The rows that a window function looks at: what stands after OVER.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// PARTITION BY.
    pub partition: Vec<Expr>,
    /// ORDER BY.
    pub order: Vec<Order>,
    /// Which rows of the partition.
    pub frame: Option<Frame>,
}

/// `ROWS BETWEEN .. AND ..`, or `RANGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Whether rows that sort alike are one: RANGE.
    pub range: bool,
    /// The first row.
    pub from: Bound,
    /// The last row.
    pub to: Bound,
}

impl Frame {
    /// Whether it has no place for a row.
    pub(super) fn is_empty(self) -> bool {
        let place = |bound| match bound {
            Bound::Unbounded => None,
            Bound::Preceding(rows) => Some(-i64::from(rows)),
            Bound::Current => Some(0),
            Bound::Following(rows) => Some(i64::from(rows)),
        };
        matches!((place(self.from), place(self.to)), (Some(from), Some(to)) if from > to)
    }
}

/// One end of a window's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// The partition's own end on this side.
    Unbounded,
    /// So many rows before the current one.
    Preceding(u32),
    /// The current row.
    Current,
    /// So many rows after the current one.
    Following(u32),
}
