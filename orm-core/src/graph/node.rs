//! One object and its versions.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    second: M,
    more: OnceLock<Box<Chunk<M>>>,
}

/// Places for versions, twice as many as in the chunk before.
#[derive(Debug)]
struct Chunk<M> {
    versions: Box<[OnceLock<M>]>,
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
        newer.and_then(|newer| newer.version(number)).unwrap_or(&self.first)
    }

    /// All versions, from the first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &M> {
        let newer = self.newer.get();
        let count = newer.map_or(0, |newer| newer.count.load(Ordering::Acquire));
        let newer = newer.into_iter().flat_map(move |newer| (1..=count).filter_map(|at| newer.version(at)));
        std::iter::once(&self.first).chain(newer)
    }

    /// Makes `version` the newest; returns its number.
    pub(crate) fn publish(&self, version: M) -> usize {
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
    fn version(&self, number: usize) -> Option<&M> {
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

    fn publish(&self, number: usize, version: M) {
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
    use super::Node;

    #[test]
    fn versions_keep_their_numbers() {
        let node = Node::new(0);
        let first = node.current();
        for version in 1..100 {
            assert_eq!(node.publish(version), version);
            assert_eq!((*node.current(), node.current_version()), (version, version));
        }
        assert!((0..100).all(|number| *node.version(number) == number));
        assert_eq!(*node.version(100), 0, "a number that does not exist");
        assert!(node.versions().copied().eq(0..100));
        node.revert(7);
        assert_eq!((*node.current(), node.publish(100)), (7, 100));
        assert_eq!((*node.current(), *first, node.versions().count()), (100, 0, 101));
    }
}
