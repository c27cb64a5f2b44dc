//! One object and its versions.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use append_only_vec::AppendOnlyVec;

/// One object: its first version, and newer ones once something changed.
///
/// A change publishes a version and never touches an older one, so `&str`s read earlier stay valid and readers take no
/// lock. Versions are freed with the graph.
#[derive(Debug)]
pub struct Node<M> {
    first: M,
    newer: OnceLock<Box<Newer<M>>>,
}

#[derive(Debug)]
struct Newer<M> {
    versions: AppendOnlyVec<M>,
    /// 0: the first version counts (again); n: `versions[n - 1]`.
    current: AtomicUsize,
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
        let older = number.checked_sub(1).zip(self.newer.get());
        match older {
            Some((at, newer)) if at < newer.versions.len() => &newer.versions[at],
            _ => &self.first,
        }
    }

    /// All versions, from the first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &M> {
        let newer = self.newer.get().into_iter().flat_map(|newer| newer.versions.iter());
        std::iter::once(&self.first).chain(newer)
    }

    /// Makes `version` the newest; returns its number.
    pub(crate) fn publish(&self, version: M) -> usize {
        let newer = self
            .newer
            .get_or_init(|| Box::new(Newer { versions: AppendOnlyVec::new(), current: AtomicUsize::new(0) }));
        let at = newer.versions.push(version);
        newer.current.store(at + 1, Ordering::Release);
        at + 1
    }

    /// Makes an earlier version the newest again.
    pub(crate) fn revert(&self, number: usize) {
        if let Some(newer) = self.newer.get() {
            newer.current.store(number, Ordering::Release);
        }
    }
}
