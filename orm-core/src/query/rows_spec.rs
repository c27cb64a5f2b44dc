//! The description of a query for rows.

use super::QueryCore;
use super::list::SelectList;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Expr, Item, Lock, Order, Select, SetOp, Source};

/// How many unions may be inside each other.
pub(super) const MOST_UNIONS: usize = 32;

/// A query for rows of values and entities, without its types.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct RowsSpec {
    pub(crate) core: QueryCore,
    pub(crate) list: SelectList,
    /// What a union begins with, where that is a union or a page itself.
    pub(crate) left: Option<Box<RowsSpec>>,
    pub(crate) group: Vec<Expr>,
    pub(crate) having: Option<Expr>,
    pub(crate) distinct_on: Vec<Expr>,
    pub(crate) set: Vec<(SetOp, RowsSpec)>,
}

/// What decides how many rows a query returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// The rows of its tables: a `count(*)` can replace what it selects.
    OfRows,
    /// The query as a whole; and whether what it selects matters.
    OfSelect { by_columns: bool },
}

impl RowsSpec {
    /// What decides how many rows it returns.
    pub(crate) fn length(&self) -> Length {
        let aggregates =
            self.having.is_some() || self.list.values.iter().any(|item| has_aggregate(&item.expr));
        let one_row = self.group.is_empty() && aggregates;
        let by_columns = self.core.distinct || !self.set.is_empty() || self.left.is_some() || one_row;
        let pages = self.core.limit.is_some() || self.core.offset.is_some();
        match by_columns || pages || !self.group.is_empty() || !self.distinct_on.is_empty() {
            true => Length::OfSelect { by_columns },
            false => Length::OfRows,
        }
    }

    /// The SELECT of the values only; the columns of the entities follow, entity by entity.
    ///
    /// # Errors
    /// `InvalidQuery`: FROM cannot be inferred, a value is neither grouped nor aggregated, or a value that a LEFT JOIN
    /// may not find is not an `Option`.
    pub(crate) fn values(&self) -> Result<Select> {
        self.core.check_refused()?;
        if self.core.behind && !self.core.distinct {
            self.core.from.check_behind()?;
        }
        self.check_grouping()?;
        self.check_outer()?;
        let named = if self.left.is_some() { Vec::new() } else { self.list.sources() };
        let (from, joins) = self.core.from.lower(&named)?;
        let value = |item: &super::list::ValueItem| {
            // A column that is called by its own name needs no other.
            let own = matches!(&item.expr, Expr::Column { name, .. } if Some(*name) == item.name);
            Item { expr: item.expr.clone(), alias: item.name.filter(|_| !own).map(Into::into) }
        };
        let mut select = Select::constant();
        if let Some(left) = &self.left {
            select.left = Some(Box::new(left.to_select()?));
        }
        select.columns = self.list.values.iter().map(value).collect();
        select.from = from;
        select.joins = joins;
        select.filter.clone_from(&self.core.filter);
        select.group.clone_from(&self.group);
        select.having.clone_from(&self.having);
        select.distinct = self.core.distinct;
        select.distinct_on.clone_from(&self.distinct_on);
        for (op, operand) in &self.set {
            select.set.push((*op, operand.to_select()?));
        }
        select.order = self.ordered()?;
        (select.limit, select.offset) = (self.core.limit, self.core.offset);
        select.lock = self.locked();
        Ok(select)
    }

    /// Refuses what a union has none of, where the query is one.
    pub(super) fn refuse_of_union(&mut self, method: &str) {
        if !self.set.is_empty() {
            self.core.refuse(format!(
                "`{method}` comes after a union, which is made of its queries' rows; call it on each of them, or read from \
                 the union with `.subquery(\"name\")`"
            ));
        }
    }

    /// The whole SELECT, as a part of another query.
    ///
    /// # Errors
    /// As for [`values`](Self::values); and entities of a subquery load nothing.
    pub(crate) fn to_select(&self) -> Result<Select> {
        let mut select = self.values()?;
        for entity in &self.list.entities {
            if !entity.loads.is_empty() {
                return refuse(
                    "entities of a subquery load no relationships; name the loads in the query around it",
                );
            }
            entity.selection().columns().for_each(|column| select.returns(column.expr(&entity.source)));
        }
        Ok(select)
    }

    /// The query as the first operand of a union.
    pub(super) fn wrapped(self) -> RowsSpec {
        let mut left = self;
        let (core, list) = (left.core.outside(), left.list.clone());
        left.list.entities.iter_mut().for_each(|entity| entity.loads.clear());
        RowsSpec { core, list, left: Some(Box::new(left)), ..RowsSpec::default() }
    }

    /// How many unions are inside each other.
    pub(super) fn unions(&self) -> usize {
        let mut deepest = 0;
        let mut specs = vec![(self, 0)];
        while let Some((spec, depth)) = specs.pop() {
            deepest = deepest.max(depth);
            let inside = spec.left.as_deref().into_iter().chain(spec.set.iter().map(|(_, other)| other));
            specs.extend(inside.map(|spec| (spec, depth + 1)));
        }
        deepest
    }

    /// What the columns of [`to_select`](Self::to_select) are called.
    pub(super) fn names(&self) -> Vec<Option<&'static str>> {
        let values = self.list.values.iter().map(|item| item.name);
        let mut names: Vec<Option<&'static str>> = values.collect();
        self.list.entities.iter().for_each(|entity| names.extend(entity.selection().names().map(Some)));
        names
    }

    /// The order. The order of a union can only name its columns, and does so by number.
    fn ordered(&self) -> Result<Vec<Order>> {
        if self.set.is_empty() && !self.core.distinct {
            return Ok(self.core.order.clone());
        }
        let mut columns: Vec<Expr> = self.list.values.iter().map(|item| item.expr.clone()).collect();
        for entity in &self.list.entities {
            let column = |name| Expr::column(&entity.source, name);
            columns.extend(entity.selection().names().map(column));
        }
        let numbered = |term: &Order| {
            let number = columns.iter().position(|column| *column == term.expr);
            let number = number.ok_or_else(|| {
                let what = if self.core.distinct { "DISTINCT rows" } else { "the rows of a union" };
                Error::new(
                    ErrorKind::InvalidQuery,
                    format!("{what} can be sorted by what the query selects alone; select it too"),
                )
            })?;
            let expr = if self.set.is_empty() { term.expr.clone() } else { Expr::Number(number as u64 + 1) };
            Ok(Order { expr, ..term.clone() })
        };
        self.core.order.iter().map(numbered).collect()
    }

    fn locked(&self) -> Option<Lock> {
        let mut lock = self.core.lock.clone()?;
        // Rows that an outer join may not find cannot be locked.
        let outer = self.core.from.outer();
        let entity = self.list.entities.iter().find(|entity| !outer.contains(&entity.source));
        lock.of = lock.of.or_else(|| entity.map(|entity| entity.source.clone()));
        Some(lock)
    }

    fn check_grouping(&self) -> Result<()> {
        if self.left.is_some() {
            return Ok(());
        }
        if self.core.filter.as_ref().is_some_and(has_aggregate) {
            return refuse("WHERE looks at single rows and knows no aggregate; use `.having(..)`");
        }
        let aggregates = self.list.values.iter().any(|item| has_aggregate(&item.expr));
        if self.group.is_empty() && !aggregates && self.having.is_none() {
            return Ok(());
        }
        for item in &self.list.values {
            if let Some((source, name)) = self.ungrouped(&item.expr) {
                return refuse(format!(
                    "`{}.{name}` is selected beside an aggregate or a group, and has no single value there; add it to \
                     `.group_by(..)`, or take an aggregate of it",
                    source.name()
                ));
            }
        }
        for entity in &self.list.entities {
            if !self.is_keyed(&entity.source) {
                let def = entity.model.def();
                let key: Vec<&str> = def.key.iter().map(|column| def.columns[*column].field).collect();
                return refuse(format!(
                    "`{}` is selected beside an aggregate or a group; add its key, {}, to `.group_by(..)`",
                    def.name,
                    key.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// A column that has no single value in a group.
    fn ungrouped<'e>(&self, expr: &'e Expr) -> Option<(&'e Source, &'static str)> {
        if self.group.contains(expr) {
            return None;
        }
        match expr {
            Expr::Column { source, name, .. } => (!self.is_keyed(source)).then_some((source, *name)),
            Expr::Aggregate { .. } => None,
            Expr::Over(function, window) => {
                let mut found = None;
                let mut part = |part: &'e Expr| found = found.or_else(|| self.ungrouped(part));
                function.visit_parts(&mut part);
                window.partition.iter().for_each(&mut part);
                window.order.iter().for_each(|term| part(&term.expr));
                found
            }
            _ => {
                let mut found = None;
                expr.visit_parts(&mut |part| found = found.or_else(|| self.ungrouped(part)));
                found
            }
        }
    }

    /// Whether the groups have the key of a source, so that each has one row of it. What is behind a source is not
    /// always known; the database judges then.
    fn is_keyed(&self, source: &Source) -> bool {
        let models = self.list.models.iter().cloned().chain(self.core.from.models());
        let Some((_, def)) = models.into_iter().find(|(known, _)| known == source) else { return true };
        let mut key = def.key.iter().map(|column| Expr::column(source, def.columns[*column].name));
        key.all(|column| self.group.contains(&column))
    }

    fn check_outer(&self) -> Result<()> {
        let outer = self.core.from.outer();
        if outer.is_empty() {
            return Ok(());
        }
        for item in self.list.values.iter().filter(|item| !item.nullable) {
            if let Some((source, name)) = may_be_missing(&item.expr, &outer) {
                return refuse(format!(
                    "`{}.{name}` is from a LEFT JOIN, which may find no row; select it with `.optional()`",
                    source.name()
                ));
            }
        }
        for entity in self.list.entities.iter().filter(|entity| !entity.nullable) {
            if outer.contains(&entity.source) {
                return refuse(format!(
                    "`{}` is from a LEFT JOIN, which may find no row; select it with `.optional()`",
                    entity.model.def().name
                ));
            }
        }
        Ok(())
    }
}

/// A column of the sources that makes the expression NULL where it is NULL.
fn may_be_missing<'e>(expr: &'e Expr, outer: &[Source]) -> Option<(&'e Source, &'static str)> {
    match expr {
        Expr::Column { source, name, .. } => outer.contains(source).then_some((source, *name)),
        Expr::Binary(left, _, right) => may_be_missing(left, outer).or_else(|| may_be_missing(right, outer)),
        Expr::Cast(inner, _) | Expr::Not(inner) | Expr::Decimal { of: inner, .. } => {
            may_be_missing(inner, outer)
        }
        _ => None,
    }
}

/// Whether a group makes one value of the expression: an aggregate outside of a window.
fn has_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregate { .. } | Expr::CountRows => true,
        Expr::Over(function, window) => {
            let mut found = window.partition.iter().any(has_aggregate)
                || window.order.iter().any(|term| has_aggregate(&term.expr));
            function.visit_parts(&mut |part| found |= has_aggregate(part));
            found
        }
        _ => {
            let mut found = false;
            expr.visit_parts(&mut |part| found |= has_aggregate(part));
            found
        }
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidQuery, why.into()))
}
