use std::sync::Arc;

use super::{Expr, Source};

/// A SELECT.
#[derive(Debug, Clone)]
pub struct Select {
    /// What it returns.
    pub columns: Vec<Item>,
    /// Whether equal rows are returned once.
    pub distinct: bool,
    /// The first table.
    pub from: TableRef,
    /// What is joined to it.
    pub joins: Vec<Join>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// ORDER BY.
    pub order: Vec<Order>,
    /// LIMIT.
    pub limit: Option<u64>,
    /// OFFSET.
    pub offset: Option<u64>,
}

/// One expression of a SELECT's list.
#[derive(Debug, Clone)]
pub struct Item {
    /// The expression.
    pub expr: Expr,
    /// AS.
    pub alias: Option<Arc<str>>,
}

/// Something with columns.
#[derive(Debug, Clone)]
pub enum TableRef {
    /// A table.
    Table {
        /// Its name.
        name: &'static str,
        /// AS.
        alias: Option<Arc<str>>,
    },
    /// A SELECT in parentheses.
    Query {
        /// The SELECT.
        select: Box<Select>,
        /// AS.
        alias: Arc<str>,
    },
    /// A join in parentheses, so that an inner join can stand below an outer one.
    Nested {
        /// The first table.
        first: Box<TableRef>,
        /// What is joined to it.
        joins: Vec<Join>,
    },
}

/// One JOIN.
#[derive(Debug, Clone)]
pub struct Join {
    /// Which.
    pub kind: JoinKind,
    /// What is joined.
    pub table: TableRef,
    /// ON.
    pub on: Expr,
}

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Those with a match.
    Inner,
    /// All of the left side.
    Left,
}

/// One term of ORDER BY.
#[derive(Debug, Clone)]
pub struct Order {
    /// What is compared.
    pub expr: Expr,
    /// DESC.
    pub descending: bool,
}

impl Select {
    /// `SELECT .. FROM table`, without columns yet.
    pub fn from(table: TableRef) -> Select {
        Select {
            columns: Vec::new(),
            distinct: false,
            from: table,
            joins: Vec::new(),
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: None,
        }
    }

    /// Adds a column.
    pub fn column(&mut self, source: &Source, name: &'static str) {
        self.columns.push(Item { expr: Expr::Column { source: source.clone(), name }, alias: None });
    }

    /// Adds a condition to WHERE.
    pub fn and_where(&mut self, condition: Expr) {
        self.filter = Some(Expr::and(self.filter.take(), condition));
    }
}

impl Order {
    /// The same term on another source; see [`Expr::relocate`].
    pub fn relocate(self, table: &'static str, to: &Source) -> Order {
        Order { expr: self.expr.relocate(table, to), descending: self.descending }
    }
}
