//! The statements of a migration.

use std::collections::HashSet;

use super::conversion::zero;
use super::difference::{Difference, TableChange};
use super::structure::Structure;
use crate::ddl::{LiveCheck, LiveColumn, LiveIndex, LiveKey, LiveTable};
use crate::model::KeyAction;
use crate::sql::Dialect;

/// The statements of one direction of a migration.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// What they lose.
    pub(super) losses: Vec<Loss>,
    /// Whether SQLite must not enforce foreign keys meanwhile, which can be set only outside transactions.
    pub(super) without_foreign_keys: bool,
    /// Statements of PostgreSQL that run outside transactions, each in its own file, after the others.
    pub(super) alone: Vec<Later>,
    /// What follows them in one transaction: constraints for which no row is checked yet.
    pub(super) constraints: Vec<Later>,
    /// What checks the rows for these constraints while others write.
    pub(super) validations: Vec<Later>,
    /// What needs checked rows and locks its table for a moment: it follows all checks of the same transaction.
    pub(super) settled: Vec<Later>,
}

/// A statement of a later file, and what reverts it; `None` if reverting an earlier statement reverts it too.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) step: Step,
    pub(super) undo: Option<String>,
}

/// One statement, and what a reader of the file should know about it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) sql: String,
    pub(super) notes: Vec<String>,
}

/// What a migration loses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) what: String,
    /// The column without a value for existing rows, which a backfill would give.
    pub(super) needs_value: Option<String>,
}

/// The value of a column for the rows that exist, as SQL.
#[derive(Debug, Clone)]
pub(super) struct Backfill {
    pub(super) table: String,
    pub(super) column: String,
    pub(super) sql: String,
}

/// Writes the statements that make a difference.
pub(super) struct Writer<'w> {
    pub(super) dialect: Dialect,
    backfills: &'w [Backfill],
    /// Whether others may write to tables of PostgreSQL meanwhile.
    pub(super) online: bool,
    /// The names of indexes that stay, and of those that are made.
    taken: HashSet<String>,
    /// The names of foreign keys: one set for the database on MySQL, one for each table on PostgreSQL.
    taken_keys: HashSet<(String, String)>,
    pub(super) script: Script,
}

impl Script {
    /// The statements that make a difference.
    pub(super) fn of(
        difference: &Difference,
        before: &Structure,
        backfills: &[Backfill],
        online: bool,
    ) -> Script {
        let dialect = before.dialect;
        let mut writer = Writer {
            dialect,
            backfills,
            online,
            taken: HashSet::new(),
            taken_keys: HashSet::new(),
            script: Script::default(),
        };
        writer.keep_key_names(difference, before);
        match dialect {
            Dialect::Sqlite => writer.sqlite(difference, before),
            Dialect::Postgres => writer.postgres(difference, before),
            Dialect::Mysql(_) => writer.mysql(difference),
        }
        writer.script
    }
}

impl Writer<'_> {
    pub(super) fn step(&mut self, sql: String) {
        self.script.steps.push(Step { sql, notes: Vec::new() });
    }

    /// A statement that a reader should know something about.
    pub(super) fn noted(&mut self, sql: String, notes: &[&str]) {
        let notes = notes.iter().map(|note| (*note).to_owned()).collect();
        self.script.steps.push(Step { sql, notes });
    }

    /// A statement that loses something.
    pub(super) fn losing(&mut self, sql: String, what: String) {
        self.script.steps.push(Step { sql, notes: vec![format!("LOSS: {what}.")] });
        self.script.losses.push(Loss { what, needs_value: None });
    }

    /// Indexes that stay keep their names.
    pub(super) fn keep_names(
        &mut self,
        before: &Structure,
        is_dropped: impl Fn(&LiveTable, &LiveIndex) -> bool,
    ) {
        for table in &before.tables {
            self.taken.insert(self.folded(&table.name));
            for index in table.indexes.iter().filter(|index| !is_dropped(table, index)) {
                self.taken.insert(self.folded(&index.name));
            }
        }
    }

    /// Foreign keys that stay keep their names.
    fn keep_key_names(&mut self, difference: &Difference, before: &Structure) {
        for table in &before.tables {
            let is_it = |other: &LiveTable| other.schema == table.schema && other.name == table.name;
            if difference.dropped.iter().any(is_it) {
                continue;
            }
            let change = difference.changed.iter().find(|change| is_it(&change.before));
            for key in &table.keys {
                if !change.is_some_and(|change| change.dropped_keys.iter().any(|gone| gone.name == key.name))
                {
                    self.taken_keys.insert((self.key_space(table), self.folded(&key.name)));
                }
            }
        }
    }

    fn key_space(&self, table: &LiveTable) -> String {
        if self.dialect == Dialect::Postgres { shown(table) } else { String::new() }
    }

    /// `CONSTRAINT name` before a foreign key: it has the name again when the migration is reverted and run again, which
    /// names that servers give do not promise.
    fn key_constraint(&mut self, table: &LiveTable, key: &LiveKey) -> String {
        if self.dialect == Dialect::Sqlite {
            return String::new();
        }
        let name = self.key_name(table, key);
        format!("CONSTRAINT {} ", self.quoted(&name))
    }

    /// A name for a foreign key that no other one has.
    fn key_name(&mut self, table: &LiveTable, key: &LiveKey) -> String {
        let space = self.key_space(table);
        let mut name = key.name.clone();
        let mut number = 1;
        while !self.taken_keys.insert((space.clone(), self.folded(&name))) {
            number += 1;
            name = self.dialect.numbered(&key.name, number);
        }
        name
    }

    /// The same before a primary key or a unique constraint; only PostgreSQL's have their own names.
    pub(super) fn index_constraint(&mut self, table: &LiveTable, index: &LiveIndex) -> String {
        if self.dialect != Dialect::Postgres {
            return String::new();
        }
        let name = self.index_name(table, index);
        format!("CONSTRAINT {} ", self.quoted(&name))
    }

    /// A name for an index that no other one has.
    pub(super) fn index_name(&mut self, table: &LiveTable, index: &LiveIndex) -> String {
        let is_own = index.name.starts_with("sqlite_autoindex_") || index.name.is_empty();
        let columns: Vec<&str> = index.columns.iter().flatten().map(String::as_str).collect();
        let plain = match is_own {
            true => crate::ddl::name("uq", &table.name, &columns),
            false => index.name.clone(),
        };
        let mut name = plain.clone();
        let mut number = 1;
        while !self.taken.insert(self.folded(&name)) {
            number += 1;
            name = self.dialect.numbered(&plain, number);
        }
        name
    }

    /// Whether a table or an index has a name.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.taken.contains(&self.folded(name))
    }

    fn folded(&self, name: &str) -> String {
        if self.dialect == Dialect::Postgres { name.to_owned() } else { name.to_lowercase() }
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        let mut sql = String::new();
        self.dialect.quote(&mut sql, name);
        sql
    }

    pub(super) fn literal(&self, text: &str) -> String {
        let mut sql = String::new();
        self.dialect.literal(&mut sql, text);
        sql
    }

    pub(super) fn named(&self, table: &LiveTable) -> String {
        self.qualified(table.schema.as_deref(), &table.name)
    }

    pub(super) fn qualified(&self, schema: Option<&str>, name: &str) -> String {
        match schema {
            Some(schema) => format!("{}.{}", self.quoted(schema), self.quoted(name)),
            None => self.quoted(name),
        }
    }

    pub(super) fn list<'n>(&self, names: impl Iterator<Item = &'n str>) -> String {
        let names: Vec<String> = names.map(|name| self.quoted(name)).collect();
        format!("({})", names.join(", "))
    }

    pub(super) fn columns_of(&self, index: &LiveIndex) -> String {
        self.list(index.columns.iter().flatten().map(String::as_str))
    }

    /// A column as CREATE TABLE and ADD COLUMN have it.
    pub(super) fn column(&self, table: &LiveTable, column: &LiveColumn) -> String {
        let mut sql = format!("{} {}", self.quoted(&column.name), column.type_name);
        match (self.dialect, &column.collation) {
            (Dialect::Sqlite, Some(collation)) => sql.push_str(&format!(" COLLATE {collation}")),
            (Dialect::Mysql(_), Some(collation)) => sql.push_str(&format!(" {collation}")),
            _ => {}
        }
        if let Some(computed) = &column.computed {
            let kept = if computed.stored { "STORED" } else { "VIRTUAL" };
            sql.push_str(&format!(" GENERATED ALWAYS AS ({}) {kept}", computed.expression));
        }
        match (self.dialect, column.not_null) {
            (Dialect::Mysql(_), _) if column.computed.is_some() => {}
            (_, true) => sql.push_str(" NOT NULL"),
            // A TIMESTAMP is NOT NULL by default.
            (Dialect::Mysql(_), false) => sql.push_str(" NULL"),
            _ => {}
        }
        if column.computed.is_none()
            && !column.auto
            && let Some(default) = &column.default
        {
            sql.push_str(&format!(" DEFAULT {}", self.default(default)));
        }
        if let Some(on_update) = &column.on_update {
            sql.push_str(&format!(" {on_update}"));
        }
        if column.auto {
            sql.push_str(match self.dialect {
                Dialect::Sqlite => " PRIMARY KEY",
                dialect => dialect.auto_key(),
            });
        }
        if let (Dialect::Mysql(_), Some(comment)) = (self.dialect, &column.comment) {
            sql.push_str(&format!(" COMMENT {}", self.literal(comment)));
        }
        for check in table.checks.iter().filter(|check| check.of_column.as_ref() == Some(&column.name)) {
            sql.push_str(&format!(" CHECK ({})", check.expression));
        }
        sql
    }

    pub(super) fn default(&self, default: &str) -> String {
        match is_literal(default) && !matches!(self.dialect, Dialect::Mysql(_)) {
            true => default.to_owned(),
            false => format!("({default})"),
        }
    }

    pub(super) fn check(&self, check: &LiveCheck) -> String {
        match &check.name {
            Some(name) => format!("CONSTRAINT {} CHECK ({})", self.quoted(name), check.expression),
            None => format!("CHECK ({})", check.expression),
        }
    }

    pub(super) fn key(&mut self, table: &LiveTable, key: &LiveKey) -> String {
        let constraint = self.key_constraint(table, key);
        format!("{constraint}{}", self.references(key))
    }

    fn references(&self, key: &LiveKey) -> String {
        let own = self.list(key.columns.iter().map(|(own, _)| own.as_str()));
        let theirs = self.list(key.columns.iter().filter_map(|(_, refers_to)| refers_to.as_deref()));
        let parent = match self.dialect {
            // SQLite looks for it beside the one that refers to it.
            Dialect::Sqlite => self.quoted(&key.parent),
            _ => self.qualified(key.parent_schema.as_deref(), &key.parent),
        };
        let mut sql = format!("FOREIGN KEY {own} REFERENCES {parent} {theirs}");
        for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
            let is_default = action == KeyAction::NoAction
                || (matches!(self.dialect, Dialect::Mysql(_)) && action == KeyAction::Restrict);
            if !is_default {
                sql.push_str(&format!(" ON {event} {}", action.sql()));
            }
        }
        sql
    }

    /// CREATE TABLE under a name, with some of its foreign keys.
    pub(super) fn create(&mut self, name: &str, table: &LiveTable, keys: &[&LiveKey]) -> String {
        let mut parts: Vec<String> = table.columns.iter().map(|column| self.column(table, column)).collect();
        let is_inline = self.dialect == Dialect::Sqlite && table.columns.iter().any(|column| column.auto);
        let is_mysql = matches!(self.dialect, Dialect::Mysql(_));
        for index in table.indexes.iter().filter(|index| !index.special) {
            let columns = self.columns_of(index);
            if index.primary && !is_inline {
                let constraint = self.index_constraint(table, index);
                parts.push(format!("{constraint}PRIMARY KEY {columns}"));
            } else if is_mysql && !index.primary {
                let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
                parts.push(format!("{kind} {} {columns}", self.quoted(&index.name)));
            } else if index.unique && index.constraint && !index.primary {
                let constraint = self.index_constraint(table, index);
                parts.push(format!("{constraint}UNIQUE {columns}"));
            }
        }
        let checks = table.checks.iter().filter(|check| check.of_column.is_none());
        parts.extend(checks.map(|check| self.check(check)));
        for key in keys {
            let key = self.key(table, key);
            parts.push(key);
        }
        let options = match (&table.comment, table.options.as_str()) {
            (Some(comment), _) if is_mysql => format!(" COMMENT {}", self.literal(comment)),
            (_, "") => String::new(),
            (_, options) => format!(" {options}"),
        };
        format!("CREATE TABLE {name} (\n    {}\n){options}", parts.join(",\n    "))
    }

    /// CREATE INDEX; one that no model declares is made as it was.
    pub(super) fn create_index(&mut self, table: &LiveTable, index: &LiveIndex) -> String {
        if index.special {
            return index.definition.clone().unwrap_or_default();
        }
        let name = self.index_name(table, index);
        let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
        let columns = self.rows_of(index);
        match self.dialect {
            Dialect::Sqlite => {
                let name = self.qualified(table.schema.as_deref(), &name);
                format!("CREATE {kind} {name} ON {} {columns}", self.quoted(&table.name))
            }
            _ => format!("CREATE {kind} {} ON {} {columns}", self.quoted(&name), self.named(table)),
        }
    }

    /// The columns of an index, and the condition of its rows.
    pub(super) fn rows_of(&self, index: &LiveIndex) -> String {
        let columns = self.columns_of(index);
        match &index.condition {
            Some(condition) => format!("{columns} WHERE {condition}"),
            None => columns,
        }
    }

    /// What an existing row gets in a column that needs a value: what the user gave, what the database fills in, or else
    /// zero, which is a loss; `None` if zero would break a key.
    pub(super) fn value_for(&mut self, table: &LiveTable, column: &LiveColumn) -> Option<String> {
        if let Some(given) = self.backfill(table, column) {
            return Some(given);
        }
        if let Some(default) = &column.default {
            return Some(self.default(default));
        }
        let place = format!("{}.{}", shown(table), column.name);
        let is_key = table.keys.iter().any(|key| key.columns.iter().any(|(own, _)| *own == column.name));
        let is_unique = table
            .indexes
            .iter()
            .any(|index| index.unique && index.columns.iter().flatten().any(|name| *name == column.name));
        let zero = zero(self.dialect, table, column);
        let what = match is_key || is_unique {
            true => format!(
                "`{place}` is NOT NULL, and existing rows have no value for it: the migration fails where there are any"
            ),
            false => format!("`{place}` is NOT NULL, and existing rows without a value get {zero}"),
        };
        self.script.losses.push(Loss { what, needs_value: Some(place) });
        (!is_key && !is_unique).then_some(zero)
    }

    /// The value that the user gave for existing rows.
    pub(super) fn backfill(&self, table: &LiveTable, column: &LiveColumn) -> Option<String> {
        let given = self.backfills.iter().find(|given| {
            (self.dialect.is_same_name(&given.table, &table.name) || given.table == shown(table))
                && self.dialect.is_same_name(&given.column, &column.name)
        });
        given.map(|given| given.sql.clone())
    }

    /// The keys of a table that is created, to those tables that exist by then; and the others, which come at the end.
    pub(super) fn keys_of<'t>(
        &self,
        difference: &Difference,
        table: &'t LiveTable,
    ) -> (Vec<&'t LiveKey>, Vec<&'t LiveKey>) {
        let place = |schema: Option<&str>, name: &str| {
            difference.created.iter().position(|other| {
                other.schema.as_deref() == schema && self.dialect.is_same_name(&other.name, name)
            })
        };
        let own = place(table.schema.as_deref(), &table.name);
        // What it refers to may have another type, or no key, until it has changed.
        let changes = |key: &LiveKey| {
            self.dialect != Dialect::Sqlite
                && difference.changed.iter().any(|change| {
                    change.before.schema == key.parent_schema
                        && self.dialect.is_same_name(&change.before.name, &key.parent)
                })
        };
        table
            .keys
            .iter()
            .partition(|key| place(key.parent_schema.as_deref(), &key.parent) <= own && !changes(key))
    }

    /// Adds the keys that waited for the tables they refer to, and those of changed tables, whose rows the database checks.
    pub(super) fn add_keys(
        &mut self,
        later: &[(&LiveTable, &LiveKey)],
        difference: &Difference,
        checks_rows: &str,
    ) {
        for (table, key) in later {
            let add = format!("ALTER TABLE {} ADD {}", self.named(table), self.key(table, key));
            self.step(add);
        }
        for change in &difference.changed {
            for key in &change.added_keys {
                if self.online {
                    let name = self.key_name(&change.after, key);
                    let what = self.references(key);
                    self.add_unchecked(&change.after, &name, &what);
                    continue;
                }
                let add =
                    format!("ALTER TABLE {} ADD {}", self.named(&change.after), self.key(&change.after, key));
                self.noted(add, &[checks_rows]);
            }
        }
    }

    /// The keys of tables that are dropped which would keep another one from being dropped before them.
    pub(super) fn circular_keys<'d>(&self, difference: &'d Difference) -> Vec<(&'d LiveTable, &'d LiveKey)> {
        let place = |schema: Option<&str>, name: &str| {
            difference.dropped.iter().position(|other| {
                other.schema.as_deref() == schema && self.dialect.is_same_name(&other.name, name)
            })
        };
        let mut keys = Vec::new();
        for (at, table) in difference.dropped.iter().enumerate() {
            for key in &table.keys {
                if place(key.parent_schema.as_deref(), &key.parent).is_some_and(|parent| parent < at) {
                    keys.push((table, key));
                }
            }
        }
        keys
    }

    /// Notes what is lost where a type changes.
    pub(super) fn note_retyped(
        &mut self,
        change: &TableChange,
        before: &LiveColumn,
        after: &LiveColumn,
        is_lost: bool,
    ) -> Vec<String> {
        let place = format!("{}.{}", shown(&change.before), before.name);
        let (from, to) = (&before.type_name, &after.type_name);
        let what = match is_lost {
            true => format!(
                "`{place}` changes from {from} to {to}, to which no value can be converted: its values are dropped"
            ),
            false => format!(
                "`{place}` changes from {from} to {to}: values that do not fit are cut, rounded or refused"
            ),
        };
        self.script.losses.push(Loss { what: what.clone(), needs_value: None });
        vec![format!("LOSS: {what}.")]
    }
}

/// A table in messages.
pub(super) fn shown(table: &LiveTable) -> String {
    match &table.schema {
        Some(schema) => format!("{schema}.{}", table.name),
        None => table.name.clone(),
    }
}

/// Whether a default is a number, a text or a word that is a value.
pub(super) fn is_literal(default: &str) -> bool {
    let word = default.to_ascii_uppercase();
    if ["NULL", "TRUE", "FALSE"].contains(&word.as_str()) {
        return true;
    }
    let number = default.strip_prefix(['-', '+']).unwrap_or(default);
    if number.starts_with(|char: char| char.is_ascii_digit()) {
        return number.parse::<f64>().is_ok();
    }
    let Some(inside) = default.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
        return false;
    };
    !inside.replace("''", "").contains('\'')
}
