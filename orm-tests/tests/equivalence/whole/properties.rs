use orm_core::prelude::*;

use super::answer::{joined, keep_first, list, page};
use super::coverage::Coverage;
use super::question::{By, Question, with_defaults};
use super::random::value;
use super::rules::{refusal, refusal_behind, refusal_in_stream};
use crate::choice::{Choice, STRATEGIES};
use crate::compare::Comparison;
use crate::dice::Dice;
use crate::member::{Member, with_model};
use crate::oracle::is_small_of;
use crate::strategies_agree::things;
use crate::tables::TABLES;
use crate::world::World;

/// Joins of more rows are left out: they are slow and show nothing that fewer do not.
const MOST_ROWS: u64 = 1_500;

/// Holds a query against the oracle in every way in which it can be asked.
pub async fn check(
    world: &World,
    question: &Question,
    case: u64,
    coverage: &mut Coverage,
) -> Result<(), String> {
    with_model!(question.kind, boxed(world, question, case, coverage)).await
}

fn boxed<'w, M: Member>(
    world: &'w World,
    question: &'w Question,
    case: u64,
    coverage: &'w mut Coverage,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'w>> {
    Box::pin(all_ways::<M>(world, question, case, coverage))
}

async fn all_ways<M: Member>(
    world: &World,
    question: &Question,
    case: u64,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let mut asked: Vec<Question> = vec![question.bare(), question.clone()];
    asked.extend(STRATEGIES.map(|strategy| question.all_by(strategy)));
    let dice = &mut Dice::new(case ^ 0x4e1d_0000_0000);
    // Of the same shape, for which the plan of the other one may be kept.
    let places = question.places();
    asked.push(question.with_other_values(&mut |at| value(dice, &world.data, &places, at)));
    for question in &asked {
        let held: Vec<Question> = match dice.one_in(3) {
            true => vec![
                Question::plain(question.kind, dice.below(4) as u64),
                Question::plain(dice.below(TABLES.len()), dice.below(6) as u64),
            ],
            false => Vec::new(),
        };
        let done = one_way::<M>(world, question, &held, coverage).await;
        done.map_err(|what| format!("{what}\n{question}\nin a session that holds {}", shown(&held)))?;
    }
    let question = Dice::new(case ^ 0x0a11_0000_0000).pick(&asked);
    let further = async {
        pages::<M>(world, question, case, coverage).await?;
        pages_behind::<M>(world, question, case, coverage).await?;
        stream::<M>(world, question, case, coverage).await?;
        load_all::<M>(world, question, coverage).await?;
        filled::<M>(world, question, coverage).await
    };
    further.await.map_err(|what: String| format!("{what}\n{question}"))
}

fn shown(held: &[Question]) -> String {
    let all = held.iter().map(|of| format!("{} of {}", of.limit.unwrap_or_default(), TABLES[of.kind].model));
    format!("[{}]", all.collect::<Vec<_>>().join(", "))
}

/// Reads objects into the session before the query does.
fn hold<'w, M: Member>(
    world: &'w World,
    session: &'w mut Session,
    question: &'w Question,
    comparison: &'w mut Comparison<'_>,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + 'w>> {
    Box::pin(async move {
        let all = list(&world.data, question, world.nulls_are_high()).unwrap_or_default();
        let found = session.all(question.select::<M>()).await.map_err(|error| error.to_string())?;
        comparison.query(question.kind, &things(found), &page(question, &all), &[])?;
        // What one query left out, the other may have loaded.
        comparison.cold = false;
        Ok(())
    })
}

/// The rows of a query before its page, or `None` if there are too many to look at.
fn rows_of(world: &World, question: &Question) -> Option<Vec<usize>> {
    let rows = list(&world.data, question, world.nulls_are_high())?;
    let tables = 2 * question.joins.len();
    is_small_of(&world.data, question.kind, &rows, &question.all_loads(), MOST_ROWS, tables).then_some(rows)
}

/// The list, its length, and the plan.
async fn one_way<M: Member>(
    world: &World,
    question: &Question,
    held: &[Question],
    coverage: &mut Coverage,
) -> Result<(), String> {
    let Some(all) = rows_of(world, question) else { return Ok(()) };
    let rows = page(question, &all);
    let mut session = world.engine.session();
    let mut comparison = Comparison::new(&world.data);
    for held in held {
        with_model!(held.kind, hold(world, &mut session, held, &mut comparison)).await?;
    }
    let log = world.engine.record();
    let explain = |what: String| format!("{what}\n{log}");
    let plan = world.engine.plan(&question.select::<M>());
    let found = session.all(question.select::<M>()).await;
    let (found, plan) = match (found, plan, refusal(question)) {
        (Ok(found), Ok(plan), None) => (found, plan),
        (Ok(_), ..) => return Err(explain("it is planned or refused otherwise than run".into())),
        (Err(error), _, Some(why)) if is_refusal(&error, why) => {
            coverage.refused += 1;
            return match session.count(question.select::<M>()).await {
                Err(error) if is_refusal(&error, why) => Ok(()),
                other => Err(explain(format!("the list is refused and its count is {other:?}"))),
            };
        }
        (Err(error), ..) => return Err(explain(error.to_string())),
    };
    coverage.of(question, &rows);
    coverage.held += usize::from(!held.is_empty());
    comparison.query(question.kind, &things(found), &rows, &question.all_loads()).map_err(explain)?;
    let (ran, planned) = (log.statements(), plan.steps());
    match (ran.first(), planned.first()) {
        (Some(ran), Some(planned)) if ran.sql == planned.sql => {}
        _ => return Err(explain(format!("the first statement is not that of the plan:\n{plan}"))),
    }
    for statement in ran {
        let is = |step: &orm_core::plan::PlanStep| {
            statement.path.as_deref().is_some_and(|path| level_of(path) == level_of(&step.path))
                && statement.strategy == Some(step.strategy)
                && without_lists(&statement.sql) == without_lists(&step.sql)
        };
        if !planned.iter().any(is) {
            let (path, strategy) = (&statement.path, statement.strategy);
            return Err(explain(format!(
                "{path:?} by {strategy:?} is not in the plan: {}\n{plan}",
                statement.sql
            )));
        }
    }
    let count = session.count(question.select::<M>()).await.map_err(|error| explain(error.to_string()))?;
    match count == rows.len() as u64 {
        true => Ok(()),
        false => Err(explain(format!("{} rows are counted as {count}", rows.len()))),
    }
}

/// A path with all levels of a recursion as one, which a plan shows once.
fn level_of(path: &str) -> String {
    let mut names: Vec<&str> = path.split('.').collect();
    names.dedup();
    names.join(".")
}

fn is_refusal(error: &Error, why: &str) -> bool {
    error.kind() == ErrorKind::InvalidQuery && error.to_string().contains(why)
}

/// The text with one key instead of each list: a plan does not know their lengths.
fn without_lists(sql: &str) -> String {
    let sql = without_numbers(sql).replace(" = ANY(?)", " = ?");
    let mut rest = sql.as_str();
    let mut text = String::new();
    while let Some(at) = rest.find(" IN (") {
        let (before, list) = rest.split_at(at + " IN (".len());
        let end = end_of_list(list);
        let values = list[..end].trim_start_matches("VALUES ").trim_start_matches("SELECT * FROM unnest");
        if values.chars().all(|char| "?, ()".contains(char)) {
            text.push_str(&before[..at]);
            match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
                Some((before, columns)) => {
                    let equal = |column: &str| format!("({column} = ?)");
                    let columns: Vec<String> = columns.split(", ").map(equal).collect();
                    text = format!("{before}{}", columns.join(" AND "));
                }
                None => text.push_str(" = ?"),
            }
            rest = &list[end + 1..];
        } else {
            text.push_str(before);
            rest = list;
        }
    }
    text + rest
}

/// The text with the placeholders of PostgreSQL as those of the others.
fn without_numbers(sql: &str) -> String {
    let mut text = String::new();
    let mut chars = sql.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '$' => {
                while chars.next_if(char::is_ascii_digit).is_some() {}
                text.push('?');
            }
            char => text.push(char),
        }
    }
    text
}

/// Where the parenthesis closes that was opened before a text.
fn end_of_list(text: &str) -> usize {
    let mut depth = 1;
    for (at, char) in text.char_indices() {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Compares a part of the list, read in a new session, with the rows.
fn compare<M: Member>(
    world: &World,
    question: &Question,
    found: Vec<Entity<M>>,
    rows: &[usize],
    cold: bool,
) -> Result<(), String> {
    let mut comparison = Comparison::new(&world.data);
    comparison.cold = cold;
    comparison.query(question.kind, &things(found), rows, &question.all_loads())
}

/// Pages of one size, one after the other.
async fn pages<M: Member>(
    world: &World,
    question: &Question,
    case: u64,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let Some(all) = rows_of(world, question) else { return Ok(()) };
    if refusal(question).is_some() {
        return Ok(());
    }
    let size = 1 + case % 4;
    let mut at = 0_u64;
    loop {
        let asked = Question { limit: Some(size), offset: Some(at), ..question.clone() };
        let rows = page(&asked, &all);
        let mut session = world.engine.session();
        let log = world.engine.record();
        let explain = |what: String| format!("{what}\nfrom row {at}, {size} at a time\n{log}");
        let select = question.select::<M>().page(at / size + 1, size);
        let found = match (at / size) % 2 {
            0 => session.all_and_total(select).await.map(|(found, total)| (found, Some(total))),
            _ => session.all(select).await.map(|found| (found, None)),
        };
        let (found, total) = found.map_err(|error| explain(error.to_string()))?;
        if total.is_some_and(|total| total != all.len() as u64) {
            return Err(explain(format!("{} rows are counted as {total:?}", all.len())));
        }
        compare(world, question, found, &rows, true).map_err(explain)?;
        coverage.pages += 1;
        if rows.is_empty() || coverage.enough_pages(at, size) {
            return Ok(());
        }
        at += size;
    }
}

/// Pages of one size, each from the end of the one before.
async fn pages_behind<M: Member>(
    world: &World,
    question: &Question,
    case: u64,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let question = &Question { limit: None, offset: None, ..question.clone() };
    let Some(all) = rows_of(world, question) else { return Ok(()) };
    let places_nulls = question.order.iter().all(|sort| sort.nulls_first.is_some());
    if refusal(question).is_some() || !places_nulls {
        return Ok(());
    }
    let size = 1 + case % 3;
    let mut last: Option<Entity<M>> = None;
    let mut at = 0;
    loop {
        let mut session = world.engine.session();
        let log = world.engine.record();
        let explain = |what: String| format!("{what}\nbehind row {at}, {size} at a time\n{log}");
        let select = question.select::<M>().page_after(last.as_ref(), size);
        let found = match (session.all(select).await, refusal_behind(question)) {
            (Ok(found), None) => found,
            (Err(error), Some(why)) if is_refusal(&error, why) => {
                coverage.refused_behind += 1;
                return Ok(());
            }
            (Ok(_), Some(why)) => return Err(explain(format!("it is not refused: {why}"))),
            (Err(error), _) => return Err(explain(error.to_string())),
        };
        last = found.last().cloned();
        let end = (at + usize::try_from(size).expect("a small page")).min(all.len());
        let rows = all.get(at..end).unwrap_or_default();
        compare(world, question, found, rows, true).map_err(explain)?;
        coverage.pages_behind += 1;
        if rows.is_empty() {
            return Ok(());
        }
        at = end;
    }
}

/// The same list, a batch at a time.
async fn stream<M: Member>(
    world: &World,
    question: &Question,
    case: u64,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let Some(all) = rows_of(world, question) else { return Ok(()) };
    let rows = page(question, &all);
    let batch = 1 + Dice::new(case ^ 0x57ea_0000_0000).below(4);
    let mut session = world.engine.session();
    let log = world.engine.record();
    let mut stream = session.stream(question.select::<M>().yield_per(batch));
    let mut at = 0;
    loop {
        let explain = |what: String| format!("{what}\nfrom row {at}, {batch} streamed at a time\n{log}");
        let found = match (stream.next_batch().await, refusal_in_stream(question)) {
            (Ok(Some(found)), None) => found,
            (Ok(None), None) => break,
            (Err(error), Some(why)) if at == 0 && is_refusal(&error, why) => return Ok(()),
            (Ok(_), Some(why)) => return Err(explain(format!("it is not refused: {why}"))),
            (Err(error), _) => return Err(explain(error.to_string())),
        };
        let expected = rows.get(at..(at + batch).min(rows.len())).unwrap_or_default();
        // What was not loaded is "detached" of these objects.
        compare(world, question, found, expected, false).map_err(explain)?;
        at += expected.len();
        coverage.batches += 1;
    }
    match at == rows.len() {
        true => Ok(()),
        false => Err(format!("the stream ended after {at} of {} rows\n{log}", rows.len())),
    }
}

/// The list without its loads, and each load for all of its objects afterwards.
async fn load_all<M: Member>(
    world: &World,
    question: &Question,
    coverage: &mut Coverage,
) -> Result<(), String> {
    // What it loads by default is not part of what is loaded afterwards.
    let bare = Question { raise_all: true, ..question.bare() };
    let Some(all) = rows_of(world, &bare) else { return Ok(()) };
    if refusal(question).is_some() || rows_of(world, question).is_none() {
        return Ok(());
    }
    let rows = page(&bare, &all);
    let mut session = world.engine.session();
    let found = session.all(bare.select::<M>()).await.map_err(|error| error.to_string())?;
    let mut comparison = Comparison::new(&world.data);
    for load in &question.loads {
        // Existing objects cannot be dropped, and a load is named once.
        let load = Choice { inner: false, twice: false, ..load.clone() };
        let all = with_defaults(question.kind, std::slice::from_ref(&load), &[], false);
        let all: Vec<Choice> = all.into_iter().filter(|all| all.relation == load.relation).collect();
        let log = world.engine.record();
        let explain = |what: String| format!("{what}\nloaded afterwards\n{log}");
        let loaded = M::load_all(&mut session, found.clone(), &load).await;
        let loaded = loaded.map_err(|error| explain(error.to_string()))?;
        comparison.query(question.kind, &loaded, &rows, &all).map_err(explain)?;
        comparison.cold = false;
        coverage.late += 1;
    }
    Ok(())
}

/// The list with a relationship that is filled from the query's own join: the targets that the joined rows have.
async fn filled<M: Member>(
    world: &World,
    question: &Question,
    coverage: &mut Coverage,
) -> Result<(), String> {
    let bare = Question { limit: None, offset: None, raise_all: true, ..question.bare() };
    let own = |join: &super::question::OwnJoin| match join.by {
        By::Relation { from: 0, relation } => Some((relation, join.place.clone())),
        _ => None,
    };
    let found = bare.joins.iter().enumerate().find_map(|(at, join)| Some((at + 1, own(join)?)));
    let Some((at, (relation, place))) = found.filter(|_| refusal(&bare).is_none()) else { return Ok(()) };
    let Some(rows) = joined(&world.data, &bare, world.nulls_are_high()) else { return Ok(()) };
    let mut roots: Vec<usize> = rows.iter().filter_map(|row| row[0]).collect();
    keep_first(&mut roots);

    let mut session = world.engine.session();
    let log = world.engine.record();
    let explain = |what: String| format!("{what}\n{bare}\nfilled from its join {at}\n{log}");
    let select = || M::fill_join(bare.select::<M>(), relation, place.alias.as_deref());
    let found = session.all(select()).await.map_err(|error| explain(error.to_string()))?;
    let count = session.count(select()).await.map_err(|error| explain(error.to_string()))?;
    if (found.len(), count) != (roots.len(), roots.len() as u64) {
        return Err(explain(format!("{} entities, counted as {count}, of {}", found.len(), roots.len())));
    }
    let mut comparison = Comparison::new(&world.data);
    for (thing, root) in things(found).iter().zip(&roots) {
        comparison.object(thing, bare.kind, *root).map_err(explain)?;
        let mut expected: Vec<usize> =
            rows.iter().filter(|row| row[0] == Some(*root)).filter_map(|row| row[at]).collect();
        expected.sort_unstable();
        expected.dedup();
        let targets = thing.found(relation).ok_or_else(|| explain("it is not filled".into()))?;
        let row_of = |cells| world.data.tables[place.kind].iter().position(|row| *row == cells);
        let mut filled: Vec<Option<usize>> = targets.iter().map(|target| row_of(target.cells())).collect();
        filled.sort_unstable();
        if !filled.iter().copied().eq(expected.iter().copied().map(Some)) {
            return Err(explain(format!("{root} has {filled:?} and not {expected:?}")));
        }
        coverage.filled += filled.len();
    }
    Ok(())
}
