use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::levels::{Owners, count};
use crate::graph::ErasedArena;
use crate::sql::{Bind, Expr, Source};
use crate::value::{Cells, Value, ValueError};

/// One key: the values of its columns.
pub(super) type KeyValues = Vec<Value>;

/// The distinct keys of a level's objects, and who has which.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) distinct: Vec<KeyValues>,
    index: HashMap<KeyValues, u32>,
    /// The key of each object of the level; none where a part of it is NULL.
    of: Vec<Option<u32>>,
}

impl Keys {
    /// Reads the keys of objects as they are now.
    pub(super) fn collect(arena: &dyn ErasedArena, nodes: &[u32], columns: &[usize]) -> Keys {
        let mut keys = Keys::default();
        for node in nodes {
            let key: KeyValues = columns.iter().map(|column| arena.view(*node, *column).to_value()).collect();
            let owner = if key.iter().any(Value::is_null) { None } else { Some(keys.enter(key)) };
            keys.of.push(owner);
        }
        keys
    }

    fn enter(&mut self, key: KeyValues) -> u32 {
        match self.index.entry(key) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let at = count(self.distinct.len());
                self.distinct.push(entry.key().clone());
                *entry.insert(at)
            }
        }
    }

    /// The key in a row, by the places of its cells; none where nobody asked for it.
    pub(super) fn find(&self, cells: &dyn Cells, places: &[usize]) -> Result<Option<u32>, ValueError> {
        let read = |place: &usize| cells.cell(*place).map(|cell| cell.to_value());
        let key = places.iter().map(read).collect::<Result<KeyValues, _>>()?;
        Ok(self.index.get(&key).copied())
    }

    pub(super) fn into_owners(self) -> Owners {
        Owners { count: self.distinct.len(), of: Some(self.of) }
    }
}

/// `column IN (keys)`, `=` for one key, row values for composite ones.
pub(super) fn among(source: &Source, columns: &[&'static str], keys: &[KeyValues]) -> Expr {
    let column = |name: &&'static str| Expr::Column { source: source.clone(), name };
    let bind = |value: &Value| Bind::from(value.clone());
    match (columns, keys) {
        (columns, [only]) => {
            let pair = |(name, value)| Expr::eq(column(name), Expr::Bind(bind(value)));
            let mut pairs: Vec<Expr> = columns.iter().zip(only).map(pair).collect();
            if pairs.len() == 1 { pairs.swap_remove(0) } else { Expr::And(pairs) }
        }
        ([single], keys) => {
            let list = keys.iter().flatten().map(|value| Expr::Bind(bind(value))).collect();
            Expr::In(Box::new(column(single)), list)
        }
        (columns, keys) => {
            let rows = keys.iter().map(|key| key.iter().map(bind).collect()).collect();
            Expr::RowIn(columns.iter().map(column).collect(), rows)
        }
    }
}
