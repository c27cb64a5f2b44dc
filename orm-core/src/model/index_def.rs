//! Indexes as data.

use super::descriptor::descriptor;

descriptor! {
    /// An index or unique constraint over several columns, `#[model(index = "a, b")]` and `#[model(unique = "a, b")]`, or over some
    /// of the rows: `#[model(unique = "a where b is null")]`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// #[derive(Model, Debug)]
    /// #[model(unique = "team, email")]
    /// struct Member {
    ///     #[key(auto)]
    ///     id: i64,
    ///     team: String,
    ///     email: String,
    /// }
    ///
    /// # fn main() {
    /// let index = Member::def().indexes()[0];
    /// assert_eq!((index.columns(), index.unique()), (&[1, 2][..], true));
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct IndexDef {
        /// The columns, by index, in the order of the index.
        columns: &'static [usize],
        /// Whether no two rows have the same values; with a condition, no two of the rows that meet it.
        unique: bool,
        /// Which rows it contains, as the model says it: `deleted_at is null`. `None` if it contains all rows.
        condition => with_condition: Option<&'static str>,
    }
}

impl IndexDef {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(columns: &'static [usize], unique: bool) -> IndexDef {
        IndexDef { columns, unique, condition: None }
    }

    /// Whether its columns find at most one row. With a condition, other rows may have the same values.
    pub(crate) fn is_key(&self) -> bool {
        self.unique && self.condition.is_none()
    }
}
