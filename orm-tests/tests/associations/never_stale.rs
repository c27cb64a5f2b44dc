//! Random changes of rows and of links: what objects hold of a relationship by key, or of one that the database evaluates, is
//! what its rows say, or nothing.
//!
//! `ORM_DEEP=1` runs many more sequences, and `ORM_SEED=17` that one alone.

use std::collections::{BTreeMap, BTreeSet};

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "ns_lists")]
struct List {
    #[key]
    id: i64,
    #[has_many(order_by = "track_id", cascade = "all, delete-orphan")]
    entries: HasMany<Entry>,
    #[many_to_many(through = Entry, order_by = "Entry.place desc, id")]
    tracks: HasMany<Track>,
    #[many_to_many(through = Entry, filter = "favourites", order_by = "id")]
    favourites: HasMany<Track>,
    #[many_to_many(through = "ns_labels", order_by = "id")]
    labels: HasMany<Track>,
    #[many_to_many(through = "ns_labels", view_only, order_by = "id")]
    shown_labels: HasMany<Track>,
    #[many_to_many(through = "ns_labels", filter = "long", order_by = "id")]
    long_labels: HasMany<Track>,
    #[has_many(filter = "high", order_by = "track_id")]
    high_entries: HasMany<Entry>,
}

#[derive(Model, Debug)]
#[model(table = "ns_entries")]
struct Entry {
    #[key]
    list_id: i64,
    #[key]
    track_id: i64,
    place: i64,
    favourite: bool,
    note: i64,
    #[belongs_to]
    list: BelongsTo<List>,
    #[belongs_to]
    track: BelongsTo<Track>,
}

#[derive(Model, Debug)]
#[model(table = "ns_tracks")]
struct Track {
    #[key]
    id: i64,
    long: bool,
    note: i64,
    #[has_many(cascade = "all")]
    entries: HasMany<Entry>,
    #[many_to_many(through = Entry, order_by = "id")]
    lists: HasMany<List>,
    #[many_to_many(through = "ns_labels", key = "track_id", target_key = "list_id")]
    labelled: HasMany<List>,
}

fn favourites() -> Predicate {
    Entry::FAVOURITE.eq(true) & Track::LONG.eq(false)
}

fn long() -> Predicate {
    Track::LONG.eq(true)
}

fn high() -> Predicate {
    Entry::PLACE.gt(2)
}

/// The keys of lists and tracks.
const MOST: u64 = 4;

#[derive(Debug, Clone)]
enum Op {
    AddList(i64),
    AddTrack(i64, bool),
    AddEntry(i64, i64, i64, bool),
    Place(i64, i64, i64),
    Favourite(i64, i64, bool),
    NoteEntry(i64, i64, i64),
    Long(i64, bool),
    NoteTrack(i64, i64),
    DeleteEntry(i64, i64),
    DeleteTrack(i64),
    DeleteList(i64),
    Label(i64, i64),
    Unlabel(i64, i64),
    LinkLabel(i64, i64),
    BulkPlace(i64, i64),
    BulkDelete(i64),
    BulkInsert(i64, i64, i64),
    BulkLong(bool),
    LoadAll(u64),
    LoadOne(i64),
    ExpireAll,
    Flush,
    Commit,
    Rollback,
    Nested(Vec<Op>, bool),
}

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn key(&mut self) -> i64 {
        i64::try_from(self.below(MOST)).expect("small") + 1
    }

    fn number(&mut self) -> i64 {
        i64::try_from(self.below(5)).expect("small")
    }

    fn op(&mut self, within: bool) -> Op {
        let flag = self.below(2) == 0;
        match self.below(if within { 28 } else { 33 }) {
            0 => Op::AddList(self.key()),
            1 => Op::AddTrack(self.key(), flag),
            2..=5 => Op::AddEntry(self.key(), self.key(), self.number(), flag),
            6..=7 => Op::Place(self.key(), self.key(), self.number()),
            8..=9 => Op::Favourite(self.key(), self.key(), flag),
            10 => Op::NoteEntry(self.key(), self.key(), self.number()),
            11..=12 => Op::Long(self.key(), flag),
            13 => Op::NoteTrack(self.key(), self.number()),
            14 => Op::DeleteEntry(self.key(), self.key()),
            15 if flag => Op::DeleteTrack(self.key()),
            15 => Op::DeleteList(self.key()),
            16 => Op::Label(self.key(), self.key()),
            17 => Op::Unlabel(self.key(), self.key()),
            18 => Op::LinkLabel(self.key(), self.key()),
            19 => Op::BulkPlace(self.key(), self.number()),
            20 if flag => Op::BulkDelete(self.key()),
            20 => Op::BulkInsert(self.key(), self.key(), self.number()),
            21 => Op::BulkLong(flag),
            22..=25 => Op::LoadAll(self.below(4)),
            26 => Op::LoadOne(self.key()),
            27 => Op::Flush,
            28 => Op::ExpireAll,
            29 => Op::Commit,
            30 => Op::Rollback,
            _ => Op::Nested((0..1 + self.below(6)).map(|_| self.op(true)).collect(), flag),
        }
    }
}

/// The rows as the session's objects should show them: edits at once, new and deleted rows after a flush.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rows {
    lists: BTreeSet<i64>,
    tracks: BTreeMap<i64, bool>,
    /// The place and whether it is a favourite.
    entries: BTreeMap<(i64, i64), (i64, bool)>,
    labels: BTreeSet<(i64, i64)>,
}

impl Rows {
    fn tracks_of(&self, list: i64) -> Vec<i64> {
        let mut found: Vec<(i64, i64)> = self
            .entries
            .iter()
            .filter(|(key, _)| key.0 == list)
            .map(|(key, entry)| (-entry.0, key.1))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, track)| track).collect()
    }

    fn favourites_of(&self, list: i64) -> Vec<i64> {
        let entries =
            self.entries.iter().filter(|(key, entry)| key.0 == list && entry.1 && !self.tracks[&key.1]);
        entries.map(|(key, _)| key.1).collect()
    }

    fn high_of(&self, list: i64) -> Vec<i64> {
        self.entries
            .iter()
            .filter(|(key, entry)| key.0 == list && entry.0 > 2)
            .map(|(key, _)| key.1)
            .collect()
    }

    /// The other ends of the entries of a list or of a track, by the two parts of a key.
    fn entries_of(&self, ends: impl Fn(&(i64, i64)) -> (i64, i64), of: i64) -> Vec<i64> {
        self.entries.keys().map(ends).filter(|(end, _)| *end == of).map(|(_, other)| other).collect()
    }

    fn labels_of(&self, list: i64) -> Vec<i64> {
        self.labels.iter().filter(|label| label.0 == list).map(|label| label.1).collect()
    }

    fn lists_of(&self, track: i64) -> Vec<i64> {
        self.entries.keys().filter(|key| key.1 == track).map(|key| key.0).collect()
    }
}

/// What a flush will do to rows.
#[derive(Debug, Clone)]
enum Waiting {
    List(i64),
    Track(i64, bool),
    Entry((i64, i64), (i64, bool)),
    Label(i64, i64, bool),
    NoEntry((i64, i64)),
    NoTrack(i64),
    NoList(i64),
}

#[derive(Default)]
struct World {
    rows: Rows,
    committed: Rows,
    waiting: Vec<Waiting>,
    lists: BTreeMap<i64, Entity<List>>,
    tracks: BTreeMap<i64, Entity<Track>>,
    entries: BTreeMap<(i64, i64), Entity<Entry>>,
    compared: u64,
    unloaded: u64,
}

impl World {
    fn flushed(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::List(id) => drop(self.rows.lists.insert(id)),
                Waiting::Track(id, long) => drop(self.rows.tracks.insert(id, long)),
                Waiting::Entry(key, entry) => drop(self.rows.entries.insert(key, entry)),
                Waiting::Label(list, track, true) => drop(self.rows.labels.insert((list, track))),
                Waiting::Label(list, track, false) => drop(self.rows.labels.remove(&(list, track))),
                Waiting::NoEntry(key) => drop(self.rows.entries.remove(&key)),
                Waiting::NoTrack(id) => {
                    self.rows.tracks.remove(&id);
                    self.rows.entries.retain(|key, _| key.1 != id);
                    self.rows.labels.retain(|label| label.1 != id);
                }
                Waiting::NoList(id) => {
                    self.rows.lists.remove(&id);
                    self.rows.entries.retain(|key, _| key.0 != id);
                    self.rows.labels.retain(|label| label.0 != id);
                }
            }
        }
        self.forget();
    }

    /// Forgets objects without rows.
    fn forget(&mut self) {
        self.lists.retain(|id, _| self.rows.lists.contains(id));
        self.tracks.retain(|id, _| self.rows.tracks.contains_key(id));
        self.entries.retain(|key, _| self.rows.entries.contains_key(key));
    }

    fn is_new(&self, key: (i64, i64)) -> bool {
        let waits = self.waiting.iter().any(|waiting| match waiting {
            Waiting::Entry(other, _) | Waiting::NoEntry(other) => *other == key,
            Waiting::NoTrack(track) => *track == key.1,
            Waiting::NoList(list) => *list == key.0,
            _ => false,
        });
        !waits && !self.rows.entries.contains_key(&key)
    }

    /// Whether a row is there and will be.
    fn stays(&self, list: Option<i64>, track: Option<i64>) -> bool {
        let goes = self.waiting.iter().any(|waiting| match waiting {
            Waiting::NoTrack(id) => track == Some(*id),
            Waiting::NoList(id) => list == Some(*id),
            _ => false,
        });
        !goes
            && list.is_none_or(|id| self.rows.lists.contains(&id))
            && track.is_none_or(|id| self.rows.tracks.contains_key(&id))
    }

    /// Whether an entry is there and will be, and its object is known.
    fn entry(&self, key: (i64, i64)) -> Option<Entity<Entry>> {
        let goes =
            self.waiting.iter().any(|waiting| matches!(waiting, Waiting::NoEntry(other) if *other == key));
        let stays = !goes && self.stays(Some(key.0), Some(key.1)) && self.rows.entries.contains_key(&key);
        self.entries.get(&key).filter(|_| stays).cloned()
    }

    fn compare(&mut self) {
        let held = |held: Result<Vec<i64>>, expected: Vec<i64>, what: &str| match held {
            Ok(held) => {
                assert_eq!(held, expected, "{what}");
                true
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotLoaded, "{what}: {error}");
                false
            }
        };
        let mut seen = Vec::new();
        for (id, list) in &self.lists {
            let ids = |tracks: Many<Track>| tracks.iter().map(|track| track.id).collect::<Vec<_>>();
            let rows = &self.rows;
            let labels = rows.labels_of(*id);
            let long_labels = labels.iter().copied().filter(|track| rows.tracks[track]).collect();
            let high =
                list.high_entries().map(|entries| entries.iter().map(|entry| entry.track_id).collect());
            seen.extend([
                held(list.tracks().map(ids), rows.tracks_of(*id), "tracks"),
                held(list.favourites().map(ids), rows.favourites_of(*id), "favourites"),
                held(list.shown_labels().map(ids), labels, "shown_labels"),
                held(list.long_labels().map(ids), long_labels, "long_labels"),
                held(high, rows.high_of(*id), "high_entries"),
                held(
                    sorted(list.entries(), |entry| entry.track_id),
                    rows.entries_of(|key| (key.0, key.1), *id),
                    "entries",
                ),
            ]);
        }
        for (id, track) in &self.tracks {
            let lists = track.lists().map(|lists| lists.iter().map(|list| list.id).collect());
            seen.push(held(lists, self.rows.lists_of(*id), "lists"));
            let entries = self.rows.entries_of(|key| (key.1, key.0), *id);
            seen.push(held(sorted(track.entries(), |entry| entry.list_id), entries, "entries"));
        }
        let compared = seen.iter().filter(|compared| **compared).count() as u64;
        self.compared += compared;
        self.unloaded += seen.len() as u64 - compared;
    }
}

/// The keys of loaded entries: an entry that joins a collection is its last one until the next load.
fn sorted(entries: Result<Many<Entry>>, key: impl Fn(&Entity<Entry>) -> i64) -> Result<Vec<i64>> {
    let mut keys: Vec<i64> = entries?.iter().map(|entry| key(&entry)).collect();
    keys.sort_unstable();
    Ok(keys)
}

async fn run(session: &mut Session, world: &mut World, ops: &[Op]) -> Result<()> {
    for op in ops {
        match op {
            Op::Nested(ops, keep) => nested(session, world, ops, *keep).await?,
            op => step(session, world, op).await?,
        }
        world.compare();
    }
    Ok(())
}

/// Steps in a savepoint, which is kept or rolled back.
async fn nested(session: &mut Session, world: &mut World, ops: &[Op], keep: bool) -> Result<()> {
    flush(session, world).await?;
    let before = world.rows.clone();
    let within = &mut *world;
    let done = session
        .nested(async move |session| -> Result<()> {
            for op in ops {
                step(session, within, op).await?;
                within.compare();
            }
            flush(session, within).await?;
            if keep { Ok(()) } else { Err(Error::other(std::io::Error::other("undone"))) }
        })
        .await;
    match done {
        Err(error) if !keep && error.to_string().contains("undone") => {
            world.waiting.clear();
            world.rows = before;
            world.forget();
            Ok(())
        }
        done => done,
    }
}

async fn flush(session: &mut Session, world: &mut World) -> Result<()> {
    session.flush().await?;
    world.flushed();
    Ok(())
}

async fn step(session: &mut Session, world: &mut World, op: &Op) -> Result<()> {
    match op.clone() {
        Op::AddList(id) => {
            let waits = world.waiting.iter().any(
                |waiting| matches!(waiting, Waiting::List(other) | Waiting::NoList(other) if *other == id),
            );
            if !waits && !world.rows.lists.contains(&id) {
                session.add(List::draft().id(id));
                world.waiting.push(Waiting::List(id));
            }
        }
        Op::AddTrack(id, long) => {
            let waits = world.waiting.iter().any(|waiting| matches!(waiting, Waiting::Track(other, _) | Waiting::NoTrack(other) if *other == id));
            if !waits && !world.rows.tracks.contains_key(&id) {
                session.add(Track::draft().id(id).long(long).note(0));
                world.waiting.push(Waiting::Track(id, long));
            }
        }
        Op::AddEntry(list, track, place, favourite) => {
            if world.is_new((list, track)) && world.stays(Some(list), Some(track)) {
                let draft = Entry::draft().list_id(list).track_id(track).place(place);
                session.add(draft.favourite(favourite).note(0));
                world.waiting.push(Waiting::Entry((list, track), (place, favourite)));
            }
        }
        Op::Place(list, track, place) => {
            if let Some(entry) = world.entry((list, track)) {
                session.edit(&entry, |entry| entry.place = place)?;
                world.rows.entries.entry((list, track)).and_modify(|entry| entry.0 = place);
            }
        }
        Op::Favourite(list, track, favourite) => {
            if let Some(entry) = world.entry((list, track)) {
                session.edit(&entry, |entry| entry.favourite = favourite)?;
                world.rows.entries.entry((list, track)).and_modify(|entry| entry.1 = favourite);
            }
        }
        Op::NoteEntry(list, track, note) => {
            if let Some(entry) = world.entry((list, track)) {
                session.edit(&entry, |entry| entry.note = note)?;
            }
        }
        Op::Long(id, long) => {
            if let Some(track) = world.tracks.get(&id).filter(|_| world.stays(None, Some(id))) {
                session.edit(track, |track| track.long = long)?;
                world.rows.tracks.insert(id, long);
            }
        }
        Op::NoteTrack(id, note) => {
            if let Some(track) = world.tracks.get(&id).filter(|_| world.stays(None, Some(id))) {
                session.edit(track, |track| track.note = note)?;
            }
        }
        Op::DeleteEntry(list, track) => {
            if let Some(entry) = world.entry((list, track)) {
                session.delete(&entry)?;
                world.waiting.push(Waiting::NoEntry((list, track)));
            }
        }
        Op::DeleteTrack(id) => {
            flush(session, world).await?;
            if let Some(track) = world.tracks.get(&id) {
                session.delete(track)?;
                world.waiting.push(Waiting::NoTrack(id));
            }
        }
        Op::DeleteList(id) => {
            flush(session, world).await?;
            if let Some(list) = world.lists.get(&id) {
                session.delete(list)?;
                world.waiting.push(Waiting::NoList(id));
            }
        }
        Op::Label(list, track) => {
            if world.stays(Some(list), Some(track))
                && let (Some(of), Some(label)) = (world.lists.get(&list), world.tracks.get(&track))
            {
                session.append(of, List::LABELS, label)?;
                world.waiting.push(Waiting::Label(list, track, true));
            }
        }
        Op::Unlabel(list, track) => {
            flush(session, world).await?;
            if world.rows.labels.contains(&(list, track))
                && let (Some(of), Some(label)) = (world.lists.get(&list), world.tracks.get(&track))
            {
                session.remove(of, List::LABELS, label)?;
                world.waiting.push(Waiting::Label(list, track, false));
            }
        }
        Op::LinkLabel(list, track) => {
            if world.stays(Some(list), Some(track)) {
                session.link(List::LABELS, list, track)?;
                world.waiting.push(Waiting::Label(list, track, true));
            }
        }
        Op::BulkPlace(track, place) => {
            flush(session, world).await?;
            session
                .execute(update::<Entry>().set(Entry::PLACE, place).filter(Entry::TRACK_ID.eq(track)))
                .await?;
            world
                .rows
                .entries
                .iter_mut()
                .filter(|(key, _)| key.1 == track)
                .for_each(|(_, entry)| entry.0 = place);
        }
        Op::BulkDelete(track) => {
            flush(session, world).await?;
            session.execute(delete::<Entry>().filter(Entry::TRACK_ID.eq(track))).await?;
            world.rows.entries.retain(|key, _| key.1 != track);
            world.forget();
        }
        Op::BulkInsert(list, track, place) => {
            flush(session, world).await?;
            if world.is_new((list, track)) && world.stays(Some(list), Some(track)) {
                let draft = Entry::draft().list_id(list).track_id(track).place(place);
                session.execute(insert::<Entry>().rows([draft.favourite(true).note(0)])).await?;
                world.rows.entries.insert((list, track), (place, true));
            }
        }
        Op::BulkLong(long) => {
            flush(session, world).await?;
            session.execute(update::<Track>().set(Track::LONG, long).filter(Track::ID.gt(1))).await?;
            world.rows.tracks.iter_mut().filter(|(id, _)| **id > 1).for_each(|(_, is_long)| *is_long = long);
        }
        Op::LoadAll(strategy) => load(session, world, strategy).await?,
        Op::LoadOne(id) => {
            flush(session, world).await?;
            if let Some(list) = world.lists.get(&id) {
                let tracks = session.load(list, List::TRACKS).await?;
                assert_eq!(tracks.iter().map(|track| track.id).collect::<Vec<_>>(), world.rows.tracks_of(id));
                let labels = session.load(list, List::SHOWN_LABELS).await?;
                assert_eq!(labels.iter().map(|track| track.id).collect::<Vec<_>>(), world.rows.labels_of(id));
            }
        }
        Op::ExpireAll => {
            flush(session, world).await?;
            session.expire_all();
        }
        Op::Flush => flush(session, world).await?,
        Op::Commit => {
            session.commit().await?;
            world.flushed();
            world.committed = world.rows.clone();
        }
        Op::Rollback => {
            session.rollback().await?;
            world.waiting.clear();
            world.rows = world.committed.clone();
            world.forget();
        }
        Op::Nested(..) => unreachable!("it is not within another one"),
    }
    Ok(())
}

/// Reads all objects with all that they may hold.
async fn load(session: &mut Session, world: &mut World, strategy: u64) -> Result<()> {
    flush(session, world).await?;
    macro_rules! load {
        ($strategy:ident) => {{
            let query = select::<List>()
                .with(List::TRACKS.$strategy())
                .with(List::FAVOURITES.$strategy())
                .with(List::SHOWN_LABELS.$strategy())
                .with(List::LONG_LABELS.$strategy())
                .with(List::HIGH_ENTRIES.$strategy())
                .with(List::ENTRIES.$strategy());
            for list in session.all(query).await? {
                world.lists.insert(list.id, list.dynamic());
            }
            for track in session
                .all(select::<Track>().with(Track::LISTS.$strategy()).with(Track::ENTRIES.$strategy()))
                .await?
            {
                world.tracks.insert(track.id, track.dynamic());
            }
        }};
    }
    match strategy {
        0 => load!(selectin),
        1 => load!(joined),
        2 => load!(subquery),
        _ => load!(auto),
    }
    for entry in session.all(select::<Entry>()).await? {
        world.entries.insert((entry.list_id, entry.track_id), entry.dynamic());
    }
    assert!(world.lists.keys().eq(&world.rows.lists), "every list was read");
    assert!(world.tracks.keys().eq(world.rows.tracks.keys()), "every track was read");
    assert!(world.entries.keys().eq(world.rows.entries.keys()), "every entry was read");
    Ok(())
}

/// Runs one sequence in an empty database; how often something was held, and how often not.
async fn sequence(engine: &Engine, seed: u64) -> Result<(u64, u64)> {
    let mut rng = Rng(seed);
    let mut session = engine.session();
    let mut world = World::default();
    let ops: Vec<Op> = (0..40).map(|_| rng.op(false)).collect();
    run(&mut session, &mut world, &ops).await?;
    session.rollback().await?;
    for table in
        ["DELETE FROM ns_labels", "DELETE FROM ns_entries", "DELETE FROM ns_lists", "DELETE FROM ns_tracks"]
    {
        session.execute(sql(table)).await?;
    }
    session.commit().await?;
    Ok((world.compared, world.unloaded))
}

on_every_backend! {
    async fn what_is_held_is_what_the_rows_say(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![List, Entry, Track]).await?;
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let quick = if database.backend() == Backend::Sqlite { 150 } else { 25 };
        let many = if number("ORM_DEEP") == Some(1) { quick * 40 } else { quick };
        let seeds = number("ORM_SEED").map_or(1..=many, |seed| seed..=seed);
        let (mut compared, mut unloaded) = (0, 0);
        for seed in seeds {
            println!("ORM_SEED={seed}");
            let (held, not) = sequence(&engine, seed).await?;
            compared += held;
            unloaded += not;
        }
        assert!(compared > unloaded / 4, "{compared} were compared, and {unloaded} not loaded");
        Ok(())
    }
}
