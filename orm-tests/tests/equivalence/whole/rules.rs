use super::condition::At;
use super::question::{Question, Sort, SortBy};
use crate::choice::{Choice, Strategy};
use crate::tables::{LinkKind, TABLES};

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
        return Some("`page_after` can be sorted only by columns of");
    }
    if question.repeats() && !question.distinct && !question.unique {
        return Some("`page_after` needs each entity to appear once");
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
    /// Whether a join of the stream's own statement may find two rows for a to-one.
    fn may_repeat(kind: usize, loads: &[Choice]) -> bool {
        loads.iter().filter(|load| load.strategy == Strategy::Joined).any(|load| {
            let link = &TABLES[kind].relations[load.relation];
            link.kind == LinkKind::HasOne || may_repeat(link.target, &load.below)
        })
    }
    let loads = question.all_loads();
    if needs_all(question.kind, &loads, true) {
        return Some("a stream cannot load");
    }
    may_repeat(question.kind, &loads).then_some("its key is not unique")
}

fn is_own_column(sort: &Sort) -> bool {
    matches!(sort.by, SortBy::Column(At { place: 0, .. }))
}
