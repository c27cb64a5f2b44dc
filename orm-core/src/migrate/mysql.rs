//! Migrations on MySQL and MariaDB.

use super::conversion::Conversion;
use super::difference::{ColumnChange, Difference, TableChange};
use super::script::{Step, Writer, shown};
use super::structure::primary_key;
use crate::ddl::{LiveColumn, LiveTable};

const COPIES: &str = "May copy the table; nothing else writes to it meanwhile.";
const CHECKS_ROWS: &str = "Checks every row; nothing else writes to the table meanwhile.";

impl Writer<'_> {
    pub(super) fn mysql(&mut self, difference: &Difference) {
        for change in &difference.changed {
            self.drop_foreign_keys(&change.before, change.dropped_keys.iter().map(|key| key.name.as_str()));
        }
        for (table, key) in self.circular_keys(difference) {
            self.drop_foreign_keys(table, std::iter::once(key.name.as_str()));
        }
        for table in &difference.dropped {
            self.losing(
                format!("DROP TABLE {}", self.named(table)),
                format!("drops the table `{}` with its rows", shown(table)),
            );
        }
        let mut later = Vec::new();
        for table in &difference.created {
            let (now, then) = self.keys_of(difference, table);
            later.extend(then.into_iter().map(|key| (table, key)));
            let create = self.create(&self.named(table), table, &now);
            self.step(create);
        }
        for change in &difference.changed {
            self.alter_table(change);
        }
        self.add_keys(&later, difference, CHECKS_ROWS);
    }

    fn drop_foreign_keys<'n>(&mut self, table: &LiveTable, names: impl Iterator<Item = &'n str>) {
        let drops: Vec<String> =
            names.map(|name| format!("DROP FOREIGN KEY {}", self.quoted(name))).collect();
        if !drops.is_empty() {
            self.step(format!("ALTER TABLE {} {}", self.named(table), drops.join(", ")));
        }
    }

    /// All changes of one table in one statement, as far as possible: each statement commits.
    fn alter_table(&mut self, change: &TableChange) {
        let table = self.named(&change.after);
        let (mut clauses, mut notes, mut then) = (Vec::new(), Vec::new(), Vec::new());
        let old_key = primary_key(&change.before).filter(|_| change.primary_key);
        if old_key.is_some() {
            clauses.push("DROP PRIMARY KEY".to_owned());
        }
        for check in &change.dropped_checks {
            clauses
                .push(format!("DROP CONSTRAINT {}", self.quoted(check.name.as_deref().unwrap_or_default())));
        }
        for index in &change.dropped_indexes {
            clauses.push(format!("DROP INDEX {}", self.quoted(&index.name)));
        }
        for column in &change.dropped {
            let what = format!("drops `{}.{}` with its values", shown(&change.before), column.name);
            notes.push(format!("LOSS: {what}."));
            self.script.losses.push(super::script::Loss { what, needs_value: None });
        }
        for column in change.altered.iter().filter(|column| column.replaced) {
            clauses.push(format!("DROP COLUMN {}", self.quoted(&column.before.name)));
            if column.before.computed.is_none() {
                notes.extend(self.note_retyped(change, &column.before, &column.after, true));
            }
        }
        let fresh = change.altered.iter().filter(|column| column.replaced).map(|column| &column.after);
        for column in change.added.iter().chain(fresh) {
            self.add_clause(change, column, &mut clauses, &mut notes, &mut then);
        }
        for column in change.altered.iter().filter(|column| !column.replaced) {
            self.modify_clause(change, column, &mut clauses, &mut notes);
        }
        clauses
            .extend(change.dropped.iter().map(|column| format!("DROP COLUMN {}", self.quoted(&column.name))));
        if change.primary_key
            && let Some(new) = primary_key(&change.after)
        {
            clauses.push(format!("ADD PRIMARY KEY {}", self.columns_of(new)));
        }
        let mut names: Vec<String> = change
            .before
            .indexes
            .iter()
            .filter(|index| !change.dropped_indexes.iter().any(|gone| gone.name == index.name))
            .map(|index| index.name.to_lowercase())
            .collect();
        for index in change.added_indexes.iter().filter(|index| !index.special) {
            let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
            let mut name = index.name.clone();
            let mut number = 1;
            while names.contains(&name.to_lowercase()) {
                number += 1;
                name = self.dialect.numbered(&index.name, number);
            }
            names.push(name.to_lowercase());
            clauses.push(format!("ADD {kind} {} {}", self.quoted(&name), self.columns_of(index)));
            if index.unique {
                notes.push("Fails where two rows have the same values.".to_owned());
            }
        }
        for check in &change.added_checks {
            clauses.push(format!("ADD {}", self.check(check)));
            notes.push("Fails where a row does not meet the CHECK constraint.".to_owned());
        }
        if !clauses.is_empty() {
            notes.push(COPIES.to_owned());
        }
        self.comment_clauses(change, &mut clauses);
        if !clauses.is_empty() {
            self.script
                .steps
                .push(Step { sql: format!("ALTER TABLE {table}\n    {}", clauses.join(",\n    ")), notes });
        }
        then.into_iter().for_each(|sql| self.step(sql));
    }

    /// Comments of columns that change in nothing else, and of the table.
    fn comment_clauses(&self, change: &TableChange, clauses: &mut Vec<String>) {
        let is_altered = |name: &str| change.altered.iter().any(|column| column.after.name == name);
        for column in change.commented.iter().filter(|column| !is_altered(&column.name)) {
            clauses.push(format!("MODIFY COLUMN {}", self.column(&change.after, column)));
        }
        if change.before.comment != change.after.comment {
            let comment = change.after.comment.as_deref().unwrap_or_default();
            clauses.push(format!("COMMENT {}", self.literal(comment)));
        }
    }

    fn add_clause(
        &mut self,
        change: &TableChange,
        column: &LiveColumn,
        clauses: &mut Vec<String>,
        notes: &mut Vec<String>,
        then: &mut Vec<String>,
    ) {
        let (table, name) = (self.named(&change.after), self.quoted(&column.name));
        let needs = column.not_null && column.default.is_none() && column.computed.is_none() && !column.auto;
        if let Some(value) = self.backfill(&change.after, column) {
            let nullable = LiveColumn { not_null: false, ..column.clone() };
            clauses.push(format!("ADD COLUMN {}", self.column(&change.after, &nullable)));
            then.push(format!("UPDATE {table} SET {name} = {value}"));
            if column.not_null {
                then.push(format!(
                    "ALTER TABLE {table} MODIFY COLUMN {}",
                    self.column(&change.after, column)
                ));
            }
            return;
        }
        let losses = self.script.losses.len();
        let value = needs.then(|| self.value_for(&change.after, column)).flatten();
        notes.extend(self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)));
        let given = value.as_ref().map(|value| LiveColumn { default: Some(value.clone()), ..column.clone() });
        clauses.push(format!("ADD COLUMN {}", self.column(&change.after, given.as_ref().unwrap_or(column))));
        if value.is_some() {
            then.push(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"));
        }
    }

    fn modify_clause(
        &mut self,
        change: &TableChange,
        column: &ColumnChange,
        clauses: &mut Vec<String>,
        notes: &mut Vec<String>,
    ) {
        let (before, after) = (&column.before, &column.after);
        let (table, name) = (self.named(&change.after), self.quoted(&after.name));
        if column.retyped
            && let Conversion::Lossy(_) =
                Conversion::between(self.dialect, (&change.before, before), (&change.after, after), &name)
        {
            notes.extend(self.note_retyped(change, before, after, false));
        }
        if column.becomes_not_null() && !after.auto {
            let losses = self.script.losses.len();
            let value = self.value_for(&change.after, after);
            let lost: Vec<String> =
                self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)).collect();
            if let Some(value) = value {
                // The old type may not hold the value, and the new one takes no NULL.
                if column.retyped {
                    let nullable = LiveColumn { not_null: false, ..after.clone() };
                    let modify = format!(
                        "ALTER TABLE {table} MODIFY COLUMN {}",
                        self.column(&change.after, &nullable)
                    );
                    self.noted(modify, &[COPIES]);
                }
                let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
                self.noted(format!("UPDATE {table} SET {name} = {value} WHERE {name} IS NULL"), &lost);
            } else {
                notes.extend(lost);
            }
        }
        clauses.push(format!("MODIFY COLUMN {}", self.column(&change.after, after)));
    }
}
