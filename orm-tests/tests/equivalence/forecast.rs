//! How many statements a query will run: each level costs `ceil(distinct keys / batch size)`, and nothing without keys.

use std::collections::{HashSet, VecDeque};

use super::cell::Cell;
use super::choice::{Choice, Depth, Query, Strategy};
use super::oracle::Data;
use super::tables::TABLES;

/// The objects that a session holds, by model and row.
pub type Held = HashSet<(usize, usize)>;

/// A strategy as it is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Keys,
    Join,
    AroundParents,
    WholeTable,
}

/// A load with its strategy decided and its joined recursion written out.
#[derive(Clone)]
struct Decided {
    choice: Choice,
    way: Way,
    depth: Option<Depth>,
    below: Vec<Decided>,
}

#[derive(Clone, Copy)]
struct Parents {
    all: bool,
    /// They are a page.
    few: bool,
}

struct Waiting {
    kind: usize,
    rows: Vec<usize>,
    /// Whether the rows are those of a statement without keys, which a subquery can repeat.
    repeatable: bool,
    load: Decided,
}

pub struct Forecast<'d> {
    data: &'d Data,
    held: &'d mut Held,
    overwrite: bool,
    statements: usize,
    queue: VecDeque<Waiting>,
}

impl<'d> Forecast<'d> {
    fn new(data: &'d Data, held: &'d mut Held, overwrite: bool) -> Forecast<'d> {
        Forecast { data, held, overwrite, statements: 0, queue: VecDeque::new() }
    }

    /// The statements of a query; what it loads is held from then on.
    pub fn of_query(data: &'d Data, held: &'d mut Held, query: &Query) -> usize {
        Self::of_rows(data, held, query, data.roots(query))
    }

    /// The statements of a query that returns these rows.
    pub fn of_rows(data: &'d Data, held: &'d mut Held, query: &Query, rows: Vec<usize>) -> usize {
        let paged = query.limit.is_some() || query.offset.is_some();
        let loads =
            decide_all(query.kind, &query.loads, Parents { all: !query.filter && !paged, few: paged });
        let mut forecast = Forecast::new(data, held, query.populate_existing);
        forecast.statements = 1;
        forecast.arrive(query.kind, rows, true, &loads);
        forecast.run()
    }

    /// The statements of loading one relationship of existing objects.
    pub fn of_load_all(
        data: &'d Data,
        held: &'d mut Held,
        kind: usize,
        rows: &[usize],
        load: &Choice,
    ) -> usize {
        let mut forecast = Forecast::new(data, held, false);
        let load = decide(kind, load, Parents { all: false, few: false });
        forecast.queue.push_back(Waiting { kind, rows: rows.to_vec(), repeatable: false, load });
        forecast.run()
    }

    fn run(mut self) -> usize {
        while let Some(next) = self.queue.pop_front() {
            self.load(next);
        }
        self.statements
    }

    /// The rows of a statement arrive, with all that is joined to them.
    fn arrive(&mut self, kind: usize, rows: Vec<usize>, repeatable: bool, loads: &[Decided]) {
        let mut branches = VecDeque::from([(kind, rows, loads)]);
        while let Some((kind, rows, loads)) = branches.pop_front() {
            self.held.extend(rows.iter().map(|row| (kind, *row)));
            for load in loads {
                if load.way == Way::Join {
                    let target = TABLES[kind].relations[load.choice.relation].target;
                    let targets = self.data.all_targets(kind, &rows, &load.choice);
                    branches.push_back((target, targets, &load.below));
                } else {
                    let (rows, load) = (rows.clone(), load.clone());
                    self.queue.push_back(Waiting { kind, rows, repeatable, load });
                }
            }
        }
    }

    fn load(&mut self, next: Waiting) {
        let Waiting { kind, rows, repeatable, load } = next;
        let target = TABLES[kind].relations[load.choice.relation].target;
        if load.depth == Some(Depth::Unlimited) {
            self.ask(kind, &rows, &load);
            let mut all: Vec<usize> = Vec::new();
            // Each object is asked about once, those that the recursion begins with included.
            let mut asked = if kind == target { rows.clone() } else { Vec::new() };
            let mut frontier = self.data.all_targets(kind, &rows, &load.choice);
            while !frontier.is_empty() {
                self.held.extend(frontier.iter().map(|row| (target, *row)));
                all.extend(&frontier);
                let new: Vec<usize> = frontier.iter().copied().filter(|row| !asked.contains(row)).collect();
                self.ask(target, &new, &load);
                asked.extend(new);
                frontier = self.data.all_targets(target, &frontier, &load.choice);
                frontier.retain(|row| !all.contains(row));
            }
            self.arrive(target, all, false, &load.below);
            return;
        }
        let at_once = match load.way {
            Way::WholeTable => true,
            Way::AroundParents => repeatable,
            Way::Keys | Way::Join => false,
        };
        if !at_once {
            self.ask(kind, &rows, &load);
        } else if !self.keys(kind, &rows, &load).is_empty() {
            self.statements += 1;
        }
        let targets = self.data.all_targets(kind, &rows, &load.choice);
        self.arrive(target, targets.clone(), at_once, &load.below);
        if let Some(Depth::Limited(levels)) = load.depth
            && levels > 0
        {
            let load = Decided { depth: Some(Depth::Limited(levels - 1)), ..load };
            self.queue.push_back(Waiting { kind: target, rows: targets, repeatable: at_once, load });
        }
    }

    /// As many statements as the keys need, less those whose targets are held.
    fn ask(&mut self, kind: usize, rows: &[usize], load: &Decided) {
        let joins = load.below.iter().any(|below| below.way == Way::Join);
        let may_be_held = load.choice.is_by_identity(kind) && !joins && !self.overwrite;
        let link = &TABLES[kind].relations[load.choice.relation];
        let mut keys = self.keys(kind, rows, load);
        keys.retain(|(_, row)| {
            let target = self.data.related(kind, *row, link).first().copied();
            !(may_be_held && target.is_some_and(|target| self.held.contains(&(link.target, target))))
        });
        self.statements += keys.len().div_ceil(load.choice.batch.unwrap_or(usize::MAX));
    }

    /// The distinct keys of some rows, each with a row that has it.
    fn keys(&self, kind: usize, rows: &[usize], load: &Decided) -> Vec<(Vec<Cell>, usize)> {
        let link = &TABLES[kind].relations[load.choice.relation];
        let mut keys: Vec<(Vec<Cell>, usize)> = Vec::new();
        for row in rows {
            if let Some(key) = self.data.key(kind, *row, link)
                && keys.iter().all(|(other, _)| *other != key)
            {
                keys.push((key, *row));
            }
        }
        keys
    }
}

fn decide_all(kind: usize, loads: &[Choice], parents: Parents) -> Vec<Decided> {
    loads.iter().map(|load| decide(kind, load, parents)).collect()
}

fn decide(kind: usize, choice: &Choice, parents: Parents) -> Decided {
    let link = &TABLES[kind].relations[choice.relation];
    let free = choice.depth.is_none() && choice.batch.is_none();
    let key_is_here = link.local_is_key();
    let way = match choice.strategy {
        Strategy::Selectin => Way::Keys,
        Strategy::Joined => Way::Join,
        Strategy::Subquery => Way::AroundParents,
        Strategy::Auto if !link.kind.is_collection() && parents.few && free => Way::Join,
        Strategy::Auto if !key_is_here && parents.all && free => Way::WholeTable,
        Strategy::Auto => Way::Keys,
    };
    let all = way == Way::WholeTable && !choice.filter && choice.limit.is_none() && !link.filtered;
    // Of the objects of a collection one parent is held already, and others are few.
    let few = parents.few && !link.kind.is_collection();
    let below = decide_all(link.target, &choice.below, Parents { all, few });
    let mut decided = Decided { choice: choice.clone(), way, depth: choice.depth, below };
    if let (Way::Join, Some(Depth::Limited(levels))) = (way, decided.depth) {
        decided.depth = None;
        let template = decided.clone();
        for _ in 0..levels {
            let below = std::mem::replace(&mut decided, template.clone());
            decided.below.push(below);
        }
    }
    decided
}
