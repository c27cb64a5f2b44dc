//! What turns one structure into another.

use super::conversion::{Conversion, affinity};
use super::structure::{Structure, column, mentions, primary_key};
use crate::ddl::{LiveCheck, LiveColumn, LiveEnum, LiveIndex, LiveKey, LiveTable};
use crate::model::{Condition, KeyAction};
use crate::sql::Dialect;

/// What has to change for the tables of one structure to become those of another.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) new_schemas: Vec<String>,
    pub(super) new_enums: Vec<LiveEnum>,
    pub(super) dropped_enums: Vec<LiveEnum>,
    pub(super) changed_enums: Vec<EnumChange>,
    /// Parents before children, as far as possible.
    pub(super) created: Vec<LiveTable>,
    /// Children before parents.
    pub(super) dropped: Vec<LiveTable>,
    pub(super) changed: Vec<TableChange>,
}

/// A native enum with other labels.
#[derive(Debug)]
pub(super) struct EnumChange {
    pub(super) before: LiveEnum,
    pub(super) after: LiveEnum,
    /// Whether it has to be replaced by another type; otherwise labels are added.
    pub(super) replaced: bool,
}

/// What changes in a table that stays.
#[derive(Debug)]
pub(super) struct TableChange {
    pub(super) before: LiveTable,
    pub(super) after: LiveTable,
    pub(super) added: Vec<LiveColumn>,
    pub(super) dropped: Vec<LiveColumn>,
    pub(super) altered: Vec<ColumnChange>,
    /// Columns that stay and get another comment, or lose it.
    pub(super) commented: Vec<LiveColumn>,
    pub(super) primary_key: bool,
    pub(super) dropped_indexes: Vec<LiveIndex>,
    pub(super) added_indexes: Vec<LiveIndex>,
    pub(super) dropped_checks: Vec<LiveCheck>,
    pub(super) added_checks: Vec<LiveCheck>,
    pub(super) dropped_keys: Vec<LiveKey>,
    pub(super) added_keys: Vec<LiveKey>,
}

/// What changes in a column that stays.
#[derive(Debug)]
pub(super) struct ColumnChange {
    pub(super) before: LiveColumn,
    pub(super) after: LiveColumn,
    pub(super) retyped: bool,
    /// Whether it has to be dropped and added, because no value of one type is a value of the other.
    pub(super) replaced: bool,
}

impl ColumnChange {
    pub(super) fn becomes_not_null(&self) -> bool {
        !self.before.not_null && self.after.not_null
    }
}

impl TableChange {
    fn between(
        dialect: Dialect,
        before: &LiveTable,
        after: &LiveTable,
        replaced_enums: &[String],
    ) -> TableChange {
        let by_name = |table: &LiveTable, name: &str| column(dialect, table, name).is_none();
        let added = after.columns.iter().filter(|column| by_name(before, &column.name)).cloned().collect();
        let dropped = before.columns.iter().filter(|column| by_name(after, &column.name)).cloned().collect();
        let pairs = before.columns.iter().filter_map(|old| Some((old, column(dialect, after, &old.name)?)));
        let mut altered: Vec<ColumnChange> = pairs
            .filter_map(|(old, new)| {
                let of_column = |table: &LiveTable, name: &str| -> Vec<String> {
                    let checks = table.checks.iter().filter(|check| check.of_column.as_deref() == Some(name));
                    checks.map(|check| check.expression.clone()).collect()
                };
                let has_new_type =
                    old.enumerated.as_ref().is_some_and(|of| replaced_enums.contains(&of.name));
                let retyped = has_new_type || !is_same_type(dialect, old, new);
                let is_same = !retyped
                    && old.not_null == new.not_null
                    && old.computed == new.computed
                    && old.auto == new.auto
                    && old.on_update == new.on_update
                    && (old.auto || old.default == new.default)
                    && of_column(before, &old.name) == of_column(after, &new.name);
                let replaced = old.computed != new.computed
                    || (retyped
                        && Conversion::between(dialect, (before, old), (after, new), "") == Conversion::None);
                (!is_same).then(|| ColumnChange {
                    before: old.clone(),
                    after: new.clone(),
                    retyped,
                    replaced,
                })
            })
            .collect();

        if dialect == Dialect::Postgres {
            replace_computed(before, after, &mut altered);
        }
        let is_fresh = |name: &str| {
            altered.iter().any(|change| change.replaced && dialect.is_same_name(&change.before.name, name))
        };
        let commented = before.columns.iter().filter(|old| !is_fresh(&old.name)).filter_map(|old| {
            column(dialect, after, &old.name).filter(|new| new.comment != old.comment).cloned()
        });
        let commented = commented.collect();
        let primary =
            |table: &LiveTable| primary_key(table).map(|index| index.columns.clone()).unwrap_or_default();
        let (old_key, new_key) = (primary(before), primary(after));
        let primary_key =
            !is_same_list(dialect, &old_key, &new_key) || old_key.iter().flatten().any(|name| is_fresh(name));

        // A condition contains the types of its columns.
        let changes = |name: &str| {
            altered.iter().any(|change| {
                (change.replaced || change.retyped) && dialect.is_same_name(&change.before.name, name)
            })
        };
        let index_is_fresh = |index: &LiveIndex| {
            index.columns.iter().flatten().any(|name| is_fresh(name))
                || before.chosen_by(dialect, index).iter().any(|name| changes(name))
        };
        let is_index = |old: &LiveIndex, new: &LiveIndex| {
            !index_is_fresh(old)
                && is_same_index(dialect, old, new)
                && is_same_condition(dialect, after, old, new)
        };
        let (dropped_indexes, added_indexes) =
            unmatched(&before.indexes, &after.indexes, is_index, |old, new| old.name == new.name);
        // What no model declares stays, and is dropped with its columns.
        let gone = |index: &LiveIndex| !index.primary && !index.special;
        let new = |index: &LiveIndex| !index.primary && (!index.special || index.definition.is_some());
        let dropped_indexes = dropped_indexes.into_iter().filter(gone).collect();
        let added_indexes = added_indexes.into_iter().filter(new).collect();

        let depends = |check: &LiveCheck| {
            let changes = altered.iter().filter(|change| {
                change.replaced
                    || change.before.enumerated.as_ref().is_some_and(|of| replaced_enums.contains(&of.name))
            });
            changes.into_iter().any(|change| mentions(&check.expression, &change.before.name))
        };
        let is_check = |old: &LiveCheck, new: &LiveCheck| {
            !depends(old) && old.expression == new.expression && old.of_column == new.of_column
        };
        let (dropped_checks, added_checks) =
            unmatched(&before.checks, &after.checks, is_check, |old, new| old.name == new.name);
        let of_table = |check: &LiveCheck| check.of_column.is_none();
        let (dropped_keys, added_keys) = unmatched(
            &before.keys,
            &after.keys,
            |old, new| is_same_key(dialect, old, new),
            |old, new| old.name == new.name,
        );
        TableChange {
            before: before.clone(),
            after: after.clone(),
            added,
            dropped,
            commented,
            altered,
            primary_key,
            dropped_indexes,
            added_indexes,
            dropped_checks: dropped_checks.into_iter().filter(of_table).collect(),
            added_checks: added_checks.into_iter().filter(of_table).collect(),
            dropped_keys,
            added_keys,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.dropped.is_empty()
            && self.altered.is_empty()
            && !self.primary_key
            && self.dropped_indexes.is_empty()
            && self.added_indexes.is_empty()
            && self.dropped_checks.is_empty()
            && self.added_checks.is_empty()
            && self.dropped_keys.is_empty()
            && self.added_keys.is_empty()
            && self.before.comment == self.after.comment
            && self.commented.is_empty()
    }

    /// Whether a foreign key that refers to columns of the table, or has them, cannot stay while they change.
    fn disturbs(&self, dialect: Dialect, names: &[&str], is_parent: bool) -> bool {
        let is_part = |columns: &[Option<String>], name: &str| {
            columns.iter().flatten().any(|column| dialect.is_same_name(column, name))
        };
        names.iter().any(|name| {
            let alters = self.altered.iter().any(|change| {
                (change.retyped || change.replaced || matches!(dialect, Dialect::Mysql(_)))
                    && dialect.is_same_name(&change.before.name, name)
            });
            let old_key = primary_key(&self.before).map(|index| index.columns.as_slice()).unwrap_or_default();
            let loses_key = self.primary_key && is_part(old_key, name);
            let loses_index = self.dropped_indexes.iter().any(|index| {
                (matches!(dialect, Dialect::Mysql(_)) || (is_parent && index.unique))
                    && is_part(&index.columns, name)
            });
            alters || (is_parent || matches!(dialect, Dialect::Mysql(_))) && loses_key || loses_index
        })
    }
}

impl Difference {
    pub(super) fn between(
        before: &Structure,
        after: &Structure,
        ignored: &dyn Fn(&LiveTable) -> bool,
    ) -> Difference {
        let dialect = after.dialect;
        let mut difference = Difference::default();
        difference.enums(before, after, ignored);
        let replaced: Vec<String> = difference
            .changed_enums
            .iter()
            .filter(|change| change.replaced)
            .map(|change| change.before.name.clone())
            .collect();
        for table in &after.tables {
            match before.table(table.schema.as_deref(), &table.name) {
                None => difference.created.push(table.clone()),
                Some(old) => {
                    difference.changed.push(TableChange::between(dialect, old, table, &replaced));
                }
            }
        }
        let gone = before
            .tables
            .iter()
            .filter(|table| after.table(table.schema.as_deref(), &table.name).is_none() && !ignored(table));
        difference.dropped = gone.cloned().collect();
        if dialect != Dialect::Sqlite {
            difference.free_keys(dialect);
        }
        difference.changed.retain(|change| !change.is_empty());
        difference.created = ordered(dialect, std::mem::take(&mut difference.created));
        difference.dropped = ordered(dialect, std::mem::take(&mut difference.dropped));
        difference.dropped.reverse();
        let schemas = |tables: &[LiveTable]| -> Vec<String> {
            tables.iter().filter_map(|table| table.schema.clone()).collect()
        };
        let known = schemas(&before.tables);
        difference.new_schemas = schemas(&difference.created);
        difference.new_schemas.sort();
        difference.new_schemas.dedup();
        difference.new_schemas.retain(|schema| !known.contains(schema));
        difference
    }

    pub(super) fn is_empty(&self) -> bool {
        self.new_enums.is_empty()
            && self.dropped_enums.is_empty()
            && self.changed_enums.is_empty()
            && self.created.is_empty()
            && self.dropped.is_empty()
            && self.changed.is_empty()
    }

    /// Types that a column has; one that no column has is not compared.
    fn enums(&mut self, before: &Structure, after: &Structure, ignored: &dyn Fn(&LiveTable) -> bool) {
        let used = |structure: &Structure, name: &str, counted: &dyn Fn(&LiveTable) -> bool| {
            let columns =
                structure.tables.iter().filter(|table| counted(table)).flat_map(|table| &table.columns);
            columns.into_iter().any(|column| column.enumerated.as_ref().is_some_and(|of| of.name == name))
        };
        for new in &after.enums {
            if !used(after, &new.name, &|_| true) {
                continue;
            }
            match before.enums.iter().find(|old| old.name == new.name) {
                None => self.new_enums.push(new.clone()),
                Some(old) if old.labels != new.labels => {
                    let mut labels = new.labels.iter();
                    let only_adds = old.labels.iter().all(|label| labels.any(|new| new == label));
                    let replaced = !only_adds || is_used_anew(before, after, &new.name);
                    self.changed_enums.push(EnumChange { before: old.clone(), after: new.clone(), replaced });
                }
                Some(_) => {}
            }
        }
        for old in &before.enums {
            let is_left = |table: &LiveTable| {
                ignored(table) && after.table(table.schema.as_deref(), &table.name).is_none()
            };
            if used(before, &old.name, &|_| true)
                && !used(before, &old.name, &is_left)
                && !used(after, &old.name, &|_| true)
            {
                self.dropped_enums.push(old.clone());
            }
        }
    }

    /// Foreign keys that stay are dropped and added again where their columns change beneath them.
    fn free_keys(&mut self, dialect: Dialect) {
        let mut freed: Vec<(usize, LiveKey)> = Vec::new();
        for (at, change) in self.changed.iter().enumerate() {
            for key in &change.before.keys {
                if change.dropped_keys.iter().any(|dropped| dropped.name == key.name) {
                    continue;
                }
                let own = change.disturbs(
                    dialect,
                    &key.columns.iter().map(|(own, _)| own.as_str()).collect::<Vec<_>>(),
                    false,
                );
                let parent = self.changed.iter().find(|parent| {
                    parent.before.schema == key.parent_schema
                        && dialect.is_same_name(&parent.before.name, &key.parent)
                });
                let theirs = parent.is_some_and(|parent| {
                    let names = key.columns.iter().filter_map(|(_, refers_to)| refers_to.as_deref());
                    parent.disturbs(dialect, &names.collect::<Vec<_>>(), true)
                });
                if own || theirs {
                    freed.push((at, key.clone()));
                }
            }
        }
        for (at, key) in freed {
            let change = &mut self.changed[at];
            if let Some(again) = change.after.keys.iter().find(|new| is_same_key(dialect, &key, new)) {
                // With its name, by which the migration finds it when it is run once more.
                change.added_keys.push(LiveKey { name: key.name.clone(), ..again.clone() });
            }
            change.dropped_keys.push(key);
        }
    }
}

/// A new label cannot be used by the transaction that adds it.
fn is_used_anew(before: &Structure, after: &Structure, name: &str) -> bool {
    let is_it = |column: &LiveColumn| column.enumerated.as_ref().is_some_and(|of| of.name == name);
    after.tables.iter().any(|table| {
        let old = before.table(table.schema.as_deref(), &table.name);
        let changes = |new: &LiveColumn| match old.and_then(|old| column(after.dialect, old, &new.name)) {
            Some(old) => old.default != new.default || old.not_null != new.not_null,
            None => true,
        };
        let checks = || old.is_none_or(|old| old.checks != table.checks);
        table.columns.iter().any(|column| is_it(column) && (changes(column) || checks()))
    })
}

/// PostgreSQL changes no type of a column that another one is computed from, nor of one that is computed: these are dropped
/// and added.
fn replace_computed(before: &LiveTable, after: &LiveTable, altered: &mut Vec<ColumnChange>) {
    let retyped: Vec<String> = altered
        .iter()
        .filter(|change| change.retyped || change.replaced)
        .map(|change| change.before.name.clone())
        .collect();
    for old in &before.columns {
        let (Some(computed), Some(new)) = (&old.computed, column(Dialect::Postgres, after, &old.name)) else {
            continue;
        };
        let depends = |name: &String| *name == old.name || mentions(&computed.expression, name);
        if !retyped.iter().any(depends) {
            continue;
        }
        match altered.iter_mut().find(|change| change.before.name == old.name) {
            Some(change) => change.replaced = true,
            None => altered.push(ColumnChange {
                before: old.clone(),
                after: new.clone(),
                retyped: false,
                replaced: true,
            }),
        }
    }
}

/// Those of each side that have no counterpart on the other. Of several that are alike, those with the same name are the
/// counterparts: the others are dropped or added, and their names are free or taken.
fn unmatched<T: Clone>(
    before: &[T],
    after: &[T],
    is_same: impl Fn(&T, &T) -> bool,
    has_same_name: impl Fn(&T, &T) -> bool,
) -> (Vec<T>, Vec<T>) {
    let (mut dropped, mut left): (Vec<&T>, Vec<&T>) = (before.iter().collect(), after.iter().collect());
    let mut pair = |is_pair: &dyn Fn(&T, &T) -> bool| {
        dropped.retain(|old| match left.iter().position(|new| is_pair(old, new)) {
            Some(at) => {
                left.remove(at);
                false
            }
            None => true,
        });
    };
    pair(&|old, new| has_same_name(old, new) && is_same(old, new));
    pair(&is_same);
    (dropped.into_iter().cloned().collect(), left.into_iter().cloned().collect())
}

fn is_same_type(dialect: Dialect, before: &LiveColumn, after: &LiveColumn) -> bool {
    match dialect {
        // Only `INTEGER` makes a numbered key, and that is compared separately.
        Dialect::Sqlite => affinity(&before.type_name) == affinity(&after.type_name),
        Dialect::Postgres | Dialect::Mysql(_) => before.type_name == after.type_name,
    }
}

fn is_same_list(dialect: Dialect, before: &[Option<String>], after: &[Option<String>]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|pair| match pair {
            (Some(before), Some(after)) => dialect.is_same_name(before, after),
            _ => false,
        })
}

fn is_same_index(dialect: Dialect, before: &LiveIndex, after: &LiveIndex) -> bool {
    if before.special || after.special {
        return before.special && after.special && dialect.is_same_name(&before.name, &after.name);
    }
    before.unique == after.unique
        && before.primary == after.primary
        && is_same_list(dialect, &before.columns, &after.columns)
}

/// Whether two indexes contain the same rows. Those that no model declares are compared by name.
fn is_same_condition(dialect: Dialect, after: &LiveTable, old: &LiveIndex, new: &LiveIndex) -> bool {
    if old.special || old.condition.is_some() != new.condition.is_some() {
        return old.special;
    }
    // What mentions a column that goes is another condition.
    let place = |name: &str| after.columns.iter().position(|column| dialect.is_same_name(&column.name, name));
    let read = |index: &LiveIndex| Condition::read(index.condition.as_deref()?, &place).ok();
    match (read(old), read(new)) {
        (Some(old), Some(new)) => old.is_same(&new),
        (None, None) => old.condition == new.condition,
        _ => false,
    }
}

fn is_same_key(dialect: Dialect, before: &LiveKey, after: &LiveKey) -> bool {
    let action = |action: KeyAction| match (dialect, action) {
        (Dialect::Mysql(_), KeyAction::Restrict) => KeyAction::NoAction,
        _ => action,
    };
    let has = |(own, refers_to): &(String, Option<String>)| {
        after.columns.iter().any(|(other, other_refers)| {
            dialect.is_same_name(own, other)
                && dialect.is_same_name(
                    refers_to.as_deref().unwrap_or_default(),
                    other_refers.as_deref().unwrap_or_default(),
                )
        })
    };
    dialect.is_same_name(&before.parent, &after.parent)
        && before.parent_schema == after.parent_schema
        && before.columns.len() == after.columns.len()
        && before.columns.iter().all(has)
        && action(before.on_delete) == action(after.on_delete)
        && action(before.on_update) == action(after.on_update)
}

/// Tables after those that they refer to, as far as possible.
fn ordered(dialect: Dialect, tables: Vec<LiveTable>) -> Vec<LiveTable> {
    let parents = |at: usize| -> Vec<usize> {
        let keys = tables[at].keys.iter();
        let place = |key: &LiveKey| {
            tables.iter().position(|table| {
                table.schema == key.parent_schema && dialect.is_same_name(&table.name, &key.parent)
            })
        };
        keys.filter_map(place).collect()
    };
    let mut entered = vec![false; tables.len()];
    let mut order = Vec::with_capacity(tables.len());
    for start in 0..tables.len() {
        let mut stack = vec![(start, false)];
        while let Some((at, done)) = stack.pop() {
            if done {
                order.push(at);
            } else if !std::mem::replace(&mut entered[at], true) {
                stack.push((at, true));
                stack.extend(parents(at).into_iter().rev().map(|parent| (parent, false)));
            }
        }
    }
    order.into_iter().map(|at| tables[at].clone()).collect()
}
