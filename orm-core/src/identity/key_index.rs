//! The objects of a model by columns that are not its primary key, for relationships that refer to these.

use hashbrown::HashMap;
use indexmap::IndexSet;

use crate::graph::ErasedArena;
use crate::value::Value;

/// Which objects have, or had in some version, a key in some columns. It is made when it is first asked for, and learns of
/// new versions from the arena's log.
#[derive(Debug)]
pub(super) struct KeyIndex {
    columns: Vec<usize>,
    by_key: HashMap<Vec<Value>, IndexSet<u32>>,
    /// How many objects, and how many entries of the log, it knows.
    nodes: u32,
    logged: usize,
}

impl KeyIndex {
    pub(super) fn new(objects: &dyn ErasedArena, columns: &[usize]) -> KeyIndex {
        objects.keep_log();
        KeyIndex { columns: columns.to_vec(), by_key: HashMap::new(), nodes: 0, logged: 0 }
    }

    /// The objects that have a key in some version, in their order.
    pub(super) fn find(&mut self, objects: &dyn ErasedArena, key: &[Value]) -> Vec<u32> {
        for node in self.nodes..objects.len() {
            (0..objects.versions(node)).for_each(|version| self.enter(objects, node, version));
        }
        self.nodes = objects.len();
        let logged = objects.logged(self.logged);
        self.logged += logged.len();
        for (node, version) in logged {
            self.enter(objects, node, version);
        }
        let found = self.by_key.get(key).into_iter().flatten();
        let mut found: Vec<u32> = found.copied().collect();
        found.sort_unstable();
        found
    }

    fn enter(&mut self, objects: &dyn ErasedArena, node: u32, version: usize) {
        let value = |column: &usize| objects.view_version(node, version, *column).to_value();
        let key: Vec<Value> = self.columns.iter().map(value).collect();
        self.by_key.entry(key).or_default().insert(node);
    }
}
