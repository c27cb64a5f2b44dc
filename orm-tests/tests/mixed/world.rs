use std::collections::{BTreeMap, BTreeSet};

/// What the rows mean, by numbers that the rows have whatever their keys are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    pub shops: BTreeMap<i64, ShopRow>,
    pub items: BTreeMap<i64, ItemRow>,
    /// Badges, with their shops.
    pub badges: BTreeMap<i64, i64>,
    pub tags: BTreeSet<i64>,
    /// Items and tags.
    pub links: BTreeSet<(i64, i64)>,
    pub notes: BTreeMap<i64, NoteRow>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopRow {
    pub code: String,
    pub name: String,
    pub lead: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    pub shop: Option<i64>,
    pub slot: Option<i64>,
    pub price: i64,
    pub quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    pub item: i64,
    pub parent: Option<i64>,
    pub text: String,
    /// Whether it is marked as deleted.
    pub gone: bool,
}

impl World {
    /// A row of a shop goes: its items lose it, its badge goes with it.
    pub fn delete_shop(&mut self, shop: i64) {
        self.shops.remove(&shop);
        self.badges.retain(|_, of| *of != shop);
        self.items.values_mut().filter(|item| item.shop == Some(shop)).for_each(|item| item.shop = None);
    }

    pub fn delete_item(&mut self, item: i64) {
        self.items.remove(&item);
        let notes: Vec<i64> =
            self.notes.iter().filter(|(_, note)| note.item == item).map(|(note, _)| *note).collect();
        notes.into_iter().for_each(|note| self.purge_note(note));
        self.links.retain(|(of, _)| *of != item);
        self.shops.values_mut().filter(|shop| shop.lead == Some(item)).for_each(|shop| shop.lead = None);
    }

    pub fn delete_tag(&mut self, tag: i64) {
        self.tags.remove(&tag);
        self.links.retain(|(_, of)| *of != tag);
    }

    /// A note is marked, and with it the answers that are not: what is marked already is not followed, unless it is what is
    /// deleted.
    pub fn mark_note(&mut self, note: i64) {
        let Some(row) = self.notes.get_mut(&note) else { return };
        row.gone = true;
        for answer in self.answers(note) {
            if !self.notes[&answer].gone {
                self.mark_note(answer);
            }
        }
    }

    /// A row of a note goes, with all answers.
    pub fn purge_note(&mut self, note: i64) {
        if self.notes.remove(&note).is_some() {
            self.answers(note).into_iter().for_each(|answer| self.purge_note(answer));
        }
    }

    fn answers(&self, note: i64) -> Vec<i64> {
        let of_note = self.notes.iter().filter(|(_, row)| row.parent == Some(note));
        of_note.map(|(answer, _)| *answer).collect()
    }

    /// A code that no shop has.
    pub fn free_code(&self, wanted: u64) -> Option<String> {
        let taken: BTreeSet<&str> = self.shops.values().map(|shop| shop.code.as_str()).collect();
        let code = format!("c{}", wanted % 8);
        (!taken.contains(code.as_str())).then_some(code)
    }

    /// A slot that no item has.
    pub fn free_slot(&self, wanted: u64) -> Option<i64> {
        let slot = (wanted % 8).cast_signed();
        self.items.values().all(|item| item.slot != Some(slot)).then_some(slot)
    }

    /// Whether codes that are not NULL even for a while can be written one after the other: no row waits for itself.
    /// `became` has the shops whose rows become those of others.
    pub fn codes_can_be_written(&self, rows: &World, became: &BTreeMap<i64, i64>) -> bool {
        let owner = |code: &str| {
            let (shop, _) = rows.shops.iter().find(|(_, shop)| shop.code == code)?;
            Some(*became.get(shop).unwrap_or(shop))
        };
        self.shops.iter().all(|(first, _)| {
            let (mut at, mut steps) = (*first, 0);
            loop {
                let Some(shop) = self.shops.get(&at) else { return true };
                let unchanged = rows.shops.get(&at).is_some_and(|row| row.code == shop.code);
                match owner(&shop.code).filter(|_| !unchanged) {
                    Some(next) if next == *first => return false,
                    Some(next) if steps < 20 => (at, steps) = (next, steps + 1),
                    _ => return true,
                }
            }
        })
    }
}
