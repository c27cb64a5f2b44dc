//! Merges objects of other sessions.

use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use hashbrown::HashSet;
use indexmap::IndexMap;

use super::Session;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{ArenaId, ObjectId, Region};
use crate::load::LateLoad;
use crate::model::{Model, RelationDef, RelationKind, erased};
use crate::query::{LoadOption, LoadSpec, SelectSpec, Strategy};
use crate::sql::{Expr, Source};
use crate::unit_of_work::{EntityState, MergeGraph, Ref, another_version, deleted};
use crate::value::Value;

impl Session {
    /// Copies the state of an object of another session, or of a detached object, into this session's object of the
    /// same row. It copies the columns and, for every loaded relationship whose `cascade` includes `merge` (the
    /// default), the targets and which they are. Members that the other object no longer holds are removed from this
    /// session's collection as by [`remove`](Self::remove). Unloaded relationships stay as they are here.
    ///
    /// It flushes first. Rows that the session does not hold are read: one statement for all rows of a model at the
    /// same distance from the object, and one for each collection that changes. `.with(..)` reads more, or the same in
    /// fewer statements.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let edited = engine.session().one(select::<Book>().filter(Book::ID.eq(1))).await?;   // from a cache, for example
    /// let book = session.merge(&edited).with(Book::TAGS.selectin()).await?;
    /// assert!(session.contains(&book));
    /// session.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// * `InvalidState`: this session deleted one of the objects, or one would lose its parent and no cascade applies.
    /// * `NoRows`: a row does not exist; add it as a draft.
    /// * `Stale`: an object has another version than its row.
    ///
    /// Nothing is changed then.
    #[track_caller]
    pub fn merge<M: Model, L>(&mut self, entity: &Entity<M, L>) -> Merge<'_, M> {
        let (region, place) = (entity.region().bare(), entity.place());
        let mine = self.check_mine(entity).is_ok();
        let graph = match mine {
            // An object of the session is already merged.
            true => Ok(MergeGraph::of_own(erased::<M>(), place.id())),
            false => {
                let at = (region, place.arena, place.node);
                MergeGraph::of_object(&self.unit, &self.store, erased::<M>(), at)
            }
        };
        Merge { session: self, graph, loads: Vec::new(), caller: Location::caller(), of: PhantomData }
    }

    /// Merges a graph; its first object, with what was to be loaded of it.
    pub(super) async fn merge_graph(
        &mut self,
        mut graph: MergeGraph,
        loads: Vec<LoadSpec>,
        caller: &'static Location<'static>,
    ) -> Result<(Ref, Option<(Arc<Region>, Place)>)> {
        self.check_keeps_objects()?;
        graph.keys_of_targets(&self.store)?;
        // What has no key is not looked for.
        if !loads.is_empty() || graph.sources.iter().any(|source| source.key().is_some()) {
            self.autoflush().await?;
        }
        self.check_usable()?;
        let mut answer = None;
        for depth in 0.. {
            let sources = graph.at_depth(depth);
            if sources.is_empty() {
                break;
            }
            let loads = if depth == 0 { loads.as_slice() } else { &[] };
            let read = self.find_sources(&mut graph, &sources, loads, caller).await?;
            if depth == 0 {
                answer = self.loaded_with(&graph, loads, read, caller).await?;
            }
            self.load_collections(&graph, &sources, caller).await?;
            graph.keys_of_parents(&self.store, &sources)?;
        }
        self.unit.merge(&mut self.store, &mut graph)?;
        let first = graph.sources.first().and_then(|source| source.own.clone());
        let first = first.ok_or_else(|| Error::new(ErrorKind::InvalidState, "there is nothing to merge"))?;
        Ok((first, answer))
    }

    /// The session's own objects of some sources: those that it holds, and the others by one statement for each model.
    /// Gives the answer of the last.
    async fn find_sources(
        &mut self,
        graph: &mut MergeGraph,
        sources: &[usize],
        loads: &[LoadSpec],
        caller: &'static Location<'static>,
    ) -> Result<Option<Arc<Region>>> {
        let mut asked: IndexMap<ArenaId, Vec<(usize, Vec<Value>)>> = IndexMap::new();
        for at in sources {
            let source = &mut graph.sources[*at];
            if let Some(Ref::Node(node)) = source.own
                && self.unit.state(node) == EntityState::Deleted
            {
                return Err(deleted(source.model.def().name));
            }
            let Some(key) = source.key().filter(|_| source.own.is_none()) else { continue };
            let arena = self.store.arena_of(source.model)?;
            let held = self.store.find(arena, &key);
            match held {
                Some(node) if self.unit.state(node) == EntityState::Deleted => {
                    if !source.is_draft {
                        return Err(deleted(source.model.def().name));
                    }
                }
                Some(node) if !self.store.is_expired(node) => source.own = Some(Ref::Node(node)),
                _ => asked.entry(arena).or_default().push((*at, key)),
            }
        }
        let mut answer = None;
        for (arena, asked) in asked {
            answer = self.read_sources(graph, arena, asked, loads, caller).await?;
        }
        for at in sources {
            let source = &graph.sources[*at];
            let Some(Ref::Node(node)) = &source.own else {
                if source.is_draft {
                    continue;
                }
                return Err(gone(source.model.def().name));
            };
            let version = source.model.def().version();
            if let Some(version) = version
                && let Some(Some(merged)) = source.values.get(version)
            {
                let row = self.store.arena(node.arena).view(node.node, version);
                if row != merged.as_ref() {
                    return Err(another_version(source.model.def().name, merged, row));
                }
            }
        }
        Ok(answer)
    }

    /// Reads the rows of sources of one model.
    async fn read_sources(
        &mut self,
        graph: &mut MergeGraph,
        arena: ArenaId,
        asked: Vec<(usize, Vec<Value>)>,
        loads: &[LoadSpec],
        caller: &'static Location<'static>,
    ) -> Result<Option<Arc<Region>>> {
        let model = self.store.model(arena);
        let def = model.def();
        let columns = def.key_columns(def.key);
        let has =
            |column: &usize| asked.iter().any(|(source, _)| graph.sources[*source].values[*column].is_some());
        let undeferred: Vec<usize> = def.deferred().filter(has).collect();
        let mut read: HashSet<u32> = HashSet::new();
        let mut last = None;
        for asked in asked.chunks(self.database.dialect().key_limit(columns.len(), 0).max(1)) {
            let keys: Vec<Vec<Value>> = asked.iter().map(|(_, key)| key.clone()).collect();
            let mut spec = SelectSpec::of(model);
            spec.core.filter = Some(Expr::among(&Source::Table(def.table), &columns, &keys));
            spec.one = keys.len() == 1;
            spec.undeferred.clone_from(&undeferred);
            spec.loads = loads.to_vec();
            // What is written is the row that there is, whether a query would find it or not.
            spec.core.under.ignore_for_own_rows();
            let answer = self.select_now(spec, caller).await?;
            read.extend(answer.level(0).into_iter().flat_map(|level| level.nodes.iter()));
            last = Some(answer);
        }
        for (source, key) in asked {
            let Some(node) = self.store.find(arena, &key) else { continue };
            match read.contains(&node.node) {
                true => graph.sources[source].own = Some(Ref::Node(node)),
                false => self.unit.row_vanished(&mut self.store, node),
            }
        }
        Ok(last)
    }

    /// The first object with what was to be loaded of it: as its row was read, or later where the session held it.
    async fn loaded_with(
        &mut self,
        graph: &MergeGraph,
        loads: &[LoadSpec],
        read: Option<Arc<Region>>,
        caller: &'static Location<'static>,
    ) -> Result<Option<(Arc<Region>, Place)>> {
        let Some(Ref::Node(node)) = graph.sources.first().and_then(|source| source.own.as_ref()) else {
            return Ok(None);
        };
        let place = Place { arena: node.arena, node: node.node, answer: None };
        if let Some(read) = read {
            return Ok(Some((read, Place { answer: Some((0, 0)), ..place })));
        }
        let mut at = (Arc::clone(self.store.region()), place);
        for load in loads {
            let (region, places) = self.late(LateLoad::new(vec![at.clone()]), load.clone(), caller).await?;
            at = (region, places.first().copied().unwrap_or(place));
        }
        Ok(Some(at))
    }

    /// Loads what the session's own objects hold for the relationships that are merged, where the other side has the
    /// keys: what is to leave has to be known.
    async fn load_collections(
        &mut self,
        graph: &MergeGraph,
        sources: &[usize],
        caller: &'static Location<'static>,
    ) -> Result<()> {
        let mut unloaded: Vec<(&'static RelationDef, Vec<ObjectId>)> = Vec::new();
        for source in sources.iter().map(|at| &graph.sources[*at]) {
            let Some(Ref::Node(node)) = source.own else { continue };
            let relations = source.links.iter().map(|links| links.relation);
            for relation in
                relations.filter(|relation| !matches!(relation.kind, RelationKind::ManyToOne { .. }))
            {
                if self.store.is_held(node, relation.index) {
                    continue;
                }
                match unloaded.iter_mut().find(|(other, _)| other.is(relation)) {
                    Some((_, nodes)) => nodes.push(node),
                    None => unloaded.push((relation, vec![node])),
                }
            }
        }
        for (relation, nodes) in unloaded {
            let region = Arc::clone(self.store.region());
            let objects = nodes.into_iter().map(|node| (Arc::clone(&region), node.arena, node.node));
            let load = LoadSpec::new(relation, Strategy::Selectin);
            self.late(LateLoad::bare(objects), load, caller).await?;
        }
        Ok(())
    }
}

/// The future of [`Session::merge`], with options. Nothing runs until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let author = session.one(select::<Author>().filter(Author::ID.eq(1))).await?;
/// drop(session);                                           // `author` is detached now
///
/// let mut session = engine.session();
/// let own = session.merge(&author).with(Author::BOOKS.selectin()).await?;
/// assert_eq!(own.get(Author::BOOKS).len(), 3);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is merged until it is awaited"]
pub struct Merge<'s, M: Model, L = <M as Model>::Bare> {
    session: &'s mut Session,
    graph: Result<MergeGraph>,
    loads: Vec<LoadSpec>,
    caller: &'static Location<'static>,
    of: PhantomData<fn() -> (M, L)>,
}

impl<'s, M: Model, L> Merge<'s, M, L> {
    /// Loads a relationship of the session's own object, before the merge changes it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let edited = engine.session().one(select::<Book>().filter(Book::ID.eq(2))).await?;
    /// let book = session.merge(&edited).with(Book::TAGS.selectin()).await?;
    /// assert_eq!(book.get(Book::TAGS).len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn with<O: LoadOption<L>>(self, load: O) -> Merge<'s, M, O::Marked> {
        let Merge { session, graph, mut loads, caller, .. } = self;
        loads.push(load.into_spec());
        Merge { session, graph, loads, caller, of: PhantomData }
    }
}

impl<'s, M: Model, L: 'static> IntoFuture for Merge<'s, M, L> {
    type Output = Result<Entity<M, L>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        let Merge { session, graph, loads, caller, .. } = self;
        Box::pin(async move {
            match session.merge_graph(graph?, loads, caller).await? {
                (Ref::Node(node), at) => Ok(session.entity_at(node, at)),
                (Ref::Pending(_), _) => Err(gone(M::def().name)),
            }
        })
    }
}

fn gone(name: &str) -> Error {
    Error::new(ErrorKind::NoRows, format!("the row of the `{name}` to merge is gone; add it as a draft"))
}
