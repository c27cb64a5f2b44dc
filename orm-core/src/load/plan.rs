//! Checks of what a query asks to load, before any SQL.

use crate::error::{Error, ErrorKind, Result};
use crate::query::{LoadSpec, Strategy};

/// Checks loads and merges those that name one relationship twice.
///
/// # Errors
/// `InvalidQuery`: one relationship with two strategies or as two views, a batch size of 0, an option that the strategy
/// does not have.
pub(super) fn checked(loads: Vec<LoadSpec>) -> Result<Vec<LoadSpec>> {
    let mut merged: Vec<LoadSpec> = Vec::with_capacity(loads.len());
    for mut load in loads {
        check(&load)?;
        match merged.iter_mut().find(|earlier| earlier.relation.index == load.relation.index) {
            None => merged.push(load),
            Some(earlier) => {
                agree(earlier, &load)?;
                earlier.loads.append(&mut load.loads);
            }
        }
    }
    for load in &mut merged {
        load.loads = checked(std::mem::take(&mut load.loads))?;
    }
    Ok(merged)
}

fn check(load: &LoadSpec) -> Result<()> {
    let path = load.relation.path();
    let refuse = |what: String| Err(Error::new(ErrorKind::InvalidQuery, what));
    if load.batch_size == Some(0) {
        return refuse(format!("`{path}`: a batch size of 0 would never load anything; give 1 or more keys"));
    }
    match load.strategy {
        Strategy::Joined if load.limit.is_some() => refuse(format!(
            "`{path}`: a join cannot limit the targets of each parent; use `.selectin()` with `.limit(..)`"
        )),
        Strategy::Joined if load.batch_size.is_some() => {
            refuse(format!("`{path}`: a join asks for no keys; `.batch_size(..)` belongs to `.selectin()`"))
        }
        Strategy::Selectin if load.inner => {
            refuse(format!("`{path}`: `.inner()` belongs to `.joined()`; a second statement drops no parents"))
        }
        Strategy::Joined | Strategy::Selectin => Ok(()),
    }
}

fn agree(earlier: &LoadSpec, later: &LoadSpec) -> Result<()> {
    let path = later.relation.path();
    if earlier.strategy != later.strategy || earlier.inner != later.inner {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{path}` is to be loaded twice, by `{}` and by `{}`; name it once",
                describe(earlier),
                describe(later)
            ),
        ));
    }
    let own = |load: &LoadSpec| load.filter.is_some() || load.limit.is_some() || !load.order.is_empty();
    if own(earlier) || own(later) {
        return Err(Error::new(
            ErrorKind::InvalidQuery,
            format!(
                "`{path}` is to be loaded twice with a filter, order or limit of its own, and one query reads a \
                 relationship one way; load the other view with `session.load_all(..)`"
            ),
        ));
    }
    Ok(())
}

fn describe(load: &LoadSpec) -> String {
    let inner = if load.inner { ".inner()" } else { "" };
    format!("{}(){inner}", load.strategy.name())
}
