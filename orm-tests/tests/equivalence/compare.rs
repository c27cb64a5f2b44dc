//! Holds what a query gave against the oracle: the same rows, in the same order, each of them one object.

use std::collections::{HashMap, HashSet};

use orm_core::ErrorKind;

use super::choice::{Choice, Depth};
use super::member::Thing;
use super::oracle::{Data, deeper};
use super::tables::{Link, LinkKind, TABLES};

/// What was seen of one session so far.
pub struct Comparison<'d> {
    data: &'d Data,
    /// Which object a row is.
    addresses: HashMap<(usize, usize), usize>,
    rows: HashMap<usize, (usize, usize)>,
    visited: HashSet<(String, usize)>,
    /// Relationships that the session's queries loaded whole, and those that they loaded in part.
    whole: HashSet<(usize, usize)>,
    /// Whether accessors must return "not loaded" for what was not loaded whole.
    pub cold: bool,
}

impl<'d> Comparison<'d> {
    pub fn new(data: &'d Data) -> Comparison<'d> {
        Comparison {
            data,
            addresses: HashMap::new(),
            rows: HashMap::new(),
            visited: HashSet::new(),
            whole: HashSet::new(),
            cold: true,
        }
    }

    /// The entities of a query, with what it loaded of them.
    pub fn query(
        &mut self,
        kind: usize,
        found: &[Thing],
        rows: &[usize],
        loads: &[Choice],
    ) -> Result<(), String> {
        self.visited.clear();
        self.mark_whole(kind, loads);
        self.list(found, kind, rows, loads, TABLES[kind].model)
    }

    /// One object; only its columns and identity are compared.
    pub fn object(&mut self, found: &Thing, kind: usize, row: usize) -> Result<(), String> {
        let cells = found.cells();
        let expected = &self.data.tables[kind][row];
        if found.kind() != kind || cells != *expected {
            return Err(format!("the row is {expected:?} and the object {cells:?}"));
        }
        let address = found.address();
        let known = *self.addresses.entry((kind, row)).or_insert(address);
        let known_row = *self.rows.entry(address).or_insert((kind, row));
        if known != address || known_row != (kind, row) {
            return Err(format!("one row is two objects, or two rows are one: {expected:?}"));
        }
        Ok(())
    }

    fn mark_whole(&mut self, kind: usize, loads: &[Choice]) {
        for load in loads {
            if !is_part(kind, load) {
                self.whole.insert((kind, load.relation));
            }
            self.mark_whole(TABLES[kind].relations[load.relation].target, &load.below);
        }
    }

    pub fn list(
        &mut self,
        found: &[Thing],
        kind: usize,
        rows: &[usize],
        loads: &[Choice],
        path: &str,
    ) -> Result<(), String> {
        let shown = |data: &Data| -> String {
            let found: Vec<_> = found.iter().map(|thing| thing.cells()).collect();
            let rows: Vec<_> = rows.iter().map(|row| &data.tables[kind][*row]).collect();
            format!("{path}:\n  found    {found:?}\n  expected {rows:?}")
        };
        if found.len() != rows.len() {
            return Err(shown(self.data));
        }
        for (thing, row) in found.iter().zip(rows) {
            self.object(thing, kind, *row).map_err(|error| format!("{error}\n  in {}", shown(self.data)))?;
        }
        for (thing, row) in found.iter().zip(rows) {
            if self.visited.insert((path.to_owned(), *row)) {
                self.relations(thing, kind, *row, loads, path)?;
            }
        }
        Ok(())
    }

    fn relations(
        &mut self,
        thing: &Thing,
        kind: usize,
        row: usize,
        loads: &[Choice],
        path: &str,
    ) -> Result<(), String> {
        for (relation, link) in TABLES[kind].relations.iter().enumerate() {
            let below = format!("{path}.{}", link.name);
            let Some(load) = loads.iter().find(|load| load.relation == relation) else {
                if thing.found(relation).is_some() {
                    return Err(format!("{below} was not asked for and is there"));
                }
                continue;
            };
            // All levels of an endless recursion are one.
            let endless = load.depth == Some(Depth::Unlimited);
            let below =
                if endless && path.ends_with(&format!(".{}", link.name)) { path.into() } else { below };
            let found = thing.found(relation).ok_or_else(|| format!("{below} was not loaded"))?;
            let rows = self.data.targets(kind, row, load);
            self.list(&found, link.target, &rows, &deeper(load), &below)?;
            self.held(thing, (kind, row), load, &found, &below)?;
        }
        Ok(())
    }

    /// What the object itself holds: the same where the relationship was loaded whole, nothing where only in part.
    fn held(
        &self,
        thing: &Thing,
        (kind, row): (usize, usize),
        load: &Choice,
        found: &[Thing],
        path: &str,
    ) -> Result<(), String> {
        if !load.has_own_terms() && !drops(&load.below) {
            let held = thing.held(load.relation).map_err(|error| format!("{path}: {error}"))?;
            let addresses =
                |things: &[Thing]| -> Vec<usize> { things.iter().map(|thing| thing.address()).collect() };
            if addresses(&held) != addresses(found) {
                return Err(format!("{path}: the query found other objects than the object holds"));
            }
        }
        let link = &TABLES[kind].relations[load.relation];
        if is_part(kind, load) && self.cold && !self.whole.contains(&(kind, load.relation)) {
            match thing.held(load.relation) {
                Err(error) if error.kind() == ErrorKind::NotLoaded => {}
                Err(error) => return Err(format!("{path}: {error}")),
                // A collection that was loaded whole determines the parent of its members.
                Ok(held) if link.kind == LinkKind::ToPrimaryKey && self.are(&held, kind, row, link) => {}
                Ok(_) => {
                    return Err(format!("{path}: a part of the relationship became what the object holds"));
                }
            }
        }
        Ok(())
    }

    /// Whether some objects are all targets of a relationship.
    fn are(&self, held: &[Thing], kind: usize, row: usize, link: &Link) -> bool {
        let targets = self.data.related(kind, row, link);
        let cells = targets.iter().map(|target| self.data.tables[link.target][*target].clone());
        held.iter().map(|thing| thing.cells()).eq(cells)
    }
}

/// Whether a load returns a part of the relationship: by its own terms, or because a join right below drops targets.
fn is_part(kind: usize, load: &Choice) -> bool {
    let target = &TABLES[TABLES[kind].relations[load.relation].target];
    let dropping = |below: &Choice| below.inner && !target.relations[below.relation].required;
    load.has_own_terms() || load.below.iter().any(dropping)
}

/// Whether an inner join at any depth below may drop targets.
fn drops(loads: &[Choice]) -> bool {
    loads.iter().any(|load| load.inner || drops(&load.below))
}
