//! Unsaved changes in words.

use super::UnitOfWork;
use crate::identity::Store;

impl UnitOfWork {
    /// What a flush would write, in words; empty if it would write nothing.
    pub(crate) fn unsaved(&self, store: &Store) -> Vec<String> {
        let links = self.links.iter().count() + self.unlinks.iter().count();
        let waits = self.waiting_keys.nodes().any(|node| !self.dirty.contains_key(&node));
        let others = usize::from(!self.key_links.is_empty() || waits || !self.replaced_unloaded.is_empty());
        let counts = [
            (self.new_count(), "new row", "new rows"),
            (self.modified_count(store), "changed object", "changed objects"),
            (self.deleted_count(), "deletion", "deletions"),
            (links.max(others), "link", "links"),
        ];
        let words = |(count, one, several): (usize, &str, &str)| match count {
            0 => None,
            1 => Some(format!("1 unsaved {one}")),
            count => Some(format!("{count} unsaved {several}")),
        };
        counts.into_iter().filter_map(words).collect()
    }
}
