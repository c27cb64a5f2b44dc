//! The expected answers, by nested loops over all rows: which objects a query returns and what belongs to them.

use super::cell::Cell;
use super::choice::{Choice, Depth, Query, Strategy};
use super::tables::{LINK_TABLES, Link, Pivot, TABLES, place};

/// The rows of all tables.
#[derive(Default, Clone)]
pub struct Data {
    pub tables: Vec<Vec<Vec<Cell>>>,
    pub links: Vec<Vec<Vec<Cell>>>,
    /// Whether NULL sorts after every value if an order does not specify it.
    pub nulls_are_high: bool,
}

impl Data {
    pub fn cell(&self, kind: usize, row: usize, column: &str) -> &Cell {
        &self.tables[kind][row][place(kind, column)]
    }

    pub fn cells(&self, kind: usize, row: usize, columns: &[&str]) -> Vec<Cell> {
        columns.iter().map(|column| self.cell(kind, row, column).clone()).collect()
    }

    /// The key of a relationship, or `None` if a part of it is NULL.
    pub fn key(&self, kind: usize, row: usize, link: &Link) -> Option<Vec<Cell>> {
        let key = self.cells(kind, row, link.local);
        (!key.iter().any(Cell::is_null)).then_some(key)
    }

    /// The rows of a relationship in its own order, each once.
    pub fn related(&self, kind: usize, row: usize, link: &Link) -> Vec<usize> {
        let Some(key) = self.key(kind, row, link) else { return Vec::new() };
        let mut found: Vec<usize> = (0..self.tables[link.target].len())
            .filter(|target| self.is_linked(&key, &self.cells(link.target, *target, link.remote), link))
            .filter(|target| self.belongs(link, *target))
            .collect();
        found.sort_by(|a, b| self.compare(link.target, *a, *b, link.order));
        found
    }

    /// The rows of a relationship as a join finds them: a duplicate link is two rows.
    pub fn matches(&self, kind: usize, row: usize, link: &Link) -> Vec<usize> {
        let Some(key) = self.key(kind, row, link) else { return Vec::new() };
        let targets = (0..self.tables[link.target].len()).filter(|target| self.belongs(link, *target));
        let target_key = |target: &usize| self.cells(link.target, *target, link.remote);
        let Some((table, side)) = link.through else {
            return targets.filter(|target| key == target_key(target)).collect();
        };
        let is = |target: &usize| match side {
            0 => [key.clone(), target_key(target)].concat(),
            _ => [target_key(target), key.clone()].concat(),
        };
        let links = |row: &Vec<Cell>| self.links[table].iter().filter(|link| *link == row).count();
        targets.flat_map(|target| std::iter::repeat_n(target, links(&is(&target)))).collect()
    }

    /// Whether a target meets the condition of a relationship.
    fn belongs(&self, link: &Link, target: usize) -> bool {
        !link.filtered || self.meets_filter(link.target, target)
    }

    fn is_linked(&self, key: &[Cell], target_key: &[Cell], link: &Link) -> bool {
        let Some((table, side)) = link.through else { return key == target_key };
        let row = match side {
            0 => [key, target_key].concat(),
            _ => [target_key, key].concat(),
        };
        debug_assert_eq!(row.len(), LINK_TABLES[table].columns.len());
        self.links[table].contains(&row)
    }

    pub fn compare(&self, kind: usize, a: usize, b: usize, order: &[(&str, bool)]) -> std::cmp::Ordering {
        let of = |(column, descending): &(&str, bool)| {
            let (a, b) = (self.cell(kind, a, column), self.cell(kind, b, column));
            let ordering = match self.nulls_are_high && a.is_null() != b.is_null() {
                true => b.cmp(a),
                false => a.cmp(b),
            };
            if *descending { ordering.reverse() } else { ordering }
        };
        order.iter().map(of).find(|ordering| ordering.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }

    fn meets_filter(&self, kind: usize, row: usize) -> bool {
        let (column, pivot) = &TABLES[kind].filter;
        let pivot = match pivot {
            Pivot::Int(value) => Cell::Int(*value),
            Pivot::Text(value) => Cell::from(*value),
        };
        let cell = self.cell(kind, row, column);
        !cell.is_null() && *cell > pivot
    }

    /// What a load gives to one object.
    pub fn targets(&self, kind: usize, row: usize, load: &Choice) -> Vec<usize> {
        let link = &TABLES[kind].relations[load.relation];
        let mut targets = self.related(kind, row, link);
        if load.filter {
            targets.retain(|target| self.meets_filter(link.target, *target));
        }
        if let Some(only) = &load.only {
            targets.retain(|target| only.holds(self, &[link.target], &[Some(*target)]) == Some(true));
        }
        if load.backwards {
            let keys: Vec<(&str, bool)> = key(link.target).iter().map(|column| (*column, true)).collect();
            targets.sort_by(|a, b| self.compare(link.target, *a, *b, &keys));
        }
        if let Some(relation) = load.by_count {
            let counted = &TABLES[link.target].relations[relation];
            targets
                .sort_by_key(|target| std::cmp::Reverse(self.related(link.target, *target, counted).len()));
        }
        targets.retain(|target| self.survives(link.target, *target, &load.below));
        if let Some(limit) = load.limit {
            targets.truncate(usize::try_from(limit).expect("a small limit"));
        }
        targets
    }

    /// Whether the inner joins below keep a row.
    pub fn survives(&self, kind: usize, row: usize, loads: &[Choice]) -> bool {
        let mut inner = loads.iter().filter(|load| load.inner);
        inner.all(|load| !self.targets(kind, row, load).is_empty())
    }

    /// The rows that a query returns, before its page is cut out.
    pub fn all_roots(&self, query: &Query) -> Vec<usize> {
        let kind = query.kind;
        let mut rows: Vec<usize> = (0..self.tables[kind].len())
            .filter(|row| !query.filter || self.meets_filter(kind, *row))
            .filter(|row| self.survives(kind, *row, &query.loads))
            .collect();
        let mut order: Vec<(&str, bool)> = Vec::new();
        order.extend(query.sort.map(|descending| (TABLES[kind].sort, descending)));
        order.extend(key(kind).iter().map(|column| (*column, false)));
        rows.sort_by(|a, b| self.compare(kind, *a, *b, &order));
        rows
    }

    /// The rows that a query returns.
    pub fn roots(&self, query: &Query) -> Vec<usize> {
        let number = |number: u64| usize::try_from(number).expect("a small page");
        let rows = self.all_roots(query).into_iter();
        let rows = rows.skip(query.offset.map_or(0, number));
        rows.take(query.limit.map_or(usize::MAX, number)).collect()
    }

    /// How many rows the largest statements of a query return together: joined collections multiply.
    pub fn rows_of_joins(&self, kind: usize, rows: &[usize], loads: &[Choice]) -> u64 {
        let mut sum: u64 = rows.iter().map(|row| self.joined_rows(kind, *row, loads)).sum();
        for load in loads {
            let targets = self.all_targets(kind, rows, load);
            let target = TABLES[kind].relations[load.relation].target;
            sum = sum.saturating_add(self.rows_of_joins(target, &targets, &load.below));
        }
        sum
    }

    fn joined_rows(&self, kind: usize, row: usize, loads: &[Choice]) -> u64 {
        let mut product = 1_u64;
        for load in loads.iter().filter(|load| matches!(load.strategy, Strategy::Joined | Strategy::Auto)) {
            let target = TABLES[kind].relations[load.relation].target;
            let limited =
                Choice { depth: load.depth.filter(|depth| *depth != Depth::Unlimited), ..load.clone() };
            let below = deeper(&limited);
            let rows = self.targets(kind, row, load);
            let sum: u64 = rows.iter().map(|row| self.joined_rows(target, *row, &below)).sum();
            product = product.saturating_mul(sum.max(1));
        }
        product
    }

    /// What a load gives to some objects together, each once, in the order of its first owner.
    pub fn all_targets(&self, kind: usize, rows: &[usize], load: &Choice) -> Vec<usize> {
        let mut all = Vec::new();
        for row in rows {
            for target in self.targets(kind, *row, load) {
                if !all.contains(&target) {
                    all.push(target);
                }
            }
        }
        all
    }
}

/// Whether its joins have few enough rows to be quick, and few enough tables for SQLite, which joins 64.
pub fn is_small(data: &Data, query: &Query, most_rows: u64) -> bool {
    is_small_of(data, query.kind, &data.all_roots(query), &query.loads, most_rows, 0)
}

/// The same for loads of some rows, in a statement that already joins this many tables.
pub fn is_small_of(
    data: &Data,
    kind: usize,
    rows: &[usize],
    loads: &[Choice],
    most_rows: u64,
    tables: usize,
) -> bool {
    tables + tables_of_joins(kind, loads) < 60 && data.rows_of_joins(kind, rows, loads) <= most_rows
}

/// How many tables a statement joins if all that may be joined is.
fn tables_of_joins(kind: usize, loads: &[Choice]) -> usize {
    let tables = |load: &Choice| {
        let link = &TABLES[kind].relations[load.relation];
        let limited = Choice { depth: load.depth.filter(|depth| *depth != Depth::Unlimited), ..load.clone() };
        1 + usize::from(link.through.is_some()) + tables_of_joins(link.target, &deeper(&limited))
    };
    loads.iter().map(tables).sum()
}

/// What is loaded of a load's targets, recursion written out one step.
pub fn deeper(load: &Choice) -> Vec<Choice> {
    let mut below = load.below.clone();
    match load.depth {
        None | Some(Depth::Limited(0)) => {}
        Some(Depth::Limited(levels)) => {
            below.push(Choice { depth: Some(Depth::Limited(levels - 1)), ..load.clone() });
        }
        Some(Depth::Unlimited) => below.push(load.clone()),
    }
    below
}

/// The columns of a primary key.
pub fn key(kind: usize) -> &'static [&'static str] {
    &TABLES[kind].columns[..TABLES[kind].key]
}
