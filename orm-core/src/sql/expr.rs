use std::sync::Arc;

use super::{Bind, Order, Select};
use crate::value::Value;

/// An expression.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A column of a table or alias.
    Column {
        /// Where it is from.
        source: Source,
        /// Its name.
        name: &'static str,
    },
    /// A bound value.
    Bind(Bind),
    /// Two operands.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// All of them; true when there are none.
    And(Vec<Expr>),
    /// Any of them; false when there are none.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// `IS NULL`.
    IsNull(Box<Expr>),
    /// `IS NOT NULL`.
    IsNotNull(Box<Expr>),
    /// `BETWEEN`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// One expression in a list.
    In(Box<Expr>, Vec<Expr>),
    /// A row of expressions in a list of rows.
    RowIn(Vec<Expr>, Vec<Vec<Bind>>),
    /// A function call.
    Call(&'static str, Vec<Expr>),
    /// `count(*)`.
    CountRows,
    /// `row_number()` over a window.
    RowNumber {
        /// PARTITION BY.
        partition: Vec<Expr>,
        /// ORDER BY.
        order: Vec<Order>,
        /// Whether rows that sort alike have one number: `dense_rank()`.
        dense: bool,
    },
    /// `EXISTS (SELECT ..)`.
    Exists(Box<Select>),
}

/// A column of a key, as statements name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyColumn {
    /// Its name.
    pub name: &'static str,
    /// Whether its values must not be shown.
    pub secret: bool,
}

/// Where a column is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A table by its name, as queries are written.
    Table(&'static str),
    /// An alias that a loader gave.
    Alias(Arc<str>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`
    Like,
    /// `NOT LIKE`
    NotLike,
}

impl BinaryOp {
    pub(super) fn sql(self) -> &'static str {
        match self {
            BinaryOp::Eq => " = ",
            BinaryOp::Ne => " <> ",
            BinaryOp::Lt => " < ",
            BinaryOp::Le => " <= ",
            BinaryOp::Gt => " > ",
            BinaryOp::Ge => " >= ",
            BinaryOp::Like => " LIKE ",
            BinaryOp::NotLike => " NOT LIKE ",
        }
    }
}

impl Expr {
    /// `left = right`.
    pub fn eq(left: Expr, right: Expr) -> Expr {
        Expr::Binary(Box::new(left), BinaryOp::Eq, Box::new(right))
    }

    /// Both, where there are two.
    pub fn and(left: Option<Expr>, right: Expr) -> Expr {
        match left {
            None => right,
            Some(Expr::And(mut all)) => {
                all.push(right);
                Expr::And(all)
            }
            Some(left) => Expr::And(vec![left, right]),
        }
    }

    /// The columns have one of the keys: `=` for one key, `IN` for several, rows for composite ones.
    pub fn among(source: &Source, columns: &[KeyColumn], keys: &[Vec<Value>]) -> Expr {
        let column = |key: &KeyColumn| Expr::Column { source: source.clone(), name: key.name };
        let bind = |key: &KeyColumn, value: &Value| Bind { secret: key.secret, ..Bind::from(value.clone()) };
        match (columns, keys) {
            (columns, [only]) => {
                let pair = |(key, value)| Expr::eq(column(key), Expr::Bind(bind(key, value)));
                let mut pairs: Vec<Expr> = columns.iter().zip(only).map(pair).collect();
                if pairs.len() == 1 { pairs.swap_remove(0) } else { Expr::And(pairs) }
            }
            ([single], keys) => {
                let list = keys.iter().flatten().map(|value| Expr::Bind(bind(single, value))).collect();
                Expr::In(Box::new(column(single)), list)
            }
            (columns, keys) => {
                let row =
                    |key: &Vec<Value>| columns.iter().zip(key).map(|(key, value)| bind(key, value)).collect();
                let rows = keys.iter().map(row).collect();
                Expr::RowIn(columns.iter().map(column).collect(), rows)
            }
        }
    }

    /// The same expression with the columns of one table taken from another source: a query's filter on an aliased
    /// table.
    pub fn relocate(mut self, table: &'static str, to: &Source) -> Expr {
        self.visit_columns(&mut |source| {
            if *source == Source::Table(table) {
                *source = to.clone();
            }
        });
        self
    }

    /// Visits the source of every column, subqueries included.
    pub fn visit_columns(&mut self, visit: &mut dyn FnMut(&mut Source)) {
        match self {
            Expr::Column { source, .. } => visit(source),
            Expr::Bind(_) | Expr::CountRows => {}
            Expr::Binary(left, _, right) => {
                left.visit_columns(visit);
                right.visit_columns(visit);
            }
            Expr::And(all) | Expr::Or(all) | Expr::Call(_, all) => {
                all.iter_mut().for_each(|expr| expr.visit_columns(visit));
            }
            Expr::Not(expr) | Expr::IsNull(expr) | Expr::IsNotNull(expr) => expr.visit_columns(visit),
            Expr::Between(expr, low, high) => {
                expr.visit_columns(visit);
                low.visit_columns(visit);
                high.visit_columns(visit);
            }
            Expr::In(expr, list) => {
                expr.visit_columns(visit);
                list.iter_mut().for_each(|expr| expr.visit_columns(visit));
            }
            Expr::RowIn(row, _) => row.iter_mut().for_each(|expr| expr.visit_columns(visit)),
            Expr::RowNumber { partition, order, .. } => {
                partition.iter_mut().for_each(|expr| expr.visit_columns(visit));
                order.iter_mut().for_each(|term| term.expr.visit_columns(visit));
            }
            Expr::Exists(select) => {
                if let Some(filter) = &mut select.filter {
                    filter.visit_columns(visit);
                }
            }
        }
    }
}
