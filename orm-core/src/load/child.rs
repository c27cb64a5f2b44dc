use std::mem;
use std::sync::Arc;

use super::keys::KeyValues;
use super::levels::{Levels, Origin};
use super::tree::{
    Branch, OwnRows, Tree, collection_order, collections, inner_conditions, joins_one_row, key_order, then_by,
};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::model::{ModelDef, RelationDef, Selection};
use crate::query::{Depth, LoadSpec, Strategy, equal, names};
use crate::sql::{
    BinaryOp, Dialect, Expr, Function, Item, Join, JoinKind, KeyColumn, Made, Order, Select, Source,
    Statement, TableRef, Window, Writer, check_joins,
};
use crate::value::Value;

/// The statement of one relationship, but for its condition on the parents.
///
/// One-to-many filters on the child's key, many-to-one on the target's key, many-to-many joins the link table to the
/// target; the parents' table is in none of them.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) relation: &'static RelationDef,
    strategy: Strategy,
    /// Whether it is asked for again and again, to the last level: of objects that no statement has all of.
    endless: bool,
    pub(super) branch: Branch,
    /// The deferred columns of the targets that are read.
    pub(super) undeferred: Vec<usize>,
    /// Where the key is in a row.
    pub(super) key_places: Vec<usize>,
    select: Select,
    key_source: Source,
    key_columns: Vec<KeyColumn>,
    /// Whether `select` reads from a ranked subquery, into which the condition goes.
    ranked: bool,
    /// Whether each target has one row where each parent's key is asked for once.
    once: bool,
    path: Arc<str>,
}

/// Which parents a statement is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition<'k> {
    /// Those with these keys.
    Keys(&'k [KeyValues]),
    /// Those of their own statement.
    Parents(&'k Origin),
}

impl Child {
    pub(super) fn new(
        store: &mut Store,
        levels: &mut Levels,
        load: LoadSpec,
        path: Arc<str>,
    ) -> Result<Child> {
        let (relation, strategy) = (load.relation, load.strategy);
        let endless = load.depth == Some(Depth::Unlimited);
        let (model, remote) = ((relation.target)(), relation.remote_columns());
        let def = model.def();
        let source = Source::Table(def.table);
        // Ranked rows come out of a subquery that is called as the table is.
        let ranks = load.limit.map(|limit| (limit, Made::called(def.table.name)));
        let outside = ranks.map_or(source.clone(), |(_, called)| Source::Made(called));
        let order = collection_order(relation, &load, &outside);
        let ranked_order = collection_order(relation, &load, &source);
        let chosen = ranks.iter().flat_map(|_| key_order(def, &outside)).collect::<Vec<_>>();
        let (mut rows, key_source, key_columns) = rows(relation, remote);
        let made_up = MadeUp::beside(def)?;
        let selection = Selection::new(model, &load.undeferred);
        rows.filter = load.filter;

        let ranked = ranks.is_some();
        let mut select = match ranks {
            None => rows,
            Some((limit, called)) => {
                // What an inner join below would drop must not take a place.
                for condition in inner_conditions(&source, &load.loads)? {
                    rows.and_where(condition);
                }
                rows.order = ranked_order;
                rank((rows, called), &selection, &key_source, &key_columns, limit, made_up)
            }
        };
        // The link's columns come first; a key on the target is among the target's own columns.
        let linked = relation.through.is_some();
        if linked {
            for (key, alias) in key_columns.iter().zip(made_up.links) {
                select.returns(match ranked {
                    false => Expr::column_of(&key_source, key.name, key.secret),
                    true => Expr::column_of(&outside, alias, key.secret),
                });
            }
        }

        let once = !linked && joins_one_row(&load.loads);
        let collections = collections(&load.loads);
        let own_columns = select.columns.len();
        // A link table repeats a target for each of its parents, and an endless recursion reaches one at several levels.
        let distinct = relation.through.is_none() && !endless;
        // The list of each parent keeps its order too.
        let ties = key_order(def, &outside).filter(|_| relation.is_collection()).collect();
        let joined_order = Vec::new();
        let mut tree =
            Tree { store, levels, select, order: joined_order, ties, collections, own_columns, distinct };
        let (mut joins, mut inner) = (Vec::new(), Vec::new());
        let branch = tree.branch(selection, &outside, load.loads, &path, &mut joins, &mut inner)?;
        let Tree { mut select, order: joined_order, .. } = tree;
        select.joins.append(&mut inner);
        select.joins.append(&mut joins);
        select.order = order;
        // Those that a limit takes stand in the order in which it takes them.
        then_by(&mut select.order, chosen);
        then_by(&mut select.order, joined_order);

        let key_places = match linked {
            true => (0..key_columns.len()).collect(),
            false => {
                let place = |column: &usize| Some(branch.offset + branch.selection.place(*column)?);
                remote.iter().filter_map(place).collect()
            }
        };
        Ok(Child {
            relation,
            strategy,
            endless,
            branch,
            undeferred: load.undeferred,
            key_places,
            select,
            key_source,
            key_columns,
            ranked,
            once,
            path,
        })
    }

    /// How many keys fit one statement: as many as the database binds, unless the query says fewer.
    pub(super) fn most_keys(&self, dialect: Dialect, batch_size: Option<usize>) -> usize {
        let others = Writer::select(dialect, &self.select).params.len();
        let room = dialect.key_limit(self.key_columns.len(), others);
        batch_size.unwrap_or(usize::MAX).min(room).max(1)
    }

    /// The condition of the one statement that gets the targets of all parents, where there is such a one; otherwise
    /// statements ask by keys. `origin` is the statement that the parents are from.
    pub(super) fn at_once<'o>(&self, origin: Option<&'o Origin>) -> Option<Condition<'o>> {
        match (self.strategy, origin) {
            (Strategy::Subquery | Strategy::Whole, Some(origin)) if !self.endless => {
                Some(Condition::Parents(origin))
            }
            _ => None,
        }
    }

    /// The statement for some parents, and its SELECT. It is named after what it does: without a statement to repeat,
    /// `.subquery()` asks by keys too.
    pub(super) fn ask(&self, condition: Condition<'_>, dialect: Dialect) -> Result<(Select, Statement)> {
        let strategy = match (condition, self.strategy) {
            (Condition::Keys(_), Strategy::Subquery) => Strategy::Selectin,
            (_, strategy) => strategy,
        };
        let select = self.select(condition, dialect)?;
        check_joins(&select, dialect)?;
        let statement = Writer::select(dialect, &select).for_path(&self.path, strategy.name());
        Ok((select, statement))
    }

    /// The SELECT for some parents.
    fn select(&self, condition: Condition<'_>, dialect: Dialect) -> Result<Select> {
        let mut select = self.select.clone();
        if let Condition::Keys(keys) = condition
            && keys.len() > SORTED_AT_ONCE
            && dialect.reads_key_by_key()
            && !self.ranked
            && !select.order.is_empty()
        {
            // Rows are grouped by their parent, so their order counts within it alone.
            let key = |key: &KeyColumn| Order::new(Expr::column(&self.key_source, key.name), false);
            let order = mem::replace(&mut select.order, self.key_columns.iter().map(key).collect());
            then_by(&mut select.order, order);
        }
        let rows = match &mut select.from {
            Some(TableRef::Query { select, .. }) if self.ranked => &mut **select,
            _ => &mut select,
        };
        match condition {
            Condition::Keys(keys) => rows.and_where(Expr::among(&self.key_source, &self.key_columns, keys)),
            Condition::Parents(origin) => {
                let local = self.relation.local_columns();
                let mut parents = parents(self.relation.parent(), local, origin)?;
                // All parents are more than those that have targets, whose keys an index finds then.
                if let (Strategy::Whole, [key]) = (self.strategy, &self.key_columns[..]) {
                    let key = Expr::column(&self.key_source, key.name);
                    parents.distinct = false;
                    rows.and_where(Expr::InQuery(Box::new(key), Box::new(parents)));
                    return Ok(select);
                }
                let called = Made::called(PARENTS);
                let alias = Source::Made(called);
                let keys = MadeUp::beside(self.relation.parent())?.links.into_iter().take(local.len());
                let on = equal(self.key_columns.iter().map(|key| key.name), &self.key_source, keys, &alias);
                let table = TableRef::query(parents, called);
                rows.joins.insert(0, Join { kind: JoinKind::Inner, table, on });
            }
        }
        Ok(select)
    }

    /// Says of the levels which statement their objects are from, where a further one may repeat it.
    pub(super) fn set_origins(&self, levels: &mut Levels, select: &Select, statement: &Statement) {
        if statement.repeatable {
            self.branch.set_origins(levels, select, OwnRows { joins: 0, once: self.once });
        }
    }
}

/// Names of columns that a statement makes up, and that no column of the model beside them has.
#[derive(Debug, Clone, Copy)]
pub(super) struct MadeUp {
    /// The link's key columns outside the subquery that they come from.
    links: [&'static str; 8],
    /// The place of a row among those of its parent, or of its entity.
    pub(super) rank: &'static str,
    /// The place of a row among all.
    pub(super) number: &'static str,
}

const MADE_UP: [MadeUp; 3] = [
    MadeUp {
        links: ["_link_0", "_link_1", "_link_2", "_link_3", "_link_4", "_link_5", "_link_6", "_link_7"],
        rank: "_rank",
        number: "_number",
    },
    MadeUp {
        links: ["_key_0", "_key_1", "_key_2", "_key_3", "_key_4", "_key_5", "_key_6", "_key_7"],
        rank: "_row",
        number: "_place",
    },
    MadeUp {
        links: ["_of_0", "_of_1", "_of_2", "_of_3", "_of_4", "_of_5", "_of_6", "_of_7"],
        rank: "_nth",
        number: "_at",
    },
];
const PARENTS: &str = "_parents";
const PAGE: &str = "_page";

/// The rows of so many keys are sorted all at once: that costs nothing, and the statement says what it is for.
const SORTED_AT_ONCE: usize = 100;

impl MadeUp {
    pub(super) fn beside(def: &ModelDef) -> Result<MadeUp> {
        let taken = |name: &&str| def.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let free = |names: &&MadeUp| !names.links.iter().chain([&names.rank, &names.number]).any(&taken);
        MADE_UP.iter().find(free).copied().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidModel,
                format!("`{}` has columns called like `_rank`, `_row` and `_nth`, which statements need for themselves; rename one of them", def.name),
            )
        })
    }
}

/// `FROM target`, or `FROM link JOIN target`, and where the parents' keys are.
fn rows(relation: &'static RelationDef, remote: &[usize]) -> (Select, Source, Vec<KeyColumn>) {
    let def = relation.target();
    let source = Source::Table(def.table);
    let table = TableRef::table(def.table);
    match &relation.through {
        None => (Select::from(table), source, def.key_columns(remote)),
        Some(through) => {
            let link = Source::Table(through.table);
            let on = equal(names(def, remote), &source, through.target_key.iter().copied(), &link);
            let mut rows = Select::from(TableRef::table(through.table));
            rows.joins.push(Join { kind: JoinKind::Inner, table, on });
            (rows, link, relation.link_columns().to_vec())
        }
    }
}

/// The first rows of each key: `SELECT .. FROM (SELECT .., row_number() OVER (PARTITION BY key ORDER BY ..)) WHERE`; over
/// a link table `dense_rank()`.
fn rank(
    (mut rows, called): (Select, Made),
    selection: &Selection,
    key_source: &Source,
    key_columns: &[KeyColumn],
    limit: u64,
    made_up: MadeUp,
) -> Select {
    let def = selection.def();
    let source = Source::Table(def.table);
    let key = |key: &KeyColumn| Expr::column(key_source, key.name);
    let inside = selection.naming(&source, rows.order.iter().map(|term| &term.expr));
    inside.columns().for_each(|column| rows.returns(column.expr(&source)));
    if *key_source != source {
        for (column, alias) in key_columns.iter().zip(made_up.links) {
            rows.columns.push(Item { expr: key(column), alias: Some(alias.into()) });
        }
    }
    let mut order = mem::take(&mut rows.order);
    // The same rows are the first ones each time that the statement is repeated.
    then_by(&mut order, key_order(def, &source));
    // A link that exists twice leads to one target, and takes one place.
    let dense = *key_source != source;
    let number = Function::Named(if dense { "dense_rank" } else { "row_number" });
    let window = Window { partition: key_columns.iter().map(key).collect(), order, frame: None };
    let number = Expr::Over(Box::new(Expr::Call(number, Vec::new())), Box::new(window));
    rows.columns.push(Item { expr: number, alias: Some(made_up.rank.into()) });
    let mut select = Select::from(TableRef::query(rows, called));
    let rank = Expr::column(&Source::Made(called), made_up.rank);
    let limit = Expr::Bind(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)).into());
    select.filter = Some(Expr::Binary(Box::new(rank), BinaryOp::Le, Box::new(limit)));
    select
}

/// The parents' statement as a subquery of its linking columns. Its order matters only with a page; equal keys are
/// returned once, outside the page where there is one.
fn parents(def: &'static ModelDef, local: &[usize], origin: &Origin) -> Result<Select> {
    let links = MadeUp::beside(def)?.links;
    let mut rows = Select::clone(&origin.select);
    let paged = rows.limit.is_some() || rows.offset.is_some();
    if !paged {
        rows.order.clear();
    }
    for (name, alias) in names(def, local).zip(links) {
        let expr = Expr::column(&origin.source, name);
        rows.columns.push(Item { expr, alias: Some(alias.into()) });
    }
    let once = local == def.key && origin.once;
    if once || !paged {
        rows.distinct |= !once;
        return Ok(rows);
    }
    let called = Made::called(PAGE);
    let page = Source::Made(called);
    let mut distinct = Select::from(TableRef::query(rows, called));
    distinct.distinct = true;
    for alias in links.into_iter().take(local.len()) {
        let expr = Expr::column(&page, alias);
        distinct.columns.push(Item { expr, alias: Some(alias.into()) });
    }
    Ok(distinct)
}
