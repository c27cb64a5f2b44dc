//! Steps with notes, which stay when they are deleted.

use orm_core::prelude::*;

use crate::models::Note;
use crate::play::{Outcome, Player, text};
use crate::steps::with;
use crate::world::NoteRow;

impl Player {
    /// Notes with a row, of which deleted ones may be left out.
    fn known_notes(&self, deleted: bool) -> Vec<i64> {
        let seen = self.world.notes.iter().filter(|(_, row)| deleted || !row.gone).map(|(note, _)| *note);
        seen.filter(|note| self.objects.notes.known.contains_key(note)).collect()
    }

    pub async fn note(&mut self, kind: u64) -> Outcome<Option<&'static str>> {
        match kind {
            27 | 28 => self.add_note(),
            29 => self.edit_note(),
            30 => self.move_note(),
            31 => self.delete_note().await,
            32 => self.purge_note().await,
            _ => self.delete_notes().await,
        }
    }

    fn add_note(&mut self) -> Outcome<Option<&'static str>> {
        let (items, notes) = (self.items(), self.known_notes(false));
        let Some(item) = self.pick(&items) else { return Ok(None) };
        let parent = self.pick(&notes).filter(|_| self.random.below(3) > 0);
        let uid = self.number();
        let row = NoteRow { item, parent, text: format!("text {uid}"), gone: false };
        self.say(format!("add note {uid} {row:?}"));
        let draft = Note::draft().id(uid).text(row.text.clone());
        let mut draft = with!(self.objects.items, item, |item| draft.item(&item));
        if let Some(parent) = parent {
            draft = draft.parent(&self.objects.notes.known[&parent]);
        }
        self.world.notes.insert(uid, row);
        self.objects.notes.new.insert(uid, self.session.add(draft));
        Ok(Some(if parent.is_some() { "answer" } else { "add note" }))
    }

    /// Changes a note, and restores it if it is deleted.
    fn edit_note(&mut self) -> Outcome<Option<&'static str>> {
        let notes = self.known_notes(true);
        let Some(note) = self.pick(&notes) else { return Ok(None) };
        let object = self.objects.notes.known[&note].clone();
        let new = format!("edited {}", self.random.below(3));
        let restores = self.world.notes[&note].gone && self.random.coin();
        self.say(format!("edit the note {note}: {new}, restored: {restores}"));
        self.session
            .edit(&object, |note| {
                note.text.clone_from(&new);
                if restores {
                    note.gone = None;
                }
            })
            .map_err(text)?;
        let row = self.world.notes.get_mut(&note).ok_or("no note")?;
        row.text = new;
        if restores {
            row.gone = false;
            self.restored.insert(note);
        }
        Ok(Some(if restores { "restore note" } else { "edit note" }))
    }

    fn move_note(&mut self) -> Outcome<Option<&'static str>> {
        let (items, notes) = (self.items(), self.known_notes(false));
        let (Some(item), Some(note)) = (self.pick(&items), self.pick(&notes)) else { return Ok(None) };
        let object = self.objects.notes.known[&note].clone();
        self.say(format!("the note {note} is about {item}"));
        with!(self.objects.items, item, |item| self.session.assign(&object, Note::ITEM, &item))
            .map_err(text)?;
        self.world.notes.get_mut(&note).ok_or("no note")?.item = item;
        Ok(Some("move note"))
    }

    /// What follows a deletion is what the rows have when it is written, so it is written at once.
    async fn delete_note(&mut self) -> Outcome<Option<&'static str>> {
        self.flush().await?;
        let notes = self.known_notes(true);
        let Some(note) = self.pick(&notes) else { return Ok(None) };
        self.say(format!("delete note {note}"));
        self.session.delete(&self.objects.notes.known[&note]).map_err(text)?;
        self.world.mark_note(note);
        self.flush().await?;
        Ok(Some("delete note"))
    }

    async fn purge_note(&mut self) -> Outcome<Option<&'static str>> {
        self.flush().await?;
        let notes = self.known_notes(true);
        let Some(note) = self.pick(&notes) else { return Ok(None) };
        self.say(format!("purge note {note}"));
        self.session.purge(&self.objects.notes.known[&note]).map_err(text)?;
        self.world.purge_note(note);
        self.flush().await?;
        Ok(Some("purge note"))
    }

    /// A statement marks notes past the unit of work, without their answers.
    async fn delete_notes(&mut self) -> Outcome<Option<&'static str>> {
        self.flush().await?;
        let notes = self.known_notes(false);
        let Some(most) = self.pick(&notes) else { return Ok(None) };
        self.say(format!("notes up to {most} are deleted"));
        self.session.execute(delete::<Note>().filter(Note::ID.le(most))).await.map_err(text)?;
        self.world.notes.range_mut(..=most).for_each(|(_, row)| row.gone = true);
        self.audit.forget("Note", &["gone", "version"]);
        self.flushed().await?;
        Ok(Some("bulk delete"))
    }
}
