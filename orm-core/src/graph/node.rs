//! One object and its versions.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::ColumnSet;

/// One object: its first version, and newer ones once something changed.
///
/// A change publishes a version and never touches an older one, so `&str`s read earlier stay valid and readers take no
/// lock. Versions are freed with the graph.
#[derive(Debug)]
pub struct Node<M> {
    first: M,
    newer: OnceLock<Box<Newer<M>>>,
}

/// Most objects that change do so once, so there is a place for one version, and more are allocated when they are needed.
#[derive(Debug)]
struct Newer<M> {
    /// 0: the first version counts (again); n: the n-th of the newer ones.
    current: AtomicUsize,
    count: AtomicUsize,
    second: Version<M>,
    more: OnceLock<Box<Chunk<M>>>,
}

/// A version that was made from an earlier one.
#[derive(Debug)]
struct Version<M> {
    record: M,
    /// The number of the one that it was made from, and the columns in which it may differ from that.
    from: usize,
    changed: ColumnSet,
}

/// Places for versions, twice as many as in the chunk before.
#[derive(Debug)]
struct Chunk<M> {
    versions: Box<[OnceLock<Version<M>>]>,
    next: OnceLock<Box<Chunk<M>>>,
}

impl<M> Node<M> {
    pub(crate) fn new(first: M) -> Node<M> {
        Node { first, newer: OnceLock::new() }
    }

    /// The newest version.
    pub(crate) fn current(&self) -> &M {
        match self.newer.get() {
            None => &self.first,
            Some(newer) => self.version(newer.current.load(Ordering::Acquire)),
        }
    }

    /// The number of the newest version, from 0.
    pub(crate) fn current_version(&self) -> usize {
        self.newer.get().map_or(0, |newer| newer.current.load(Ordering::Acquire))
    }

    /// A version by number; the first if the number does not exist.
    pub(crate) fn version(&self, number: usize) -> &M {
        let newer = self.newer.get().filter(|_| number > 0);
        newer.and_then(|newer| newer.version(number)).map_or(&self.first, |version| &version.record)
    }

    /// All versions, from the first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &M> {
        let newer = self.newer.get();
        let count = newer.map_or(0, |newer| newer.count.load(Ordering::Acquire));
        let newer = newer.into_iter().flat_map(move |newer| (1..=count).filter_map(|at| newer.version(at)));
        std::iter::once(&self.first).chain(newer.map(|version| &version.record))
    }

    /// The columns in which the newest version may differ from an earlier one; `None` if it was not made from that in a few
    /// steps.
    pub(crate) fn changed_since(&self, number: usize) -> Option<ColumnSet> {
        const STEPS: usize = 4;
        let (mut changed, mut at) = (ColumnSet::default(), self.current_version());
        for _ in 0..STEPS {
            if at == number {
                return Some(changed);
            }
            let version = self.newer.get()?.version(at)?;
            changed.join(version.changed);
            at = version.from;
        }
        (at == number).then_some(changed)
    }

    /// Makes `record`, which differs from the newest version in these columns at most, the newest; returns its number.
    pub(crate) fn publish(&self, record: M, changed: ColumnSet) -> usize {
        let version = Version { record, from: self.current_version(), changed };
        let Some(newer) = self.newer.get() else {
            let (current, count) = (AtomicUsize::new(1), AtomicUsize::new(1));
            let newer = Newer { current, count, second: version, more: OnceLock::new() };
            // Only the session's `&mut` publishes, so nothing else was faster.
            let _ = self.newer.set(Box::new(newer));
            return 1;
        };
        let number = newer.count.load(Ordering::Acquire) + 1;
        newer.publish(number, version);
        newer.count.store(number, Ordering::Release);
        newer.current.store(number, Ordering::Release);
        number
    }

    /// Makes an earlier version the newest again.
    pub(crate) fn revert(&self, number: usize) {
        if let Some(newer) = self.newer.get() {
            newer.current.store(number, Ordering::Release);
        }
    }
}

impl<M> Newer<M> {
    /// A version by its number, from 1.
    fn version(&self, number: usize) -> Option<&Version<M>> {
        if number == 1 {
            return Some(&self.second);
        }
        let (mut at, mut chunk) = (number.checked_sub(2)?, self.more.get()?);
        while at >= chunk.versions.len() {
            at -= chunk.versions.len();
            chunk = chunk.next.get()?;
        }
        chunk.versions[at].get()
    }

    fn publish(&self, number: usize, version: Version<M>) {
        const FIRST: usize = 2;
        let mut at = number.saturating_sub(2);
        let mut chunk = self.more.get_or_init(|| Chunk::of(FIRST));
        while at >= chunk.versions.len() {
            at -= chunk.versions.len();
            chunk = chunk.next.get_or_init(|| Chunk::of(chunk.versions.len() * 2));
        }
        // Numbers rise, so the place is free.
        let _ = chunk.versions[at].set(version);
    }
}

impl<M> Chunk<M> {
    fn of(places: usize) -> Box<Chunk<M>> {
        let versions = std::iter::repeat_with(OnceLock::new).take(places).collect();
        Box::new(Chunk { versions, next: OnceLock::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::{ColumnSet, Node};

    #[test]
    fn versions_keep_their_numbers() {
        let node = Node::new(0);
        let first = node.current();
        for version in 1..100 {
            assert_eq!(node.publish(version, ColumnSet::default()), version);
            assert_eq!((*node.current(), node.current_version()), (version, version));
        }
        assert!((0..100).all(|number| *node.version(number) == number));
        assert_eq!(*node.version(100), 0, "a number that does not exist");
        assert!(node.versions().copied().eq(0..100));
        node.revert(7);
        assert_eq!((*node.current(), node.publish(100, ColumnSet::default())), (7, 100));
        assert_eq!((*node.current(), *first, node.versions().count()), (100, 0, 101));
    }

    #[test]
    fn versions_know_in_which_columns_they_differ() {
        let node = Node::new(0);
        let changed = |number| Some(node.changed_since(number)?.of(9));
        assert_eq!(changed(0), Some(vec![]));
        for column in 0..5 {
            node.publish(0, ColumnSet::from_iter([column]));
        }
        assert_eq!(
            (changed(5), changed(4), changed(1)),
            (Some(vec![]), Some(vec![4]), Some(vec![1, 2, 3, 4]))
        );
        assert_eq!(changed(0), None, "too many steps");
        node.revert(2);
        assert_eq!((changed(0), changed(3)), (Some(vec![0, 1]), None), "one that it was not made from");
        node.publish(0, ColumnSet::from_iter([8]));
        assert_eq!((changed(2), changed(0)), (Some(vec![8]), Some(vec![0, 1, 8])));
    }
}
