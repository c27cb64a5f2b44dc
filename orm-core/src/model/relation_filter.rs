//! The condition of a relationship that leads to some rows alone.

use std::cell::RefCell;

use super::RelationDef;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Expr, Source};

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
    /// The condition that targets from a source meet; `None` if the relationship leads to all of them.
    ///
    /// # Errors
    /// `InvalidModel`: it names other tables than the target's, or asks about its own relationship.
    pub(crate) fn condition(&self, source: &Source) -> Result<Option<Expr>> {
        let Some(filter) = self.filter else { return Ok(None) };
        let Some(making) = Making::begin(self) else { return Err(self.asks_itself()) };
        let mut condition = filter();
        drop(making);
        let (table, mut other) = (self.target().table, None);
        condition.visit_free(&mut |named| {
            if *named != Source::Table(table) {
                other = Some(named.clone());
            }
        });
        match other {
            None => Ok(Some(condition.relocate(table, source))),
            Some(other) => Err(self.names_another_table(&other)),
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
        Error::new(
            ErrorKind::InvalidModel,
            format!(
                "the `filter` of `{path}` names a column of `{other}`, and it is about the rows of `{}` alone; ask about other \
                 rows with `any`, `has` or `exists`",
                target.name
            ),
        )
    }
}
