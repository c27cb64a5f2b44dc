//! The condition of a relationship that leads to some rows alone.

use std::cell::RefCell;

use super::RelationDef;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Expr, Source, TableName};

thread_local! {
    /// The relationships whose conditions are being made, by their addresses.
    static MAKING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// A relationship whose condition is being made, which a condition that asks about its own relationship would never end.
struct Making;

impl Making {
    fn begin(relation: &RelationDef) -> Option<Making> {
        let address = std::ptr::from_ref(relation).addr();
        MAKING.with_borrow_mut(|making| {
            let is_new = !making.contains(&address);
            is_new.then(|| {
                making.push(address);
                Making
            })
        })
    }
}

/// A function that panics has made nothing.
impl Drop for Making {
    fn drop(&mut self) {
        MAKING.with_borrow_mut(Vec::pop);
    }
}

impl RelationDef {
    /// The condition that targets from a source meet, and the links from another; `None` if the relationship leads to all of
    /// them.
    ///
    /// # Errors
    /// `InvalidModel`: it names other tables than the target's, or asks about its own relationship.
    pub(crate) fn condition(&self, source: &Source, link: Option<&Source>) -> Result<Option<Expr>> {
        let Some(filter) = self.filter else { return Ok(None) };
        let Some(making) = Making::begin(self) else { return Err(self.asks_itself()) };
        let mut condition = filter();
        drop(making);
        let (tables, mut other) = (self.tables(), None);
        condition.visit_free(&mut |named| {
            if !tables.clone().any(|table| *named == Source::Table(table)) {
                other = Some(named.clone());
            }
        });
        match other {
            None => Ok(Some(self.relocate(condition, source, link))),
            Some(other) => Err(self.names_another_table(&other)),
        }
    }

    /// The tables whose columns its filter and its order may name: the target's and that of the association model.
    pub(crate) fn tables(&self) -> impl Iterator<Item = TableName> + Clone {
        [self.target().table].into_iter().chain(self.association().map(|model| model.table))
    }

    /// An expression about targets and links, for targets from a source and links from another.
    pub(crate) fn relocate(&self, expr: Expr, source: &Source, link: Option<&Source>) -> Expr {
        let expr = expr.relocate(self.target().table, source);
        match (self.association(), link) {
            (Some(association), Some(link)) => expr.relocate(association.table, link),
            _ => expr,
        }
    }

    fn asks_itself(&self) -> Error {
        Error::new(
            ErrorKind::InvalidModel,
            format!(
                "the `filter` of `{}` asks about the relationship itself; ask about another one",
                self.path()
            ),
        )
    }

    fn names_another_table(&self, other: &Source) -> Error {
        let (path, target) = (self.path(), self.target());
        let association =
            self.association().map(|model| format!(" and `{}`", model.name)).unwrap_or_default();
        Error::new(
            ErrorKind::InvalidModel,
            format!(
                "the `filter` of `{path}` names a column of `{other}`, and it is about the rows of `{}`{association} alone; \
                 ask about other rows with `any`, `has` or `exists`",
                target.name
            ),
        )
    }
}
