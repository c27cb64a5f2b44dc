//! The statements that load one relationship.

use std::mem;
use std::sync::OnceLock;

use super::branch::{
    Branch, Origin, OwnRows, Tree, collection_order, collections, inner_conditions, joins_one_row, key_order,
    sorts_links, then_by,
};
use super::load_plan::Further;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ModelDef, RelationDef, Selection};
use crate::query::{Depth, LoadSpec, Strategy, equal, link_names, names};
use crate::sql::{
    BinaryOp, Dialect, Expr, Function, Item, Join, JoinKind, KeyColumn, Made, Order, Sees, Select, Source,
    Statement, TableRef, Window, Writer, check_joins,
};
use crate::value::Value;

/// How one relationship of a level's objects is loaded by separate statements.
///
/// One-to-many filters on the child's key, many-to-one on the target's key, many-to-many joins the link table to the
/// target; the parents' table is in none of them.
#[derive(Debug)]
pub(in crate::load) struct Child {
    pub(in crate::load) relation: &'static RelationDef,
    /// Whether it is the whole relationship, so that objects may keep it.
    pub(in crate::load) whole: bool,
    /// What the targets hold of their owner.
    pub(in crate::load) back: Option<&'static RelationDef>,
    /// Whether it is asked for again and again, to the last level: of objects that no statement has all of.
    pub(in crate::load) endless: bool,
    recursive: bool,
    /// Whether rows may give a pair of owner and target twice.
    pub(in crate::load) repeats: bool,
    pub(in crate::load) branch: Branch,
    /// The deferred columns of the targets that are read.
    pub(in crate::load) undeferred: Vec<usize>,
    /// Where the key is in a row.
    pub(in crate::load) key_places: Vec<usize>,
    pub(in crate::load) ask: Ask,
    /// The levels below that a recursive relationship is followed to.
    again: Option<Again>,
    /// What the session holds under a key must meet, to be a target.
    pub(in crate::load) criterion: Option<Expr>,
}

/// How the targets are asked for.
#[derive(Debug)]
pub(in crate::load) enum Ask {
    /// One statement for all parents, which names no keys.
    AtOnce(Box<Statement>),
    /// Statements with the parents' keys.
    ByKeys(Box<ByKeys>),
}

/// A SELECT with a place for keys.
#[derive(Debug)]
pub(in crate::load) struct ByKeys {
    select: Select,
    key_source: Source,
    pub(in crate::load) key_columns: Vec<KeyColumn>,
    /// Whether `select` reads from a ranked subquery, into which the keys go.
    ranked: bool,
    strategy: Strategy,
    /// The most keys in one statement that the query allows.
    batch_size: Option<usize>,
    /// How many values a statement binds beside keys.
    others: OnceLock<usize>,
}

/// The levels below a recursive relationship's own.
#[derive(Debug)]
enum Again {
    /// Loaded by keys, the statement is the same at each of this many levels.
    Same(usize),
    /// Each statement repeats that of the level above.
    Repeating(Box<LoadSpec>, Option<Origin>),
}

impl Child {
    /// Plans how a relationship is loaded, and what is loaded below it. `origin` is the statement that the parents are
    /// from, where it may be repeated.
    ///
    /// # Errors
    /// `InvalidQuery`: the statement cannot be written.
    pub(in crate::load) fn plan(load: LoadSpec, origin: Option<&Origin>, dialect: Dialect) -> Result<Child> {
        let recursive = load.depth.is_some();
        let left = match load.depth {
            Some(Depth::Limited(levels)) => levels,
            _ => 0,
        };
        let at_once = matches!(load.strategy, Strategy::Subquery | Strategy::Whole)
            && load.depth != Some(Depth::Unlimited);
        let origin = origin.filter(|_| at_once);
        let below = origin
            .filter(|_| left > 0)
            .map(|_| Box::new(LoadSpec { depth: Some(Depth::Limited(left - 1)), ..load.clone() }));
        let (relation, strategy) = (load.relation, load.strategy);
        let (under, sees) = (load.under.clone(), load.sees);
        let (whole, back, batch_size) = (!load.is_view(), load.back, load.batch_size);
        let endless = load.depth == Some(Depth::Unlimited);
        let (model, remote) = ((relation.target)(), relation.remote_columns());
        let def = model.def();
        let source = Source::Table(def.table);
        // Ranked rows come out of a subquery that is called as the table is.
        let ranks = load.limit.map(|limit| (limit, Made::called(def.table.name)));
        let outside = ranks.map_or(source.clone(), |(_, called)| Source::Made(called));
        let (mut rows, key_source, key_columns) = rows(relation, remote);
        let link = Some(&key_source).filter(|_| relation.through.is_some());
        let internal = InternalNames::beside(def)?;
        let mut ranked_order = Vec::new();
        let mut order = collection_order(relation, &load, &outside, link);
        if ranks.is_some() {
            ranked_order = collection_order(relation, &load, &source, link);
            // The link table is inside the subquery, which numbers the rows in this order.
            if sorts_links(relation, &load) {
                order = vec![Order::new(Expr::column(&outside, internal.rank), false)];
            }
        }
        let chosen = ranks.iter().flat_map(|_| key_order(def, &outside)).collect::<Vec<_>>();
        let selection = Selection::new(model, &load.undeferred);
        rows.filter = relation.condition(&source, link)?;
        load.filter.into_iter().for_each(|filter| rows.and_where(filter));

        let ranked = ranks.is_some();
        let mut select = match ranks {
            None => rows,
            Some((limit, called)) => {
                // What an inner join below would drop must not take a place.
                for condition in inner_conditions(&source, &load.loads)? {
                    rows.and_where(condition);
                }
                rows.order = ranked_order;
                rank((rows, called), &selection, &key_source, &key_columns, limit, internal)
            }
        };
        // The link's columns come first; a key on the target is among the target's own columns.
        let linked = relation.through.is_some();
        if linked {
            for (key, alias) in key_columns.iter().zip(internal.links) {
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
        let distinct = !linked && !endless;
        // The list of each parent keeps its order too.
        let ties = key_order(def, &outside).filter(|_| relation.is_collection()).collect();
        let mut tree = Tree { select, order: Vec::new(), ties, collections, own_columns, distinct };
        let (mut joins, mut inner) = (Vec::new(), Vec::new());
        let mut branch = tree.branch(selection, &outside, load.loads, &mut joins, &mut inner)?;
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
        let repeats = linked || branch.multiplies();
        let mut again = (left > 0).then_some(Again::Same(left));
        let ask = match origin {
            None => {
                under.apply(&mut select);
                check_joins(&select, dialect)?;
                branch.plan_further(None, &under, sees, dialect)?;
                // Without a statement to repeat, `.subquery()` asks by keys too.
                let strategy = if strategy == Strategy::Subquery { Strategy::Selectin } else { strategy };
                let others = OnceLock::new();
                Ask::ByKeys(Box::new(ByKeys {
                    select,
                    key_source,
                    key_columns,
                    ranked,
                    strategy,
                    batch_size,
                    others,
                }))
            }
            Some(origin) => {
                let key = (&key_source, &key_columns[..]);
                change_rows(&mut select, ranked, |rows| {
                    of_parents(rows, (relation, strategy, sees), key, origin)
                })?;
                check_joins(&select, dialect)?;
                // What repeats the statement adds the criteria by itself.
                let mut whole = select.clone();
                under.apply(&mut whole);
                let statement = Writer::select(dialect, &whole).for_path(relation.name, strategy.name());
                let own = OwnRows { joins: 0, once };
                let repeatable = statement.repeatable.then_some((&select, own));
                branch.plan_further(repeatable, &under, sees, dialect)?;
                again = below.map(|load| {
                    let origin = repeatable.map(|(select, own)| branch.origin(select, own, &under, sees));
                    Again::Repeating(load, origin)
                });
                Ask::AtOnce(Box::new(statement))
            }
        };
        let undeferred = load.undeferred;
        Ok(Child {
            relation,
            whole,
            back,
            endless,
            recursive,
            repeats,
            branch,
            undeferred,
            key_places,
            ask,
            again,
            criterion: under.condition(def.table),
        })
    }

    /// Whether its statements are the same each time and bind nothing but keys.
    pub(super) fn is_constant(&self, dialect: Dialect) -> bool {
        let own = match &self.ask {
            Ask::AtOnce(statement) => {
                statement.params.is_empty() && !matches!(self.again, Some(Again::Repeating(..)))
            }
            Ask::ByKeys(by_keys) => by_keys.others(dialect) == 0,
        };
        own && !self.relation.is_filtered() && self.branch.is_constant(dialect)
    }

    /// How many levels follow by the same statement.
    pub(in crate::load) fn levels(&self) -> usize {
        match self.again {
            Some(Again::Same(levels)) => levels,
            _ => 0,
        }
    }

    /// The statement of the next level of a recursive relationship, where it is another one.
    ///
    /// # Errors
    /// As for [`plan`](Self::plan).
    pub(in crate::load) fn next_level(&self, dialect: Dialect) -> Result<Option<Child>> {
        match &self.again {
            Some(Again::Repeating(load, origin)) => {
                Child::plan(LoadSpec::clone(load), origin.as_ref(), dialect).map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl ByKeys {
    /// How many keys fit one statement: as many as the database binds, unless the query allows fewer.
    pub(in crate::load) fn most_keys(&self, dialect: Dialect) -> usize {
        let room = dialect.key_limit(self.key_columns.len(), self.others(dialect));
        self.batch_size.unwrap_or(usize::MAX).min(room).max(1)
    }

    /// How many values a statement binds beside keys.
    fn others(&self, dialect: Dialect) -> usize {
        *self.others.get_or_init(|| Writer::select(dialect, &self.select).params.len())
    }

    /// How often the statement runs.
    pub(super) fn repeats(&self, of: &Further) -> &'static str {
        if of.child.recursive {
            "once a level"
        } else if self.batch_size.is_some() {
            "once a batch of keys"
        } else {
            "once, or once for as many keys as the database binds"
        }
    }

    /// The statement for some keys.
    pub(in crate::load) fn statement(&self, keys: &[Vec<Value>], path: &str, dialect: Dialect) -> Statement {
        let mut select = self.select.clone();
        if keys.len() > SORTED_AT_ONCE
            && dialect.reads_key_by_key()
            && !self.ranked
            && !select.order.is_empty()
        {
            // Rows are grouped by their parent, so their order matters only within it.
            let key = |key: &KeyColumn| Order::new(Expr::column(&self.key_source, key.name), false);
            let order = mem::replace(&mut select.order, self.key_columns.iter().map(key).collect());
            then_by(&mut select.order, order);
        }
        let condition = Expr::among(&self.key_source, &self.key_columns, keys);
        change_rows(&mut select, self.ranked, |rows| rows.and_where(condition));
        Writer::select(dialect, &select).for_path(path, self.strategy.name())
    }
}

/// Changes the rows of a SELECT before they are ranked.
fn change_rows<T>(select: &mut Select, ranked: bool, change: impl FnOnce(&mut Select) -> T) -> T {
    match &mut select.from {
        Some(TableRef::Query { select, .. }) if ranked => change(select),
        _ => change(select),
    }
}

/// Selects the targets of the parents that a statement finds.
fn of_parents(
    rows: &mut Select,
    (relation, strategy, sees): (&'static RelationDef, Strategy, Sees),
    (key_source, key_columns): (&Source, &[KeyColumn]),
    origin: &Origin,
) -> Result<()> {
    let local = relation.local_columns();
    let mut parents = parents(relation.parent(), local, origin)?;
    if sees != origin.sees {
        // The targets see more than their parents, which have the criteria of their own statement.
        origin.under.apply(&mut parents);
        parents.sees = Sees::Everything;
    }
    // All parents are more than those that have targets, whose keys an index finds then.
    if let (Strategy::Whole, [key]) = (strategy, key_columns) {
        let key = Expr::column(key_source, key.name);
        parents.distinct = false;
        rows.and_where(Expr::InQuery(Box::new(key), Box::new(parents)));
        return Ok(());
    }
    let called = Made::called(PARENTS);
    let alias = Source::Made(called);
    let keys = InternalNames::beside(relation.parent())?.links.into_iter().take(local.len());
    let on = equal(key_columns.iter().map(|key| key.name), key_source, keys, &alias);
    let table = TableRef::query(parents, called);
    rows.joins.insert(0, Join { kind: JoinKind::Inner, table, on, sees: Sees::Same });
    Ok(())
}

/// Names of columns that a statement makes up, and that no column of the model beside them has.
#[derive(Debug, Clone, Copy)]
pub(super) struct InternalNames {
    /// The link's key columns outside the subquery that they come from.
    links: [&'static str; 8],
    /// The place of a row among those of its parent, or of its entity.
    pub(super) rank: &'static str,
    /// The place of a row among all.
    pub(super) number: &'static str,
}

const INTERNAL_NAMES: [InternalNames; 3] = [
    InternalNames {
        links: ["_link_0", "_link_1", "_link_2", "_link_3", "_link_4", "_link_5", "_link_6", "_link_7"],
        rank: "_rank",
        number: "_number",
    },
    InternalNames {
        links: ["_key_0", "_key_1", "_key_2", "_key_3", "_key_4", "_key_5", "_key_6", "_key_7"],
        rank: "_row",
        number: "_place",
    },
    InternalNames {
        links: ["_of_0", "_of_1", "_of_2", "_of_3", "_of_4", "_of_5", "_of_6", "_of_7"],
        rank: "_nth",
        number: "_at",
    },
];
const PARENTS: &str = "_parents";
const PAGE: &str = "_page";

/// The rows of this many keys are sorted together, which costs nothing and keeps the statement readable.
const SORTED_AT_ONCE: usize = 100;

impl InternalNames {
    pub(super) fn beside(def: &ModelDef) -> Result<InternalNames> {
        let taken = |name: &&str| def.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let free =
            |names: &&InternalNames| !names.links.iter().chain([&names.rank, &names.number]).any(&taken);
        INTERNAL_NAMES.iter().find(free).copied().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidModel,
                format!(
                    "`{}` has columns with names like `_rank`, `_row` and `_nth`, which the generated SQL needs; \
                     rename one of them",
                    def.name
                ),
            )
        })
    }
}

/// `FROM target`, or `FROM link JOIN target`, and where the parents' keys are.
fn rows(relation: &'static RelationDef, remote: &[usize]) -> (Select, Source, Vec<KeyColumn>) {
    let def = relation.target();
    let source = Source::Table(def.table);
    let table = TableRef::table(def.table);
    match relation.link_table() {
        None => (Select::from(table), source, def.key_columns(remote)),
        Some(name) => {
            let link = Source::Table(name);
            let on = equal(names(def, remote), &source, link_names(relation.link_target_columns()), &link);
            let mut rows = Select::from(TableRef::table(name));
            rows.joins.push(Join { kind: JoinKind::Inner, table, on, sees: Sees::Same });
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
    internal: InternalNames,
) -> Select {
    let def = selection.def();
    let source = Source::Table(def.table);
    let key = |key: &KeyColumn| Expr::column(key_source, key.name);
    let inside = selection.naming(&source, rows.order.iter().map(|term| &term.expr));
    inside.columns().for_each(|column| rows.returns(column.expr(&source)));
    if *key_source != source {
        for (column, alias) in key_columns.iter().zip(internal.links) {
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
    rows.columns.push(Item { expr: number, alias: Some(internal.rank.into()) });
    let mut select = Select::from(TableRef::query(rows, called));
    let rank = Expr::column(&Source::Made(called), internal.rank);
    let limit = Expr::Bind(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)).into());
    select.filter = Some(Expr::Binary(Box::new(rank), BinaryOp::Le, Box::new(limit)));
    select
}

/// The parents' statement as a subquery of its linking columns. Its order matters only with a page; equal keys are
/// returned once, outside the page where there is one.
fn parents(def: &'static ModelDef, local: &[usize], origin: &Origin) -> Result<Select> {
    let links = InternalNames::beside(def)?.links;
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
