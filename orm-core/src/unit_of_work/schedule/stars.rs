//! Many circles through one row. The test ends soon only if each costs as much as it is long.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Claim, Columns, Kind, Operation, Part, Role, Work, schedule};

/// A row changes its key, and many rows follow: they release its old key before, and refer to the new one after.
fn star(rows: usize, nullable: bool) -> Work {
    let hub = Operation { kind: Kind::Update, rank: 0, shape: 0 };
    let ray = Operation { kind: Kind::Update, rank: 1, shape: 0 };
    let claim = |operation, role, value, columns| Claim { operation, role, value, columns, known: true };
    let mut claims = vec![claim(0, Role::GivesUp, 0, 0), claim(0, Role::Takes, 1, 0)];
    for row in 1..=rows {
        claims.extend([claim(row, Role::LetsGo, 0, 1), claim(row, Role::RefersTo, 1, 1)]);
    }
    let key = Columns { all: vec![1], nullable: if nullable { vec![1] } else { Vec::new() } };
    Work {
        operations: std::iter::once(hub).chain(std::iter::repeat_n(ray, rows)).collect(),
        claims,
        columns: vec![Columns { all: vec![0], nullable: Vec::new() }, key],
    }
}

#[test]
fn circles_through_one_row_are_cut_one_by_one() {
    const ROWS: usize = 100_000;
    for by_row in [true, false] {
        let schedule = schedule(&star(ROWS, true), by_row).unwrap();
        assert_eq!(schedule.conflicts, []);
        let parts: Vec<(&Part, usize)> =
            schedule.steps.iter().map(|step| (&step.part, step.operations.len())).collect();
        assert_eq!(parts, [(&Part::Whole, ROWS), (&Part::Whole, 1), (&Part::Late(vec![1]), ROWS)]);
    }
}

#[test]
fn rows_that_cannot_be_cut_follow_by_themselves() {
    let schedule = schedule(&star(100_000, false), false).unwrap();
    assert_eq!(schedule.conflicts, []);
    assert_eq!(schedule.steps.iter().map(|step| step.operations.len()).collect::<Vec<_>>(), [1, 100_000]);
}
