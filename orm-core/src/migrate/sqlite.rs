//! Migrations on SQLite.

use super::conversion::Conversion;
use super::difference::{Difference, TableChange};
use super::script::{Step, Writer, is_literal, shown};
use super::structure::{Structure, column, mentions};
use crate::ddl::{LiveColumn, LiveIndex, LiveTable};

const REBUILDS: &str = "SQLite cannot change this in place: the table is recreated and its rows are copied; other \
                        connections cannot write until it is done.";

impl Writer<'_> {
    pub(super) fn sqlite(&mut self, difference: &Difference, before: &Structure) {
        let (rebuilt, plain): (Vec<&TableChange>, Vec<&TableChange>) =
            difference.changed.iter().partition(|change| needs_rebuild(self, change));
        let is_rebuilt = |table: &LiveTable| rebuilt.iter().any(|change| is_it(&change.before, table));
        self.keep_names(before, |table, index| {
            let changed = difference.changed.iter().find(|change| is_it(&change.before, table));
            is_rebuilt(table)
                || difference.dropped.iter().any(|dropped| is_it(dropped, table))
                || changed
                    .is_some_and(|change| change.dropped_indexes.iter().any(|gone| gone.name == index.name))
        });
        // Dropping a table deletes its rows first, and foreign keys act on that.
        self.script.without_foreign_keys = rebuilt.iter().any(|change| {
            let refers = |table: &LiveTable| {
                table.keys.iter().any(|key| {
                    table.schema == change.before.schema
                        && self.dialect.is_same_name(&key.parent, &change.before.name)
                })
            };
            before.tables.iter().any(refers) || difference.changed.iter().any(|other| refers(&other.after))
        });
        // Tables that refer to each other have no order to be dropped in.
        self.script.without_foreign_keys |= !self.circular_keys(difference).is_empty();
        if !difference.dropped.is_empty() && !self.script.without_foreign_keys {
            self.step("PRAGMA defer_foreign_keys = ON".to_owned());
        }
        for table in &difference.created {
            let keys: Vec<_> = table.keys.iter().collect();
            let create = self.create(&self.named(table), table, &keys);
            self.step(create);
            for index in
                table.indexes.iter().filter(|index| !index.primary && (index.special || !index.constraint))
            {
                let create = self.create_index(table, index);
                self.step(create);
            }
            table.triggers.iter().for_each(|trigger| self.step(trigger.clone()));
        }
        for change in plain {
            self.change_in_place(change);
        }
        for change in rebuilt {
            self.rebuild(change);
        }
        for table in &difference.dropped {
            self.losing(
                format!("DROP TABLE {}", self.named(table)),
                format!("drops the table `{}` with its rows", shown(table)),
            );
        }
    }

    fn change_in_place(&mut self, change: &TableChange) {
        let table = self.named(&change.after);
        for index in &change.dropped_indexes {
            let name = self.qualified(change.before.schema.as_deref(), &index.name);
            self.step(format!("DROP INDEX {name}"));
        }
        for added in &change.added {
            let mut sql = format!("ALTER TABLE {table} ADD COLUMN {}", self.column(&change.after, added));
            for key in &change.added_keys {
                if let [(own, _)] = key.columns.as_slice()
                    && *own == added.name
                    && let Some((_, references)) = self.key(&change.after, key).split_once(") ")
                {
                    sql.push_str(&format!(" {references}"));
                }
            }
            self.step(sql);
            if let Some(value) = self.backfill(&change.after, added) {
                self.step(format!("UPDATE {table} SET {} = {value}", self.quoted(&added.name)));
            }
        }
        for dropped in &change.dropped {
            self.losing(
                format!("ALTER TABLE {table} DROP COLUMN {}", self.quoted(&dropped.name)),
                format!("drops `{}.{}` with its values", shown(&change.before), dropped.name),
            );
        }
        for index in &change.added_indexes {
            let create = self.create_index(&change.after, index);
            let fails = index.unique.then_some("Fails where two rows have the same values.");
            self.noted(create, fails.as_slice());
        }
    }

    /// The documented way: a table under another name, the rows, and the name.
    fn rebuild(&mut self, change: &TableChange) {
        let (before, after) = (&change.before, &change.after);
        let mut name = format!("{}__new", after.name);
        while self.is_taken(&name) {
            name.push('_');
        }
        let (new, old) = (self.qualified(after.schema.as_deref(), &name), self.named(before));
        let mut notes = vec![REBUILDS.to_owned()];
        for dropped in &change.dropped {
            let what = format!("drops `{}.{}` with its values", shown(before), dropped.name);
            notes.push(format!("LOSS: {what}."));
            self.script.losses.push(super::script::Loss { what, needs_value: None });
        }
        let keys: Vec<_> = after.keys.iter().collect();
        let sql = self.create(&new, after, &keys);
        self.script.steps.push(Step { sql, notes });

        let (mut into, mut from, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for column in &after.columns {
            if let Some(value) = self.copied(change, column, &mut notes) {
                into.push(column.name.as_str());
                from.push(value);
            }
        }
        if !into.is_empty() {
            let into = self.list(into.into_iter());
            let sql = format!("INSERT INTO {new} {into}\n    SELECT {} FROM {old}", from.join(", "));
            self.script.steps.push(Step { sql, notes });
        }
        self.step(format!("DROP TABLE {old}"));
        // Views and triggers that name the table are not looked at while it has another name.
        self.step("PRAGMA legacy_alter_table = ON".to_owned());
        self.step(format!("ALTER TABLE {new} RENAME TO {}", self.quoted(&after.name)));
        self.step("PRAGMA legacy_alter_table = OFF".to_owned());
        for index in
            after.indexes.iter().filter(|index| !index.primary && !index.special && !index.constraint)
        {
            let create = self.create_index(after, index);
            self.step(create);
        }
        let stays = |index: &&LiveIndex| {
            index.special
                && index.columns.iter().flatten().all(|name| column(self.dialect, after, name).is_some())
        };
        let special = before
            .indexes
            .iter()
            .filter(stays)
            .chain(change.added_indexes.iter().filter(|index| index.special));
        let texts: Vec<String> = special.filter_map(|index| index.definition.clone()).collect();
        texts.into_iter().chain(before.triggers.iter().cloned()).for_each(|text| self.step(text));
    }

    /// What the rows have in a column of the new table; `None` if the database fills it in.
    fn copied(
        &mut self,
        change: &TableChange,
        after: &LiveColumn,
        notes: &mut Vec<String>,
    ) -> Option<String> {
        if after.computed.is_some() {
            return None;
        }
        let losses = self.script.losses.len();
        let value = match column(self.dialect, &change.before, &after.name) {
            Some(old) => {
                let name = self.quoted(&old.name);
                let value = match Conversion::between(
                    self.dialect,
                    (&change.before, old),
                    (&change.after, after),
                    &name,
                ) {
                    Conversion::Lossy(value) => {
                        notes.extend(self.note_retyped(change, old, after, false));
                        value
                    }
                    Conversion::Safe(value) => value,
                    Conversion::None => name,
                };
                let losses = self.script.losses.len();
                let is_filled = after.not_null && !old.not_null && !after.auto;
                let filled = is_filled.then(|| self.value_for(&change.after, after)).flatten();
                notes.extend(self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)));
                return Some(match filled {
                    Some(filled) => format!("coalesce({value}, {filled})"),
                    None => value,
                });
            }
            None if after.auto => None,
            None if self.backfill(&change.after, after).is_some() => self.backfill(&change.after, after),
            None if after.not_null && after.default.is_none() => self.value_for(&change.after, after),
            None => None,
        };
        notes.extend(self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)));
        value
    }
}

fn is_it(table: &LiveTable, other: &LiveTable) -> bool {
    table.schema == other.schema && table.name == other.name
}

/// Whether SQLite's ALTER TABLE cannot make a change.
fn needs_rebuild(writer: &Writer<'_>, change: &TableChange) -> bool {
    let dialect = writer.dialect;
    let is_added = |name: &str| change.added.iter().any(|column| dialect.is_same_name(&column.name, name));
    let adds_with_column = change.added_keys.iter().all(|key| match key.columns.as_slice() {
        [(own, _)] => {
            is_added(own) && change.added.iter().all(|column| column.name != *own || column.default.is_none())
        }
        _ => false,
    });
    let can_be_added = |column: &LiveColumn| {
        let constant = column.default.as_deref().is_none_or(is_literal);
        let stored = column.computed.as_ref().is_some_and(|computed| computed.stored);
        constant && !stored && !column.auto && (!column.not_null || column.default.is_some())
    };
    let (before, after) = (&change.before, &change.after);
    let can_be_dropped = |column: &LiveColumn| {
        let name = &column.name;
        let goes = |index: &LiveIndex| {
            change.dropped_indexes.iter().any(|gone| gone.name == index.name) && !index.constraint
        };
        let indexed = before.indexes.iter().filter(|index| !goes(index)).any(|index| {
            index.columns.iter().flatten().any(|other| other == name)
                || before.chosen_by(dialect, index).iter().any(|other| other == name)
                || index.definition.as_ref().is_some_and(|text| index.special && mentions(text, name))
        });
        let keyed = before.keys.iter().any(|key| key.columns.iter().any(|(own, _)| own == name));
        let checked = before.checks.iter().any(|check| mentions(&check.expression, name));
        let computed = before.columns.iter().any(|other| {
            other.computed.as_ref().is_some_and(|computed| mentions(&computed.expression, name))
        });
        let triggered = before.triggers.iter().any(|text| mentions(text, name));
        !indexed && !keyed && !checked && !computed && !triggered
    };
    !change.altered.is_empty()
        || change.primary_key
        || !change.dropped_checks.is_empty()
        || !change.added_checks.is_empty()
        || !change.dropped_keys.is_empty()
        || !adds_with_column
        || change.dropped_indexes.iter().any(|index| index.constraint)
        || !change.added.iter().all(can_be_added)
        || !change.dropped.iter().all(can_be_dropped)
        || before.options != after.options
}
