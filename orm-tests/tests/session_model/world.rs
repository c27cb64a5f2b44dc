use std::collections::{BTreeMap, BTreeSet};

/// A table, and with a key a row of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Author,
    Book,
    Note,
    Tag,
}

pub type Place = (Table, i64);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// The author that it is linked to.
    pub author: Option<i64>,
    /// The key column as the object shows it: that of an author without a row comes with the flush.
    pub shown: Option<i64>,
}

/// All rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    pub rows: BTreeMap<Place, Row>,
    /// Which book has which tag.
    pub links: BTreeSet<(i64, i64)>,
}

/// What a session should hold, and what the database should.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// With everything that is unsaved.
    pub live: World,
    /// As the transaction has it.
    pub flushed: World,
    pub committed: World,
    /// What waits for its row.
    pub pending: BTreeSet<Place>,
    /// What waits for its deletion.
    pub deleted: BTreeSet<Place>,
    /// Those of it that only lost their author: another one brings them back.
    pub orphans: BTreeSet<i64>,
}

impl World {
    pub fn of(&self, table: Table) -> impl Iterator<Item = i64> {
        self.rows.keys().filter(move |place| place.0 == table).map(|place| place.1)
    }
}

impl World {
    /// An author has another key, and what refers to it follows.
    pub fn rekey(&mut self, from: i64, to: i64) {
        if let Some(row) = self.rows.remove(&(Table::Author, from)) {
            self.rows.insert((Table::Author, to), row);
        }
        for row in self.rows.values_mut() {
            for key in [&mut row.author, &mut row.shown] {
                *key = key.map(|key| if key == from { to } else { key });
            }
        }
    }
}

impl Model {
    /// Whether anything is unsaved or not committed.
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.deleted.is_empty() && self.live == self.committed
    }

    /// Existing objects without a pending deletion: what may be changed.
    pub fn usable(&self, table: Table) -> Vec<i64> {
        let usable =
            |id: &i64| !self.pending.contains(&(table, *id)) && !self.deleted.contains(&(table, *id));
        self.live.of(table).filter(usable).collect()
    }

    /// Those, and the ones that wait for their row.
    pub fn linkable(&self, table: Table) -> Vec<i64> {
        self.live.of(table).filter(|id| !self.deleted.contains(&(table, *id))).collect()
    }

    pub fn is_pending(&self, place: Place) -> bool {
        self.pending.contains(&place)
    }

    /// Notes that may be given an author.
    pub fn adoptable(&self) -> impl Iterator<Item = i64> {
        self.orphans.iter().copied().filter(|id| self.deleted.contains(&(Table::Note, *id)))
    }

    pub fn set_author(&mut self, place: Place, author: Option<i64>) {
        if place.0 == Table::Note && self.orphans.remove(&place.1) {
            self.deleted.remove(&place);
        }
        let waits = author.is_some_and(|author| self.is_pending((Table::Author, author)));
        let row = self.live.rows.get_mut(&place).expect("the row is there");
        row.author = author;
        if !waits {
            row.shown = author;
        }
    }

    pub fn flush(&mut self) {
        self.orphans.clear();
        let mut gone = std::mem::take(&mut self.deleted);
        // A row that is deleted and added with its key in one flush exists.
        let switched: Vec<Place> = gone.intersection(&self.pending).copied().collect();
        let authors: Vec<i64> =
            gone.iter().filter(|place| place.0 == Table::Author).map(|place| place.1).collect();
        for (place, row) in &mut self.live.rows {
            if row.author.is_some_and(|author| authors.contains(&author)) {
                match place.0 {
                    Table::Note => {
                        let _ = gone.insert(*place);
                    }
                    _ => row.author = None,
                }
            }
        }
        gone.retain(|place| !switched.contains(place));
        self.live.rows.retain(|place, _| !gone.contains(place));
        let dead = |table, id| gone.contains(&(table, id));
        self.live.links.retain(|(book, tag)| !dead(Table::Book, *book) && !dead(Table::Tag, *tag));
        self.live.rows.values_mut().for_each(|row| row.shown = row.author);
        self.pending.clear();
        self.flushed = self.live.clone();
    }

    pub fn commit(&mut self) {
        self.flush();
        self.committed = self.flushed.clone();
    }

    /// Everything as it was then: nothing was unsaved.
    pub fn back_to(&mut self, world: World) {
        self.flushed = world.clone();
        self.live = world;
        self.pending.clear();
        self.deleted.clear();
        self.orphans.clear();
    }

    /// Undoes the unsaved changes of an object, and its links to existing objects.
    pub fn discard(&mut self, place: Place) {
        let row = self.flushed.rows[&place].clone();
        self.live.rows.insert(place, row);
        let of_it = |link: &(i64, i64)| match place.0 {
            Table::Book => link.0 == place.1,
            Table::Tag => link.1 == place.1,
            _ => false,
        };
        self.discard_links(of_it);
    }

    pub fn discard_links(&mut self, which: impl Fn(&(i64, i64)) -> bool) {
        let pending = |link: &(i64, i64)| {
            self.pending.contains(&(Table::Book, link.0)) || self.pending.contains(&(Table::Tag, link.1))
        };
        self.live.links.retain(|link| !which(link) || pending(link));
        // What takes the place of a row has none of its links.
        let back = self.flushed.links.iter().filter(|link| which(link) && !pending(link));
        self.live.links.extend(back);
    }
}
