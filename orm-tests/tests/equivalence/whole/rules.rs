use super::condition::{At, Condition};
use super::question::{Question, Sort, SortBy};
use crate::choice::{Choice, Strategy};
use crate::tables::TABLES;

/// What is not asked for yet, because the library does not answer it rightly. Each goes with its fix.
pub const SWITCHED_OFF: &[Feature] = &[
    Feature {
        name: "aliases beside joined loads",
        why: "an alias that looks as a loader's is taken for one",
        is: |question| {
            question.joins.iter().any(|join| join.place.alias.is_some())
                && any_load(&question.all_loads(), &|load| load.strategy != Strategy::Selectin)
        },
    },
    Feature {
        name: "joined loads that ask about relationships",
        why: "the condition's alias captures the loader's",
        is: |question| {
            let asks = |load: &Choice| {
                load.by_count.is_some()
                    || load.only.as_ref().is_some_and(|only| only.any(&asks_about_relationship))
            };
            any_load(&question.all_loads(), &|load| load.strategy == Strategy::Joined && asks(load))
        },
    },
    Feature {
        name: "plans of recursive subquery loads",
        why: "the plan shows statements that do not run",
        is: |question| {
            let is = |load: &Choice| load.strategy == Strategy::Subquery && load.depth.is_some();
            any_load(&question.all_loads(), &is)
        },
    },
];

fn asks_about_relationship(condition: &Condition) -> bool {
    matches!(condition, Condition::Has { .. } | Condition::Count { .. })
}

fn any_load(loads: &[Choice], is: &dyn Fn(&Choice) -> bool) -> bool {
    loads.iter().any(|load| is(load) || any_load(&load.below, is))
}

/// A sort of query, to be left out while it is not right.
pub struct Feature {
    pub name: &'static str,
    pub why: &'static str,
    pub is: fn(&Question) -> bool,
}

/// The switched-off feature that a query has.
pub fn switched_off(question: &Question) -> Option<&'static Feature> {
    if std::env::var_os("ORM_ASK_ALL").is_some() {
        return None;
    }
    SWITCHED_OFF.iter().find(|feature| (feature.is)(question))
}

/// The documented reason for which a query is refused, as a part of the message.
pub fn refusal(question: &Question) -> Option<&'static str> {
    if question.distinct && !question.order.iter().all(is_own_column) {
        return Some("DISTINCT rows can");
    }
    None
}

/// The documented reason for which pages cannot begin behind an entity.
pub fn refusal_behind(question: &Question) -> Option<&'static str> {
    // What comes behind the whole primary key decides nothing.
    let key = |end: &&usize| {
        let mut columns = 0..TABLES[question.kind].key;
        let is = |sort: &Sort, column| matches!(sort.by, SortBy::Column(At { place: 0, column: own }) if own == column);
        columns.all(|column| question.order[..**end].iter().any(|sort| is(sort, column)))
    };
    let all = question.order.len();
    let decisive = (0..all).collect::<Vec<_>>().iter().find(key).copied().unwrap_or(all);
    if !question.order[..decisive].iter().all(is_own_column) {
        return Some("pages behind an entity are sorted by columns of");
    }
    if question.repeats() && !question.distinct && !question.unique {
        return Some("pages that begin behind an entity return each one once");
    }
    None
}

/// The documented reason for which a query cannot be streamed.
pub fn refusal_in_stream(question: &Question) -> Option<&'static str> {
    if !question.joins.is_empty() || question.distinct {
        return Some("reads each row of its table once");
    }
    fn needs_all(kind: usize, loads: &[Choice], own: bool) -> bool {
        loads.iter().any(|load| {
            let link = &TABLES[kind].relations[load.relation];
            let joined = load.strategy == Strategy::Joined;
            let own = own && joined;
            load.strategy == Strategy::Subquery
                || (own && link.kind.is_collection())
                || needs_all(link.target, &load.below, own)
        })
    }
    needs_all(question.kind, &question.all_loads(), true).then_some("a stream cannot load")
}

fn is_own_column(sort: &Sort) -> bool {
    matches!(sort.by, SortBy::Column(At { place: 0, .. }))
}
