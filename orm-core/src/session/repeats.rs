//! Warns of relationships that are loaded object by object.

use std::panic::Location;

use hashbrown::HashMap;

use super::{RepeatedLoads, SessionOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Origin;
use crate::model::RelationDef;
use crate::observe::Notice;

/// How often each relationship was loaded object by object, over the objects of one query: where N+1 shows.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    loads: HashMap<(u64, u32, usize), u32>,
}

impl Repeats {
    /// Counts a load that runs a statement.
    ///
    /// # Errors
    /// `RepeatedLoad`: the options refuse a loop of loads, and this is one.
    pub(super) fn count(
        &mut self,
        options: &SessionOptions,
        relation: &RelationDef,
        origin: Origin,
        level: u32,
        at: &'static Location<'static>,
    ) -> Result<()> {
        let loads = self.loads.entry((origin.id, level, relation.index)).or_default();
        *loads = loads.saturating_add(1);
        if *loads < options.repeated_loads_threshold {
            return Ok(());
        }
        match options.repeated_loads {
            RepeatedLoads::Warn if *loads == options.repeated_loads_threshold => {
                let text = notice(relation, *loads, origin, at);
                Notice::NPlusOne.give(&text);
                Ok(())
            }
            RepeatedLoads::Refuse => {
                Err(Error::new(ErrorKind::RepeatedLoad, notice(relation, *loads, origin, at)))
            }
            RepeatedLoads::Warn | RepeatedLoads::Allow | RepeatedLoads::LoadPeers => Ok(()),
        }
    }
}

fn notice(relation: &RelationDef, loads: u32, origin: Origin, at: &'static Location<'static>) -> String {
    let (path, constant, query) = (relation.path(), relation.constant(), origin.at);
    format!(
        "N+1: `{path}` is loaded object by object at {at}, {loads} times by now, for objects that one query at {query} \
         found; add `.with({constant}.selectin())` to that query, or load it for all of them at once with \
         `session.load_all(objects, {constant}.selectin())`"
    )
}
