//! Rows that a session deletes: from then on it answers as if they were not there, and after a rollback as before. Some are
//! marked and stay in their table, others are purged, which ends the links to them.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase};

use super::cell::Cell;
use super::choice::{Query, STRATEGIES};
use super::compare::Comparison;
use super::dice::Dice;
use super::member::{Member, Promise, with_model};
use super::oracle::{Data, is_small, key};
use super::run::{block_on, cases, fail};
use super::strategies_agree::{random_query, select_of, things};
use super::tables::*;
use super::whole::Op;
use super::world::World;

/// Cases in a row that share their rows.
const SHARED: u64 = 8;
const MOST_ROWS: u64 = 400;

/// Models that keep deleted rows, and whose rows no required key refers to.
const KINDS: [usize; 5] = [COUNTRY, CHAPTER, SHELF, TAG, PROFILE];

/// How a row is deleted.
#[derive(Clone, Copy, Debug)]
enum Way {
    Delete,
    Bulk,
    Purge,
    /// A row that is marked already.
    PurgeMarked,
}

#[derive(Debug)]
struct Victim {
    kind: usize,
    key: Vec<Cell>,
    way: Way,
}

#[test]
fn deleted_rows_are_not_there() {
    block_on(async {
        let mut world = World::new().await.expect("a database");
        run(&mut world, cases(400, 20_000), "deletes::deleted_rows_are_not_there").await;
    });
}

#[tokio::test]
async fn deleted_rows_are_not_there_on_postgres() {
    orm_tests::run(Backend::Postgres, |database| on_server(database, "postgres")).await;
}

#[tokio::test]
async fn deleted_rows_are_not_there_on_mysql() {
    orm_tests::run(Backend::Mysql, |database| on_server(database, "mysql")).await;
}

async fn on_server(database: TestDatabase, backend: &'static str) -> Result<()> {
    // What checks a query stays on its thread.
    let checking = tokio::task::spawn_blocking(move || {
        block_on(async {
            let mut world = World::on(&database).await.expect("a database");
            let test = format!("deletes::deleted_rows_are_not_there_on_{backend}");
            run(&mut world, cases(60, 2_000), &test).await;
        });
    });
    match checking.await {
        Ok(()) => Ok(()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

async fn run(world: &mut World, cases: std::ops::Range<u64>, test: &str) {
    let mut filled = None;
    for case in cases {
        if filled != Some(case / SHARED) {
            world.fill(case / SHARED).await;
            filled = Some(case / SHARED);
        }
        if let Err(what) = run_case(world, case).await {
            fail(test, case, &what);
        }
    }
}

async fn run_case(world: &World, case: u64) -> Result<(), String> {
    let dice = &mut Dice::new(case ^ 0xde1e_7e00_0000);
    let (before, after) = (random_query(case ^ 0x1_0000), random_query(case));
    let victims: Vec<Victim> = (0..1 + dice.below(3)).filter_map(|_| victim(dice, &world.data)).collect();
    let mut session = world.engine.session();
    // Twice the same: what is loaded then holds what was deleted.
    let held = [before, after.clone()];
    for query in &held {
        ask(&mut session, &world.data, query).await.map_err(|what| format!("before: {what}"))?;
    }
    let mut data = world.data.clone();
    for victim in &victims {
        let deleted = with_model!(victim.kind, boxed_delete(&mut session, victim)).await;
        deleted.map_err(|error| format!("{victim:?}: {error}"))?;
        end(&mut data, victim);
    }
    session.flush().await.map_err(|error| format!("{victims:?}: {error}"))?;
    for strategy in STRATEGIES {
        let loads = after.loads.iter().map(|load| load.all_by(strategy)).collect();
        let query = Query { loads, ..after.clone() };
        ask(&mut session, &data, &query).await.map_err(|what| format!("after {victims:?}: {what}"))?;
    }
    session.rollback().await.map_err(|error| error.to_string())?;
    for query in &held {
        ask(&mut session, &world.data, query)
            .await
            .map_err(|what| format!("after a rollback of {victims:?}: {what}"))?;
    }
    Ok(())
}

fn victim(dice: &mut Dice, data: &Data) -> Option<Victim> {
    let kind = *dice.pick(&KINDS);
    let rows = &data.tables[kind];
    if rows.is_empty() {
        return None;
    }
    let key = rows[dice.below(rows.len())][..key(kind).len()].to_vec();
    let way = *dice.pick(&[Way::Delete, Way::Delete, Way::Bulk, Way::Purge, Way::PurgeMarked]);
    Some(Victim { kind, key, way })
}

async fn ask(session: &mut Session, data: &Data, query: &Query) -> Result<(), String> {
    if !is_small(data, query, MOST_ROWS) {
        return Ok(());
    }
    with_model!(query.kind, boxed_ask(session, data, query)).await
}

fn boxed_ask<'s, M: Member>(
    session: &'s mut Session,
    data: &'s Data,
    query: &'s Query,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 's>> {
    Box::pin(async move {
        let found = session.all(select_of::<M>(query)).await.map_err(|error| format!("{error}\n{query}"))?;
        let mut comparison = Comparison::new(data);
        comparison.cold = false;
        let compared = comparison.query(query.kind, &things(found), &data.roots(query), &query.loads);
        compared.map_err(|what| format!("{what}\n{query}"))
    })
}

fn boxed_delete<'s, M: Member>(session: &'s mut Session, victim: &'s Victim) -> Promise<'s, ()> {
    Box::pin(async move {
        let columns = victim.key.iter().enumerate();
        let is = columns.map(|(column, cell)| M::term(None, column).compare(Op::Eq, cell));
        let row = is.reduce(|all, one| all & one).expect("a key has columns");
        let find = select::<M>().raise_all().filter(row.clone());
        let one = async |session: &mut Session| session.one_or_none(find).await;
        match victim.way {
            Way::Bulk => drop(session.execute(delete::<M>().filter(row)).await?),
            Way::Delete => {
                if let Some(entity) = one(session).await? {
                    session.delete(&entity)?;
                }
            }
            Way::Purge => {
                if let Some(entity) = one(session).await? {
                    session.purge(&entity)?;
                }
            }
            Way::PurgeMarked => {
                if let Some(entity) = one(session).await? {
                    session.delete(&entity)?;
                    session.flush().await?;
                    session.purge(&entity)?;
                }
            }
        }
        Ok(())
    })
}

/// What the oracle knows then. A row that is deleted already is not found again.
fn end(data: &mut Data, victim: &Victim) {
    let (kind, width) = (victim.kind, key(victim.kind).len());
    let Some(row) = data.tables[kind].iter().position(|row| row[..width] == victim.key[..]) else { return };
    if matches!(victim.way, Way::Purge | Way::PurgeMarked) {
        for link in TABLES[kind].relations.iter().filter(|link| !link.filtered) {
            let Some(key) = data.key(kind, row, link) else { continue };
            match (link.kind, link.through) {
                (_, Some((table, side))) => data.links[table].retain(|cells| match side {
                    0 => !cells.starts_with(&key),
                    _ => !cells.ends_with(&key),
                }),
                (LinkKind::HasMany | LinkKind::HasOne, None) => {
                    let places: Vec<usize> =
                        link.remote.iter().map(|column| place(link.target, column)).collect();
                    for child in &mut data.tables[link.target] {
                        if places.iter().zip(&key).all(|(place, key)| child[*place] == *key) {
                            places.iter().for_each(|place| child[*place] = Cell::Null);
                        }
                    }
                }
                _ => {}
            }
        }
    }
    data.tables[kind].remove(row);
}
