//! What queries for entities and queries for rows have in common.

use super::{FromSpec, IntoOrder, Under};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Expr, Lock, Order};

/// Which rows a query takes, in which order, and how they are read.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct QueryCore {
    pub(crate) from: FromSpec,
    pub(crate) filter: Option<Expr>,
    pub(crate) distinct: bool,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) lock: Option<Lock>,
    /// Leaves out the eager defaults of every model.
    pub(crate) raise_all: bool,
    pub(crate) populate_existing: bool,
    /// The criteria that hold in it.
    pub(crate) under: Under,
    /// How many entities or rows a stream holds at a time.
    pub(crate) yield_per: Option<usize>,
    /// Whether it is one of the pages that begin behind an entity of the page before.
    pub(crate) behind: bool,
    /// What is wrong with the query, found while it was written.
    refused: Option<String>,
}

impl QueryCore {
    /// Whether it takes only some of the rows that it finds.
    pub(crate) fn is_paged(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Marks the query as invalid; running it returns the first reason recorded.
    pub(super) fn refuse(&mut self, why: impl Into<String>) {
        self.refused.get_or_insert_with(|| why.into());
    }

    /// # Errors
    /// `InvalidQuery`: something is wrong with the query.
    pub(crate) fn check_refused(&self) -> Result<()> {
        match &self.refused {
            Some(why) => Err(Error::new(ErrorKind::InvalidQuery, why)),
            None => Ok(()),
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// What stays outside where the query becomes an operand of a union: how rows are read, and what is wrong.
    pub(super) fn outside(&mut self) -> QueryCore {
        QueryCore {
            raise_all: self.raise_all,
            populate_existing: self.populate_existing,
            yield_per: self.yield_per,
            under: self.under.clone(),
            refused: self.refused.take(),
            ..QueryCore::default()
        }
    }

    /// Adds a condition to the filter.
    pub(crate) fn and_where(&mut self, condition: Expr) {
        self.filter = Some(Expr::and(self.filter.take(), condition));
    }

    pub(super) fn order_by(&mut self, order: impl IntoOrder) {
        self.order.extend(order.into_order());
        if self.behind {
            self.refuse("`order_by` comes after `page_after`, which needs the order; call `order_by` first");
        }
    }

    /// Takes the page with a number, from 1 on.
    pub(super) fn page(&mut self, number: u64, size: u64) {
        match number.checked_sub(1) {
            Some(before) => (self.limit, self.offset) = (Some(size), Some(before.saturating_mul(size))),
            None => self.refuse("page numbers start at 1: the first page is `.page(1, size)`"),
        }
    }
}
