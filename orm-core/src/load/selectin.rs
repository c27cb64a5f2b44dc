use super::child::{Child, Condition};
use super::keys::{KeyValues, Keys};
use super::levels::{EdgeBuilder, Levels, Pairs};
use super::loader::{Loader, Wanted, wanted};
use super::rows::Rows;
use super::tree::Branch;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Hydrate, RelationDef};
use crate::query::Depth;
use crate::sql::{Expected, Statement};
use crate::value::{Cells, Value};

impl Loader<'_> {
    /// Asks for one relationship of all objects of a level, by further statements; returns what the new levels wait
    /// for.
    pub(super) async fn further(&mut self, next: Wanted, levels: &mut Levels) -> Result<Vec<Wanted>> {
        if next.load.depth == Some(Depth::Unlimited) {
            return self.closure(next, levels).await;
        }
        let again = next.again();
        let Wanted { level, load, path } = next;
        let (relation, whole, back) = (load.relation, !load.is_view(), load.back);
        let batch_size = load.batch_size;
        let mut child = Child::new(self.store, levels, load, path)?;

        let local = relation.local_columns();
        let parents = &levels.levels[level];
        let keys = Keys::collect(self.store.arena(parents.arena), &parents.nodes, local);
        let mut pairs = Pairs::new(relation.through.is_some() || multiplies(&child.branch));
        let origin = parents.origin.clone();
        match child.at_once(origin.as_ref()) {
            _ if keys.distinct.is_empty() => {}
            Some(condition) => self.at_once(&mut child, condition, &keys, levels, &mut pairs).await?,
            None => self.by_keys(&mut child, whole, batch_size, &keys, levels, &mut pairs).await?,
        }

        let mut next = wanted(&mut child.branch);
        child.branch.finish(levels)?;
        let targets = pairs.group(relation, &keys.into_owners())?;
        let to = child.branch.level;
        levels.levels[level].edges.push(EdgeBuilder { relation, level: to, whole, back, targets });
        next.extend(again.map(|again| Wanted { level: to, ..again }));
        Ok(next)
    }

    /// One statement that names no keys.
    async fn at_once(
        &mut self,
        child: &mut Child,
        condition: Condition<'_>,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let (select, statement) = child.ask(condition, self.dialect)?;
        child.set_origins(levels, &select, &statement);
        self.take(&statement, child, keys, false, levels, pairs).await
    }

    /// As many statements as the keys need. Targets that the session holds under the key are not asked for.
    pub(super) async fn by_keys(
        &mut self,
        child: &mut Child,
        whole: bool,
        batch_size: Option<usize>,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let may_be_held = whole && child.branch.joined.is_empty();
        let ask = self.not_held(child, may_be_held, keys, levels, pairs);
        let most = child.most_keys(self.dialect, batch_size);
        for batch in ask.chunks(most) {
            let (_, mut statement) = child.ask(Condition::Keys(batch), self.dialect)?;
            if batch.len() == 1 && !child.relation.is_collection() && child.branch.joined.is_empty() {
                let by_key = child.relation.primary_key_places().is_some();
                statement.expected = if by_key { Expected::One } else { Expected::Few };
            }
            self.take(&statement, child, keys, true, levels, pairs).await?;
        }
        Ok(())
    }

    /// Takes the targets that the session already holds, where the key is their primary key; returns the keys to ask
    /// the database for.
    fn not_held(
        &mut self,
        child: &Child,
        may_be_held: bool,
        keys: &Keys,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Vec<KeyValues> {
        let may_be_held = may_be_held && self.existing == Hydrate::Keep;
        let places = child.relation.primary_key_places().filter(|_| may_be_held);
        let mut ask = Vec::with_capacity(keys.distinct.len());
        for (owner, key) in (0..).zip(&keys.distinct) {
            let held = places
                .as_ref()
                .and_then(|places| self.store.find_target(child.branch.arena, key, places))
                .filter(|id| self.store.has_columns(*id, &child.undeferred));
            match held {
                Some(id) => pairs.push(owner, levels.levels[child.branch.level].position(id.node)),
                None => ask.push(key.clone()),
            }
        }
        ask
    }

    async fn take(
        &mut self,
        statement: &Statement,
        child: &mut Child,
        keys: &Keys,
        asked_by_key: bool,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let Child { relation, branch, key_places: places, .. } = child;
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        rows.begin(branch);
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let owner = match keys.find(cells, places) {
                Ok(Some(owner)) => owner,
                // A row of a parent that came after the parents' statement, or of none.
                Ok(None) if !asked_by_key => return Ok(()),
                Ok(None) => return Err(unknown_key(relation, cells, places)),
                Err(error) => return Err(Error::new(ErrorKind::InvalidValue, error.to_string())),
            };
            pairs.push(owner, rows.own(branch, cells)?);
            Ok(())
        };
        self.lease.fetch(self.monitor, statement, &mut sink).await?;
        Ok(())
    }
}

/// Whether joined collections repeat the rows of a branch.
pub(super) fn multiplies(branch: &Branch) -> bool {
    branch.joined.iter().any(|joined| joined.relation.is_collection() || multiplies(&joined.branch))
}

/// A row whose key nobody asked for: the database compares keys in a way that this process does not, as a column with
/// a collation that ignores case does. Guessing an owner would be a wrong answer.
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
