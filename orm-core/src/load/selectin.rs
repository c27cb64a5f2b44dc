use std::sync::Arc;

use super::keys::{KeyValues, Keys, among};
use super::levels::{EdgeBuilder, Levels, Owners, Pairs};
use super::loader::{Loader, Wanted, wanted};
use super::rows::Rows;
use super::tree::{Branch, Tree, collection_order, equal, names};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Hydrate, RelationDef};
use crate::query::{LoadSpec, Strategy};
use crate::sql::{BinaryOp, Expr, Item, Join, JoinKind, Order, Select, Source, Statement, TableRef, Writer};
use crate::value::{Cells, Value};

/// The statement of one relationship, but for its keys.
struct Child {
    select: Select,
    branch: Branch,
    /// Where the condition on the keys goes, and on which columns.
    key_source: Source,
    key_columns: Vec<&'static str>,
    /// Where the key is in a row.
    key_places: Vec<usize>,
    /// Whether `select` reads from a ranked subquery, into which the condition goes.
    ranked: bool,
}

impl Loader<'_> {
    /// Asks for one relationship of all objects of a level; returns what the new levels wait for.
    ///
    /// One-to-many filters on the child's key, many-to-one on the target's key, many-to-many joins the link table to
    /// the target; the parents' table is in none of them.
    pub(super) async fn selectin(&mut self, next: Wanted, levels: &mut Levels) -> Result<Vec<Wanted>> {
        let Wanted { level, load, path } = next;
        let relation = load.relation;
        let parents = &levels.levels[level];
        let local = relation.local_columns()?;
        let keys = Keys::collect(self.store.arena(parents.arena), &parents.nodes, &local);
        let whole = !load.is_view();
        let batch_size = load.batch_size;

        let mut child = self.child(load, &path, levels)?;
        let mut pairs = Pairs::new(relation.through.is_some() || joins_any(&child.branch));
        let ask = self.held(relation, whole && child.branch.joined.is_empty(), &keys, &child, levels, &mut pairs);
        let most = self.most_keys(&child, batch_size);
        for batch in ask.chunks(most) {
            let statement = self.statement(&child, batch, &path);
            self.take(&statement, &mut child, &keys, relation, levels, &mut pairs).await?;
        }

        child.branch.finish(levels)?;
        let owners: Owners = keys.into_owners();
        let targets = pairs.group(relation, &owners)?;
        let to = child.branch.level;
        levels.levels[level].edges.push(EdgeBuilder { relation, level: to, whole, targets });
        Ok(wanted(child.branch))
    }

    /// Takes the targets that the session already holds, where the key is their primary key; returns the keys to ask
    /// the database for.
    fn held(
        &self,
        relation: &RelationDef,
        may_be_held: bool,
        keys: &Keys,
        child: &Child,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Vec<KeyValues> {
        let use_map = may_be_held && self.existing == Hydrate::Keep && relation.refers_to_primary_key();
        let mut ask = Vec::with_capacity(keys.distinct.len());
        for (owner, key) in (0..).zip(&keys.distinct) {
            match self.store.find(child.branch.arena, key).filter(|_| use_map) {
                Some(node) => pairs.push(owner, levels.levels[child.branch.level].position(node)),
                None => ask.push(key.clone()),
            }
        }
        ask
    }

    fn child(&mut self, load: LoadSpec, path: &Arc<str>, levels: &mut Levels) -> Result<Child> {
        let relation = load.relation;
        let (model, remote) = ((relation.target)(), relation.remote_columns()?);
        let def = model.def();
        let source = Source::Table(def.table);
        let table = TableRef::Table { name: def.table, alias: None };
        let order = collection_order(relation, &load, &source);

        let mut rows = match &relation.through {
            None => Select::from(table),
            Some(through) => {
                let link = Source::Table(through.table);
                let on = equal(names(def, &remote), &source, through.target_key.iter().copied(), &link);
                let mut rows = Select::from(TableRef::Table { name: through.table, alias: None });
                rows.joins.push(Join { kind: JoinKind::Inner, table, on });
                rows
            }
        };
        rows.filter = load.filter;
        let (key_source, key_columns) = match &relation.through {
            None => (source.clone(), names(def, &remote).collect::<Vec<_>>()),
            Some(through) => (Source::Table(through.table), through.key.to_vec()),
        };

        let ranked = load.limit.is_some();
        let mut select = match load.limit {
            None => rows,
            Some(limit) => {
                rows.order.clone_from(&order);
                rank(rows, def.columns.iter().map(|c| c.name), def.table, &key_source, &key_columns, limit)
            }
        };
        // The link's columns come first; a key on the target is among the target's own columns.
        let linked = relation.through.is_some();
        for (at, name) in (0..).zip(&key_columns).filter(|_| linked) {
            let expr = match ranked {
                false => Expr::Column { source: key_source.clone(), name },
                true => Expr::Column { source: source.clone(), name: LINK_KEYS.get(at).copied().unwrap_or(name) },
            };
            select.columns.push(Item { expr, alias: None });
        }

        let mut tree = Tree { store: self.store, levels, select, order: Vec::new(), aliases: 0 };
        let (mut joins, mut inner) = (Vec::new(), Vec::new());
        let branch = tree.branch(model, &source, load.loads, path, &mut joins, &mut inner, false)?;
        let Tree { mut select, order: joined_order, .. } = tree;
        select.joins.append(&mut inner);
        select.joins.append(&mut joins);
        select.order = order;
        select.order.extend(joined_order);

        let key_places = match linked {
            true => (0..key_columns.len()).collect(),
            false => remote.iter().map(|column| branch.offset + column).collect(),
        };
        Ok(Child { select, branch, key_source, key_columns, key_places, ranked })
    }

    /// How many keys fit one statement: as many as the database binds, unless the query says fewer.
    fn most_keys(&self, child: &Child, batch_size: Option<usize>) -> usize {
        let others = Writer::select(self.dialect, &child.select).binds.len();
        let room = self.dialect.bind_limit().saturating_sub(others) / child.key_columns.len().max(1);
        batch_size.unwrap_or(usize::MAX).min(room).max(1)
    }

    fn statement(&self, child: &Child, keys: &[KeyValues], path: &str) -> Statement {
        let condition = among(&child.key_source, &child.key_columns, keys);
        let mut select = child.select.clone();
        match &mut select.from {
            TableRef::Query { select, .. } if child.ranked => select.and_where(condition),
            _ => select.and_where(condition),
        }
        Writer::select(self.dialect, &select).for_path(path, Strategy::Selectin.name())
    }

    async fn take(
        &mut self,
        statement: &Statement,
        child: &mut Child,
        keys: &Keys,
        relation: &RelationDef,
        levels: &mut Levels,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let (branch, places) = (&mut child.branch, &child.key_places);
        let mut rows = Rows { store: self.store, levels, existing: self.existing };
        let mut sink = |cells: &dyn Cells| -> Result<()> {
            let owner = match keys.find(cells, places) {
                Ok(Some(owner)) => owner,
                Ok(None) => return Err(unknown_key(relation, cells, places)),
                Err(error) => return Err(Error::new(ErrorKind::InvalidValue, error.to_string())),
            };
            if let Some(target) = rows.take(branch, cells)? {
                pairs.push(owner, target);
            }
            Ok(())
        };
        self.lease.fetch(self.monitor, statement, &mut sink).await?;
        Ok(())
    }
}

/// What the link's key columns are called outside a ranked subquery.
const LINK_KEYS: [&str; 8] =
    ["_link_0", "_link_1", "_link_2", "_link_3", "_link_4", "_link_5", "_link_6", "_link_7"];

const RANK: &str = "_rank";

/// The first rows of each key: `SELECT .. FROM (SELECT .., row_number() OVER (PARTITION BY key ORDER BY ..)) WHERE`.
fn rank(
    mut rows: Select,
    columns: impl Iterator<Item = &'static str>,
    table: &'static str,
    key_source: &Source,
    key_columns: &[&'static str],
    limit: u64,
) -> Select {
    let source = Source::Table(table);
    let key = |name: &&'static str| Expr::Column { source: key_source.clone(), name };
    columns.for_each(|column| rows.column(&source, column));
    if *key_source != source {
        for (name, alias) in key_columns.iter().zip(LINK_KEYS) {
            rows.columns.push(Item { expr: key(name), alias: Some(alias.into()) });
        }
    }
    let order: Vec<Order> = std::mem::take(&mut rows.order);
    let number = Expr::RowNumber { partition: key_columns.iter().map(key).collect(), order };
    rows.columns.push(Item { expr: number, alias: Some(RANK.into()) });
    let mut select = Select::from(TableRef::Query { select: Box::new(rows), alias: table.into() });
    let rank = Expr::Column { source, name: RANK };
    let limit = Expr::Bind(Value::from(i64::try_from(limit).unwrap_or(i64::MAX)).into());
    select.filter = Some(Expr::Binary(Box::new(rank), BinaryOp::Le, Box::new(limit)));
    select
}

fn joins_any(branch: &Branch) -> bool {
    branch.joined.iter().any(|joined| joined.relation.is_collection() || joins_any(&joined.branch))
}

/// A row whose key nobody asked for: the database compares keys in a way that this process does not, as a column with
/// a collation that ignores case does. Guessing an owner would be a wrong answer.
fn unknown_key(relation: &RelationDef, cells: &dyn Cells, places: &[usize]) -> Error {
    let show = |place: &usize| cells.cell(*place).map_or_else(|_| "?".to_owned(), |cell| cell.to_string());
    let key: Vec<String> = places.iter().map(show).collect();
    Error::new(
        ErrorKind::InvalidValue,
        format!(
            "`{}`: the database answered with the key {}, which no loaded object has; the key columns compare \
             differently in the database (a collation?)",
            relation.path(),
            key.join(", ")
        ),
    )
}
