//! How deep expressions and queries are inside each other.
//!
//! What follows a tree, to write it, to copy it and to drop it, calls itself, and users build trees in loops. So a tree
//! is measured when it grows, without recursion, and one that is too deep is replaced by an error.

use std::sync::Arc;

use super::{Cte, Expr, Select, TableRef};

/// How deep an expression may be. A thread with half a megabyte of stack can write one in a debug build, and SQLite takes no
/// more than 1000.
pub const MOST_DEPTH: usize = 128;

/// What a query inside an expression is as deep as: writing one takes several functions.
const QUERY: usize = 3;

/// A part of a tree that is not measured yet.
enum Part<'p> {
    Expr(&'p Expr),
    Select(&'p Select),
    Table(&'p TableRef),
}

impl Expr {
    /// How deep it is: 1 for a column.
    pub fn depth(&self) -> usize {
        let is_leaf = |expr: &Expr| matches!(expr, Expr::Column { .. } | Expr::Bind(_) | Expr::Refused(_));
        match self {
            // What most conditions are.
            Expr::Binary(left, _, right) if is_leaf(left) && is_leaf(right) => 2,
            leaf if is_leaf(leaf) => 1,
            _ => measure(Part::Expr(self)),
        }
    }

    /// The expression, or what refuses the query where it is too deep.
    #[must_use]
    pub fn bounded(self) -> Expr {
        if self.depth() > MOST_DEPTH { Expr::too_deep() } else { self }
    }

    /// What refuses a query that is too deep.
    pub fn too_deep() -> Expr {
        let why = format!(
            "the query nests conditions, expressions or subqueries more than {MOST_DEPTH} levels deep; \
             combine many conditions with `Predicate::all(..)` and `Predicate::any(..)`, values with `is_in`, and \
             compute what is longer in Rust"
        );
        Expr::Refused(Arc::from(why))
    }
}

impl Select {
    /// The query, or one that is refused where it is too deep.
    #[must_use]
    pub fn bounded(self) -> Select {
        if measure(Part::Select(&self)) <= MOST_DEPTH {
            return self;
        }
        let mut refused = Select::constant();
        for _ in 0..self.width() {
            refused.returns(Expr::too_deep());
        }
        refused
    }
}

fn measure(root: Part<'_>) -> usize {
    let mut deepest = 0;
    let mut parts = vec![(root, 1)];
    // Queries name one common table expression in many places.
    let mut seen: Vec<(*const Cte, usize)> = Vec::new();
    while let Some((part, depth)) = parts.pop() {
        deepest = deepest.max(depth);
        if deepest > MOST_DEPTH {
            break;
        }
        match part {
            Part::Expr(expr) => {
                if let Expr::In(of, list) = expr {
                    // Most lists are long, and of values.
                    parts.push((Part::Expr(of), depth + 1));
                    let deep = list.iter().filter(|item| !matches!(item, Expr::Bind(_)));
                    parts.extend(deep.map(|item| (Part::Expr(item), depth + 1)));
                    continue;
                }
                expr.visit_parts(&mut |part| parts.push((Part::Expr(part), depth + 1)));
                parts.extend(expr.query().map(|select| (Part::Select(select), depth + QUERY)));
            }
            Part::Select(select) => {
                select.visit_expressions(&mut |expr| parts.push((Part::Expr(expr), depth + 1)));
                let operands = select.left.as_deref().into_iter();
                let operands = operands.chain(select.set.iter().map(|(_, operand)| operand));
                parts.extend(operands.map(|operand| (Part::Select(operand), depth + QUERY)));
                let tables = select.from.iter().chain(select.joins.iter().map(|join| &join.table));
                parts.extend(tables.map(|table| (Part::Table(table), depth + 1)));
            }
            Part::Table(table) => match table {
                TableRef::Query { select, .. } => parts.push((Part::Select(select), depth + QUERY)),
                TableRef::Cte { cte: Some(cte), .. } => {
                    let place = Arc::as_ptr(cte);
                    if !seen.iter().any(|(other, at)| *other == place && *at >= depth) {
                        seen.push((place, depth));
                        parts.push((Part::Select(&cte.select), depth + QUERY));
                    }
                }
                TableRef::Nested { first, joins } => {
                    parts.push((Part::Table(first), depth + 1));
                    parts.extend(joins.iter().map(|join| (Part::Table(&join.table), depth + 1)));
                }
                TableRef::Table { .. } | TableRef::Cte { cte: None, .. } => {}
            },
        }
    }
    deepest
}
