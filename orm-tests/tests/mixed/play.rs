use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use orm_core::prelude::*;

use crate::audit::{Audit, Auditor, Rows};
use crate::models::{Badge, Item, Note, Shop, Tag};
use crate::random::Random;
use crate::world::{ItemRow, NoteRow, ShopRow, World};

pub type Outcome<T = ()> = Result<T, String>;

/// The objects of one model, by their numbers.
pub struct Objects<M: Model> {
    pub new: BTreeMap<i64, Pending<M>>,
    pub known: BTreeMap<i64, Entity<M>>,
}

impl<M: Model> Default for Objects<M> {
    fn default() -> Objects<M> {
        Objects { new: BTreeMap::new(), known: BTreeMap::new() }
    }
}

impl<M: Model> Clone for Objects<M> {
    fn clone(&self) -> Objects<M> {
        Objects { new: self.new.clone(), known: self.known.clone() }
    }
}

impl<M: Model> Objects<M> {
    fn flushed(&mut self) -> Outcome {
        for (uid, pending) in std::mem::take(&mut self.new) {
            // One that was deleted or lost its parent before the flush is discarded.
            if let Ok(entity) = pending.entity() {
                self.known.insert(uid, entity);
            }
        }
        Ok(())
    }
}

/// A session, and what it should be.
pub struct Player {
    pub engine: Engine,
    pub session: Session,
    pub random: Random,
    pub next: i64,
    /// What was asked for, and what the rows are since the last flush.
    pub world: World,
    pub rows: World,
    pub objects: AllObjects,
    pub audit: Arc<Audit>,
    pub said: Vec<String>,
    pub done: Vec<&'static str>,
    /// Shops whose rows become those of others with the next flush.
    pub became: BTreeMap<i64, i64>,
    /// Keys of rows whose numbers are known.
    pub keys: BTreeMap<i64, i64>,
    /// Notes that were restored: collections that were loaded before show them once they are reloaded.
    pub restored: BTreeSet<i64>,
}

#[derive(Default, Clone)]
pub struct AllObjects {
    pub shops: Objects<Shop>,
    pub items: Objects<Item>,
    pub badges: Objects<Badge>,
    pub tags: Objects<Tag>,
    pub notes: Objects<Note>,
}

/// Plays one sequence; the names of the steps, or what went wrong and the steps up to there.
pub async fn play(
    engine: &Engine,
    seed: u64,
    steps: usize,
) -> Result<Vec<&'static str>, (String, Vec<String>)> {
    let mut player = Player::new(engine.clone(), seed);
    for table in ["mx_item_tags", "mx_badges"] {
        let emptied = player.session.execute(sql(format!("DELETE FROM {table}").leak())).await;
        emptied.map_err(|error| (format!("{error:?}"), Vec::new()))?;
    }
    let emptied = async |session: &mut Session| -> orm_core::Result<()> {
        session.execute(sql("UPDATE mx_shops SET lead_id = NULL")).await?;
        session.execute(sql("UPDATE mx_notes SET parent_id = NULL")).await?;
        session.execute(sql("DELETE FROM mx_notes")).await?;
        session.execute(sql("DELETE FROM mx_items")).await?;
        session.execute(sql("DELETE FROM mx_shops")).await?;
        session.execute(sql("DELETE FROM mx_tags")).await?;
        session.commit().await
    };
    emptied(&mut player.session).await.map_err(|error| (format!("{error:?}"), Vec::new()))?;
    player.session = Player::session(engine, &player.audit, seed);
    match player.all(steps).await {
        Ok(()) => Ok(player.done),
        Err(failure) => Err((failure, player.said)),
    }
}

pub fn text(error: Error) -> String {
    format!("{error}")
}

impl Player {
    fn new(engine: Engine, seed: u64) -> Player {
        let audit = Arc::new(Audit::default());
        let session = engine.session();
        Player {
            engine,
            session,
            random: Random::new(seed),
            next: 1,
            world: World::default(),
            rows: World::default(),
            objects: AllObjects::default(),
            audit,
            said: Vec::new(),
            done: Vec::new(),
            became: BTreeMap::new(),
            keys: BTreeMap::new(),
            restored: BTreeSet::new(),
        }
    }

    fn session(engine: &Engine, audit: &Arc<Audit>, seed: u64) -> Session {
        let options =
            SessionOptions::new().hooks(Auditor(Arc::clone(audit))).autoflush(seed.is_multiple_of(2));
        engine.session_with(options.repeated_loads(RepeatedLoads::Allow))
    }

    async fn all(&mut self, steps: usize) -> Outcome {
        let mut committed = self.saved();
        for _ in 0..steps {
            match self.random.below(30) {
                0..=2 => self.flush().await?,
                3 => {
                    self.flush().await?;
                    self.said.push("commit".into());
                    self.session.commit().await.map_err(text)?;
                    committed = self.saved();
                }
                4 => {
                    self.said.push("rollback".into());
                    self.done.push("rollback");
                    self.session.rollback().await.map_err(text)?;
                    self.restore(committed.clone());
                    self.compare().await.map_err(|wrong| format!("after a rollback: {wrong}"))?;
                    self.session.rollback().await.map_err(text)?;
                }
                5 => self.savepoint().await?,
                _ => self.step().await?,
            }
        }
        self.flush().await?;
        self.session.commit().await.map_err(text)
    }

    async fn savepoint(&mut self) -> Outcome {
        self.flush().await?;
        let keep = self.random.coin();
        let before = self.saved();
        self.said.push("savepoint".into());
        self.done.push("savepoint");
        let steps = self.random.below(7) + 1;
        let mut outcome = Ok(());
        // The session is lent to the closure, so the player borrows it for the time.
        let mut session = std::mem::replace(&mut self.session, self.engine.session());
        let (this, found) = (&mut *self, &mut outcome);
        let nested: Result<(), Error> = session
            .nested(async |session: &mut Session| {
                std::mem::swap(&mut this.session, session);
                *found = async {
                    for _ in 0..steps {
                        this.step().await?;
                    }
                    this.flush().await
                }
                .await;
                std::mem::swap(&mut this.session, session);
                if keep && found.is_ok() { Ok(()) } else { Err(Error::other("taken back")) }
            })
            .await;
        self.session = session;
        outcome?;
        self.said.push(format!("end of the savepoint, kept: {keep}"));
        if nested.is_ok() != keep {
            return Err(format!("a savepoint ended with {nested:?}"));
        }
        if !keep {
            self.restore(before);
        }
        self.compare().await.map_err(|wrong| format!("after a savepoint: {wrong}"))
    }

    fn saved(&self) -> (World, AllObjects, BTreeMap<i64, i64>, Rows) {
        let rows = self.audit.rows.lock().expect("the lock is not poisoned").clone();
        (self.rows.clone(), self.objects.clone(), self.keys.clone(), rows)
    }

    fn restore(&mut self, (rows, objects, keys, audit): (World, AllObjects, BTreeMap<i64, i64>, Rows)) {
        self.became.clear();
        (self.world, self.rows, self.objects, self.keys) = (rows.clone(), rows, objects, keys);
        *self.audit.rows.lock().expect("the lock is not poisoned") = audit;
    }

    pub async fn flush(&mut self) -> Outcome {
        self.said.push("flush".into());
        self.session.flush().await.map_err(|error| format!("the flush: {error}"))?;
        self.flushed().await
    }

    /// A flush was done.
    pub async fn flushed(&mut self) -> Outcome {
        self.rows = self.world.clone();
        self.became.clear();
        let AllObjects { shops, items, badges, tags, notes } = &mut self.objects;
        shops.flushed()?;
        items.flushed()?;
        badges.flushed()?;
        tags.flushed()?;
        notes.flushed()?;
        if let Some(wrong) = self.audit.take_wrong() {
            return Err(wrong);
        }
        self.compare().await
    }

    /// What the database has, read by another session's eyes: in this transaction, past the objects.
    async fn compare(&mut self) -> Outcome {
        let found = self.read().await.map_err(text)?;
        if found != self.rows {
            return Err(format!("the rows are\n{found:#?}\nand should be\n{:#?}", self.rows));
        }
        self.compare_objects()?;
        let audit = self.audit.rows.lock().expect("the lock is not poisoned");
        let rows =
            found.shops.len() + found.items.len() + found.badges.len() + found.tags.len() + found.notes.len();
        if audit.len() != rows {
            return Err(format!("an audit log knows {} rows of {rows}", audit.len()));
        }
        Ok(())
    }

    async fn read(&mut self) -> orm_core::Result<World> {
        let session = &mut self.session;
        let mut world = World::default();
        type ShopCells = (i64, i64, String, String, Option<i64>, i64);
        let shops: Vec<ShopCells> = session
            .rows(sql("SELECT id, uid, code, name, lead_id, twice FROM mx_shops").rows::<ShopCells>())
            .await?;
        type ItemCells = (i64, i64, Option<String>, Option<i64>, i64, i64, i64);
        let all = "SELECT id, uid, shop_code, slot, price, quantity, total FROM mx_items";
        let items: Vec<ItemCells> = session.rows(sql(all).rows::<ItemCells>()).await?;
        let badges: Vec<(i64, i64, i64)> =
            session.rows(sql("SELECT id, uid, shop_id FROM mx_badges").rows::<(i64, i64, i64)>()).await?;
        let tags: Vec<i64> = session.rows(sql("SELECT id FROM mx_tags").rows::<i64>()).await?;
        let links: Vec<(i64, i64)> =
            session.rows(sql("SELECT item_id, tag_id FROM mx_item_tags").rows::<(i64, i64)>()).await?;
        let item_of: BTreeMap<i64, i64> = items.iter().map(|item| (item.0, item.1)).collect();
        let shop_of: BTreeMap<i64, i64> = shops.iter().map(|shop| (shop.0, shop.1)).collect();
        let by_code: BTreeMap<String, i64> = shops.iter().map(|shop| (shop.2.clone(), shop.1)).collect();
        self.keys =
            items.iter().map(|row| (row.1, row.0)).chain(shops.iter().map(|row| (row.1, row.0))).collect();
        for (_, uid, code, name, lead, twice) in shops {
            assert_eq!(twice, uid * 2);
            world.shops.insert(uid, ShopRow { code, name, lead: lead.map(|lead| item_of[&lead]) });
        }
        for (_, uid, code, slot, price, quantity, total) in items {
            assert_eq!(total, price * 2 + quantity);
            let shop = code.map(|code| by_code[&code]);
            world.items.insert(uid, ItemRow { shop, slot, price, quantity });
        }
        world.badges = badges.into_iter().map(|(_, uid, shop)| (uid, shop_of[&shop])).collect();
        world.tags = tags.into_iter().collect();
        type NoteCells = (i64, i64, Option<i64>, String, i64);
        let all =
            "SELECT id, item_id, parent_id, text, CASE WHEN gone IS NULL THEN 0 ELSE 1 END FROM mx_notes";
        let notes: Vec<NoteCells> = self.session.rows(sql(all).rows::<NoteCells>()).await?;
        for (uid, item, parent, text, gone) in notes {
            world.notes.insert(uid, NoteRow { item: item_of[&item], parent, text, gone: gone == 1 });
        }
        world.links = links.into_iter().map(|(item, tag)| (item_of[&item], tag)).collect();
        Ok(world)
    }

    /// What the objects show is what their rows have, where they show it.
    fn compare_objects(&self) -> Outcome {
        let (world, keys) = (&self.rows, &self.keys);
        let key = |uid: &i64| keys.get(uid).copied();
        for (uid, row) in &world.shops {
            let Some(shop) = self.objects.shops.known.get(uid) else { return Err(format!("no shop {uid}")) };
            let found = (shop.id, &*shop.code, &*shop.name, shop.lead_id, shop.twice);
            let lead = row.lead.and_then(|lead| key(&lead));
            let expected = (key(uid).unwrap_or_default(), &*row.code, &*row.name, lead, uid * 2);
            if found != expected {
                return Err(format!("the shop {uid} shows {found:?} and should show {expected:?}"));
            }
            if let Ok(found) = shop.lead()
                && found.as_ref().map(|item| item.uid) != row.lead
            {
                return Err(format!("the shop {uid} is led by {found:?} and not {:?}", row.lead));
            }
            if let Ok(items) = shop.items() {
                let found: BTreeSet<i64> = items.iter().map(|item| item.uid).collect();
                let of_shop = world.items.iter().filter(|(_, item)| item.shop == Some(*uid));
                let expected: BTreeSet<i64> = of_shop.map(|(item, _)| *item).collect();
                if found != expected || found.len() != items.len() {
                    return Err(format!("the shop {uid} has the items {found:?} and not {expected:?}"));
                }
            }
            if let Ok(badge) = shop.badge() {
                let expected = world.badges.iter().find(|(_, shop)| *shop == uid).map(|(badge, _)| *badge);
                if badge.as_ref().map(|badge| badge.uid) != expected {
                    return Err(format!("the shop {uid} has the badge {badge:?} and not {expected:?}"));
                }
            }
        }
        for (uid, row) in &world.items {
            let Some(item) = self.objects.items.known.get(uid) else { return Err(format!("no item {uid}")) };
            let found =
                (item.id, item.shop_code.as_deref(), item.slot, item.price, item.quantity, item.total);
            let code = row.shop.and_then(|shop| Some(&*world.shops.get(&shop)?.code));
            let total = row.price * 2 + row.quantity;
            let expected = (key(uid).unwrap_or_default(), code, row.slot, row.price, row.quantity, total);
            if found != expected {
                return Err(format!("the item {uid} shows {found:?} and should show {expected:?}"));
            }
            if let Ok(found) = item.shop()
                && found.as_ref().map(|shop| shop.uid) != row.shop
            {
                return Err(format!("the item {uid} is in {found:?} and not {:?}", row.shop));
            }
            if let Ok(tags) = item.tags() {
                let found: BTreeSet<i64> = tags.iter().map(|tag| tag.id).collect();
                let expected: BTreeSet<i64> =
                    world.links.iter().filter(|(item, _)| item == uid).map(|(_, tag)| *tag).collect();
                if found != expected || found.len() != tags.len() {
                    return Err(format!("the item {uid} has the tags {found:?} and not {expected:?}"));
                }
            }
        }
        self.compare_notes()
    }

    /// What notes show. Loaded collections and to-ones show no deleted ones, and restored ones again once they are reloaded.
    fn compare_notes(&self) -> Outcome {
        let world = &self.rows;
        let shows = |of: &str, found: BTreeSet<i64>, expected: BTreeSet<i64>| {
            let needed = expected.difference(&self.restored);
            match found.is_subset(&expected) && needed.copied().all(|note| found.contains(&note)) {
                true => Ok(()),
                false => Err(format!("{of} has the notes {found:?} and not {expected:?}")),
            }
        };
        let seen = |is: &dyn Fn(&NoteRow) -> bool| -> BTreeSet<i64> {
            world.notes.iter().filter(|(_, note)| !note.gone && is(note)).map(|(note, _)| *note).collect()
        };
        for uid in world.items.keys() {
            if let Some(notes) = self.objects.items.known.get(uid).and_then(|item| item.notes().ok()) {
                let found = notes.iter().map(|note| note.id).collect();
                shows(&format!("the item {uid}"), found, seen(&|note| note.item == *uid))?;
            }
        }
        for (uid, row) in &world.notes {
            let Some(note) = self.objects.notes.known.get(uid) else { return Err(format!("no note {uid}")) };
            let found = (note.id, note.item_id, note.parent_id, &*note.text, note.gone.is_some());
            let item = self.keys.get(&row.item).copied().unwrap_or_default();
            let expected = (*uid, item, row.parent, &*row.text, row.gone);
            if found != expected {
                return Err(format!("the note {uid} shows {found:?} and should show {expected:?}"));
            }
            if let Ok(found) = note.item()
                && found.uid != row.item
            {
                return Err(format!("the note {uid} is about {found:?} and not {}", row.item));
            }
            if let Ok(found) = note.parent() {
                let found = found.map(|parent| parent.id);
                let is_seen = |parent: &i64| world.notes.get(parent).is_some_and(|parent| !parent.gone);
                let expected = row.parent.filter(is_seen);
                let is_back = expected.is_some_and(|parent| self.restored.contains(&parent));
                if found != expected && !(found.is_none() && is_back) {
                    return Err(format!("the note {uid} answers {found:?} and not {expected:?}"));
                }
            }
            if let Ok(answers) = note.answers() {
                let found = answers.iter().map(|answer| answer.id).collect();
                shows(&format!("the note {uid}"), found, seen(&|note| note.parent == Some(*uid)))?;
            }
        }
        Ok(())
    }
}
