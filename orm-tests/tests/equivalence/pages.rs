//! Pages of parents with joined collections: every page of a size, with ties and NULLs in what they are sorted by.

use orm_core::prelude::*;

use super::choice::{Choice, Depth, Query, Strategy, forest};
use super::compare::Comparison;
use super::dice::Dice;
use super::forecast::{Forecast, Held};
use super::member::{Member, Thing, with_model};
use super::oracle::{Data, is_small, key};
use super::run::{all_cases, block_on, cases, fail};
use super::strategies_agree::{select_of, things};
use super::tables::{PLAIN, TABLES};
use super::world::World;

const SHARED: u64 = 8;
const MOST_ROWS: u64 = 4_000;

/// What the cases reached.
#[derive(Default)]
struct Coverage {
    pages: usize,
    wrapped: usize,
    empty: usize,
    ties: usize,
    inner: usize,
}

#[test]
fn every_page_is_exact() {
    block_on(async {
        let mut coverage = Coverage::default();
        let range = cases(500, 10_000);
        let count = usize::try_from(range.end - range.start).expect("not that many");
        let mut world = World::new().await.expect("a database");
        let mut filled = None;
        for case in range {
            if filled != Some(case / SHARED) {
                world.fill(case / SHARED).await;
                filled = Some(case / SHARED);
            }
            if let Err(what) = run_case(&world, case, &mut coverage).await {
                fail("pages::every_page_is_exact", case, &what);
            }
        }
        if all_cases() {
            assert!(coverage.pages >= 2 * count, "{} pages", coverage.pages);
            assert!(coverage.wrapped >= count, "{} pages of joined collections", coverage.wrapped);
            assert!(coverage.empty >= count / 2, "{} pages beyond the end", coverage.empty);
            assert!(coverage.ties >= count / 4, "{} pages among ties", coverage.ties);
            assert!(coverage.inner >= count / 4, "{} pages of inner joins", coverage.inner);
        }
    });
}

/// A query whose loads are joins, with now and then another strategy among them.
fn random_query(case: u64) -> Query {
    let dice = &mut Dice::new(case ^ 0x9a9e_0000_0000);
    let (mut kind, mut loads) = (0, Vec::new());
    for _ in 0..3 {
        kind = dice.below(PLAIN);
        let mut nodes = 1 + dice.below(5);
        loads = forest(dice, kind, 3, &mut nodes);
        loads.iter_mut().for_each(|load| join(dice, kind, load));
        // Joined collections are what this is about.
        if joins_collection(kind, &loads) {
            break;
        }
    }
    Query {
        kind,
        filter: dice.one_in(5),
        sort: Some(dice.one_in(2)),
        total: dice.one_in(2),
        limit: None,
        offset: None,
        populate_existing: false,
        loads,
    }
}

fn joins_collection(kind: usize, loads: &[Choice]) -> bool {
    loads.iter().filter(|load| load.strategy == Strategy::Joined).any(|load| {
        let link = &TABLES[kind].relations[load.relation];
        link.kind.is_collection() || joins_collection(link.target, &load.below)
    })
}

fn join(dice: &mut Dice, kind: usize, load: &mut Choice) {
    let link = &TABLES[kind].relations[load.relation];
    let can_join = load.limit.is_none() && load.depth != Some(Depth::Unlimited);
    if can_join && !dice.one_in(5) {
        load.strategy = Strategy::Joined;
        load.batch = None;
        load.inner = load.depth.is_none() && dice.one_in(3);
    }
    load.below.iter_mut().for_each(|below| join(dice, link.target, below));
    if link.required {
        // A required target cannot be dropped from below.
        load.below.iter_mut().for_each(|below| below.inner = false);
    }
}

async fn run_case(world: &World, case: u64, coverage: &mut Coverage) -> Result<(), String> {
    let query = random_query(case);
    let size = case % 8;
    with_model!(query.kind, boxed(world, size, query, coverage)).await
}

fn boxed<'w, M: Member>(
    world: &'w World,
    size: u64,
    query: Query,
    coverage: &'w mut Coverage,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'w>> {
    Box::pin(all_pages::<M>(world, size, query, coverage))
}

/// The pages of a size up to one beyond the end; and once everything after an offset.
async fn all_pages<M: Member>(
    world: &World,
    size: u64,
    query: Query,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let rows = world.data.all_roots(&query);
    if !is_small(&world.data, &query, MOST_ROWS) {
        return Ok(());
    }
    let count = rows.len() as u64;
    let mut seen: Vec<usize> = Vec::new();
    for page in 0..=count / size.max(1) + 1 {
        let query = Query { limit: Some(size), offset: Some(page * size), ..query.clone() };
        coverage.of(&world.data, &query, &rows);
        seen.extend(one_page::<M>(world, &query).await?);
        if size == 0 {
            break;
        }
    }
    let once = {
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        once.len() == seen.len()
    };
    // Without a total order SQL does not promise that pages fit together.
    if query.total && size > 0 && (!once || seen.len() != rows.len()) {
        return Err(format!("the pages of {size} hold the rows {seen:?} of {rows:?}\n{query}"));
    }
    let rest = Query { limit: None, offset: Some(size), ..query.clone() };
    one_page::<M>(world, &rest).await.map(|_| ())
}

/// The rows of a page, in its order, after comparing it with the oracle.
async fn one_page<M: Member>(world: &World, query: &Query) -> Result<Vec<usize>, String> {
    let mut session = world.engine.session();
    let log = world.engine.record();
    let explain = |what: String| format!("{what}\n{query}\n{log}");
    let found = session.all(select_of::<M>(query)).await.map_err(|error| explain(error.to_string()))?;
    let found = things(found);
    let expected = world.data.roots(query);
    let rows = match query.total {
        true => expected,
        // Among ties any row may come; the keys tell which ones did.
        false => rows_of(&world.data, query, &found, &expected).map_err(explain)?,
    };
    let mut comparison = Comparison::new(&world.data);
    comparison.query(query.kind, &found, &rows, &query.loads).map_err(explain)?;
    let statements = Forecast::of_rows(&world.data, &mut Held::new(), query, rows.clone());
    match log.count() == statements {
        true => Ok(rows),
        false => Err(explain(format!("{statements} statements were expected"))),
    }
}

/// The rows of objects that may be others than expected as long as they sort alike.
fn rows_of(data: &Data, query: &Query, found: &[Thing], expected: &[usize]) -> Result<Vec<usize>, String> {
    let kind = query.kind;
    let all = data.all_roots(query);
    let mut rows = Vec::new();
    for thing in found {
        let key_of = &thing.cells()[..key(kind).len()];
        let row = all.iter().copied().find(|row| data.cells(kind, *row, key(kind)) == key_of);
        let row = row.ok_or_else(|| format!("{:?} is no row of the query", thing.cells()))?;
        if rows.contains(&row) {
            return Err(format!("{:?} is on the page twice", thing.cells()));
        }
        rows.push(row);
    }
    let sorted = |rows: &[usize]| -> Vec<_> {
        rows.iter().map(|row| data.cell(kind, *row, TABLES[kind].sort).clone()).collect()
    };
    match sorted(&rows) == sorted(expected) {
        true => Ok(rows),
        false => Err(format!("the page sorts {:?}, not {:?}", sorted(&rows), sorted(expected))),
    }
}

impl Coverage {
    fn of(&mut self, data: &Data, query: &Query, rows: &[usize]) {
        let kind = query.kind;
        self.pages += 1;
        self.wrapped += usize::from(joins_collection(kind, &query.loads));
        self.inner += usize::from(query.loads.iter().any(|load| load.inner));
        self.empty += usize::from(data.roots(query).is_empty());
        let sort = |row: &usize| data.cell(kind, *row, TABLES[kind].sort);
        self.ties +=
            usize::from(!query.total && rows.windows(2).any(|pair| sort(&pair[0]) == sort(&pair[1])));
    }
}
