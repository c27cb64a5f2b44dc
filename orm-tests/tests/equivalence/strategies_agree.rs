//! selectin = joined = subquery = auto = a mixture = `load_all` = one object after the other = the oracle.

use std::collections::{HashMap, HashSet};

use orm_core::prelude::*;

use super::choice::{Choice, Query, STRATEGIES, Strategy, forest};
use super::compare::Comparison;
use super::dice::Dice;
use super::forecast::{Forecast, Held};
use super::member::{Member, Promise, Thing, with_model};
use super::oracle::{Data, deeper, is_small};
use super::run::{all_cases, block_on, cases, fail};
use super::tables::{PLAIN, TABLES};
use super::world::World;

/// Cases in a row that share their rows.
const SHARED: u64 = 8;
/// Joins of more rows are left out: they are slow and show nothing that fewer do not.
const MOST_ROWS: u64 = 1_500;

/// What the cases reached, so that a generator that stopped generating is noticed.
#[derive(Default)]
struct Coverage {
    strategies: HashSet<(usize, usize, Strategy)>,
    rows: HashMap<(usize, usize), usize>,
    joined: usize,
    depth: usize,
    inner: usize,
    views: usize,
    recursions: usize,
}

#[test]
fn every_strategy_matches_the_rows() {
    block_on(async {
        let mut coverage = Coverage::default();
        let range = cases(2_000, 50_000);
        let count = range.end - range.start;
        let mut world = World::new().await.expect("a database");
        let mut filled = None;
        for case in range {
            if filled != Some(case / SHARED) {
                world.fill(case / SHARED).await;
                filled = Some(case / SHARED);
            }
            if let Err(what) = run_case(&world, case, &mut coverage).await {
                fail("strategies_agree::every_strategy_matches_the_rows", case, &what);
            }
        }
        if all_cases() {
            check_coverage(&coverage, count);
        }
    });
}

async fn run_case(world: &World, case: u64, coverage: &mut Coverage) -> Result<(), String> {
    let query = random_query(case);
    coverage.of(&world.data, &query);
    with_model!(query.kind, boxed(world, case, &query, coverage)).await
}

fn boxed<'w, M: Member>(
    world: &'w World,
    case: u64,
    query: &'w Query,
    coverage: &'w mut Coverage,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'w>> {
    Box::pin(all_ways::<M>(world, case, query, coverage))
}

pub fn random_query(case: u64) -> Query {
    let dice = &mut Dice::new(case ^ 0x5eed_0000_0000);
    let kind = dice.below(PLAIN);
    let paged = dice.one_in(3);
    let mut nodes = 1 + dice.below(8);
    Query {
        kind,
        filter: dice.one_in(4),
        sort: dice.one_in(2).then(|| dice.one_in(2)),
        total: true,
        limit: paged.then(|| dice.below(5) as u64),
        offset: (paged && dice.one_in(2)).then(|| dice.below(3) as u64),
        populate_existing: dice.one_in(6),
        loads: forest(dice, kind, 4, &mut nodes),
    }
}

async fn all_ways<M: Member>(
    world: &World,
    case: u64,
    query: &Query,
    coverage: &mut Coverage,
) -> Result<(), String> {
    for strategy in STRATEGIES {
        let loads = query.loads.iter().map(|load| load.all_by(strategy)).collect();
        let query = Query { loads, ..query.clone() };
        coverage.joined +=
            usize::from(strategy == Strategy::Joined && is_small(&world.data, &query, MOST_ROWS));
        cold::<M>(world, &query).await?;
    }
    cold::<M>(world, query).await?;
    // The session of another query: what it holds is not asked for again.
    let before = Query { kind: query.kind, ..random_query_of(query.kind, case) };
    warm::<M>(world, &before, query).await?;
    load_all::<M>(world, query, case).await?;
    one_by_one::<M>(world, query).await
}

fn random_query_of(kind: usize, case: u64) -> Query {
    let dice = &mut Dice::new(case ^ 0xbef0_0000_0000);
    let loads = forest(dice, kind, 2, &mut 3);
    Query {
        kind,
        filter: dice.one_in(2),
        sort: None,
        total: true,
        limit: None,
        offset: None,
        populate_existing: false,
        loads,
    }
}

/// The query as the library takes it.
pub fn select_of<M: Member>(query: &Query) -> Select<M> {
    let mut select = query.loads.iter().fold(select::<M>().dynamic(), M::attach);
    if query.filter {
        select = select.filter(M::condition());
    }
    if let Some(descending) = query.sort {
        select = select.order_by(M::by_sort(descending));
    }
    if query.total {
        select = select.order_by(M::by_key());
    }
    if let Some(limit) = query.limit {
        select = select.limit(limit);
    }
    if let Some(offset) = query.offset {
        select = select.offset(offset);
    }
    if query.populate_existing { select.populate_existing() } else { select }
}

pub fn things<M: Member>(found: Vec<Entity<M>>) -> Vec<Thing> {
    found.into_iter().map(|entity| Box::new(entity) as Thing).collect()
}

/// In a new session.
async fn cold<M: Member>(world: &World, query: &Query) -> Result<(), String> {
    if !is_small(&world.data, query, MOST_ROWS) {
        return Ok(());
    }
    let mut session = world.engine.session();
    let mut comparison = Comparison::new(&world.data);
    one_query::<M>(world, &mut session, query, &mut Held::new(), &mut comparison).await
}

/// After another query in the same session.
async fn warm<M: Member>(world: &World, before: &Query, query: &Query) -> Result<(), String> {
    if !is_small(&world.data, before, MOST_ROWS) || !is_small(&world.data, query, MOST_ROWS) {
        return Ok(());
    }
    let mut session = world.engine.session();
    let mut comparison = Comparison::new(&world.data);
    let mut held = Held::new();
    one_query::<M>(world, &mut session, before, &mut held, &mut comparison).await?;
    comparison.cold = false;
    let then = one_query::<M>(world, &mut session, query, &mut held, &mut comparison).await;
    then.map_err(|what| format!("{what}\nafter {before}"))
}

async fn one_query<M: Member>(
    world: &World,
    session: &mut Session,
    query: &Query,
    held: &mut Held,
    comparison: &mut Comparison<'_>,
) -> Result<(), String> {
    let log = world.engine.record();
    let found = session.all(select_of::<M>(query)).await;
    let explain = |what: String| format!("{what}\n{query}\n{log}");
    let found = found.map_err(|error| explain(error.to_string()))?;
    let rows = world.data.roots(query);
    comparison.query(query.kind, &things(found), &rows, &query.loads).map_err(explain)?;
    let statements = Forecast::of_query(&world.data, held, query);
    match log.count() == statements {
        true => Ok(()),
        false => Err(explain(format!("{statements} statements were expected"))),
    }
}

/// The objects first, then each relationship for all of them.
async fn load_all<M: Member>(world: &World, query: &Query, case: u64) -> Result<(), String> {
    let bare = Query { loads: Vec::new(), ..query.clone() };
    if !is_small(&world.data, query, MOST_ROWS) {
        return Ok(());
    }
    let mut session = world.engine.session();
    let mut comparison = Comparison::new(&world.data);
    let mut held = Held::new();
    let rows = world.data.roots(&bare);
    let mut found = session.all(select_of::<M>(&bare)).await.map_err(|error| error.to_string())?;
    Forecast::of_query(&world.data, &mut held, &bare);
    if case.is_multiple_of(2) {
        // Handles without the answer that they came from.
        found = found.iter().map(Entity::dynamic).collect();
    }
    for load in &query.loads {
        // Existing objects cannot be dropped, and a load is named once.
        let load = Choice { inner: false, twice: false, ..load.clone() };
        let log = world.engine.record();
        let explain = |what: String| {
            let query = Query { loads: vec![load.clone()], ..bare.clone() };
            format!("{what}\nload_all of {query}\n{log}")
        };
        let loaded = M::load_all(&mut session, found.clone(), &load).await;
        let loaded = loaded.map_err(|error| explain(error.to_string()))?;
        let loads = std::slice::from_ref(&load);
        comparison.query(query.kind, &loaded, &rows, loads).map_err(explain)?;
        comparison.cold = false;
        let statements = Forecast::of_load_all(&world.data, &mut held, query.kind, &rows, &load);
        if log.count() != statements {
            return Err(explain(format!("{statements} statements were expected")));
        }
    }
    Ok(())
}

/// The objects first, then one relationship of one object after the other: N+1 as it is.
async fn one_by_one<M: Member>(world: &World, query: &Query) -> Result<(), String> {
    let bare = Query { loads: Vec::new(), ..query.clone() };
    let options = SessionOptions::new().repeated_loads(RepeatedLoads::Allow);
    let mut session = world.engine.session_with(options);
    let log = world.engine.record();
    let found = session.all(select_of::<M>(&bare)).await.map_err(|error| error.to_string())?;
    let rows = world.data.roots(&bare);
    let mut held = Held::new();
    let statements = Forecast::of_query(&world.data, &mut held, &bare);
    let mut walk = Walk {
        data: &world.data,
        session: &mut session,
        comparison: Comparison::new(&world.data),
        held,
        loaded: HashSet::new(),
        statements,
        left: 60,
    };
    let explain = |what: String| format!("{what}\none by one of {query}\n{log}");
    for (thing, row) in things(found).iter().zip(rows) {
        walk.visit(thing, query.kind, row, &query.loads).await.map_err(explain)?;
    }
    match log.count() == walk.statements {
        true => Ok(()),
        false => Err(explain(format!("{} statements were expected", walk.statements))),
    }
}

struct Walk<'w> {
    data: &'w Data,
    session: &'w mut Session,
    comparison: Comparison<'w>,
    held: Held,
    /// Relationships that an object holds by now.
    loaded: HashSet<(usize, usize, usize)>,
    statements: usize,
    /// How many more loads there may be.
    left: usize,
}

impl<'w> Walk<'w> {
    fn visit<'v>(
        &'v mut self,
        thing: &'v Thing,
        kind: usize,
        row: usize,
        loads: &'v [Choice],
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'v>> {
        Box::pin(async move {
            self.comparison.object(thing, kind, row)?;
            for load in loads {
                if self.left == 0 {
                    return Ok(());
                }
                self.left -= 1;
                // One object's relationship is loaded whole or not at all.
                let whole = Choice { depth: load.depth, below: Vec::new(), ..Choice::new(load.relation) };
                let link = &TABLES[kind].relations[load.relation];
                let loading: Promise<'_, Vec<Thing>> = thing.load(self.session, load.relation);
                let found = loading.await.map_err(|error| format!("{}: {error}", link.name))?;
                if self.loaded.insert((kind, row, load.relation)) {
                    self.statements += Forecast::of_load_all(
                        self.data,
                        &mut self.held,
                        kind,
                        &[row],
                        &Choice { depth: None, ..whole.clone() },
                    );
                }
                let rows = self.data.related(kind, row, link);
                if found.len() != rows.len() {
                    return Err(format!("{} has {} objects, not {}", link.name, found.len(), rows.len()));
                }
                let below = deeper(load);
                for (thing, row) in found.iter().zip(rows) {
                    self.visit(thing, link.target, row, &below).await?;
                }
            }
            Ok(())
        })
    }
}

impl Coverage {
    fn of(&mut self, data: &Data, query: &Query) {
        let rows = data.roots(query);
        self.loads(data, query.kind, &rows, &query.loads, 1);
    }

    fn loads(&mut self, data: &Data, kind: usize, rows: &[usize], loads: &[Choice], depth: usize) {
        for load in loads {
            let targets = data.all_targets(kind, rows, load);
            *self.rows.entry((kind, load.relation)).or_default() += targets.len();
            self.strategies.insert((kind, load.relation, load.strategy));
            self.depth = self.depth.max(depth);
            self.inner += usize::from(load.inner);
            self.views += usize::from(load.has_own_terms());
            self.recursions += usize::from(load.depth.is_some());
            let target = TABLES[kind].relations[load.relation].target;
            self.loads(data, target, &targets, &load.below, depth + 1);
        }
    }
}

fn check_coverage(coverage: &Coverage, cases: u64) {
    let cases = usize::try_from(cases).expect("not that many");
    for (kind, table) in TABLES.iter().enumerate().take(PLAIN) {
        for (relation, link) in table.relations.iter().enumerate() {
            for strategy in STRATEGIES {
                let covered = coverage.strategies.contains(&(kind, relation, strategy));
                assert!(covered, "{}.{} was never loaded by {strategy:?}", table.model, link.name);
            }
            let rows = coverage.rows.get(&(kind, relation)).copied().unwrap_or_default();
            assert!(rows * 200 >= cases, "{}.{} led to {rows} rows in all", table.model, link.name);
        }
    }
    assert_eq!(coverage.depth, 4, "the deepest tree");
    assert!(coverage.joined * 10 >= cases * 8, "{} of {cases} cases joined all", coverage.joined);
    assert!(coverage.inner * 20 >= cases, "{} inner joins", coverage.inner);
    assert!(coverage.views * 10 >= cases, "{} views", coverage.views);
    assert!(coverage.recursions * 20 >= cases, "{} recursions", coverage.recursions);
}
