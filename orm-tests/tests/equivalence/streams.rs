//! A stream returns what the query returns, batch by batch, each with separate objects; and refuses what needs all
//! rows.

use orm_core::ErrorKind;

use super::choice::{Query, Strategy};
use super::compare::Comparison;
use super::dice::Dice;
use super::member::{Member, with_model};
use super::oracle::is_small;
use super::run::{all_cases, block_on, cases, fail};
use super::strategies_agree::{random_query, select_of, things};
use super::world::World;

const SHARED: u64 = 8;
const MOST_ROWS: u64 = 1_500;

/// What the cases reached.
#[derive(Default)]
struct Coverage {
    batches: usize,
    joined: usize,
    refused: usize,
}

#[test]
fn every_batch_is_exact() {
    block_on(async {
        let mut coverage = Coverage::default();
        let range = cases(600, 20_000);
        let count = usize::try_from(range.end - range.start).expect("not that many");
        let mut world = World::new().await.expect("a database");
        let mut filled = None;
        for case in range {
            if filled != Some(case / SHARED) {
                world.fill(case / SHARED).await;
                filled = Some(case / SHARED);
            }
            let query = random_query(case);
            let query = Query { total: true, populate_existing: false, ..query };
            let by_key = query.loads.iter().map(|load| load.all_by(Strategy::Selectin)).collect();
            for query in [Query { loads: by_key, ..query.clone() }, query] {
                let done = with_model!(query.kind, boxed(&world, case, &query, &mut coverage)).await;
                done.unwrap_or_else(|what| fail("streams::every_batch_is_exact", case, &what));
            }
        }
        if all_cases() {
            assert!(coverage.batches >= count, "{} batches", coverage.batches);
            assert!(coverage.joined * 20 >= count, "{} streams with joins", coverage.joined);
            assert!(coverage.refused * 5 >= count, "{} streams refused", coverage.refused);
        }
    });
}

fn boxed<'w, M: Member>(
    world: &'w World,
    case: u64,
    query: &'w Query,
    coverage: &'w mut Coverage,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'w>> {
    Box::pin(streamed::<M>(world, case, query, coverage))
}

async fn streamed<M: Member>(
    world: &World,
    case: u64,
    query: &Query,
    coverage: &mut Coverage,
) -> Result<(), String> {
    if !is_small(&world.data, query, MOST_ROWS) {
        return Ok(());
    }
    let batch = 1 + Dice::new(case ^ 0x57ea_0000_0000).below(4);
    let mut session = world.engine.session();
    let rows = world.data.roots(query);
    let log = world.engine.record();
    let mut stream = session.stream(select_of::<M>(query).yield_per(batch));
    let mut at = 0;
    loop {
        let explain = |what: String| format!("{what}\nfrom row {at}, {batch} at a time, of {query}\n{log}");
        let found = match stream.next_batch().await {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if error.kind() == ErrorKind::InvalidQuery && at == 0 && log.count() == 0 => {
                coverage.refused += 1;
                return match refusable(query) {
                    true => Ok(()),
                    false => Err(explain(error.to_string())),
                };
            }
            Err(error) => return Err(explain(error.to_string())),
        };
        let expected = rows.get(at..(at + batch).min(rows.len())).unwrap_or_default();
        let mut comparison = Comparison::new(&world.data);
        // What was not loaded is "detached" of these objects.
        comparison.cold = false;
        comparison.query(query.kind, &things(found), expected, &query.loads).map_err(explain)?;
        at += expected.len();
        coverage.batches += 1;
    }
    drop(stream);
    coverage.joined += usize::from(log.statements().iter().any(|one| one.strategy == Some("joined")));
    match at == rows.len() {
        true => Ok(()),
        false => Err(format!("the stream ended after {at} of {} rows\n{query}\n{log}", rows.len())),
    }
}

/// Whether something in a query is not loaded by keys.
fn refusable(query: &Query) -> bool {
    fn any(loads: &[super::choice::Choice]) -> bool {
        let needs_more = [Strategy::Joined, Strategy::Subquery];
        loads.iter().any(|load| needs_more.contains(&load.strategy) || any(&load.below))
    }
    any(&query.loads)
}
