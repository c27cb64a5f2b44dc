//! Migrations on PostgreSQL.

use super::conversion::Conversion;
use super::difference::{ColumnChange, Difference, TableChange};
use super::script::{Later, Step, Writer, shown};
use super::structure::{Structure, primary_key};
use crate::ddl::{LiveColumn, LiveEnum, LiveIndex, LiveTable, comment_on};

/// What a statement does to others that use the table.
const SCANS: &str = "Scans the table; nothing else reads or writes it meanwhile (ACCESS EXCLUSIVE).";
const REWRITES: &str = "Rewrites the table; nothing else reads or writes it meanwhile (ACCESS EXCLUSIVE).";
const BLOCKS_WRITES: &str = "Nothing else writes to the table until the index is built (SHARE).";
const LETS_WRITE: &str = "Others read and write the table meanwhile. Where it fails, it leaves an index that is invalid: drop that with\n\
     DROP INDEX CONCURRENTLY, remove what made it fail, and run the migration again.";
const BRIEF: &str = "Checks no row yet, so it holds its lock (ACCESS EXCLUSIVE) for a moment.";
const VALIDATES: &str = "Checks every row, while others read and write the table (SHARE UPDATE EXCLUSIVE). Where it fails, the\n\
     constraint stays and is checked for new rows alone: correct the rows, and run the migration again.";
const CHECKS_ROWS: &str =
    "Checks every row; nothing else writes to either table meanwhile (SHARE ROW EXCLUSIVE).";

impl Writer<'_> {
    pub(super) fn postgres(&mut self, difference: &Difference, before: &Structure) {
        self.keep_names(before, |table, index| {
            let is_it = |other: &LiveTable| other.schema == table.schema && other.name == table.name;
            let changed = difference.changed.iter().find(|change| is_it(&change.before));
            difference.dropped.iter().any(is_it)
                || changed
                    .is_some_and(|change| change.dropped_indexes.iter().any(|gone| gone.name == index.name))
        });
        for schema in &difference.new_schemas {
            self.step(format!("CREATE SCHEMA IF NOT EXISTS {}", self.quoted(schema)));
        }
        self.begin_enums(difference);
        self.drop_what_depends(difference);
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
            for index in
                table.indexes.iter().filter(|index| !index.primary && (index.special || !index.constraint))
            {
                let create = self.create_index(table, index);
                self.step(create);
            }
            if table.comment.is_some() {
                self.comment_table(table);
            }
            self.comment_columns(table, table.columns.iter().filter(|column| column.comment.is_some()));
        }
        for change in &difference.changed {
            self.change_columns(change);
            self.change_comments(change);
        }
        for change in &difference.changed {
            self.add_constraints(change);
        }
        self.add_keys(&later, difference, CHECKS_ROWS);
        for change in difference.changed_enums.iter().filter(|change| change.replaced) {
            self.step(format!("DROP TYPE {}", self.quoted(&old_name(&change.before))));
        }
        for dropped in &difference.dropped_enums {
            self.step(format!("DROP TYPE {}", self.quoted(&dropped.name)));
        }
    }

    fn begin_enums(&mut self, difference: &Difference) {
        for new in &difference.new_enums {
            self.step(self.create_type(new));
        }
        for change in &difference.changed_enums {
            if change.replaced {
                let gone: Vec<&String> = change
                    .before
                    .labels
                    .iter()
                    .filter(|label| !change.after.labels.contains(label))
                    .collect();
                let rename = format!(
                    "ALTER TYPE {} RENAME TO {}",
                    self.quoted(&change.before.name),
                    self.quoted(&old_name(&change.before))
                );
                match gone.is_empty() {
                    true => self.step(rename),
                    false => self.losing(
                        rename,
                        format!(
                            "the enum `{}` loses the labels {gone:?}; the migration fails while a row has one of them",
                            change.before.name
                        ),
                    ),
                }
                self.step(self.create_type(&change.after));
                continue;
            }
            for (at, label) in change.after.labels.iter().enumerate() {
                if change.before.labels.contains(label) {
                    continue;
                }
                let place = match at.checked_sub(1).and_then(|before| change.after.labels.get(before)) {
                    Some(before) => format!("AFTER {}", self.literal(before)),
                    None => change
                        .before
                        .labels
                        .first()
                        .map_or_else(String::new, |first| format!("BEFORE {}", self.literal(first))),
                };
                let name = self.quoted(&change.after.name);
                self.step(format!("ALTER TYPE {name} ADD VALUE {} {place}", self.literal(label)));
            }
        }
    }

    fn create_type(&self, def: &LiveEnum) -> String {
        let labels: Vec<String> = def.labels.iter().map(|label| self.literal(label)).collect();
        format!("CREATE TYPE {} AS ENUM ({})", self.quoted(&def.name), labels.join(", "))
    }

    fn drop_what_depends(&mut self, difference: &Difference) {
        for change in &difference.changed {
            for key in &change.dropped_keys {
                self.drop_constraint(&change.before, &key.name);
            }
        }
        for (table, key) in self.circular_keys(difference) {
            self.drop_constraint(table, &key.name);
        }
        for change in &difference.changed {
            for check in &change.dropped_checks {
                self.drop_constraint(&change.before, check.name.as_deref().unwrap_or_default());
            }
            for index in &change.dropped_indexes {
                match index.constraint {
                    true => self.drop_constraint(&change.before, &index.name),
                    false => self.drop_index(change, index),
                }
            }
        }
    }

    fn drop_index(&mut self, change: &TableChange, index: &LiveIndex) {
        let name = self.qualified(change.before.schema.as_deref(), &index.name);
        // An index over changed columns is dropped with them, or before.
        let is_untouched = change.dropped.is_empty() && change.altered.is_empty();
        match &index.definition {
            Some(definition) if self.online && is_untouched => {
                let step = Step { sql: format!("DROP INDEX CONCURRENTLY {name}"), notes: Vec::new() };
                self.script.alone.push(Later { step, undo: Some(concurrently(definition)) });
            }
            _ => self.step(format!("DROP INDEX {name}")),
        }
    }

    /// An index that is built while others write.
    fn build_index(&mut self, change: &TableChange, index: &LiveIndex) {
        let name = self.index_name(&change.after, index);
        let (kind, fails) = match index.unique {
            true => ("UNIQUE INDEX", "Fails where two rows have the same values. "),
            false => ("INDEX", ""),
        };
        let table = self.named(&change.after);
        let create = match (&index.definition, index.special) {
            (Some(definition), true) => concurrently(definition),
            _ => format!(
                "CREATE {kind} CONCURRENTLY {} ON {table} {}",
                self.quoted(&name),
                self.rows_of(index)
            ),
        };
        let place = self.qualified(change.after.schema.as_deref(), &name);
        let step = Step { sql: create, notes: vec![format!("{fails}{LETS_WRITE}")] };
        // Dropping the constraint that was made of it has dropped it.
        let undo = Some(format!("DROP INDEX CONCURRENTLY IF EXISTS {place}"));
        self.script.alone.push(Later { step, undo });
        if index.constraint && !index.special {
            let name = self.quoted(&name);
            let sql = format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}");
            let undo = Some(format!("ALTER TABLE {table} DROP CONSTRAINT {name}"));
            self.script.constraints.push(Later { step: Step { sql, notes: Vec::new() }, undo });
        }
    }

    /// A constraint that is checked for new rows first, and for the others while they are used.
    pub(super) fn add_unchecked(&mut self, table: &LiveTable, name: &str, what: &str) {
        let (table, name) = (self.named(table), self.quoted(name));
        let sql = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {what} NOT VALID");
        let undo = Some(format!("ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"));
        self.script.constraints.push(Later { step: Step { sql, notes: vec![BRIEF.to_owned()] }, undo });
        let sql = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}");
        self.script
            .validations
            .push(Later { step: Step { sql, notes: vec![VALIDATES.to_owned()] }, undo: None });
    }

    /// SET NOT NULL; a CHECK constraint with the same condition saves its scan.
    fn set_not_null(&mut self, change: &TableChange, column: &LiveColumn) {
        let (table, name) = (self.named(&change.after), self.quoted(&column.name));
        let set = format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL");
        if !self.online {
            self.noted(set, &[SCANS]);
            return;
        }
        let constraint = crate::ddl::name("nn", &change.after.name, &[&column.name]);
        self.add_unchecked(&change.after, &constraint, &format!("CHECK ({name} IS NOT NULL)"));
        let undo = Some(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"));
        self.script.settled.push(Later { step: Step { sql: set, notes: Vec::new() }, undo });
        let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {}", self.quoted(&constraint));
        self.script.settled.push(Later { step: Step { sql: drop, notes: Vec::new() }, undo: None });
    }

    fn drop_constraint(&mut self, table: &LiveTable, name: &str) {
        self.step(format!("ALTER TABLE {} DROP CONSTRAINT {}", self.named(table), self.quoted(name)));
    }

    fn change_columns(&mut self, change: &TableChange) {
        let table = self.named(&change.after);
        if change.primary_key
            && let Some(old) = primary_key(&change.before)
        {
            self.drop_constraint(&change.before, &old.name);
        }
        let replaced: Vec<&ColumnChange> = change.altered.iter().filter(|column| column.replaced).collect();
        // A column is dropped after those that are computed from it, and added and changed before them.
        let is_computed = |column: &&LiveColumn| column.computed.is_some();
        let (computed, plain): (Vec<&ColumnChange>, Vec<&ColumnChange>) =
            replaced.iter().partition(|column| is_computed(&&column.before));
        for column in computed {
            self.step(format!("ALTER TABLE {table} DROP COLUMN {}", self.quoted(&column.before.name)));
        }
        let (computed, others): (Vec<&LiveColumn>, Vec<&LiveColumn>) =
            change.dropped.iter().partition(is_computed);
        for column in computed.into_iter().chain(others) {
            self.losing(
                format!("ALTER TABLE {table} DROP COLUMN {}", self.quoted(&column.name)),
                format!("drops `{}.{}` with its values", shown(&change.before), column.name),
            );
        }
        for column in plain {
            let drop = format!("ALTER TABLE {table} DROP COLUMN {}", self.quoted(&column.before.name));
            let notes = self.note_retyped(change, &column.before, &column.after, true);
            self.script.steps.push(super::script::Step { sql: drop, notes });
        }
        let added = change.added.iter().chain(replaced.iter().map(|column| &column.after));
        let (computed, plain): (Vec<&LiveColumn>, Vec<&LiveColumn>) = added.partition(is_computed);
        for column in plain {
            self.add_column(change, column);
        }
        for column in change.altered.iter().filter(|column| !column.replaced) {
            self.alter_column(change, column);
        }
        for column in computed {
            self.add_column(change, column);
        }
    }

    fn change_comments(&mut self, change: &TableChange) {
        if change.before.comment != change.after.comment {
            self.comment_table(&change.after);
        }
        let fresh = change.altered.iter().filter(|column| column.replaced).map(|column| &column.after);
        let added = change.added.iter().chain(fresh).filter(|column| column.comment.is_some());
        self.comment_columns(&change.after, added.chain(&change.commented));
    }

    /// Sets the comment of a table, or removes it.
    fn comment_table(&mut self, table: &LiveTable) {
        self.step(comment_on(&format!("TABLE {}", self.named(table)), table.comment.as_deref()));
    }

    /// Sets the comments of columns, or removes them.
    fn comment_columns<'c>(&mut self, table: &LiveTable, columns: impl Iterator<Item = &'c LiveColumn>) {
        for column in columns {
            let place = format!("COLUMN {}.{}", self.named(table), self.quoted(&column.name));
            self.step(comment_on(&place, column.comment.as_deref()));
        }
    }

    fn add_column(&mut self, change: &TableChange, column: &LiveColumn) {
        let (table, name) = (self.named(&change.after), self.quoted(&column.name));
        let given = self.backfill(&change.after, column);
        let needs = column.not_null && column.default.is_none() && column.computed.is_none() && !column.auto;
        let fill = |value: String| format!("UPDATE {table} SET {name} = {value}");
        if let Some(value) = given {
            let nullable = LiveColumn { not_null: false, ..column.clone() };
            self.step(format!("ALTER TABLE {table} ADD COLUMN {}", self.column(&change.after, &nullable)));
            self.step(fill(value));
            if column.not_null {
                self.set_not_null(change, column);
            }
            return;
        }
        let losses = self.script.losses.len();
        let value = needs.then(|| self.value_for(&change.after, column)).flatten();
        let mut sql = format!("ALTER TABLE {table} ADD COLUMN {}", self.column(&change.after, column));
        if let Some(value) = &value {
            sql.push_str(&format!(" DEFAULT {value}"));
        }
        let lost: Vec<String> =
            self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)).collect();
        let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
        self.noted(sql, &lost);
        if value.is_some() {
            self.step(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"));
        }
    }

    fn alter_column(&mut self, change: &TableChange, column: &ColumnChange) {
        let (before, after) = (&column.before, &column.after);
        let (table, name) = (self.named(&change.after), self.quoted(&after.name));
        let alter = format!("ALTER TABLE {table} ALTER COLUMN {name}");
        if before.auto && !after.auto {
            let what = if before.default.is_some() { "DROP DEFAULT" } else { "DROP IDENTITY" };
            self.step(format!("{alter} {what}"));
        }
        let drops_default = !before.auto
            && before.default.is_some()
            && (column.retyped || after.default.is_none() || after.auto);
        if drops_default {
            self.step(format!("{alter} DROP DEFAULT"));
        }
        if column.retyped {
            let conversion =
                Conversion::between(self.dialect, (&change.before, before), (&change.after, after), &name);
            let (using, mut notes) = match conversion {
                Conversion::Safe(using) => (using, Vec::new()),
                Conversion::Lossy(using) => (using, self.note_retyped(change, before, after, false)),
                Conversion::None => (name.clone(), Vec::new()),
            };
            let sql = match using == format!("{name}::{}", after.type_name) {
                true => format!("{alter} TYPE {}", after.type_name),
                false => format!("{alter} TYPE {} USING {using}", after.type_name),
            };
            // Only what has a cast by assignment converts without USING.
            let sql = match sql.contains(" USING ") {
                true => sql,
                false => format!("{sql} USING {using}"),
            };
            notes.push(REWRITES.to_owned());
            self.script.steps.push(super::script::Step { sql, notes });
        }
        if column.becomes_not_null() {
            let losses = self.script.losses.len();
            let value = self.value_for(&change.after, after);
            let lost: Vec<String> =
                self.script.losses[losses..].iter().map(|loss| format!("LOSS: {}.", loss.what)).collect();
            if let Some(value) = value {
                let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
                self.noted(format!("UPDATE {table} SET {name} = {value} WHERE {name} IS NULL"), &lost);
            }
            self.set_not_null(change, after);
        }
        if before.not_null && !after.not_null {
            self.step(format!("{alter} DROP NOT NULL"));
        }
        if let Some(default) = &after.default
            && !after.auto
            && (drops_default || before.default.as_ref() != Some(default))
        {
            self.step(format!("{alter} SET DEFAULT {}", self.default(default)));
        }
        if after.auto && !before.auto {
            self.step(format!("{alter} ADD GENERATED BY DEFAULT AS IDENTITY"));
            let sequence =
                format!("pg_get_serial_sequence({}, {})", self.literal(&table), self.literal(&after.name));
            self.step(format!("SELECT setval({sequence}, coalesce(max({name}), 0) + 1, false) FROM {table}"));
        }
    }

    fn add_constraints(&mut self, change: &TableChange) {
        let table = self.named(&change.after);
        if change.primary_key
            && let Some(new) = primary_key(&change.after)
        {
            let constraint = self.index_constraint(&change.after, new);
            let add = format!("ALTER TABLE {table} ADD {constraint}PRIMARY KEY {}", self.columns_of(new));
            self.noted(add, &[SCANS]);
        }
        for index in &change.added_indexes {
            if self.online {
                self.build_index(change, index);
                continue;
            }
            match index.constraint && !index.special {
                true => {
                    let constraint = self.index_constraint(&change.after, index);
                    let add =
                        format!("ALTER TABLE {table} ADD {constraint}UNIQUE {}", self.columns_of(index));
                    self.noted(add, &["Fails where two rows have the same values.", SCANS]);
                }
                false => {
                    let create = self.create_index(&change.after, index);
                    let fails = index.unique.then_some("Fails where two rows have the same values.");
                    let notes: Vec<&str> = fails.into_iter().chain([BLOCKS_WRITES]).collect();
                    self.noted(create, &notes);
                }
            }
        }
        for check in &change.added_checks {
            if let (true, Some(name)) = (self.online, &check.name) {
                self.add_unchecked(&change.after, name, &format!("CHECK ({})", check.expression));
                continue;
            }
            let add = format!("ALTER TABLE {table} ADD {}", self.check(check));
            self.noted(add, &["Fails where a row does not meet it.", SCANS]);
        }
    }
}

/// A statement that makes an index, without a lock on writers.
fn concurrently(definition: &str) -> String {
    definition.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)
}

fn old_name(def: &LiveEnum) -> String {
    format!("{}__old", def.name)
}
