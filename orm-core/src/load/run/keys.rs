//! The distinct keys of objects, and which object has which.

use std::hash::Hash;

use hashbrown::hash_map::Entry;
use hashbrown::{DefaultHashBuilder, HashMap};

use super::levels::{Owners, count};
use crate::graph::ErasedArena;
use crate::value::{Cells, Value, ValueError, ValueRef};

/// One key: the values of its columns.
type KeyValues = Vec<Value>;

/// The distinct keys of a level's objects, and who has which.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) distinct: Vec<KeyValues>,
    /// Keys that are one integer, as most are, by themselves.
    numbers: HashMap<i64, u32>,
    index: HashMap<KeyValues, u32>,
    /// The key of each object of the level; `None` if a part of it is NULL.
    of: Vec<Option<u32>>,
}

impl Keys {
    /// Reads the keys of objects as they are now.
    pub(super) fn collect(arena: &dyn ErasedArena, nodes: &[u32], columns: &[usize]) -> Keys {
        let mut keys = Keys::default();
        keys.of.reserve(nodes.len());
        for node in nodes {
            if let [column] = columns
                && let ValueRef::Int(number) = arena.view(*node, *column)
            {
                let owner = keys.enter_number(number);
                keys.of.push(Some(owner));
                continue;
            }
            let key: KeyValues = columns.iter().map(|column| arena.view(*node, *column).to_value()).collect();
            let owner = if key.iter().any(Value::is_null) { None } else { Some(keys.enter(key)) };
            keys.of.push(owner);
        }
        keys
    }

    fn enter(&mut self, key: KeyValues) -> u32 {
        let form: KeyValues = key.iter().cloned().map(Value::into_key_form).collect();
        match &form[..] {
            [Value::Int(number)] => entered(self.numbers.entry(*number), &mut self.distinct, || key),
            _ => entered(self.index.entry(form), &mut self.distinct, || key),
        }
    }

    fn enter_number(&mut self, number: i64) -> u32 {
        entered(self.numbers.entry(number), &mut self.distinct, || vec![Value::Int(number)])
    }

    /// The key in a row, by the places of its cells; `None` if it was not asked for.
    pub(super) fn find(&self, cells: &dyn Cells, places: &[usize]) -> Result<Option<u32>, ValueError> {
        if let [place] = places {
            if let Some(number) = cells.integer(*place) {
                return Ok(self.numbers.get(&number).copied());
            }
            match cells.cell(*place)? {
                ValueRef::Int(number) => return Ok(self.numbers.get(&number).copied()),
                ValueRef::Bool(truth) => return Ok(self.numbers.get(&i64::from(truth)).copied()),
                _ => {}
            }
        }
        let read = |place: &usize| cells.cell(*place).map(|cell| cell.to_value().into_key_form());
        let key = places.iter().map(read).collect::<Result<KeyValues, _>>()?;
        Ok(self.index.get(&key).copied())
    }

    pub(super) fn into_owners(self) -> Owners {
        Owners { count: self.distinct.len(), of: Some(self.of) }
    }
}

/// The place of a key among the distinct ones, which it gets when it is seen first.
fn entered<K: Hash>(
    entry: Entry<'_, K, u32, DefaultHashBuilder>,
    distinct: &mut Vec<KeyValues>,
    key: impl FnOnce() -> KeyValues,
) -> u32 {
    *entry.or_insert_with(|| {
        distinct.push(key());
        count(distinct.len() - 1)
    })
}
