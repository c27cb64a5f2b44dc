//! Conditions on the rows of tables, which hold in every statement that reads them.

use std::fmt;
use std::sync::Arc;

use super::depth::MOST_DEPTH;
use super::{Cte, Dialect, Expr, Join, JoinKind, Select, Source, TableName, TableRef, check_condition};
use crate::error::Result;

/// Which rows a part of a statement sees of those that criteria hide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sees {
    /// What the statement around it sees.
    #[default]
    Same,
    /// Rows that are marked as deleted too.
    Deleted,
    /// All rows.
    Everything,
}

impl Sees {
    /// The call that makes a load see it, for messages.
    pub fn method(self) -> &'static str {
        match self {
            Sees::Same => "",
            Sees::Deleted => ".with_deleted()",
            Sees::Everything => ".without_criteria()",
        }
    }
}

/// How many conditions of other tables one condition may contain: each that asks about two others doubles them.
const MOST_NESTED: usize = 500;

/// Conditions by the table whose rows they are about, written with its own name; and that rows are not deleted, where tables mark
/// those that are.
#[derive(Clone, Default)]
pub struct Criteria {
    conditions: Option<Arc<Vec<(TableName, Expr)>>>,
    /// Whether deleted rows are seen.
    shows_deleted: bool,
}

impl Criteria {
    /// Adds a condition on the rows of a table.
    pub fn add(&mut self, table: TableName, condition: Expr) {
        let all = Arc::make_mut(self.conditions.get_or_insert_default());
        match all.iter_mut().find(|(known, _)| *known == table) {
            Some((_, known)) => *known = Expr::and(Some(std::mem::replace(known, Expr::All)), condition),
            None => all.push((table, condition)),
        }
    }

    /// Those of another list, and these.
    #[must_use]
    pub fn with(mut self, other: &Criteria) -> Criteria {
        self.shows_deleted |= other.shows_deleted;
        if self.conditions.is_none() {
            self.conditions.clone_from(&other.conditions);
            return self;
        }
        other.all().iter().for_each(|(table, condition)| self.add(*table, condition.clone()));
        self
    }

    /// The same where the queries in conditions see no more than others do. A condition that leads back to a table whose
    /// condition it is part of sees all rows of that table.
    #[must_use]
    pub fn resolved(self) -> Criteria {
        let mut asks = false;
        self.all()
            .iter()
            .for_each(|(_, condition)| condition.walk(&mut |part| asks |= part.query().is_some()));
        if !asks {
            return self;
        }
        let resolve = |(table, _): &(TableName, Expr)| {
            let condition = Applying::new(&self).resolved(*table).unwrap_or(Expr::All);
            (*table, condition.bounded())
        };
        Criteria { conditions: Some(Arc::new(self.all().iter().map(resolve).collect())), ..self }
    }

    /// Checks that each is a condition on the rows of its table.
    ///
    /// # Errors
    /// `InvalidQuery`.
    pub fn check(&self, dialect: Dialect) -> Result<()> {
        self.all()
            .iter()
            .try_for_each(|(table, condition)| check_condition(condition, &[Source::Table(*table)], dialect))
    }

    fn all(&self) -> &[(TableName, Expr)] {
        self.conditions.as_deref().map_or(&[], Vec::as_slice)
    }

    /// Those of a session that sees all rows.
    pub fn none() -> Criteria {
        Criteria { conditions: None, shows_deleted: true }
    }

    /// Shows deleted rows; whether they were hidden.
    pub fn show_deleted(&mut self) -> bool {
        !std::mem::replace(&mut self.shows_deleted, true)
    }

    /// Whether there are conditions besides that of rows which are not deleted.
    pub fn has_conditions(&self) -> bool {
        self.conditions.is_some()
    }

    /// Whether deleted rows are seen.
    pub fn shows_deleted(&self) -> bool {
        self.shows_deleted
    }

    /// Whether they may hide rows of a table.
    pub fn hide(&self, table: TableName) -> bool {
        self.hide_deleted(table) || self.given(table).is_some()
    }

    /// The condition on the rows of a table.
    pub fn of(&self, table: TableName) -> Option<Expr> {
        let seen = table.not_deleted().filter(|_| !self.shows_deleted);
        match (self.given(table), seen) {
            (Some(given), Some(seen)) => Some(Expr::and(Some(seen), given.clone())),
            (given, seen) => seen.or_else(|| given.cloned()),
        }
    }

    fn given(&self, table: TableName) -> Option<&Expr> {
        self.all().iter().find(|(known, _)| *known == table).map(|(_, condition)| condition)
    }

    fn hide_deleted(&self, table: TableName) -> bool {
        !self.shows_deleted && table.marks_deleted()
    }

    /// Whether a SELECT is another one under them.
    pub fn change(&self, select: &Select) -> bool {
        let mut tables = Vec::new();
        if self.conditions.is_none() && !self.shows_deleted {
            select.read_tables(&mut tables);
        }
        self.has_conditions() || tables.iter().any(TableName::marks_deleted)
    }

    /// Adds to a SELECT the condition of each table that enters it, wherever in it: to WHERE for a table of FROM, and to ON for
    /// a joined one, so that a LEFT JOIN keeps its rows.
    pub fn apply(&self, select: &mut Select) {
        if self.change(select) {
            Applying::new(self).select(select);
        }
    }

    /// Adds them to an expression of an UPDATE or DELETE: to the queries in it.
    pub fn apply_inside(&self, expr: &mut Expr) {
        if self.has_conditions() || !self.shows_deleted {
            Applying::new(self).queries(expr);
        }
    }

    /// Adds them to the filter of an UPDATE or DELETE of a table.
    pub fn apply_to_rows(&self, table: TableName, filter: &mut Option<Expr>) {
        filter.iter_mut().for_each(|filter| self.apply_inside(filter));
        if let Some(condition) = self.of(table) {
            *filter = Some(Expr::and(filter.take(), condition));
        }
    }
}

/// The tables alone: the conditions may have secret values.
impl fmt::Debug for Criteria {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().iter().map(|(table, _)| table.name)).finish()
    }
}

struct Applying<'c> {
    criteria: &'c Criteria,
    /// What common table expressions became: one that is used twice is one in the statement.
    ctes: Vec<(Arc<Cte>, Sees, Arc<Cte>)>,
    /// What the part sees that they are being added to.
    sees: Sees,
    /// The tables whose conditions are being resolved.
    within: Vec<TableName>,
    /// How many conditions were put into others.
    nested: usize,
}

impl<'c> Applying<'c> {
    fn new(criteria: &'c Criteria) -> Applying<'c> {
        Applying { criteria, ctes: Vec::new(), sees: Sees::Same, within: Vec::new(), nested: 0 }
    }

    /// The condition on the rows of a table.
    fn condition(&mut self, table: TableName) -> Option<Expr> {
        match (self.within.is_empty(), self.sees) {
            (false, _) => self.resolved(table),
            (true, Sees::Same) => self.criteria.of(table),
            (true, Sees::Deleted) => self.criteria.given(table).cloned(),
            (true, Sees::Everything) => None,
        }
    }

    /// The same with conditions in its own queries.
    fn resolved(&mut self, table: TableName) -> Option<Expr> {
        if self.within.contains(&table) || !self.criteria.hide(table) {
            return None;
        }
        // A condition inside a query inside a condition is at least four levels deeper.
        if self.within.len() > MOST_DEPTH / 4 {
            return Some(Expr::too_deep());
        }
        self.nested += 1;
        if self.nested > MOST_NESTED {
            return Some(Expr::Refused(Arc::from(format!(
                "the criteria ask about each other's tables in more than {MOST_NESTED} ways; let fewer of them ask with `any`, \
                 `has` or `exists`"
            ))));
        }
        let mut condition = self.criteria.of(table)?;
        self.within.push(table);
        let ctes = std::mem::take(&mut self.ctes);
        self.queries(&mut condition);
        self.ctes = ctes;
        self.within.pop();
        Some(condition)
    }

    /// Adds them to a part that may see more than what is around it.
    fn part(&mut self, sees: Sees, add: impl FnOnce(&mut Self)) {
        let around = self.sees;
        self.sees = around.max(sees);
        add(self);
        self.sees = around;
    }

    fn select(&mut self, select: &mut Select) {
        self.part(select.sees, |this| this.inside(select));
    }

    fn inside(&mut self, select: &mut Select) {
        // Queries in it first: those in the conditions that are added are resolved.
        select.visit_own_expressions_mut(&mut |expr| self.queries(expr));
        let mut own = Vec::new();
        if let Some(from) = &mut select.from {
            self.table(from, &mut own);
        }
        for join in &mut select.joins {
            self.part(join.sees, |this| this.join(join, &mut own));
        }
        own.into_iter().for_each(|condition| select.and_where(condition));
        let operands = select.left.as_deref_mut().into_iter();
        operands
            .chain(select.set.iter_mut().map(|(_, select)| select))
            .for_each(|select| self.select(select));
    }

    /// The queries of an expression.
    fn queries(&mut self, expr: &mut Expr) {
        if let Expr::Exists(select) | Expr::Scalar(select) | Expr::InQuery(_, select) = expr {
            self.select(select);
        }
        expr.visit_parts_mut(&mut |part| self.queries(part));
    }

    /// A joined table. `own` takes the conditions of one that has no ON.
    fn join(&mut self, join: &mut Join, own: &mut Vec<Expr>) {
        self.queries(&mut join.on);
        let mut conditions = Vec::new();
        self.table(&mut join.table, &mut conditions);
        if join.kind == JoinKind::Cross {
            return own.append(&mut conditions);
        }
        for condition in conditions {
            let on = std::mem::replace(&mut join.on, Expr::And(Vec::new()));
            join.on = Expr::and(Some(on), condition);
        }
    }

    /// A table of FROM; its conditions go into `on`, which keeps or drops its rows.
    fn table(&mut self, table: &mut TableRef, on: &mut Vec<Expr>) {
        let source = table.source();
        match table {
            TableRef::Table { name, .. } => {
                if let (Some(condition), Some(source)) = (self.condition(*name), source) {
                    on.push(condition.relocate(*name, &source));
                }
            }
            TableRef::Query { select, .. } => self.select(select),
            TableRef::Cte { cte: Some(cte), .. } => *cte = self.cte(cte),
            TableRef::Cte { cte: None, .. } => {}
            TableRef::Nested { first, joins } => {
                self.table(first, on);
                joins.iter_mut().for_each(|join| self.part(join.sees, |this| this.join(join, on)));
            }
        }
    }

    fn cte(&mut self, cte: &Arc<Cte>) -> Arc<Cte> {
        let same = |known: &Arc<Cte>, sees: Sees| Arc::ptr_eq(known, cte) && sees == self.sees;
        if let Some((.., done)) = self.ctes.iter().find(|(known, sees, _)| same(known, *sees)) {
            return Arc::clone(done);
        }
        let Cte { name, recursive, hides, select } = &**cte;
        let mut select = select.clone();
        self.select(&mut select);
        let done = Arc::new(Cte { name: Arc::clone(name), recursive: *recursive, hides: *hides, select });
        self.ctes.push((Arc::clone(cte), self.sees, Arc::clone(&done)));
        done
    }
}

#[cfg(test)]
mod tests {
    use super::{Criteria, Dialect, Expr, Select, TableName, TableRef};
    use crate::error::ErrorKind;

    /// Criteria of many tables, each of which asks about rows of the next ones.
    fn asking(tables: usize, next: usize) -> Criteria {
        let names: Vec<&'static str> =
            (0..tables).map(|table| &*Box::leak(format!("t{table}").into_boxed_str())).collect();
        let mut criteria = Criteria::default();
        for (at, name) in names.iter().enumerate() {
            let exists = |name: &&'static str| {
                let mut select = Select::from(TableRef::table(TableName::new(name)));
                select.returns(Expr::Number(1));
                Expr::Exists(Box::new(select))
            };
            let asked = names[at + 1..].iter().take(next).map(exists).collect();
            criteria.add(TableName::new(name), Expr::And(asked));
        }
        criteria
    }

    #[test]
    fn criteria_that_ask_about_each_other_are_bounded() {
        let few = asking(8, 1).resolved();
        assert!(few.check(Dialect::Sqlite).is_ok(), "eight tables in a row");
        for (tables, next) in [(200, 1), (60, 2), (60, 59)] {
            let refused = asking(tables, next).resolved().check(Dialect::Sqlite);
            let kind = refused.as_ref().err().map(crate::error::Error::kind);
            assert_eq!(kind, Some(ErrorKind::InvalidQuery), "{tables} tables: {refused:?}");
        }
    }
}
