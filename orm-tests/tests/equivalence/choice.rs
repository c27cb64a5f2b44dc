//! Option trees, and random ones.

use std::fmt;

use super::dice::Dice;
use super::tables::{LinkKind, TABLES};
use super::whole::{Condition, Place};

/// A strategy as a query names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Strategy {
    Selectin,
    Joined,
    Subquery,
    Auto,
}

pub const STRATEGIES: [Strategy; 4] =
    [Strategy::Selectin, Strategy::Joined, Strategy::Subquery, Strategy::Auto];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    Limited(usize),
    Unlimited,
}

/// One relationship to load, and what to load below it.
#[derive(Clone)]
pub struct Choice {
    pub relation: usize,
    pub strategy: Strategy,
    pub inner: bool,
    pub batch: Option<usize>,
    pub depth: Option<Depth>,
    pub filter: bool,
    /// A further condition on the targets.
    pub only: Option<Condition>,
    /// The collection of the targets whose number they are sorted by, downwards and before all else.
    pub by_count: Option<usize>,
    pub backwards: bool,
    pub limit: Option<u64>,
    /// Whether it is named twice, each time with a part of what is below.
    pub twice: bool,
    pub below: Vec<Choice>,
}

/// A query for one model with its options.
#[derive(Clone)]
pub struct Query {
    pub kind: usize,
    pub filter: bool,
    /// By the column that has ties and NULLs, and whether downwards.
    pub sort: Option<bool>,
    /// Whether the primary key decides among ties.
    pub total: bool,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    pub populate_existing: bool,
    pub loads: Vec<Choice>,
}

impl Choice {
    pub fn new(relation: usize) -> Choice {
        Choice {
            relation,
            strategy: Strategy::Selectin,
            inner: false,
            batch: None,
            depth: None,
            filter: false,
            only: None,
            by_count: None,
            backwards: false,
            limit: None,
            twice: false,
            below: Vec::new(),
        }
    }

    /// What is given to the query: the option, or two of the same that are to be merged.
    pub fn halves(&self) -> Vec<Choice> {
        let once = Choice { twice: false, ..self.clone() };
        if !self.twice {
            return vec![once];
        }
        let (first, second) = self.below.split_at(self.below.len() / 2);
        [first, second].map(|half| Choice { below: half.to_vec(), ..once.clone() }).into()
    }

    /// Whether it has its own filter, order or limit.
    pub fn has_own_terms(&self) -> bool {
        self.filter
            || self.only.is_some()
            || self.by_count.is_some()
            || self.backwards
            || self.limit.is_some()
    }

    /// The same tree with one strategy everywhere.
    pub fn all_by(&self, strategy: Strategy) -> Choice {
        let below = self.below.iter().map(|below| below.all_by(strategy)).collect();
        let limited = self.limit.is_some() && strategy == Strategy::Joined;
        let endless = self.depth == Some(Depth::Unlimited) && strategy == Strategy::Joined;
        let strategy = if limited || endless { Strategy::Selectin } else { strategy };
        Choice { strategy, inner: false, batch: None, below, ..self.clone() }
    }
}

/// A random forest of options from a model, of the deepest depth given.
pub fn forest(dice: &mut Dice, kind: usize, depth: usize, nodes: &mut usize) -> Vec<Choice> {
    let mut loads: Vec<Choice> = Vec::new();
    let wanted = 1 + dice.below(3);
    for relation in shuffled(dice, TABLES[kind].relations.len()) {
        if loads.len() == wanted || *nodes == 0 {
            break;
        }
        *nodes -= 1;
        loads.push(tree(dice, kind, relation, depth, nodes));
    }
    loads
}

fn tree(dice: &mut Dice, kind: usize, relation: usize, depth: usize, nodes: &mut usize) -> Choice {
    let link = &TABLES[kind].relations[relation];
    let mut choice = Choice::new(relation);
    choice.strategy = *dice.pick(&STRATEGIES);
    if link.kind.is_collection() && dice.one_in(8) {
        choice.filter = dice.one_in(2);
        choice.backwards = dice.one_in(2);
        choice.limit = dice.one_in(2).then(|| dice.below(4) as u64);
    }
    if link.is_recursive(kind) && !choice.has_own_terms() && dice.one_in(2) {
        choice.depth = Some(match dice.one_in(2) {
            true => Depth::Unlimited,
            false => Depth::Limited(dice.below(4)),
        });
    }
    if depth > 1 && !dice.one_in(4) {
        choice.below = forest(dice, link.target, depth - 1, nodes);
        if choice.depth.is_some() {
            choice.below.retain(|below| below.relation != relation);
        }
    }
    if link.required {
        // A required target cannot be dropped from below.
        choice.below.iter_mut().for_each(|below| below.inner = false);
    }
    if matches!(choice.strategy, Strategy::Selectin | Strategy::Auto) && dice.one_in(3) {
        choice.strategy = Strategy::Selectin;
        choice.batch = Some(1 + dice.below(3));
    }
    if choice.strategy == Strategy::Joined {
        choice.inner = choice.depth.is_none() && dice.one_in(4);
        if choice.limit.is_some() || choice.depth == Some(Depth::Unlimited) {
            choice.strategy = Strategy::Selectin;
            choice.inner = false;
        }
    }
    choice.twice = !choice.has_own_terms() && dice.one_in(6);
    choice
}

fn shuffled(dice: &mut Dice, count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        all.swap(at, dice.below(at + 1));
    }
    all
}

/// `Author.books.selectin(2)[tags.joined]`, to read in a failure.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", TABLES[self.kind].model)?;
        if self.filter {
            write!(f, " where")?;
        }
        if let Some(descending) = self.sort {
            let tie = if self.total { ", key" } else { "" };
            write!(f, " order by sort{}{tie}", if descending { " desc" } else { "" })?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, " offset {offset}")?;
        }
        if self.populate_existing {
            write!(f, " populate_existing")?;
        }
        forest_text(f, self.kind, &self.loads)
    }
}

pub fn forest_text(f: &mut fmt::Formatter<'_>, kind: usize, loads: &[Choice]) -> fmt::Result {
    if loads.is_empty() {
        return Ok(());
    }
    write!(f, " [")?;
    for (at, load) in loads.iter().enumerate() {
        let link = &TABLES[kind].relations[load.relation];
        write!(f, "{}{}.{:?}", if at > 0 { ", " } else { "" }, link.name, load.strategy)?;
        if load.inner {
            write!(f, ".inner")?;
        }
        if let Some(batch) = load.batch {
            write!(f, ".batch({batch})")?;
        }
        if let Some(depth) = load.depth {
            write!(f, ".recursive({depth:?})")?;
        }
        if load.has_own_terms() {
            write!(f, ".view(filter {}, backwards {}, limit {:?})", load.filter, load.backwards, load.limit)?;
        }
        if let Some(only) = &load.only {
            write!(f, ".filter({})", only.text(&[Place::table(link.target)]))?;
        }
        if let Some(counted) = load.by_count {
            write!(f, ".order_by({} count)", TABLES[link.target].relations[counted].name)?;
        }
        if load.twice {
            write!(f, ".twice")?;
        }
        forest_text(f, link.target, &load.below)?;
    }
    write!(f, "]")
}

impl Choice {
    /// Whether the key is here and the target's primary key: then the identity map can answer.
    pub fn is_by_identity(&self, kind: usize) -> bool {
        TABLES[kind].relations[self.relation].kind == LinkKind::ToPrimaryKey
    }
}
