//! The statements that load a relationship of a whole level.

use super::keys::Keys;
use super::levels::{EdgeBuilder, Levels, Pairs};
use super::loader::Loader;
use super::rows::{BranchRows, Rows};
use super::wanted::{Wanted, wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::ObjectId;
use crate::load::plan::{Ask, ByKeys, Child};
use crate::model::{Hydrate, RelationDef};
use crate::sql::{Expected, Statement};
use crate::value::{Cells, Value};

/// The targets of one relationship, while statements ask for them.
pub(super) struct Found<'c> {
    pub(super) child: &'c Child,
    pub(super) path: &'c str,
    pub(super) rows: BranchRows,
}

impl Loader<'_> {
    /// Asks for one relationship of all objects of a level, by further statements; returns what the new levels wait
    /// for.
    pub(super) async fn further(&mut self, next: Wanted, levels: &mut Levels) -> Result<Vec<Wanted>> {
        let Wanted { level, further } = next;
        let child = &*further.child;
        let rows = BranchRows::new(&child.branch, self.store, levels)?;
        let mut found = Found { child, path: &further.path, rows };
        if child.endless {
            self.closure(level, &mut found, levels).await?;
        } else {
            let parents = &levels.levels[level];
            let local = child.relation.local_columns();
            let keys = Keys::collect(self.store.arena(parents.arena), &parents.nodes, local);
            let mut pairs = Pairs::new(child.repeats);
            self.ask(&mut found, &keys, levels, &mut pairs).await?;
            let targets = pairs.group(child.relation, &keys.into_owners())?;
            let (relation, whole, back) = (child.relation, child.whole, child.back);
            let to = found.rows.level;
            levels.levels[level].edges.push(EdgeBuilder { relation, level: to, whole, back, targets });
        }
        let to = found.rows.level;
        let mut next = wanted(&child.branch, &found.rows, &further.path);
        found.rows.finish(&child.branch, levels)?;
        if !levels.levels[to].nodes.is_empty() {
            let again = further.again(self.dialect)?;
            next.extend(again.map(|further| Wanted { level: to, further }));
        }
        Ok(next)
    }

    /// Asks for the targets of some keys. By keys it is as many statements as these need, and targets that the session
    /// holds under the key are not asked for.
    pub(super) async fn ask(
        &mut self,
        found: &mut Found<'_>,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        if keys.distinct.is_empty() {
            return Ok(());
        }
        let child = found.child;
        match &child.ask {
            Ask::AtOnce(statement) => {
                let statement = Statement { path: Some(found.path.into()), ..Statement::clone(statement) };
                self.take(&statement, found, keys, false, levels, pairs).await
            }
            Ask::ByKeys(by_keys) => self.by_keys(by_keys, found, keys, levels, pairs).await,
        }
    }

    async fn by_keys(
        &mut self,
        by_keys: &ByKeys,
        found: &mut Found<'_>,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let child = found.child;
        let ask = self.not_held(found, keys, levels, pairs);
        for batch in ask.chunks(by_keys.most_keys(self.dialect)) {
            let mut statement = by_keys.statement(batch, found.path, self.dialect);
            if batch.len() == 1 && !child.relation.is_collection() && child.branch.joined.is_empty() {
                let by_key = child.relation.primary_key_places().is_some();
                statement.expected = if by_key { Expected::One } else { Expected::Few };
            }
            self.take(&statement, found, keys, true, levels, pairs).await?;
        }
        Ok(())
    }

    /// Takes the targets that the session already holds, where the key is their primary key; returns the keys to ask
    /// the database for.
    fn not_held(
        &mut self,
        found: &Found<'_>,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Vec<Vec<Value>> {
        let Found { child, rows, .. } = found;
        let may_be_held = child.whole && child.branch.joined.is_empty() && self.existing == Hydrate::Keep;
        let Some(places) = child.relation.primary_key_places().filter(|_| may_be_held) else {
            return keys.distinct.clone();
        };
        let mut ask = Vec::with_capacity(keys.distinct.len());
        for (owner, key) in (0..).zip(&keys.distinct) {
            let held = self.store.find_target(rows.arena, key, places);
            let is_target = |id: &ObjectId| {
                self.store.has_columns(*id, &child.undeferred)
                    && self.store.shows(*id, child.criterion.as_ref())
            };
            match held.filter(is_target) {
                Some(id) => pairs.push(owner, levels.levels[rows.level].position(id.node)),
                None => ask.push(key.clone()),
            }
        }
        ask
    }

    async fn take(
        &mut self,
        statement: &Statement,
        found: &mut Found<'_>,
        keys: &Keys,
        asked_by_key: bool,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let Child { relation, branch, key_places: places, .. } = found.child;
        let into = &mut found.rows;
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        rows.begin(branch, into);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let owner = match keys.find(cells, places) {
                Ok(Some(owner)) => owner,
                // A row of a parent that came after the parents' statement, or of none.
                Ok(None) if !asked_by_key => return Ok(()),
                Ok(None) => return Err(unknown_key(relation, cells, places)),
                Err(error) => return Err(Error::new(ErrorKind::InvalidValue, error.to_string())),
            };
            pairs.push(owner, rows.own(branch, into, cells)?);
            Ok(())
        };
        self.lease.fetch(self.monitor, statement, &mut sink).await?;
        Ok(())
    }
}

/// A row with a key that was not asked for: the database compares keys differently from this process, for example in a
/// column whose collation ignores case. Guessing an owner would be a wrong answer.
fn unknown_key(relation: &RelationDef, cells: &dyn Cells, places: &[usize]) -> Error {
    let key: Vec<Value> =
        places.iter().filter_map(|place| cells.cell(*place).ok()).map(|cell| cell.to_value()).collect();
    let local = relation.local_columns();
    Error::new(
        ErrorKind::InvalidValue,
        format!(
            "`{}`: the database answered with the key {}, which no loaded object has; the key columns compare \
             differently in the database (a collation?)",
            relation.path(),
            relation.parent().shown(local, &key)
        ),
    )
}
