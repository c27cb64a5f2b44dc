use super::{Bind, Expr};

/// An INSERT of any number of rows.
#[derive(Debug, Clone)]
pub struct Insert {
    /// The table.
    pub table: &'static str,
    /// The columns that are given; with none, each row is made of defaults.
    pub columns: Vec<&'static str>,
    /// The rows, in column order.
    pub rows: Vec<Vec<Bind>>,
    /// RETURNING.
    pub returning: Vec<&'static str>,
}

/// An UPDATE.
#[derive(Debug, Clone)]
pub struct Update {
    /// The table.
    pub table: &'static str,
    /// SET.
    pub set: Vec<(&'static str, Expr)>,
    /// WHERE.
    pub filter: Expr,
}

/// A DELETE.
#[derive(Debug, Clone)]
pub struct Delete {
    /// The table.
    pub table: &'static str,
    /// WHERE.
    pub filter: Expr,
}
