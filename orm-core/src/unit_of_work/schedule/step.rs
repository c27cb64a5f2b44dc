//! What comes out: steps in order.

use super::operation::{Kind, Operation};

/// Operations that one or a few statements can write together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::unit_of_work) struct Step {
    pub(in crate::unit_of_work) part: Part,
    pub(in crate::unit_of_work) kind: Kind,
    /// The operations, by their places, in an order in which rows can be written one by one.
    pub(in crate::unit_of_work) operations: Vec<usize>,
}

/// Which part of its operations a step writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::unit_of_work) enum Part {
    /// These columns become NULL, before the operation itself.
    Clear(Vec<usize>),
    /// The operation itself; columns that are late stay NULL.
    Whole,
    /// These columns get their values, after the operation itself.
    Late(Vec<usize>),
}

/// The steps in order, and what may stand in their way.
#[derive(Debug)]
pub(in crate::unit_of_work) struct Schedule {
    pub(in crate::unit_of_work) steps: Vec<Step>,
    /// Pairs of operations, each of which should come before the other. The database decides whether it allows that; a
    /// constraint that it checks at the end of the transaction does.
    pub(in crate::unit_of_work) conflicts: Vec<(usize, usize)>,
}

/// Operations in a circle, each of which needs an unknown key of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::unit_of_work) struct Circle {
    pub(in crate::unit_of_work) operations: Vec<usize>,
}

impl Part {
    /// The columns of a part of an operation.
    pub(in crate::unit_of_work) fn columns(&self) -> &[usize] {
        match self {
            Part::Clear(columns) | Part::Late(columns) => columns,
            Part::Whole => &[],
        }
    }
}

/// Which of the nodes that can be written comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    phase: u8,
    place: usize,
    pub(super) kind: Kind,
    pub(super) part: Part,
}

impl Turn {
    pub(super) fn new(operation: &Operation, part: Part) -> Turn {
        let Operation { kind, rank, .. } = *operation;
        let phase = match (&part, kind) {
            (Part::Late(_), _) => 1,
            (Part::Clear(_), Kind::Delete) => 2,
            (_, Kind::Delete) => 3,
            _ => 0,
        };
        let place = if kind == Kind::Delete { usize::MAX - rank } else { rank };
        Turn { phase, place, kind, part }
    }

    /// Whether the turn is that of a whole operation.
    pub(super) fn is_of(&self, operation: &Operation) -> bool {
        let place = if operation.kind == Kind::Delete { usize::MAX - operation.rank } else { operation.rank };
        self.part == Part::Whole && (self.kind, self.place) == (operation.kind, place)
    }
}
