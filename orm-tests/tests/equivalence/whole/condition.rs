use orm_core::prelude::*;

use super::term::Term;
use crate::cell::Cell;
use crate::member::{Member, with_model};
use crate::oracle::Data;
use crate::tables::TABLES;

/// How two values are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

pub const OPS: [Op; 6] = [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge];

/// One table of a query: a model under its table's name or under another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub kind: usize,
    pub alias: Option<String>,
}

/// A column of one of the query's tables, both by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At {
    pub place: usize,
    pub column: usize,
}

/// A condition on the rows of some tables. Inside `Has` and `Count` the one table is the relationship's target.
#[derive(Clone, Debug)]
pub enum Condition {
    Compare(At, Op, Cell),
    /// The same, written as raw SQL with places for both.
    Written(At, Op, Cell),
    Against(At, Op, At),
    In(At, Vec<Cell>),
    NotIn(At, Vec<Cell>),
    IsNull(At),
    Not(Box<Condition>),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    /// Whether a value is in a column of a table's rows, all of them or those that meet a condition.
    InRows {
        at: At,
        kind: usize,
        column: usize,
        of: Option<Box<Condition>>,
        not: bool,
    },
    Has {
        place: usize,
        relation: usize,
        of: Option<Box<Condition>>,
    },
    Count {
        place: usize,
        relation: usize,
        of: Option<Box<Condition>>,
        op: Op,
        than: i64,
    },
}

impl Op {
    fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Op::Eq => ordering.is_eq(),
            Op::Ne => ordering.is_ne(),
            Op::Lt => ordering.is_lt(),
            Op::Le => ordering.is_le(),
            Op::Gt => ordering.is_gt(),
            Op::Ge => ordering.is_ge(),
        }
    }

    /// A comparison of two places.
    pub fn sql(self) -> &'static str {
        match self {
            Op::Eq => "? = ?",
            Op::Ne => "? <> ?",
            Op::Lt => "? < ?",
            Op::Le => "? <= ?",
            Op::Gt => "? > ?",
            Op::Ge => "? >= ?",
        }
    }

    /// SQL's answer, NULL where one of the two is NULL.
    fn answer(self, left: &Cell, right: &Cell) -> Option<bool> {
        (!left.is_null() && !right.is_null()).then(|| self.holds(left.cmp(right)))
    }
}

impl Condition {
    /// The condition as the library takes it.
    pub fn predicate(&self, places: &[Place]) -> Predicate {
        let term = |at: &At| term(places, *at);
        match self {
            Condition::Compare(at, op, value) => term(at).compare(*op, value),
            Condition::Written(at, op, value) => term(at).written(*op, value),
            Condition::Against(at, op, other) => {
                term(at).against(*op, term(other).as_ref()).expect("columns of one family")
            }
            Condition::In(at, list) => term(at).among(list),
            Condition::NotIn(at, list) => term(at).not_among(list),
            Condition::IsNull(at) => term(at).is_null(),
            Condition::Not(of) => !of.predicate(places),
            Condition::And(all) => Predicate::all(all.iter().map(|one| one.predicate(places))),
            Condition::Or(all) => Predicate::any(all.iter().map(|one| one.predicate(places))),
            Condition::InRows { at, kind, column, of, not } => {
                let there = [Place::table(*kind)];
                let of = of.as_ref().map(|of| of.predicate(&there));
                let column = self::term(&there, At { place: 0, column: *column });
                let is = term(at).in_rows(column.as_ref(), of).expect("columns of one family");
                if *not { !is } else { is }
            }
            Condition::Has { place, relation, of } => {
                let kind = places[*place].kind;
                let of = of.as_ref().map(|of| of.predicate(&inside(kind, *relation)));
                with_model!(kind, has(*relation, of))
            }
            Condition::Count { place, relation, of, op, than } => {
                let kind = places[*place].kind;
                let of = of.as_ref().map(|of| of.predicate(&inside(kind, *relation)));
                with_model!(kind, count(*relation, of)).compare(*op, &Cell::Int(*than))
            }
        }
    }

    /// The result of SQL for one row, with `None` for NULL; `rows` are the rows of the tables, `None` if a LEFT JOIN
    /// found none.
    ///
    /// A NULL in a list is found as `eq(None)` finds it, and a negated list gives the complement.
    pub fn holds(&self, data: &Data, kinds: &[usize], rows: &[Option<usize>]) -> Option<bool> {
        let cell = |at: &At| cell(data, kinds, rows, *at);
        let targets = |place: usize, relation: usize, of: &Option<Box<Condition>>| -> usize {
            let Some(row) = rows[place] else { return 0 };
            let link = &TABLES[kinds[place]].relations[relation];
            let meets = |target: &usize| match of {
                Some(of) => of.holds(data, &[link.target], &[Some(*target)]) == Some(true),
                None => true,
            };
            data.related(kinds[place], row, link).iter().filter(|target| meets(target)).count()
        };
        let among = |at: &At, list: &[Cell]| {
            let cell = cell(at);
            match list.contains(&cell) {
                true => Some(true),
                // Without a NULL in the list a NULL is neither in it nor not, as SQL has it.
                false if cell.is_null() && !list.is_empty() => None,
                false => Some(false),
            }
        };
        match self {
            // `eq` and `ne` of a NULL ask for it.
            Condition::Compare(at, Op::Eq, Cell::Null) => Some(cell(at).is_null()),
            Condition::Compare(at, Op::Ne, Cell::Null) => Some(!cell(at).is_null()),
            Condition::Compare(at, op, value) | Condition::Written(at, op, value) => {
                op.answer(&cell(at), value)
            }
            Condition::Against(at, op, other) => op.answer(&cell(at), &cell(other)),
            Condition::In(at, list) => among(at, list),
            Condition::NotIn(at, list) => among(at, list).map(|is| !is),
            Condition::IsNull(at) => Some(cell(at).is_null()),
            Condition::Not(of) => of.holds(data, kinds, rows).map(|is| !is),
            Condition::And(all) => {
                let answers: Vec<_> = all.iter().map(|one| one.holds(data, kinds, rows)).collect();
                match answers.contains(&Some(false)) {
                    true => Some(false),
                    false => (!answers.contains(&None)).then_some(true),
                }
            }
            Condition::Or(all) => {
                let answers: Vec<_> = all.iter().map(|one| one.holds(data, kinds, rows)).collect();
                match answers.contains(&Some(true)) {
                    true => Some(true),
                    false => (!answers.contains(&None)).then_some(false),
                }
            }
            Condition::InRows { at, kind, column, of, not } => {
                let meets = |row: &usize| {
                    of.as_ref().is_none_or(|of| of.holds(data, &[*kind], &[Some(*row)]) == Some(true))
                };
                let rows = (0..data.tables[*kind].len()).filter(meets);
                let values = rows.map(|row| data.tables[*kind][row][*column].clone());
                // A NULL among the rows is not a value.
                let values: Vec<Cell> = values.filter(|value| !value.is_null()).collect();
                among(at, &values).map(|is| is != *not)
            }
            Condition::Has { place, relation, of } => Some(targets(*place, *relation, of) > 0),
            Condition::Count { place, relation, of, op, than } => {
                let count = i64::try_from(targets(*place, *relation, of)).expect("few rows");
                Some(op.holds(count.cmp(than)))
            }
        }
    }

    /// The same about tables with other numbers; `None` if one of them is gone.
    pub fn renumbered(&self, number: &dyn Fn(usize) -> Option<usize>) -> Option<Condition> {
        let at = |at: &At| Some(At { place: number(at.place)?, ..*at });
        Some(match self {
            Condition::Compare(of, op, value) => Condition::Compare(at(of)?, *op, value.clone()),
            Condition::Written(of, op, value) => Condition::Written(at(of)?, *op, value.clone()),
            Condition::Against(of, op, other) => Condition::Against(at(of)?, *op, at(other)?),
            Condition::In(of, list) => Condition::In(at(of)?, list.clone()),
            Condition::NotIn(of, list) => Condition::NotIn(at(of)?, list.clone()),
            Condition::IsNull(of) => Condition::IsNull(at(of)?),
            Condition::Not(of) => Condition::Not(Box::new(of.renumbered(number)?)),
            Condition::And(all) => {
                Condition::And(all.iter().map(|one| one.renumbered(number)).collect::<Option<_>>()?)
            }
            Condition::Or(all) => {
                Condition::Or(all.iter().map(|one| one.renumbered(number)).collect::<Option<_>>()?)
            }
            Condition::InRows { at: of, kind, column, of: rows, not } => {
                Condition::InRows { at: at(of)?, kind: *kind, column: *column, of: rows.clone(), not: *not }
            }
            Condition::Has { place, relation, of } => {
                Condition::Has { place: number(*place)?, relation: *relation, of: of.clone() }
            }
            Condition::Count { place, relation, of, op, than } => Condition::Count {
                place: number(*place)?,
                relation: *relation,
                of: of.clone(),
                op: *op,
                than: *than,
            },
        })
    }

    /// The same with other values of the same columns where it compares with one, so that only the values differ.
    pub fn with_other_values(&self, pick: &mut dyn FnMut(At) -> Cell) -> Condition {
        let mut other = |at: &At, value: &Cell| match (value, pick(*at)) {
            (Cell::Null, _) | (_, Cell::Null) => value.clone(),
            (_, other) => other,
        };
        match self {
            Condition::Compare(at, op, value) => Condition::Compare(*at, *op, other(at, value)),
            Condition::Written(at, op, value) => Condition::Written(*at, *op, other(at, value)),
            Condition::Not(of) => Condition::Not(Box::new(of.with_other_values(pick))),
            Condition::And(all) => {
                Condition::And(all.iter().map(|one| one.with_other_values(pick)).collect())
            }
            Condition::Or(all) => Condition::Or(all.iter().map(|one| one.with_other_values(pick)).collect()),
            same => same.clone(),
        }
    }

    /// Conditions that are a part of it, to fail with less.
    pub fn simpler(&self) -> Vec<Condition> {
        match self {
            Condition::Written(at, op, value) => vec![Condition::Compare(*at, *op, value.clone())],
            Condition::Not(of) => std::iter::once((**of).clone())
                .chain(of.simpler().into_iter().map(|of| Condition::Not(Box::new(of))))
                .collect(),
            Condition::And(all) | Condition::Or(all) => all.clone(),
            Condition::InRows { at, kind, column, of: Some(of), not } => {
                let with = |of| Condition::InRows { at: *at, kind: *kind, column: *column, of, not: *not };
                let less = of.simpler().into_iter().map(|of| with(Some(Box::new(of))));
                std::iter::once(with(None)).chain(less).collect()
            }
            Condition::Has { place, relation, of: Some(of) } => {
                let with = |of| Condition::Has { place: *place, relation: *relation, of };
                let less = of.simpler().into_iter().map(|of| with(Some(Box::new(of))));
                std::iter::once(with(None)).chain(less).collect()
            }
            Condition::Count { place, relation, of: Some(of), op, than } => {
                let with =
                    |of| Condition::Count { place: *place, relation: *relation, of, op: *op, than: *than };
                let less = of.simpler().into_iter().map(|of| with(Some(Box::new(of))));
                std::iter::once(with(None)).chain(less).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The condition to be read in a failure.
    pub fn text(&self, places: &[Place]) -> String {
        let name = |at: &At| places[at.place].text(at.column);
        let list = |all: &[Condition], between: &str| {
            let all: Vec<String> = all.iter().map(|one| one.text(places)).collect();
            format!("({})", all.join(between))
        };
        let related = |place: usize, relation: usize, of: &Option<Box<Condition>>| {
            let kind = places[place].kind;
            let of = of.as_ref().map_or(String::new(), |of| of.text(&inside(kind, relation)));
            (TABLES[kind].relations[relation].name, TABLES[kind].model, of)
        };
        match self {
            Condition::Compare(at, op, value) => format!("{} {op:?} {value:?}", name(at)),
            Condition::Written(at, op, value) => format!("{} {} {value:?} as SQL", name(at), op.sql()),
            Condition::Against(at, op, other) => format!("{} {op:?} {}", name(at), name(other)),
            Condition::In(at, list) => format!("{} in {list:?}", name(at)),
            Condition::NotIn(at, list) => format!("{} not in {list:?}", name(at)),
            Condition::IsNull(at) => format!("{} is null", name(at)),
            Condition::Not(of) => format!("!({})", of.text(places)),
            Condition::And(all) => list(all, " & "),
            Condition::Or(all) => list(all, " | "),
            Condition::InRows { at, kind, column, of, not } => {
                let there = [Place::table(*kind)];
                let of = of.as_ref().map_or(String::new(), |of| of.text(&there));
                let not = if *not { "not " } else { "" };
                format!("{} {not}in rows of {} ({of})", name(at), there[0].text(*column))
            }
            Condition::Has { place, relation, of } => {
                let (relation, model, of) = related(*place, *relation, of);
                format!("{model}.{relation} has ({of})")
            }
            Condition::Count { place, relation, of, op, than } => {
                let (relation, model, of) = related(*place, *relation, of);
                format!("{model}.{relation} count ({of}) {op:?} {than}")
            }
        }
    }
}

impl Place {
    pub fn table(kind: usize) -> Place {
        Place { kind, alias: None }
    }

    pub fn text(&self, column: usize) -> String {
        let table = &TABLES[self.kind];
        format!("{}.{}", self.alias.as_deref().unwrap_or(table.model), table.columns[column])
    }
}

/// The one table that the conditions inside a relationship's condition are about.
pub fn inside(kind: usize, relation: usize) -> [Place; 1] {
    [Place::table(TABLES[kind].relations[relation].target)]
}

/// A column to be compared or sorted by.
pub fn term(places: &[Place], at: At) -> Box<dyn Term> {
    let place = &places[at.place];
    with_model!(place.kind, term_of(place.alias.as_deref(), at.column))
}

/// The value in one row.
pub fn cell(data: &Data, kinds: &[usize], rows: &[Option<usize>], at: At) -> Cell {
    rows[at.place].map_or(Cell::Null, |row| data.tables[kinds[at.place]][row][at.column].clone())
}

/// The number of a relationship's targets, to be compared or sorted by.
pub fn count_term(kind: usize, relation: usize) -> Box<dyn Term> {
    with_model!(kind, count(relation, None))
}

fn term_of<M: Member>(alias: Option<&str>, column: usize) -> Box<dyn Term> {
    M::term(alias, column)
}

fn has<M: Member>(relation: usize, of: Option<Predicate>) -> Predicate {
    M::has(relation, of)
}

fn count<M: Member>(relation: usize, of: Option<Predicate>) -> Box<dyn Term> {
    Box::new(M::count(relation, of))
}
