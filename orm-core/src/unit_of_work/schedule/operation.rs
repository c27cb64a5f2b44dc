//! What is written, as the schedule sees it: operations on rows, and their claims on values.

/// What is done to a row. Where the rules leave a choice, tables are written in the order of their keys; the updates of a
/// table come before its inserts, because they can free values for them. Deletions come last, in the opposite order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::unit_of_work) enum Kind {
    Update,
    Insert,
    Delete,
}

/// One row that is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::unit_of_work) struct Operation {
    pub(in crate::unit_of_work) kind: Kind,
    /// The place of the row's table: parents before children.
    pub(in crate::unit_of_work) rank: usize,
    /// Inserts of one shape have values for the same columns, so one statement can write them.
    pub(in crate::unit_of_work) shape: usize,
}

/// What an operation does to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::unit_of_work) enum Role {
    /// The row has the value after the operation, and not before.
    Takes,
    /// The row has the value before the operation, and not after.
    GivesUp,
    /// The row refers to the value after the operation, and not before.
    RefersTo,
    /// The row refers to the value before the operation, and not after.
    LetsGo,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::unit_of_work) struct Claim {
    pub(in crate::unit_of_work) operation: usize,
    pub(in crate::unit_of_work) role: Role,
    /// The number of the value; values of other columns have other numbers.
    pub(in crate::unit_of_work) value: usize,
    /// The columns of the row that hold it, by their place in [`Work::columns`].
    pub(in crate::unit_of_work) columns: usize,
    /// Whether the value is known before the row that takes it is written.
    pub(in crate::unit_of_work) known: bool,
}

/// Columns of one table that hold a key or a unique value together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::unit_of_work) struct Columns {
    pub(in crate::unit_of_work) all: Vec<usize>,
    /// Those that can be NULL for a while.
    pub(in crate::unit_of_work) nullable: Vec<usize>,
}

/// Everything that is to be written.
#[derive(Debug, Default)]
pub(in crate::unit_of_work) struct Work {
    pub(in crate::unit_of_work) operations: Vec<Operation>,
    pub(in crate::unit_of_work) claims: Vec<Claim>,
    pub(in crate::unit_of_work) columns: Vec<Columns>,
}
