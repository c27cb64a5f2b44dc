use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use orm_core::prelude::*;

use crate::compare::Shown;
use crate::models::{Author, Book, Note, TABLES as TABLES_SQL, Tag};
use crate::rng::Op;
use crate::world::{Model, Place, Row, Table, World};

pub type Outcome<T = ()> = Result<T, String>;

/// Runs steps in a new session on a new database; the names of those that were done, or what differs.
pub async fn run(settings: u64, ops: &[Op]) -> Outcome<Vec<&'static str>> {
    let engine = Engine::connect("sqlite::memory:").await.map_err(text)?;
    let mut setup = engine.session();
    for table in TABLES_SQL {
        setup.execute(sql(table)).await.map_err(text)?;
    }
    setup.commit().await.map_err(text)?;
    drop(setup);
    let autoflush = settings & 1 != 0;
    let expire_on_commit = settings & 4 != 0;
    let options = SessionOptions::new().autoflush(autoflush).expire_on_commit(expire_on_commit);
    let mut session = engine.session_with(options.repeated_loads(RepeatedLoads::Allow));
    let mut run = Run::new(engine, autoflush, expire_on_commit);
    let mut rest = ops;
    while !rest.is_empty() {
        run.steps(&mut session, &mut rest, 0).await?;
    }
    run.commit(&mut session).await.map_err(|difference| format!("the last commit: {difference}"))?;
    Ok(run.done)
}

/// What is known of one model's objects.
pub struct Objects<M: orm_core::Model> {
    pub pendings: BTreeMap<i64, Pending<M>>,
    pub entities: BTreeMap<i64, Entity<M>>,
    /// As another session had them at a commit.
    pub detached: Vec<Entity<M>>,
    /// Those that were first read since the last commit, and those of them whose reading a rollback made untrue: they
    /// show what they showed until they are read again.
    fresh: BTreeSet<i64>,
    pub stale: BTreeSet<i64>,
    /// Those that were ever expired.
    pub expired: BTreeSet<i64>,
    /// Those that followed a bulk statement since the last commit: a rollback has them read again.
    followed: BTreeSet<i64>,
}

pub struct Run {
    pub engine: Engine,
    autoflush: bool,
    expire_on_commit: bool,
    pub model: Model,
    next_id: i64,
    /// Authors that have other keys since the last commit: the old ones, the new, and the objects.
    rekeyed: Vec<(i64, i64, Entity<Author>)>,
    done: Vec<&'static str>,
    pub authors: Objects<Author>,
    pub books: Objects<Book>,
    pub notes: Objects<Note>,
    pub tags: Objects<Tag>,
}

/// Runs one expression on the objects of a table.
macro_rules! of_table {
    ($run:ident, $table:expr, |$objects:ident, $ty:ident| $body:expr) => {
        match $table {
            Table::Author => {
                #[allow(dead_code, reason = "not every step names the type")]
                type $ty = Author;
                let $objects = &mut $run.authors;
                $body
            }
            Table::Book => {
                #[allow(dead_code, reason = "not every step names the type")]
                type $ty = Book;
                let $objects = &mut $run.books;
                $body
            }
            Table::Note => {
                #[allow(dead_code, reason = "not every step names the type")]
                type $ty = Note;
                let $objects = &mut $run.notes;
                $body
            }
            Table::Tag => {
                #[allow(dead_code, reason = "not every step names the type")]
                type $ty = Tag;
                let $objects = &mut $run.tags;
                $body
            }
        }
    };
}

const TABLES: [Table; 4] = [Table::Author, Table::Book, Table::Note, Table::Tag];

impl<M: orm_core::Model> Objects<M> {
    fn new() -> Objects<M> {
        Objects {
            pendings: BTreeMap::new(),
            entities: BTreeMap::new(),
            detached: Vec::new(),
            fresh: BTreeSet::new(),
            stale: BTreeSet::new(),
            expired: BTreeSet::new(),
            followed: BTreeSet::new(),
        }
    }

    fn rekey(&mut self, from: i64, to: i64) {
        if let Some(entity) = self.entities.remove(&from) {
            self.entities.insert(to, entity);
        }
        if let Some(pending) = self.pendings.remove(&from) {
            self.pendings.insert(to, pending);
        }
        for ids in [&mut self.fresh, &mut self.stale, &mut self.expired, &mut self.followed] {
            if ids.remove(&from) {
                ids.insert(to);
            }
        }
    }

    fn expire_all(&mut self) {
        self.expired.extend(self.entities.keys().chain(self.pendings.keys()));
    }

    fn committed(&mut self) {
        self.fresh.clear();
        self.followed.clear();
    }

    fn rolled_back(&mut self) {
        self.expired.extend(&self.fresh);
        self.expired.extend(&self.followed);
        self.stale.append(&mut self.fresh);
    }

    /// They are the session's no more.
    fn forget(&mut self) {
        self.entities.clear();
        self.pendings.clear();
        self.fresh.clear();
        self.stale.clear();
        self.expired.clear();
        self.followed.clear();
    }

    /// A bulk statement changed its row: one whose reading was untrue has been read now.
    fn follow(&mut self, id: i64) {
        self.followed.insert(id);
        if self.stale.remove(&id) {
            self.fresh.insert(id);
        }
    }

    pub fn entity(&self, id: i64) -> Option<Entity<M>> {
        self.entities.get(&id).cloned()
    }

    fn is_current(&self, id: i64) -> bool {
        self.entities.contains_key(&id) && !self.stale.contains(&id)
    }

    fn known(&self, id: i64) -> Outcome<Entity<M>> {
        self.entity(id).ok_or_else(|| format!("no object of {id}"))
    }

    /// Takes a handle that a query gave: it must be the object that is known already.
    fn meet(&mut self, id: i64, entity: Entity<M>) -> Outcome {
        match self.entities.get(&id) {
            Some(known) if !Entity::same(known, &entity) => Err(format!("{id} is two objects")),
            known => {
                if known.is_none() {
                    self.fresh.insert(id);
                }
                if self.stale.remove(&id) {
                    self.fresh.insert(id);
                }
                self.entities.insert(id, entity);
                Ok(())
            }
        }
    }
}

pub fn text(error: Error) -> String {
    format!("{error:?}")
}

fn pick<T: Copy>(from: &[T], at: usize) -> Option<T> {
    from.get(at.checked_rem(from.len())?).copied()
}

pub fn holds_detached<M: orm_core::Model>(session: &Session, members: &Many<M>) -> bool {
    members.iter().any(|member| session.state(&member) == EntityState::Detached)
}

/// What was done must have failed in this way.
fn refused<T>(done: orm_core::Result<T>, kind: ErrorKind, what: &str) -> Outcome {
    match done {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(format!("{what}: expected {kind:?}, got {error:?}")),
        Ok(_) => Err(format!("{what}: expected {kind:?}, and it was accepted")),
    }
}

impl Run {
    fn new(engine: Engine, autoflush: bool, expire_on_commit: bool) -> Run {
        let (authors, books, notes, tags) = (Objects::new(), Objects::new(), Objects::new(), Objects::new());
        let (model, done) = (Model::default(), Vec::new());
        Run {
            engine,
            autoflush,
            expire_on_commit,
            model,
            next_id: 1,
            rekeyed: Vec::new(),
            done,
            authors,
            books,
            notes,
            tags,
        }
    }

    /// Objects that may be changed: existing ones that were not expunged.
    fn usable(&self, table: Table) -> Vec<i64> {
        self.model.usable(table).into_iter().filter(|id| self.holds(table, *id)).collect()
    }

    /// Those, and the ones that wait for their row.
    fn linkable(&self, table: Table) -> Vec<i64> {
        let known = |id: &i64| self.model.is_pending((table, *id)) || self.holds(table, *id);
        self.model.linkable(table).into_iter().filter(known).collect()
    }

    fn holds(&self, table: Table, id: i64) -> bool {
        match table {
            Table::Author => self.authors.is_current(id),
            Table::Book => self.books.is_current(id),
            Table::Note => self.notes.is_current(id),
            Table::Tag => self.tags.is_current(id),
        }
    }

    /// Runs steps until they end or the savepoint does; whether the savepoint is to be kept.
    fn steps<'r>(
        &'r mut self,
        session: &'r mut Session,
        rest: &'r mut &[Op],
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Outcome<bool>> + 'r>> {
        Box::pin(async move {
            while let Some((op, after)) = rest.split_first() {
                *rest = after;
                let at = |difference: String| format!("after {op:?}, savepoints {depth}: {difference}");
                match op.kind {
                    "savepoint" if depth < 3 => self.savepoint(session, rest, depth).await.map_err(at)?,
                    "end savepoint" if depth > 0 => {
                        self.done.push(op.kind);
                        return Ok(op.a.is_multiple_of(2));
                    }
                    "savepoint" | "end savepoint" => continue,
                    "commit" | "rollback" if depth > 0 => continue,
                    "fail" if self.fail(session, op, depth).await.map_err(at)? => {
                        if depth > 0 {
                            return Ok(false);
                        }
                    }
                    "fail" => continue,
                    _ => {
                        if !self.step(session, op).await.map_err(at)? {
                            continue;
                        }
                    }
                }
                self.done.push(op.kind);
                self.compare(session).map_err(at)?;
            }
            Ok(true)
        })
    }

    async fn savepoint(&mut self, session: &mut Session, rest: &mut &[Op], depth: usize) -> Outcome {
        self.model.flush();
        let (before, rekeyed) = (self.model.live.clone(), self.rekeyed.len());
        let mut outcome = Ok(true);
        let this = &mut *self;
        let found = &mut outcome;
        let nested = session
            .nested(async |session: &mut Session| {
                *found = this.steps(session, rest, depth + 1).await;
                match found {
                    Ok(true) => Ok(()),
                    // Any error will do: it is what the caller gets back.
                    _ => session.one(select::<Tag>().filter(Tag::ID.eq(-1))).await.map(drop),
                }
            })
            .await;
        match (outcome?, nested) {
            (true, Ok(())) => self.model.flush(),
            (false, Err(error)) if matches!(error.kind(), ErrorKind::NoRows | ErrorKind::PendingRollback) => {
                self.back_to(before, rekeyed);
            }
            (keep, nested) => return Err(format!("a savepoint, to be kept: {keep}, ended with {nested:?}")),
        }
        Ok(())
    }

    /// A flush that the database refuses: the session wants a rollback, or the savepoint takes it back.
    async fn fail(&mut self, session: &mut Session, op: &Op, depth: usize) -> Outcome<bool> {
        let taken: Vec<i64> = self.model.flushed.of(Table::Tag).collect();
        let taken: Vec<i64> =
            taken.into_iter().filter(|tag| !self.model.deleted.contains(&(Table::Tag, *tag))).collect();
        let Some(id) = pick(&taken, op.a) else { return Ok(false) };
        session.add(Tag::draft().id(id).name("twice"));
        refused(session.flush().await, ErrorKind::UniqueViolation, "the same key twice")?;
        refused(
            session.count(select::<Tag>()).await,
            ErrorKind::PendingRollback,
            "a query before the rollback",
        )?;
        refused(session.commit().await, ErrorKind::PendingRollback, "a commit before the rollback")?;
        if depth == 0 {
            self.rollback(session).await?;
        }
        Ok(true)
    }

    /// Runs one step; returns whether there was an object for it.
    async fn step(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let done = match op.kind {
            "add author" | "add book" | "add note" | "add tag" => self.add(session, op)?,
            "edit" => self.edit(session, op)?,
            "append book" | "assign book" => self.give_book(session, op)?,
            "append note" | "assign note" => self.give_note(session, op)?,
            "unassign book" | "remove book" | "remove note" => self.take(session, op)?,
            "link" | "unlink" => self.link(session, op)?,
            "delete" | "expire" | "expunge" | "refresh" => self.one_object(session, op).await?,
            "expire all" => self.expire_all(session),
            "flush" => {
                session.flush().await.map_err(text)?;
                self.model.flush();
                true
            }
            "commit" => {
                self.commit(session).await?;
                true
            }
            "rollback" => {
                self.rollback(session).await?;
                true
            }
            "bulk update" => self.bulk_update(session, op).await?,
            "bulk delete" => self.bulk_delete(session, op).await?,
            "upsert" => self.upsert(session, op).await?,
            "switch" => self.switch(session, op)?,
            "rekey" => self.rekey(session, op).await?,
            "expunge all" => self.expunge_all(session, op).await?,
            "refuse" => self.refuse(session, op)?,
            "unlink elsewhere" => self.unlink_elsewhere(session, op).await?,
            "merge" => self.merge(session, op).await?,
            "query" => self.query(session, op).await?,
            "load" => self.load(session, op).await?,
            other => return Err(format!("no such step: {other}")),
        };
        Ok(done)
    }

    fn add(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let id = self.next_id;
        let authors = self.linkable(Table::Author);
        let author = pick(&authors, op.a).filter(|_| !op.b.is_multiple_of(3) || op.kind == "add note");
        let name = format!("{} {}", op.kind, op.c % 3);
        let mut row = Row { name: name.clone(), author, shown: None };
        let mut taken = Vec::new();
        let place = match op.kind {
            "add author" => {
                row.author = None;
                let mut draft = Author::draft().id(id).name(name);
                // Some take over the books and notes of others.
                let (books, notes) = (self.usable(Table::Book), self.usable(Table::Note));
                if let Some(book) = pick(&books, op.b).filter(|_| op.a.is_multiple_of(3)) {
                    draft = draft.books([&self.books.known(book)?]);
                    taken.push((Table::Book, book));
                }
                if let Some(note) = pick(&notes, op.c).filter(|_| op.a.is_multiple_of(4)) {
                    draft = draft.notes([&self.notes.known(note)?]);
                    taken.push((Table::Note, note));
                }
                self.authors.pendings.insert(id, session.add(draft));
                (Table::Author, id)
            }
            "add tag" => {
                row.author = None;
                let mut draft = Tag::draft().id(id).name(name);
                let books = self.usable(Table::Book);
                if let Some(book) = pick(&books, op.b).filter(|_| op.a.is_multiple_of(3)) {
                    draft = draft.books([&self.books.known(book)?]);
                    self.model.live.links.insert((book, id));
                }
                self.tags.pendings.insert(id, session.add(draft));
                (Table::Tag, id)
            }
            "add book" => {
                let mut draft = Book::draft().id(id).name(name);
                if let Some(author) = author {
                    draft = match self.authors.entity(author) {
                        Some(author) => draft.author(&author),
                        None => draft.author(&self.authors.pendings[&author]),
                    };
                }
                let tags = self.usable(Table::Tag);
                if let Some(tag) = pick(&tags, op.c) {
                    let entity = self.tags.entity(tag).ok_or("a tag without an object")?;
                    draft = draft.tags([&entity]);
                    self.model.live.links.insert((id, tag));
                }
                self.books.pendings.insert(id, session.add(draft));
                (Table::Book, id)
            }
            _ => {
                let Some(author) = author else { return Ok(false) };
                let draft = Note::draft().id(id).name(name);
                let draft = match self.authors.entity(author) {
                    Some(author) => draft.author(&author),
                    None => draft.author(&self.authors.pendings[&author]),
                };
                self.notes.pendings.insert(id, session.add(draft));
                (Table::Note, id)
            }
        };
        self.next_id += 1;
        self.model.live.rows.insert(place, row);
        self.model.pending.insert(place);
        taken.into_iter().for_each(|child| self.model.set_author(child, Some(id)));
        Ok(true)
    }

    fn edit(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        let Some(id) = pick(&self.usable(table), op.b) else { return Ok(false) };
        // Few names, so that some edits change nothing.
        let name = format!("name {}", op.c % 4);
        of_table!(self, table, |objects, M| {
            let entity = objects.known(id)?;
            session.edit(&entity, |object: &mut M| object.name.clone_from(&name)).map_err(text)?;
        });
        if let Some(row) = self.model.live.rows.get_mut(&(table, id)) {
            row.name = name;
        }
        Ok(true)
    }

    /// Gives a book an author, from either side; one of the two may be pending.
    fn give_book(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let append = op.kind == "append book";
        let (from, to) = match append {
            true => (self.usable(Table::Author), self.linkable(Table::Book)),
            false => (self.linkable(Table::Author), self.usable(Table::Book)),
        };
        let (Some(author), Some(book)) = (pick(&from, op.a), pick(&to, op.b)) else { return Ok(false) };
        let done = match (self.authors.entity(author), self.books.entity(book)) {
            (Some(author), Some(book)) if append => session.append(&author, Author::BOOKS, &book),
            (Some(author), Some(book)) => session.assign(&book, Book::AUTHOR, &author),
            (Some(author), None) => session.append(&author, Author::BOOKS, &self.books.pendings[&book]),
            (None, Some(book)) => session.assign(&book, Book::AUTHOR, &self.authors.pendings[&author]),
            (None, None) => return Ok(false),
        };
        done.map_err(text)?;
        self.model.set_author((Table::Book, book), Some(author));
        Ok(true)
    }

    fn give_note(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let append = op.kind == "append note";
        let (from, mut to) = match append {
            true => (self.usable(Table::Author), self.linkable(Table::Note)),
            false => (self.linkable(Table::Author), self.usable(Table::Note)),
        };
        to.extend(self.model.adoptable().filter(|id| self.notes.is_current(*id)));
        let (Some(author), Some(note)) = (pick(&from, op.a), pick(&to, op.b)) else { return Ok(false) };
        let done = match (self.authors.entity(author), self.notes.entity(note)) {
            (Some(author), Some(note)) if append => session.append(&author, Author::NOTES, &note),
            (Some(author), Some(note)) => session.assign(&note, Note::AUTHOR, &author),
            (Some(author), None) => session.append(&author, Author::NOTES, &self.notes.pendings[&note]),
            (None, Some(note)) => session.assign(&note, Note::AUTHOR, &self.authors.pendings[&author]),
            (None, None) => return Ok(false),
        };
        done.map_err(text)?;
        self.model.set_author((Table::Note, note), Some(author));
        Ok(true)
    }

    /// Takes a book or a note from an author: its own, or one that it does not have.
    fn take(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = if op.kind == "remove note" { Table::Note } else { Table::Book };
        let children = match op.kind {
            "unassign book" => self.usable(table),
            _ => self.linkable(table),
        };
        let Some(child) = pick(&children, op.a) else { return Ok(false) };
        let place = (table, child);
        if op.kind == "unassign book" {
            let book = self.books.known(child)?;
            session.unassign(&book, Book::AUTHOR).map_err(text)?;
            self.model.set_author(place, None);
            return Ok(true);
        }
        let authors = self.usable(Table::Author);
        let own = self.model.live.rows[&place]
            .author
            .filter(|own| !op.b.is_multiple_of(4) && authors.contains(own));
        let Some(author) = own.or_else(|| pick(&authors, op.c)) else { return Ok(false) };
        let entity = self.authors.known(author)?;
        let done = match (table, self.model.is_pending(place)) {
            (Table::Note, true) => session.remove(&entity, Author::NOTES, &self.notes.pendings[&child]),
            (Table::Note, false) => session.remove(&entity, Author::NOTES, &self.notes.known(child)?),
            (_, true) => session.remove(&entity, Author::BOOKS, &self.books.pendings[&child]),
            (_, false) => session.remove(&entity, Author::BOOKS, &self.books.known(child)?),
        };
        if self.model.live.rows[&place].author != Some(author) {
            return refused(done, ErrorKind::InvalidState, "it is no member").map(|()| true);
        }
        done.map_err(text)?;
        match table {
            Table::Note if self.model.pending.remove(&place) => {
                let _ = self.model.live.rows.remove(&place);
            }
            Table::Note => {
                self.model.orphans.insert(child);
                let _ = self.model.deleted.insert(place);
            }
            _ => self.model.set_author(place, None),
        }
        Ok(true)
    }

    /// Links or unlinks a book and a tag, from either side; the other one may be pending.
    fn link(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let from_book = op.c.is_multiple_of(2);
        let (books, tags) = match from_book {
            true => (self.usable(Table::Book), self.linkable(Table::Tag)),
            false => (self.linkable(Table::Book), self.usable(Table::Tag)),
        };
        let (Some(book), Some(tag)) = (pick(&books, op.a), pick(&tags, op.b)) else { return Ok(false) };
        let linked = self.model.live.links.contains(&(book, tag));
        if linked != (op.kind == "unlink") {
            return Ok(false);
        }
        // A collection that holds an object that was expunged does not know the session's new object of its row.
        let expunged = match from_book {
            true => self.books.known(book)?.tags().is_ok_and(|tags| holds_detached(session, &tags)),
            false => self.tags.known(tag)?.books().is_ok_and(|books| holds_detached(session, &books)),
        };
        if expunged {
            return Ok(false);
        }
        let pending = self.model.is_pending((Table::Book, book)) || self.model.is_pending((Table::Tag, tag));
        let done = match (from_book, pending, linked) {
            (true, true, false) => {
                session.append(&self.books.known(book)?, Book::TAGS, &self.tags.pendings[&tag])
            }
            (true, false, false) => {
                session.append(&self.books.known(book)?, Book::TAGS, &self.tags.known(tag)?)
            }
            (true, true, true) => {
                session.remove(&self.books.known(book)?, Book::TAGS, &self.tags.pendings[&tag])
            }
            (true, false, true) => {
                session.remove(&self.books.known(book)?, Book::TAGS, &self.tags.known(tag)?)
            }
            (false, true, false) => {
                session.append(&self.tags.known(tag)?, Tag::BOOKS, &self.books.pendings[&book])
            }
            (false, false, false) => {
                session.append(&self.tags.known(tag)?, Tag::BOOKS, &self.books.known(book)?)
            }
            (false, true, true) => {
                session.remove(&self.tags.known(tag)?, Tag::BOOKS, &self.books.pendings[&book])
            }
            (false, false, true) => {
                session.remove(&self.tags.known(tag)?, Tag::BOOKS, &self.books.known(book)?)
            }
        };
        done.map_err(text)?;
        match linked {
            true => self.model.live.links.remove(&(book, tag)),
            false => self.model.live.links.insert((book, tag)),
        };
        Ok(true)
    }

    async fn one_object(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        let objects = self.model.live.of(table).filter(|id| !self.model.is_pending((table, *id)));
        let objects: Vec<i64> = objects.collect();
        let Some(id) = pick(&objects, op.b) else { return Ok(false) };
        let place = (table, id);
        let gone = self.model.deleted.contains(&place);
        if gone && self.model.is_pending(place) {
            return Ok(false);
        }
        let autoflush = self.autoflush;
        let model = &mut self.model;
        of_table!(self, table, |objects, M| {
            let entity: Entity<M> = match objects.entity(id) {
                Some(entity) => entity,
                // It was expunged.
                None => return Ok(false),
            };
            if gone && op.kind != "expunge" {
                let done = match op.kind {
                    "delete" => session.delete(&entity),
                    "expire" => session.expire(&entity),
                    _ => session.refresh(&entity).await,
                };
                return refused(done, ErrorKind::InvalidState, "it is deleted").map(|()| true);
            }
            match op.kind {
                "delete" => {
                    session.delete(&entity).map_err(text)?;
                    model.deleted.insert(place);
                }
                "expire" => {
                    session.expire(&entity).map_err(text)?;
                    objects.expired.insert(id);
                    model.discard(place);
                }
                "refresh" => {
                    model.discard(place);
                    if autoflush {
                        model.flush();
                    }
                    let done = session.refresh(&entity).await;
                    match model.flushed.rows.contains_key(&place) {
                        true => {
                            done.map_err(text)?;
                            objects.follow(id);
                        }
                        false => refused(done, ErrorKind::NoRows, "its author took it along")?,
                    }
                }
                _ => {
                    session.expunge(&entity).map_err(text)?;
                    model.deleted.remove(&place);
                    model.orphans.remove(&id);
                    model.discard(place);
                    objects.entities.remove(&id);
                    objects.pendings.remove(&id);
                    let state = session.state(&entity);
                    if state != EntityState::Detached {
                        return Err(format!("the expunged {place:?} is {state:?}"));
                    }
                }
            }
        });
        Ok(true)
    }

    fn expire_all(&mut self, session: &mut Session) -> bool {
        session.expire_all();
        self.all_expired();
        let places: Vec<Place> = self.model.live.rows.keys().copied().collect();
        for place in places {
            if !self.model.is_pending(place) && !self.model.deleted.contains(&place) {
                self.model.discard(place);
            }
        }
        self.model.discard_links(|_| true);
        true
    }

    fn all_expired(&mut self) {
        self.authors.expire_all();
        self.books.expire_all();
        self.notes.expire_all();
        self.tags.expire_all();
    }

    async fn commit(&mut self, session: &mut Session) -> Outcome {
        session.commit().await.map_err(text)?;
        if self.expire_on_commit {
            self.all_expired();
        }
        self.model.commit();
        self.rekeyed.clear();
        self.authors.committed();
        self.books.committed();
        self.notes.committed();
        self.tags.committed();
        self.compare_database(session).await
    }

    fn back_to(&mut self, world: World, rekeyed: usize) {
        self.model.back_to(world);
        for (from, to, author) in self.rekeyed.split_off(rekeyed).into_iter().rev() {
            // Its row never had that key, so an object that was read from it after the first was expunged has no row.
            if self.authors.entity(to).is_some_and(|now| !Entity::same(&now, &author)) {
                self.authors.entities.remove(&to);
            }
            self.authors.rekey(to, from);
        }
        self.authors.rolled_back();
        self.books.rolled_back();
        self.notes.rolled_back();
        self.tags.rolled_back();
    }

    async fn rollback(&mut self, session: &mut Session) -> Outcome {
        session.rollback().await.map_err(text)?;
        let committed = self.model.committed.clone();
        self.back_to(committed, 0);
        self.compare_database(session).await
    }

    async fn merge(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        let autoflush = self.autoflush;
        let model = &mut self.model;
        of_table!(self, table, |objects, M| {
            // Of those that wait for an author's row first: of the link and the merged key, the later one counts.
            let waits = |theirs: &&Entity<M>| {
                let row = model.live.rows.get(&(table, theirs.id));
                let author = row.and_then(|row| row.author);
                author.is_some_and(|author| model.is_pending((Table::Author, author)))
            };
            let waiting = objects.detached.iter().find(waits).filter(|_| op.c.is_multiple_of(2)).cloned();
            let any = || objects.detached.get(op.b % objects.detached.len().max(1)).cloned();
            let Some(theirs) = waiting.or_else(any) else { return Ok(false) };
            let place = (table, theirs.id);
            if model.is_pending(place) {
                return Ok(false);
            }
            if autoflush {
                model.flush();
                session.flush().await.map_err(text)?;
            }
            let own = objects.entity(theirs.id).filter(|_| !objects.expired.contains(&theirs.id));
            let own = own.filter(|_| !objects.stale.contains(&theirs.id)).and_then(|own| own.version());
            let author = theirs.row().author;
            if author.is_some_and(|author| !model.live.rows.contains_key(&(Table::Author, author))) {
                // Its author is gone: the database would refuse it.
                return Ok(false);
            }
            let merged = session.merge(&theirs).await;
            if model.deleted.contains(&place) {
                // Not known to the session any more, it is read as the transaction has it.
                let kind = if objects.entities.contains_key(&theirs.id) {
                    ErrorKind::InvalidState
                } else {
                    return Ok(false);
                };
                return refused(merged, kind, "it is deleted").map(|()| true);
            }
            let differs = own.is_some_and(|own| theirs.version() != Some(own));
            match model.live.rows.get_mut(&place) {
                Some(_) if merged.as_ref().is_err_and(|error| error.kind() == ErrorKind::Stale) => {
                    if theirs.version().is_none() || (own.is_some() && !differs) {
                        return Err(format!("merging {place:?}, which has the version: {merged:?}"));
                    }
                }
                Some(_) if differs => return Err(format!("{place:?} was merged over another version")),
                Some(row) => {
                    objects.meet(theirs.id, merged.map_err(text)?)?;
                    row.name.clone_from(&theirs.name);
                    (row.author, row.shown) = (author, author);
                }
                None => refused(merged, ErrorKind::NoRows, "its row is gone")?,
            }
        });
        Ok(true)
    }

    /// An update of the names of some rows past the unit of work: of it and an unsaved edit the later one counts, and what
    /// is unsaved of other columns stays.
    async fn bulk_update(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        let (most, name) = (
            i64::try_from(op.b).map_err(|error| error.to_string())? % self.next_id,
            format!("name {}", op.c % 4),
        );
        self.before_bulk(session, table, most).await?;
        let model = &mut self.model;
        of_table!(self, table, |objects, M| {
            let before =
                objects.entity(most).filter(|_| objects.is_current(most) && !objects.expired.contains(&most));
            let before = before.and_then(|entity| entity.version());
            let changed = update::<M>().set(M::NAME, name.clone()).filter(M::ID.le(most));
            let rows: Vec<i64> = model.flushed.of(table).filter(|id| *id <= most).collect();
            let count = session.execute(changed).await.map_err(text)?;
            if count != rows.len() as u64 {
                return Err(format!("{count} rows of {table:?} were updated and not {rows:?}"));
            }
            for id in rows {
                let place = (table, id);
                objects.follow(id);
                for world in [&mut model.flushed, &mut model.live] {
                    let row = world.rows.get_mut(&place);
                    row.into_iter().for_each(|row| row.name.clone_from(&name));
                }
                if id == most
                    && let (Some(before), Some(now)) =
                        (before, objects.entity(id).and_then(|entity| entity.version()))
                    && now != before + 1
                {
                    return Err(format!("{place:?} has the version {now} after an update of {before}"));
                }
            }
        });
        Ok(true)
    }

    /// What a bulk statement flushes before it; edits of expired objects are compared with their rows, so they are written
    /// first.
    async fn before_bulk(&mut self, session: &mut Session, table: Table, most: i64) -> Outcome {
        let expired = of_table!(self, table, |objects, M| objects.expired.iter().any(|id| *id <= most));
        let switched = self.model.deleted.intersection(&self.model.pending).next().is_some();
        if self.autoflush || expired || switched {
            session.flush().await.map_err(text)?;
            self.model.flush();
        }
        Ok(())
    }

    async fn bulk_delete(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = if op.a.is_multiple_of(2) { Table::Note } else { Table::Tag };
        self.before_bulk(session, table, 0).await?;
        // Of an object that was expunged the session does not know that its row goes.
        let linked = |id: &i64| {
            let is_end = |link: &(i64, i64)| link.1 == *id;
            table == Table::Tag
                && (self.model.flushed.links.iter().any(is_end)
                    || (!self.tags.is_current(*id) && self.model.live.links.iter().any(is_end)))
        };
        let rows: Vec<i64> = self.model.flushed.of(table).filter(|id| !linked(id)).collect();
        let Some(id) = pick(&rows, op.b) else { return Ok(true) };
        let place = (table, id);
        of_table!(self, table, |objects, M| {
            objects.follow(id);
            let count = session.execute(delete::<M>().filter(M::ID.eq(id))).await.map_err(text)?;
            if count != 1 {
                return Err(format!("{count} rows of {place:?} were deleted"));
            }
        });
        self.model.deleted.remove(&place);
        self.model.flushed.rows.remove(&place);
        self.model.live.rows.remove(&place);
        if table == Table::Tag {
            self.model.live.links.retain(|link| link.1 != id);
        }
        Ok(true)
    }

    /// Inserts a tag, or gives the existing one the new name.
    async fn upsert(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        self.before_bulk(session, Table::Tag, self.next_id).await?;
        let rows: Vec<i64> = self.model.flushed.of(Table::Tag).collect();
        let id = pick(&rows, op.a).filter(|_| !op.b.is_multiple_of(4)).unwrap_or(self.next_id);
        let is_new = id == self.next_id;
        let mut name = format!("name {}", op.c % 4);
        let row = [Tag::draft().id(id).name(name.clone())];
        // Half of them compute the name from both rows.
        let conflict = match op.c % 8 < 4 {
            true => OnConflict::update(Tag::ID, Tag::NAME),
            false => {
                if let Some(row) = self.model.flushed.rows.get(&(Table::Tag, id)) {
                    name = format!("{}{name}", row.name);
                }
                let joined = func::concat(Tag::NAME, func::excluded(Tag::NAME));
                OnConflict::update(Tag::ID, ()).set(Tag::NAME, joined)
            }
        };
        let upsert = insert::<Tag>().rows(row).on_conflict(conflict);
        if is_new || self.tags.is_current(id) {
            let tags = session.execute(upsert.returning()).await.map_err(text)?;
            let [tag] = tags.as_slice() else { return Err(format!("{} rows came back", tags.len())) };
            self.tags.meet(id, tag.clone())?;
        } else {
            session.execute(upsert).await.map_err(text)?;
        }
        self.next_id += i64::from(is_new);
        self.tags.follow(id);
        for world in [&mut self.model.flushed, &mut self.model.live] {
            world.rows.insert((Table::Tag, id), Row { name: name.clone(), author: None, shown: None });
        }
        Ok(true)
    }

    /// Deletes a book or a tag and adds another one with its key.
    fn switch(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = if op.a.is_multiple_of(4) { Table::Tag } else { Table::Book };
        let Some(id) = pick(&self.usable(table), op.b) else { return Ok(false) };
        let (place, name) = ((table, id), format!("switched {}", op.c % 3));
        let mut row = Row { name: name.clone(), author: None, shown: None };
        match table {
            Table::Tag => {
                session.delete(&self.tags.known(id)?).map_err(text)?;
                self.tags.pendings.insert(id, session.add(Tag::draft().id(id).name(name)));
                self.model.live.links.retain(|link| link.1 != id);
            }
            _ => {
                let (authors, tags) = (self.usable(Table::Author), self.usable(Table::Tag));
                let author = pick(&authors, op.c).filter(|_| op.a.is_multiple_of(3));
                let tags: Vec<i64> = tags.into_iter().filter(|tag| (tag + id) % 2 == 0).collect();
                session.delete(&self.books.known(id)?).map_err(text)?;
                let mut draft = Book::draft().id(id).name(name);
                if let Some(author) = author {
                    draft = draft.author(&self.authors.known(author)?);
                    row.author = Some(author);
                }
                let given = tags.iter().map(|tag| self.tags.known(*tag)).collect::<Outcome<Vec<_>>>()?;
                self.books.pendings.insert(id, session.add(draft.tags(&given)));
                self.model.live.links.retain(|link| link.0 != id);
                self.model.live.links.extend(tags.into_iter().map(|tag| (id, tag)));
            }
        }
        self.model.live.rows.insert(place, row);
        self.model.deleted.insert(place);
        self.model.pending.insert(place);
        Ok(true)
    }

    /// Gives an author another key, which those that refer to it follow.
    async fn rekey(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        session.flush().await.map_err(text)?;
        self.model.flush();
        let Some(from) = pick(&self.usable(Table::Author), op.a) else { return Ok(true) };
        let to = self.next_id;
        self.next_id += 1;
        let author = self.authors.known(from)?;
        session.edit(&author, |author| author.id = to).map_err(text)?;
        session.flush().await.map_err(text)?;
        self.model.live.rekey(from, to);
        self.model.flushed.rekey(from, to);
        self.authors.rekey(from, to);
        self.rekeyed.push((from, to, author));
        Ok(true)
    }

    /// Expunges everything: what was flushed stays in the transaction, and the objects keep their values.
    async fn expunge_all(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        if op.a.is_multiple_of(2) {
            session.flush().await.map_err(text)?;
            self.model.flush();
        }
        let shown: Vec<(Entity<Book>, Row)> =
            self.books.entities.values().map(|book| (book.clone(), book.row())).collect();
        session.expunge_all();
        for (book, row) in shown {
            if session.state(&book) != EntityState::Detached || book.row() != row {
                return Err(format!("the detached book {} shows {:?} and not {row:?}", book.id, book.row()));
            }
        }
        let flushed = self.model.flushed.clone();
        self.model.back_to(flushed);
        self.authors.forget();
        self.books.forget();
        self.notes.forget();
        self.tags.forget();
        Ok(true)
    }

    /// Calls that are refused because of one of several objects: nothing is changed.
    fn refuse(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let (authors, books) = (self.usable(Table::Author), self.linkable(Table::Book));
        let (Some(author), Some(theirs)) = (pick(&authors, op.a), self.books.detached.first().cloned())
        else {
            return Ok(false);
        };
        let entity = self.authors.known(author)?;
        let own: Vec<Entity<Book>> = books.iter().filter_map(|book| self.books.entity(*book)).collect();
        let mixed: Vec<Entity<Book>> = own.into_iter().chain([theirs.clone()]).collect();
        let done = match op.b % 3 {
            0 => session.replace(&entity, Author::BOOKS, &mixed),
            1 => session.append(&entity, Author::BOOKS, &theirs),
            _ => session.append(
                &entity,
                Author::NOTES,
                Note::draft().id(-1).name("n").author(Author::draft().id(-1).name("a").books(&mixed)),
            ),
        };
        match done {
            Err(error) if matches!(error.kind(), ErrorKind::InvalidState | ErrorKind::NotLoaded) => Ok(true),
            done => Err(format!("an object of another session was taken: {done:?}")),
        }
    }

    /// Another session ends a link that this one then ends as well.
    async fn unlink_elsewhere(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let links: Vec<(i64, i64)> = self.model.committed.links.iter().copied().collect();
        let usable = |link: &(i64, i64)| self.books.is_current(link.0) && self.tags.is_current(link.1);
        let links: Vec<(i64, i64)> = links.into_iter().filter(usable).collect();
        let Some((book, tag)) =
            pick(&links, op.a).filter(|_| self.model.is_settled() && !session.in_transaction())
        else {
            return Ok(false);
        };
        let (of, to) = (self.books.known(book)?, self.tags.known(tag)?);
        // A collection that holds an object that was expunged does not know the session's new object of its row.
        if of.tags().is_ok_and(|tags| holds_detached(session, &tags))
            || to.books().is_ok_and(|books| holds_detached(session, &books))
        {
            return Ok(false);
        }
        let mut other = self.engine.session();
        let gone = sql("DELETE FROM book_tags WHERE book_id = ? AND tag_id = ?").bind(book).bind(tag);
        other.execute(gone).await.map_err(text)?;
        other.commit().await.map_err(text)?;
        for world in [&mut self.model.committed, &mut self.model.flushed, &mut self.model.live] {
            world.links.remove(&(book, tag));
        }
        let seen = of.tags().is_ok() || to.books().is_ok();
        session.remove(&of, Book::TAGS, &to).map_err(text)?;
        match seen {
            true => refused(session.flush().await, ErrorKind::Stale, "its link row is gone")?,
            false => session.flush().await.map_err(text)?,
        }
        session.rollback().await.map_err(text)?;
        // What it holds is as it was before, and not what the database has.
        session.expire(&of).map_err(text)?;
        session.expire(&to).map_err(text)?;
        self.books.expired.insert(book);
        self.tags.expired.insert(tag);
        let committed = self.model.committed.clone();
        self.back_to(committed, 0);
        self.compare_database(session).await?;
        Ok(true)
    }

    /// A query of a table, by key or all of it.
    async fn query(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        if self.autoflush {
            // What the identity map answers needs no flush.
            if op.b % 2 == 1 {
                session.flush().await.map_err(text)?;
            }
            self.model.flush();
        }
        let model = &mut self.model;
        let next = self.next_id;
        of_table!(self, table, |objects, M| {
            let expected: Vec<i64> = model.flushed.of(table).collect();
            if op.b.is_multiple_of(2) {
                let found = session.all(select::<M>().order_by(M::ID)).await.map_err(text)?;
                let ids: Vec<i64> = found.iter().map(|object| object.id).collect();
                if ids != expected {
                    return Err(format!("a query of {table:?} found {ids:?} and not {expected:?}"));
                }
                for object in found {
                    objects.meet(object.id, object)?;
                }
                return Ok(true);
            }
            let id = i64::try_from(op.c).map_err(|error| error.to_string())? % next;
            let found = session.get::<M>(id).await.map_err(text)?;
            let there = model.flushed.rows.contains_key(&(table, id))
                && !(model.deleted.contains(&(table, id)) && objects.entities.contains_key(&id));
            match found {
                Some(object) if there => objects.meet(id, object)?,
                None if !there => {}
                found => return Err(format!("get of {table:?} {id} found {found:?}, there: {there}")),
            }
        });
        Ok(true)
    }

    /// Loads a relationship: it must hold what the model has.
    async fn load(&mut self, session: &mut Session, op: &Op) -> Outcome<bool> {
        let table = TABLES[op.a % 4];
        let Some(id) = pick(&self.usable(table), op.b) else { return Ok(false) };
        if self.autoflush {
            session.flush().await.map_err(text)?;
            self.model.flush();
        }
        if !self.model.live.rows.contains_key(&(table, id)) {
            return Ok(true);
        }
        let waits = self.model.live.rows[&(table, id)]
            .author
            .is_some_and(|author| self.model.is_pending((Table::Author, author)));
        if waits && table == Table::Book && op.c % 4 < 2 {
            let book = self.books.known(id)?;
            let done = session.load(&book, Book::AUTHOR).await.map(drop);
            return refused(done, ErrorKind::NotFlushed, "its author is pending").map(|()| true);
        }
        if waits && table == Table::Note {
            let note = self.notes.known(id)?;
            let done = session.load(&note, Note::AUTHOR).await.map(drop);
            return refused(done, ErrorKind::NotFlushed, "its author is pending").map(|()| true);
        }
        let failed = |error: Error| format!("loading of {table:?} {id}: {error:?}");
        match (table, op.c % 4) {
            (Table::Author, 0) => {
                drop(session.load(&self.authors.known(id)?, Author::NOTES).await.map_err(failed)?)
            }
            (Table::Author, 1) => {
                let all: Vec<_> =
                    self.usable(Table::Author).into_iter().filter_map(|id| self.authors.entity(id)).collect();
                drop(
                    session
                        .load_all(all, Author::BOOKS.selectin().with(Book::TAGS.selectin()))
                        .await
                        .map_err(failed)?,
                );
            }
            (Table::Author, _) => {
                drop(session.load(&self.authors.known(id)?, Author::BOOKS).await.map_err(failed)?)
            }
            (Table::Book, 0 | 1) => {
                drop(session.load(&self.books.known(id)?, Book::AUTHOR).await.map_err(failed)?)
            }
            (Table::Book, _) => drop(session.load(&self.books.known(id)?, Book::TAGS).await.map_err(failed)?),
            (Table::Note, _) => {
                drop(session.load(&self.notes.known(id)?, Note::AUTHOR).await.map_err(failed)?)
            }
            (Table::Tag, _) => drop(session.load(&self.tags.known(id)?, Tag::BOOKS).await.map_err(failed)?),
        }
        // That it is loaded now is compared at once; what it holds, with everything else.
        let loaded = match (table, op.c % 4) {
            (Table::Author, 0) => self.authors.known(id)?.notes().is_ok(),
            (Table::Author, _) => self.authors.known(id)?.books().is_ok(),
            (Table::Book, 0 | 1) => self.books.known(id)?.author().is_ok(),
            (Table::Book, _) => self.books.known(id)?.tags().is_ok(),
            (Table::Note, _) => self.notes.known(id)?.author().is_ok(),
            (Table::Tag, _) => self.tags.known(id)?.books().is_ok(),
        };
        if loaded { Ok(true) } else { Err(format!("{table:?} {id} is not loaded")) }
    }
}
