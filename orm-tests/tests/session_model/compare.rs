//! What is compared: objects with the model, and tables with what was committed.
use std::collections::BTreeSet;

use orm_core::prelude::*;

use crate::models::{Author, Book, Note, Tag};
use crate::run::{Objects, Outcome, Run, holds_detached, text};
use crate::world::{Model, Place, Row, Table, World};

/// What every model here has.
pub trait Shown: orm_core::Model {
    fn key(&self) -> i64;
    fn row(&self) -> Row;

    fn version(&self) -> Option<i64> {
        None
    }
}

fn row(name: &str, author: Option<i64>) -> Row {
    Row { name: name.to_owned(), author, shown: author }
}

impl Shown for Author {
    fn key(&self) -> i64 {
        self.id
    }

    fn row(&self) -> Row {
        row(&self.name, None)
    }
}

impl Shown for Book {
    fn key(&self) -> i64 {
        self.id
    }

    fn row(&self) -> Row {
        row(&self.name, self.author_id)
    }

    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
}

impl Shown for Note {
    fn key(&self) -> i64 {
        self.id
    }

    fn row(&self) -> Row {
        row(&self.name, Some(self.author_id))
    }
}

impl Shown for Tag {
    fn key(&self) -> i64 {
        self.id
    }

    fn row(&self) -> Row {
        row(&self.name, None)
    }
}

impl Run {
    /// What the objects show.
    pub fn compare(&mut self, session: &Session) -> Outcome {
        if session.new_count() != self.model.pending.len() {
            return Err(format!("{} are pending and not {:?}", session.new_count(), self.model.pending));
        }
        self.authors.settle(&self.model, Table::Author)?;
        self.books.settle(&self.model, Table::Book)?;
        self.notes.settle(&self.model, Table::Note)?;
        self.tags.settle(&self.model, Table::Tag)?;

        self.authors.columns(session, &self.model, Table::Author)?;
        self.books.columns(session, &self.model, Table::Book)?;
        self.notes.columns(session, &self.model, Table::Note)?;
        self.tags.columns(session, &self.model, Table::Tag)?;
        self.relationships(session)
    }

    fn relationships(&self, session: &Session) -> Outcome {
        let links = |side: fn(&(i64, i64)) -> i64, other: fn(&(i64, i64)) -> i64, id: i64| {
            let links = self.model.live.links.iter();
            links.filter(move |link| side(link) == id).map(other).collect::<BTreeSet<i64>>()
        };
        for (id, author) in self.authors.there(&self.model, Table::Author) {
            let children = |table: Table| {
                let rows = self.model.live.rows.iter();
                let own = rows.filter(move |(place, row)| place.0 == table && row.author == Some(id));
                own.map(|(place, _)| place.1).collect::<BTreeSet<i64>>()
            };
            self.many(session, (Table::Author, id), Table::Book, author.books(), children(Table::Book))?;
            self.many(session, (Table::Author, id), Table::Note, author.notes(), children(Table::Note))?;
        }
        for (id, book) in self.books.there(&self.model, Table::Book) {
            let tags = links(|link| link.0, |link| link.1, id);
            self.many(session, (Table::Book, id), Table::Tag, book.tags(), tags)?;
            self.one(session, (Table::Book, id), book.author())?;
        }
        for (id, tag) in self.tags.there(&self.model, Table::Tag) {
            let books = links(|link| link.1, |link| link.0, id);
            self.many(session, (Table::Tag, id), Table::Book, tag.books(), books)?;
        }
        for (id, note) in self.notes.there(&self.model, Table::Note) {
            self.one(session, (Table::Note, id), note.author().map(Some))?;
        }
        Ok(())
    }

    /// A collection: not loaded, or as in the model. Pending objects join it with their flush, deleted ones may be in
    /// it until then, and one that holds an expunged object is as it was.
    fn many<M: Shown>(
        &self,
        session: &Session,
        of: Place,
        table: Table,
        held: orm_core::Result<Many<M>>,
        expected: BTreeSet<i64>,
    ) -> Outcome {
        let Some(held) = loaded(held)? else { return Ok(()) };
        if holds_detached(session, &held) {
            return Ok(());
        }
        let counts = |id: &i64| {
            !self.model.pending.contains(&(table, *id)) && !self.model.deleted.contains(&(table, *id))
        };
        let ids: Vec<i64> = held.iter().map(|member| member.key()).filter(counts).collect();
        let expected: BTreeSet<i64> = expected.into_iter().filter(counts).collect();
        let set: BTreeSet<i64> = ids.iter().copied().collect();
        match set == expected && set.len() == ids.len() {
            true => Ok(()),
            false => Err(format!("{of:?} holds the {table:?}s {ids:?} and not {expected:?}")),
        }
    }

    /// A to-one: not loaded, or the author of the model.
    fn one(&self, session: &Session, of: Place, held: orm_core::Result<Option<Entity<Author>>>) -> Outcome {
        let Some(held) = loaded(held)? else { return Ok(()) };
        if held.as_ref().is_some_and(|author| session.state(author) == EntityState::Detached) {
            return Ok(());
        }
        let (held, expected) = (held.map(|author| author.id), self.model.live.rows[&of].author);
        match held == expected || self.model.deleted.contains(&of) {
            true => Ok(()),
            false => Err(format!("{of:?} holds the author {held:?} and not {expected:?}")),
        }
    }

    /// What the database holds, read by another session.
    pub async fn compare_database(&mut self, session: &Session) -> Outcome {
        if session.in_transaction() {
            return Err("the transaction is open".to_owned());
        }
        let mut other = self.engine.session();
        let mut world = World::default();
        self.authors.detached = read(&mut other, Table::Author, &mut world).await?;
        self.notes.detached = read(&mut other, Table::Note, &mut world).await?;
        self.tags.detached = read(&mut other, Table::Tag, &mut world).await?;
        self.books.detached = read(&mut other, Table::Book, &mut world).await?;
        for book in &self.books.detached {
            let Some(own) = self.books.entity(book.id) else { continue };
            if !self.books.stale.contains(&book.id)
                && !self.books.expired.contains(&book.id)
                && own.version != book.version
            {
                return Err(format!(
                    "book {} shows the version {} and not {}",
                    book.id, own.version, book.version
                ));
            }
        }
        // In another session: what is merged later has no relationship loaded.
        let mut links = self.engine.session();
        for book in links.all(select::<Book>().with(Book::TAGS.selectin())).await.map_err(text)? {
            world.links.extend(book.get(Book::TAGS).iter().map(|tag| (book.id, tag.id)));
        }
        match world == self.model.committed {
            true => Ok(()),
            false => Err(format!("the database holds {world:?} and not {:?}", self.model.committed)),
        }
    }
}

impl<M: Shown> Objects<M> {
    /// Pending entries that a flush wrote have their objects; discarded ones report it.
    fn settle(&mut self, model: &Model, table: Table) -> Outcome {
        let mut gone = Vec::new();
        for (id, pending) in &self.pendings {
            let place = (table, *id);
            match (pending.entity(), model.live.rows.contains_key(&place), model.is_pending(place)) {
                (Ok(entity), true, false) => {
                    let known = self.entities.entry(*id).or_insert_with(|| entity.clone());
                    if !Entity::same(known, &entity) {
                        return Err(format!("{place:?} is two objects"));
                    }
                }
                (Err(error), true, true) if error.kind() == ErrorKind::NotFlushed => {}
                (Err(error), false, false) if error.kind() == ErrorKind::InvalidState => gone.push(*id),
                // It should have replaced an object that exists again.
                (Err(error), true, false)
                    if error.kind() == ErrorKind::InvalidState && self.entities.contains_key(id) =>
                {
                    gone.push(*id);
                }
                // Its row was written and deleted since; a rollback may bring it back.
                (Ok(_), false, false) => {}
                (found, there, pending) => {
                    return Err(format!(
                        "the pending {place:?} is {found:?}, there: {there}, pending: {pending}"
                    ));
                }
            }
        }
        gone.iter().for_each(|id| drop(self.pendings.remove(id)));
        Ok(())
    }

    /// Objects that have a row, as far as the session knows.
    fn there<'o>(&'o self, model: &'o Model, table: Table) -> impl Iterator<Item = (i64, &'o Entity<M>)> {
        let there =
            move |id: &i64| model.live.rows.contains_key(&(table, *id)) && !model.is_pending((table, *id));
        self.entities.iter().map(|(id, entity)| (*id, entity)).filter(move |(id, _)| there(id))
    }

    fn columns(&self, session: &Session, model: &Model, table: Table) -> Outcome {
        for (id, entity) in &self.entities {
            let place = (table, *id);
            let state = session.state(entity);
            let Some(row) = model.live.rows.get(&place) else {
                match state {
                    // If a rollback undid what was read of the row, the next query finds whether it exists.
                    EntityState::Persistent if !self.stale.contains(id) => {
                        return Err(format!("{place:?} is gone and {state:?}"));
                    }
                    _ => continue,
                }
            };
            let expected = match model.deleted.contains(&place) {
                true => EntityState::Deleted,
                false => EntityState::Persistent,
            };
            if state != expected {
                return Err(format!("{place:?} is {state:?} and not {expected:?}"));
            }
            // One that is pending as well becomes what the new row is.
            if self.stale.contains(id) || model.is_pending(place) {
                continue;
            }
            let shown = entity.row();
            if (&shown.name, shown.shown) != (&row.name, row.shown) {
                return Err(format!("{place:?} shows {shown:?} and not {row:?}"));
            }
            let saved = &model.flushed.rows[&place];
            let modified = (&row.name, row.shown) != (&saved.name, saved.shown);
            // What is given to an expired object is written, whatever it shows.
            let is_modified = session.is_modified(entity);
            if is_modified != modified && !(is_modified && self.expired.contains(id)) {
                return Err(format!("{place:?} is modified: {}, and not: {modified}", !modified));
            }
        }
        Ok(())
    }
}

fn loaded<T>(held: orm_core::Result<T>) -> Outcome<Option<T>> {
    match held {
        Ok(held) => Ok(Some(held)),
        Err(error) if error.kind() == ErrorKind::NotLoaded => Ok(None),
        Err(error) => Err(text(error)),
    }
}

async fn read<M: Shown>(session: &mut Session, table: Table, world: &mut World) -> Outcome<Vec<Entity<M>>> {
    let found = session.all(select::<M>()).await.map_err(text)?;
    world.rows.extend(found.iter().map(|object| ((table, object.key()), object.row())));
    Ok(found.iter().map(Entity::dynamic).collect())
}
