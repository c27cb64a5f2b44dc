//! The columns of a model that are not plain, found when the model is compiled: flushes ask for them row by row.

use super::{ColumnDef, Stamp};

/// Where the columns are that are not plain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpecialColumns {
    /// The column that counts the updates of its row.
    pub(super) version: Option<usize>,
    /// The column that marks deleted rows.
    pub(super) deleted: Option<usize>,
    /// The first one that holds when a row was last updated, or by whom; the number of columns if there is none.
    pub(super) updated_from: usize,
    /// The first one that states a precision; the number of columns if there is none.
    pub(super) precise_from: usize,
}

impl SpecialColumns {
    pub(super) const fn of(columns: &[ColumnDef]) -> SpecialColumns {
        let mut found = SpecialColumns {
            version: None,
            deleted: None,
            updated_from: columns.len(),
            precise_from: columns.len(),
        };
        // From the last to the first, so that the first one of each kind counts.
        let mut at = columns.len();
        while at > 0 {
            at -= 1;
            if columns[at].version {
                found.version = Some(at);
            }
            match columns[at].stamp {
                Some(Stamp::Deleted) => found.deleted = Some(at),
                Some(Stamp::Updated) => found.updated_from = at,
                Some(Stamp::Created) | None => {}
            }
            if columns[at].precision.is_some() {
                found.precise_from = at;
            }
        }
        found
    }
}
