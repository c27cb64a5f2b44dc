use super::condition::{At, Condition, OPS, Place, term};
use super::question::{By, OwnJoin, Question, Sort, SortBy};
use crate::cell::Cell;
use crate::choice::{Choice, Strategy, forest};
use crate::dice::Dice;
use crate::oracle::Data;
use crate::tables::{LINK_TABLES, TABLES};

/// A query of any sort about some rows. `names` are the names of the tables in the database.
pub fn random(dice: &mut Dice, data: &Data, names: &[String]) -> Question {
    let kind = dice.below(TABLES.len());
    let mut question = Question { limit: None, ..Question::plain(kind, 0) };
    question.distinct = dice.one_in(5);
    question.unique = dice.one_in(5);
    question.raise_all = dice.one_in(8);
    let joins = *dice.pick(&[0, 0, 1, 1, 1, 2, 3]);
    for _ in 0..joins {
        let join = own_join(dice, data, &question, names);
        question.joins.push(join);
    }
    let places = question.places();
    for _ in 0..*dice.pick(&[0, 0, 1, 1, 2]) {
        question.filter.push(condition(dice, data, &places, 3));
    }
    for _ in 0..*dice.pick(&[0, 0, 1, 1, 2]) {
        // Distinct rows are sorted by their own columns, or the query is refused.
        let any = !question.distinct || dice.one_in(8);
        let place = if any && !dice.one_in(3) { dice.below(places.len()) } else { 0 };
        question.order.push(sort(dice, &places, place, any));
    }
    if dice.one_in(3) {
        question.limit = Some(dice.below(5) as u64);
    }
    if question.limit.is_some() && dice.one_in(2) || dice.one_in(12) {
        question.offset = Some(dice.below(3) as u64);
    }
    if !dice.one_in(8) {
        let mut nodes = 1 + dice.below(4);
        question.loads = forest(dice, kind, 3, &mut nodes);
        question.loads.iter_mut().for_each(|load| narrow(dice, data, kind, load));
    }
    question
}

fn own_join(dice: &mut Dice, data: &Data, question: &Question, names: &[String]) -> OwnJoin {
    let places = question.places();
    let left = dice.one_in(2);
    let from = dice.below(places.len());
    let relations = TABLES[places[from].kind].relations;
    if dice.one_in(5) {
        let kind = dice.below(TABLES.len());
        let place = place(dice, &places, kind, None, names);
        let all: Vec<Place> = places.iter().cloned().chain([place.clone()]).collect();
        let on = join_condition(dice, data, &all);
        return OwnJoin { left, by: By::Condition(on), place };
    }
    let relation = dice.below(relations.len());
    let link = relations[relation].through.map(|(table, _)| LINK_TABLES[table].name);
    let place = place(dice, &places, relations[relation].target, link, names);
    OwnJoin { left, by: By::Relation { from, relation }, place }
}

/// The joined table, with an alias where it needs one, and now and then where it does not: a name that a loader might
/// choose as well.
fn place(dice: &mut Dice, places: &[Place], kind: usize, link: Option<&str>, names: &[String]) -> Place {
    let taken = |name: &str| {
        places.iter().any(|place| {
            let known = place.alias.as_deref().unwrap_or(&names[place.kind]);
            known.eq_ignore_ascii_case(name)
        })
    };
    if !taken(&names[kind]) && !dice.one_in(3) {
        return Place::table(kind);
    }
    loop {
        let table = if dice.one_in(2) { &names[kind] } else { dice.pick(names) };
        let linked = link.unwrap_or(LINK_TABLES[dice.below(LINK_TABLES.len())].name);
        let alias = match dice.below(12) {
            0..5 => format!("{table}_{}", 1 + dice.below(4)),
            5 => table.clone(),
            6 => dice.pick(&["_page", "_parents", "_rank", "_link_0", "_key_0", "_targets"]).to_string(),
            7 => format!("{table}_in_0"),
            8 => format!("{linked}_{}", 1 + dice.below(3)),
            9 => format!("{linked}_by_0"),
            10 => format!("{linked}_of_{table}"),
            _ => dice.pick(&["x", "X", "a b", "order", "é"]).to_string(),
        };
        // A name is 63 bytes long at most where databases have the lowest limit.
        if !taken(&alias) && alias.len() <= 63 {
            return Place { kind, alias: Some(alias) };
        }
    }
}

/// Two columns that are equal, which few rows of other tables have in common, or else a condition of any sort.
fn join_condition(dice: &mut Dice, data: &Data, places: &[Place]) -> Condition {
    let last = places.len() - 1;
    for _ in 0..20 {
        let other = dice.below(last);
        let (a, b) = (any_column(dice, places, last), any_column(dice, places, other));
        let op = if dice.one_in(4) { *dice.pick(&OPS) } else { OPS[0] };
        if term(places, a).against(op, term(places, b).as_ref()).is_some() {
            let equal = Condition::Against(a, op, b);
            return match dice.one_in(3) {
                true => Condition::And(vec![equal, simple(dice, data, places)]),
                false => equal,
            };
        }
    }
    simple(dice, data, places)
}

/// A condition on the rows of some tables.
pub fn condition(dice: &mut Dice, data: &Data, places: &[Place], depth: usize) -> Condition {
    if depth == 0 {
        return simple(dice, data, places);
    }
    match dice.below(10) {
        0 => Condition::Not(Box::new(condition(dice, data, places, depth - 1))),
        1 => {
            let all = (0..2).map(|_| condition(dice, data, places, depth - 1)).collect();
            if dice.one_in(2) { Condition::And(all) } else { Condition::Or(all) }
        }
        2..6 => {
            let place = dice.below(places.len());
            let kind = places[place].kind;
            // A relationship's condition is about the table, not about an alias of it.
            if places[place].alias.is_some() {
                return simple(dice, data, places);
            }
            let relation = dice.below(TABLES[kind].relations.len());
            let link = &TABLES[kind].relations[relation];
            let inside = [Place::table(link.target)];
            let of = (!dice.one_in(3)).then(|| Box::new(condition(dice, data, &inside, depth - 1)));
            match link.kind.is_collection() && dice.one_in(2) {
                true => {
                    Condition::Count { place, relation, of, op: *dice.pick(&OPS), than: dice.below(4) as i64 }
                }
                false => Condition::Has { place, relation, of },
            }
        }
        6 => in_rows(dice, data, places, depth - 1),
        _ => simple(dice, data, places),
    }
}

/// A column among the rows of a table that has one like it.
fn in_rows(dice: &mut Dice, data: &Data, places: &[Place], depth: usize) -> Condition {
    for _ in 0..20 {
        let place = dice.below(places.len());
        let at = any_column(dice, places, place);
        let there = [Place::table(dice.below(TABLES.len()))];
        let column = any_column(dice, &there, 0);
        if term(places, at).in_rows(term(&there, column).as_ref(), None).is_some() {
            let of = dice.one_in(2).then(|| Box::new(condition(dice, data, &there, depth)));
            let (kind, not) = (there[0].kind, dice.one_in(2));
            return Condition::InRows { at, kind, column: column.column, of, not };
        }
    }
    simple(dice, data, places)
}

fn simple(dice: &mut Dice, data: &Data, places: &[Place]) -> Condition {
    let place = dice.below(places.len());
    let at = any_column(dice, places, place);
    match dice.below(8) {
        0 => Condition::IsNull(at),
        1 | 2 => {
            let list = (0..dice.below(4)).map(|_| value(dice, data, places, at)).collect();
            if dice.one_in(2) { Condition::In(at, list) } else { Condition::NotIn(at, list) }
        }
        3 => {
            let place = dice.below(places.len());
            let other = any_column(dice, places, place);
            let op = *dice.pick(&OPS);
            match term(places, at).against(op, term(places, other).as_ref()) {
                // Inside a relationship's condition a column against itself is refused, since it is a mistake.
                Some(_) if other != at => Condition::Against(at, op, other),
                _ => Condition::Not(Box::new(Condition::IsNull(at))),
            }
        }
        4 => Condition::Written(at, *dice.pick(&OPS), value(dice, data, places, at)),
        _ => Condition::Compare(at, *dice.pick(&OPS), value(dice, data, places, at)),
    }
}

fn any_column(dice: &mut Dice, places: &[Place], place: usize) -> At {
    At { place, column: dice.below(TABLES[places[place].kind].columns.len()) }
}

/// A value that the column has, or NULL.
pub fn value(dice: &mut Dice, data: &Data, places: &[Place], at: At) -> Cell {
    let rows = &data.tables[places[at.place].kind];
    if rows.is_empty() || dice.one_in(8) {
        return Cell::Null;
    }
    dice.pick(rows)[at.column].clone()
}

fn sort(dice: &mut Dice, places: &[Place], place: usize, counts: bool) -> Sort {
    let kind = places[place].kind;
    let collections: Vec<usize> = (0..TABLES[kind].relations.len())
        .filter(|relation| TABLES[kind].relations[*relation].kind.is_collection())
        .collect();
    let descending = dice.one_in(2);
    if counts && places[place].alias.is_none() && !collections.is_empty() && dice.one_in(4) {
        let relation = *dice.pick(&collections);
        return Sort { by: SortBy::Count { place, relation }, descending, nulls_first: None };
    }
    let nulls_first = (!dice.one_in(4)).then(|| dice.one_in(2));
    let at = any_column(dice, places, place);
    // Distinct rows are not sorted by raw SQL.
    let by = if counts && dice.one_in(8) { SortBy::Written(at) } else { SortBy::Column(at) };
    Sort { by, descending, nulls_first }
}

/// Now and then a condition or an order of a load that asks about relationships.
fn narrow(dice: &mut Dice, data: &Data, kind: usize, load: &mut Choice) {
    let link = &TABLES[kind].relations[load.relation];
    if link.kind.is_collection() && load.depth.is_none() && dice.one_in(4) {
        if dice.one_in(2) {
            load.only = Some(condition(dice, data, &[Place::table(link.target)], 2));
        }
        let counted: Vec<usize> = (0..TABLES[link.target].relations.len())
            .filter(|relation| TABLES[link.target].relations[*relation].kind.is_collection())
            .collect();
        if !counted.is_empty() && dice.one_in(2) {
            load.by_count = Some(*dice.pick(&counted));
            // Among equal numbers the key decides.
            load.backwards = true;
        }
        load.twice = load.twice && !load.has_own_terms();
        if load.strategy == Strategy::Joined && load.limit.is_some() {
            load.limit = None;
        }
    }
    load.below.iter_mut().for_each(|below| narrow(dice, data, link.target, below));
}
