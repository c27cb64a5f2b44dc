use std::cmp::Ordering;

use super::condition::cell;
use super::question::{By, Question, Sort, SortBy};
use crate::oracle::{Data, key};
use crate::tables::TABLES;

/// A row of each table of a query, `None` if a LEFT JOIN found none.
pub type Joined = Vec<Option<usize>>;

/// Joins of more rows are not worked out.
const MOST_ROWS: usize = 2_000;

/// The rows that a query returns, by their numbers in its table, before its page is cut out; `None` if it joins too
/// many. `nulls_are_high` is where NULL sorts if the order does not specify it.
pub fn list(data: &Data, question: &Question, nulls_are_high: bool) -> Option<Vec<usize>> {
    let rows = joined(data, question, nulls_are_high)?;
    let mut list: Vec<usize> = rows.iter().filter_map(|row| row[0]).collect();
    if question.distinct || question.unique {
        keep_first(&mut list);
    }
    Some(list)
}

/// Removes duplicates, keeping the first.
pub fn keep_first(list: &mut Vec<usize>) {
    let mut seen = Vec::new();
    list.retain(|row| {
        let new = !seen.contains(row);
        seen.push(*row);
        new
    });
}

/// The rows of all of its tables that a query joins, in its order; `None` if there are too many.
pub fn joined(data: &Data, question: &Question, nulls_are_high: bool) -> Option<Vec<Joined>> {
    let kinds = question.kinds();
    let mut rows: Vec<Joined> = (0..data.tables[question.kind].len()).map(|row| vec![Some(row)]).collect();
    for (at, join) in question.joins.iter().enumerate() {
        let kinds = &kinds[..at + 2];
        let mut joined = Vec::new();
        for row in rows {
            let found = match &join.by {
                By::Relation { from, relation } => row[*from].map_or(Vec::new(), |there| {
                    data.matches(kinds[*from], there, &TABLES[kinds[*from]].relations[*relation])
                }),
                By::Condition(on) => {
                    let meets = |target: &usize| {
                        let row = with(&row, Some(*target));
                        on.holds(data, kinds, &row) == Some(true)
                    };
                    (0..data.tables[join.place.kind].len()).filter(meets).collect()
                }
            };
            if found.is_empty() && join.left {
                joined.push(with(&row, None));
            }
            joined.extend(found.into_iter().map(|target| with(&row, Some(target))));
            if joined.len() > MOST_ROWS {
                return None;
            }
        }
        rows = joined;
    }
    rows.retain(|row| question.filter.iter().all(|one| one.holds(data, &kinds, row) == Some(true)));
    rows.retain(|row| row[0].is_some_and(|row| data.survives(question.kind, row, &question.loads)));
    rows.sort_by(|a, b| compare(data, question, &kinds, a, b, nulls_are_high));
    Some(rows)
}

/// The part of a list that a query takes.
pub fn page(question: &Question, list: &[usize]) -> Vec<usize> {
    let number = |number: u64| usize::try_from(number).expect("a small page");
    let rest = list.iter().skip(question.offset.map_or(0, number));
    rest.take(question.limit.map_or(usize::MAX, number)).copied().collect()
}

fn with(row: &Joined, target: Option<usize>) -> Joined {
    let mut row = row.clone();
    row.push(target);
    row
}

fn compare(
    data: &Data,
    question: &Question,
    kinds: &[usize],
    a: &Joined,
    b: &Joined,
    nulls_are_high: bool,
) -> Ordering {
    let terms = question.order.iter().map(|sort| compare_by(data, sort, kinds, a, b, nulls_are_high));
    let by_terms = terms.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal);
    by_terms.then_with(|| {
        let keys: Vec<(&str, bool)> = key(question.kind).iter().map(|column| (*column, false)).collect();
        match (a[0], b[0]) {
            (Some(a), Some(b)) => data.compare(question.kind, a, b, &keys),
            _ => Ordering::Equal,
        }
    })
}

fn compare_by(
    data: &Data,
    sort: &Sort,
    kinds: &[usize],
    a: &Joined,
    b: &Joined,
    nulls_are_high: bool,
) -> Ordering {
    match sort.by {
        SortBy::Count { place, relation } => {
            let link = &TABLES[kinds[place]].relations[relation];
            let count =
                |row: &Joined| row[place].map_or(0, |row| data.related(kinds[place], row, link).len());
            directed(count(a).cmp(&count(b)), sort.descending)
        }
        SortBy::Column(at) | SortBy::Written(at) => {
            let (a, b) = (cell(data, kinds, a, at), cell(data, kinds, b, at));
            let nulls_first = sort.nulls_first.unwrap_or(nulls_are_high == sort.descending);
            match (a.is_null(), b.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if nulls_first => Ordering::Less,
                (false, true) if !nulls_first => Ordering::Less,
                (true, false) | (false, true) => Ordering::Greater,
                (false, false) => directed(a.cmp(&b), sort.descending),
            }
        }
    }
}

fn directed(ordering: Ordering, descending: bool) -> Ordering {
    if descending { ordering.reverse() } else { ordering }
}
