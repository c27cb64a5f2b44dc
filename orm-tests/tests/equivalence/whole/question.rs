use std::fmt;

use orm_core::prelude::*;
use orm_core::query::{Alias, OrderBy};

use super::condition::{At, Condition, Place, count_term, term};
use crate::cell::Cell;
use crate::choice::{Choice, Strategy, forest_text};
use crate::member::{Member, with_model};
use crate::tables::TABLES;

/// A whole query: what it joins, filters, sorts by and pages, and what it loads.
#[derive(Clone)]
pub struct Question {
    pub kind: usize,
    pub joins: Vec<OwnJoin>,
    pub filter: Vec<Condition>,
    /// The primary key always follows.
    pub order: Vec<Sort>,
    pub distinct: bool,
    pub unique: bool,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    /// Whether it leaves out what models load by default.
    pub raise_all: bool,
    pub loads: Vec<Choice>,
}

/// A join that the query names itself.
#[derive(Clone)]
pub struct OwnJoin {
    pub left: bool,
    pub by: By,
    pub place: Place,
}

/// What is joined on.
#[derive(Clone)]
pub enum By {
    Relation { from: usize, relation: usize },
    Condition(Condition),
}

/// One term of the order.
#[derive(Clone)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
    pub nulls_first: Option<bool>,
}

#[derive(Clone)]
pub enum SortBy {
    Column(At),
    /// A column, written as raw SQL.
    Written(At),
    /// The number of targets of a collection.
    Count {
        place: usize,
        relation: usize,
    },
}

impl Question {
    /// The first rows of a table, without anything that belongs to them.
    pub fn plain(kind: usize, limit: u64) -> Question {
        Question {
            kind,
            joins: Vec::new(),
            filter: Vec::new(),
            order: Vec::new(),
            distinct: false,
            unique: false,
            limit: Some(limit),
            offset: None,
            raise_all: true,
            loads: Vec::new(),
        }
    }

    /// The tables of the query, its own first.
    pub fn places(&self) -> Vec<Place> {
        let joined = self.joins.iter().map(|join| join.place.clone());
        std::iter::once(Place::table(self.kind)).chain(joined).collect()
    }

    pub fn kinds(&self) -> Vec<usize> {
        self.places().iter().map(|place| place.kind).collect()
    }

    /// Whether it takes a part of the list.
    pub fn is_paged(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// Whether a join may repeat an entity.
    pub fn repeats(&self) -> bool {
        let places = self.places();
        self.joins.iter().any(|join| match &join.by {
            By::Relation { from, relation } => {
                TABLES[places[*from].kind].relations[*relation].kind.is_collection()
            }
            By::Condition(_) => true,
        })
    }

    /// The same with one strategy for every load.
    pub fn all_by(&self, strategy: Strategy) -> Question {
        let loads = self.loads.iter().map(|load| load.all_by(strategy)).collect();
        Question { loads, ..self.clone() }
    }

    /// The same with other values and numbers, so that the two differ in nothing else.
    pub fn with_other_values(&self, pick: &mut dyn FnMut(At) -> Cell) -> Question {
        let other = |number: u64| if number == 0 { 1 } else { number - 1 };
        let filter = self.filter.iter().map(|one| one.with_other_values(pick)).collect();
        Question { filter, limit: self.limit.map(other), offset: self.offset.map(other), ..self.clone() }
    }

    /// The same without loads, but for those that drop rows.
    pub fn bare(&self) -> Question {
        Question { loads: Vec::new(), ..self.clone() }
    }

    /// What is loaded: what the query names, and what models load by default.
    pub fn all_loads(&self) -> Vec<Choice> {
        with_defaults(self.kind, &self.loads, &[], self.raise_all)
    }

    /// The query as the library takes it.
    pub fn select<M: Member>(&self) -> Select<M> {
        let places = self.places();
        let mut select = self.loads.iter().fold(select::<M>().dynamic(), M::attach);
        for (at, join) in self.joins.iter().enumerate() {
            let place = &join.place;
            let to = place.alias.as_deref();
            select = match &join.by {
                By::Relation { from, relation } => {
                    let Place { kind, alias } = &places[*from];
                    let from = alias.as_deref();
                    with_model!(*kind, relation_joined::<M>(select, *relation, join.left, from, to))
                }
                By::Condition(on) => {
                    let on = on.predicate(&places[..at + 2]);
                    with_model!(place.kind, condition_joined::<M>(select, join.left, to, on))
                }
            };
        }
        for condition in &self.filter {
            select = select.filter(condition.predicate(&places));
        }
        for sort in &self.order {
            select = select.order_by(sort.order(&places));
        }
        select = select.order_by(M::by_key());
        if self.raise_all {
            select = select.raise_all();
        }
        if self.distinct {
            select = select.distinct();
        }
        if self.unique {
            select = select.unique();
        }
        if let Some(limit) = self.limit {
            select = select.limit(limit);
        }
        if let Some(offset) = self.offset {
            select = select.offset(offset);
        }
        select
    }

    /// Queries with less in them that may fail in the same way.
    pub fn simpler(&self) -> Vec<Question> {
        let mut all = Vec::new();
        for at in (0..self.joins.len()).rev() {
            all.extend(self.without_join(at));
        }
        for at in 0..self.joins.len() {
            let mut less = self.clone();
            if less.joins[at].left {
                less.joins[at].left = false;
                all.push(less);
            }
        }
        for at in 0..self.filter.len() {
            let mut less = self.clone();
            less.filter.remove(at);
            all.push(less);
            for simpler in self.filter[at].simpler() {
                let mut less = self.clone();
                less.filter[at] = simpler;
                all.push(less);
            }
        }
        for at in 0..self.order.len() {
            let mut less = self.clone();
            less.order.remove(at);
            all.push(less);
        }
        all.extend(fewer_loads(&self.loads).into_iter().map(|loads| Question { loads, ..self.clone() }));
        if !self.raise_all {
            all.push(Question { raise_all: true, ..self.clone() });
        }
        if self.distinct {
            all.push(Question { distinct: false, ..self.clone() });
        }
        if self.unique {
            all.push(Question { unique: false, ..self.clone() });
        }
        if self.limit.is_some() {
            all.push(Question { limit: None, ..self.clone() });
        }
        if self.offset.is_some() {
            all.push(Question { offset: None, ..self.clone() });
        }
        all
    }

    fn without_join(&self, at: usize) -> Option<Question> {
        let gone = at + 1;
        let number = |place: usize| match place {
            place if place == gone => None,
            place if place > gone => Some(place - 1),
            place => Some(place),
        };
        let mut less = self.clone();
        less.joins.remove(at);
        for join in &mut less.joins {
            join.by = match &join.by {
                By::Relation { from, relation } => By::Relation { from: number(*from)?, relation: *relation },
                By::Condition(on) => By::Condition(on.renumbered(&number)?),
            };
        }
        less.filter = self.filter.iter().filter_map(|one| one.renumbered(&number)).collect();
        less.order = self.order.iter().filter_map(|sort| sort.renumbered(&number)).collect();
        Some(less)
    }
}

/// The loads of a model's objects with its defaults, which stop at a model that is above them.
pub fn with_defaults(kind: usize, loads: &[Choice], above: &[usize], raise_all: bool) -> Vec<Choice> {
    let mut all = loads.to_vec();
    for (relation, link) in TABLES[kind].relations.iter().enumerate() {
        if let Some(strategy) = link.default
            && !raise_all
            && !above.contains(&link.target)
            && !loads.iter().any(|load| load.relation == relation)
        {
            all.push(Choice { strategy, ..Choice::new(relation) });
        }
    }
    let above = [above, &[kind]].concat();
    for load in &mut all {
        let target = TABLES[kind].relations[load.relation].target;
        load.below = with_defaults(target, &load.below, &above, raise_all);
    }
    all
}

/// The loads with one less, or with less in one.
fn fewer_loads(loads: &[Choice]) -> Vec<Vec<Choice>> {
    let mut all = Vec::new();
    for at in 0..loads.len() {
        let mut less = loads.to_vec();
        less.remove(at);
        all.push(less);
        let with = |load: Choice| {
            let mut less = loads.to_vec();
            less[at] = load;
            less
        };
        let load = &loads[at];
        for below in fewer_loads(&load.below) {
            all.push(with(Choice { below, ..load.clone() }));
        }
        if load.has_own_terms() {
            let whole = Choice {
                filter: false,
                only: None,
                by_count: None,
                backwards: false,
                limit: None,
                ..load.clone()
            };
            all.push(with(whole));
        }
        if let Some(only) = &load.only {
            for only in only.simpler() {
                all.push(with(Choice { only: Some(only), ..load.clone() }));
            }
        }
        if load.inner || load.depth.is_some() || load.batch.is_some() || load.twice {
            all.push(with(Choice { inner: false, depth: None, batch: None, twice: false, ..load.clone() }));
        }
    }
    all
}

impl Sort {
    fn order(&self, places: &[Place]) -> OrderBy {
        let order = match self.by {
            SortBy::Column(at) => term(places, at).order(self.descending),
            SortBy::Written(at) => term(places, at).order_written(self.descending),
            SortBy::Count { place, relation } => {
                count_term(places[place].kind, relation).order(self.descending)
            }
        };
        match self.nulls_first {
            Some(true) => order.nulls_first(),
            Some(false) => order.nulls_last(),
            None => order,
        }
    }

    fn renumbered(&self, number: &dyn Fn(usize) -> Option<usize>) -> Option<Sort> {
        let by = match self.by {
            SortBy::Column(At { place, column }) => SortBy::Column(At { place: number(place)?, column }),
            SortBy::Written(At { place, column }) => SortBy::Written(At { place: number(place)?, column }),
            SortBy::Count { place, relation } => SortBy::Count { place: number(place)?, relation },
        };
        Some(Sort { by, ..self.clone() })
    }

    fn text(&self, places: &[Place]) -> String {
        let by = match self.by {
            SortBy::Column(At { place, column }) => places[place].text(column),
            SortBy::Written(At { place, column }) => format!("{} as SQL", places[place].text(column)),
            SortBy::Count { place, relation } => {
                let table = &TABLES[places[place].kind];
                format!("{}.{} count", table.model, table.relations[relation].name)
            }
        };
        let descending = if self.descending { " desc" } else { "" };
        let nulls = match self.nulls_first {
            Some(true) => " nulls first",
            Some(false) => " nulls last",
            None => "",
        };
        format!("{by}{descending}{nulls}")
    }
}

fn relation_joined<F: Member, M: Member>(
    query: Select<M>,
    relation: usize,
    left: bool,
    from: Option<&str>,
    to: Option<&str>,
) -> Select<M> {
    F::join(query, relation, left, from, to)
}

fn condition_joined<T: Member, M: Member>(
    query: Select<M>,
    left: bool,
    to: Option<&str>,
    on: Predicate,
) -> Select<M> {
    match to {
        None if left => query.left_join_on::<T>(on),
        None => query.join_on::<T>(on),
        Some(name) => {
            let to: Alias<T> = alias(name);
            if left { query.left_join_table(&to, on) } else { query.join_table(&to, on) }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.places();
        write!(f, "{}", TABLES[self.kind].model)?;
        for join in &self.joins {
            write!(f, "\n  {}join ", if join.left { "left " } else { "" })?;
            let name = join.place.alias.as_deref().map_or(String::new(), |name| format!(" as {name:?}"));
            match &join.by {
                By::Relation { from, relation } => {
                    let Place { kind, alias } = &places[*from];
                    let table = &TABLES[*kind];
                    let from = alias.as_deref().unwrap_or(table.model);
                    write!(f, "{from}.{}{name}", table.relations[*relation].name)?;
                }
                By::Condition(on) => {
                    write!(f, "{}{name} on {}", TABLES[join.place.kind].model, on.text(&places))?;
                }
            }
        }
        for condition in &self.filter {
            write!(f, "\n  where {}", condition.text(&places))?;
        }
        let order: Vec<String> = self.order.iter().map(|sort| sort.text(&places)).collect();
        if !order.is_empty() {
            write!(f, "\n  order by {}", order.join(", "))?;
        }
        let words = [(self.distinct, "distinct"), (self.unique, "unique"), (self.raise_all, "raise all")];
        for (_, word) in words.iter().filter(|(is, _)| *is) {
            write!(f, "\n  {word}")?;
        }
        if let Some(limit) = self.limit {
            write!(f, "\n  limit {limit}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, "\n  offset {offset}")?;
        }
        write!(f, "\n ")?;
        forest_text(f, self.kind, &self.loads)
    }
}
