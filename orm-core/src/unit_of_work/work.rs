//! What a unit of work has to write, as the operations and claims that [`schedule`](super::schedule) orders.

mod sets;

use std::any::TypeId;

use hashbrown::{HashMap, HashSet};
use indexmap::IndexSet;

use super::known::{Known, Origin};
use super::order::table_ranks;
use super::pending_entry::PendingEntry;
use super::schedule::{Claim, Kind, Operation, Role, Work};
use super::switch::Switched;
use super::unit_of_work::{CellId, KeyFrom, UnitOfWork, cell_id};
use crate::graph::ObjectId;
use crate::identity::Store;
use crate::model::{Condition, ErasedModel, KnownValue};
use crate::value::Value;

/// A row of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Row {
    /// A new object.
    New(CellId),
    /// An object whose row changes.
    Changed(ObjectId),
    /// An object whose row becomes that of a draft.
    Switched(ObjectId),
    /// An object whose row goes.
    Deleted(ObjectId),
}

/// The rows by the numbers of their operations.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) work: Work,
    /// The models, and which of them each row is of.
    models: Vec<&'static dyn ErasedModel>,
    model_of: Vec<usize>,
}

/// Columns of one model whose values are unique or referred to, and what this flush does to such values.
#[derive(Debug, Default)]
struct Set {
    taken: bool,
    given_up: bool,
    referred: bool,
    let_go: bool,
}

impl Set {
    /// Whether rows whose own columns these are have to claim what they give up, and what they take.
    fn own_wanted(&self) -> [bool; 2] {
        let Set { taken, given_up, referred, let_go } = *self;
        [given_up && (taken || let_go || referred), taken && (given_up || referred)]
    }

    /// The same, of columns that are unique among some rows.
    fn partial_wanted(&self) -> [bool; 2] {
        [self.given_up && self.taken; 2]
    }

    /// Whether rows that refer to these columns have to claim what they let go, and what they refer to.
    fn keys_wanted(&self) -> [bool; 2] {
        let Set { taken, given_up, referred, let_go } = *self;
        [let_go && given_up, referred && (taken || given_up)]
    }
}

/// The place of a set among all.
type SetId = usize;

/// Which columns of a model's rows matter.
#[derive(Debug, Default)]
struct Shape {
    /// Columns with values that are unique or referred to: where they are in [`Work::columns`], and their set.
    own: Vec<(usize, SetId)>,
    /// Columns with values that are unique among some of the rows.
    partial: Vec<Partial>,
    /// Keys of other rows: where they are in [`Work::columns`], and the set that they refer to.
    keys: Vec<(usize, SetId)>,
}

/// Columns whose values are unique among the rows that meet a condition. Other rows never refer to them.
#[derive(Debug, Clone, Copy)]
struct Partial {
    columns: usize,
    set: SetId,
    condition: &'static Condition,
}

struct Builder<'u> {
    unit: &'u UnitOfWork,
    store: &'u Store,
    known: Known<'u>,
    rows: Rows,
    entries: Vec<Option<&'u PendingEntry>>,
    /// Which columns an edit changed: the place of their list.
    changed: Vec<usize>,
    /// The lists of such columns; the first one is empty. Rows that are edited in the same way share one.
    lists: IndexSet<Vec<usize>>,
    sets: Vec<Set>,
    /// The sets of each model, by their columns.
    set_ids: HashMap<TypeId, Vec<(Vec<usize>, SetId)>>,
    /// Columns that other rows may refer to.
    referred: HashSet<(TypeId, usize)>,
    /// By model.
    shapes: Vec<Shape>,
    values: HashMap<(SetId, Vec<Value>), usize>,
    /// The operations of rows that become others.
    switched: HashMap<ObjectId, usize>,
    /// Values that operations take and that are not known before.
    unknown: HashMap<(SetId, usize), usize>,
    next_value: usize,
}

impl Rows {
    /// What a flush writes now.
    pub(super) fn of(unit: &UnitOfWork, store: &Store, switched: &Switched) -> Rows {
        let mut builder = Builder {
            unit,
            store,
            known: Known::new(unit, store, switched),
            rows: Rows { rows: Vec::new(), work: Work::default(), models: Vec::new(), model_of: Vec::new() },
            entries: Vec::new(),
            changed: Vec::new(),
            lists: IndexSet::from([Vec::new()]),
            sets: Vec::new(),
            set_ids: HashMap::new(),
            referred: HashSet::new(),
            shapes: Vec::new(),
            values: HashMap::new(),
            switched: HashMap::new(),
            unknown: HashMap::new(),
            next_value: 0,
        };
        builder.collect();
        builder.find_columns();
        builder.find_shapes();
        builder.look_at_values();
        builder.claim();
        builder.rows
    }
}

impl Rows {
    /// The model of a row.
    pub(super) fn model(&self, operation: usize) -> &'static dyn ErasedModel {
        self.models[self.model_of[operation]]
    }
}

impl<'u> Builder<'u> {
    fn collect(&mut self) {
        let (unit, switched) = (self.unit, self.known.switched);
        self.reserve(unit.pending.len() + unit.dirty.len() + unit.deleted.len());
        for (cell, entry) in unit.pending.iter().filter(|(cell, _)| switched.node_of(*cell).is_none()) {
            self.push(Row::New(cell), entry.model, Kind::Insert, Some(entry));
        }
        for (cell, node) in switched.iter() {
            let Some(entry) = unit.pending.get(cell) else { continue };
            self.switched.insert(node, self.rows.rows.len());
            self.push(Row::Switched(node), entry.model, Kind::Update, Some(entry));
        }
        let mut changed = Vec::new();
        for (node, unsaved) in &unit.dirty {
            changed.clear();
            unsaved.add_changed_columns(self.store, *node, &mut changed);
            self.push_changed(*node, &changed);
        }
        for node in unit.waiting_keys.nodes().filter(|node| !unit.dirty.contains_key(node)) {
            self.push_changed(node, &[]);
        }
        for node in unit.deleted.iter().filter(|node| !switched.contains(**node)) {
            if unit.keeps_mark(self.store, *node) {
                continue;
            }
            let model = self.store.model(node.arena);
            if unit.only_marks(self.store, *node) {
                self.push(Row::Changed(*node), model, Kind::Update, None);
            } else {
                self.push(Row::Deleted(*node), model, Kind::Delete, None);
            }
        }
        let ranks = table_ranks(&self.rows.models);
        let rank =
            |model: &&'static dyn ErasedModel| ranks.get(&model.type_id()).copied().unwrap_or(usize::MAX);
        let ranks: Vec<usize> = self.rows.models.iter().map(rank).collect();
        for (operation, model) in self.rows.work.operations.iter_mut().zip(&self.rows.model_of) {
            operation.rank = ranks[*model];
        }
    }

    /// Adds the row of an object that may have to be updated, because it changed in these columns or waits for a key.
    fn push_changed(&mut self, node: ObjectId, changed: &[usize]) {
        let unit = self.unit;
        let differs = !changed.is_empty() || unit.waiting_keys.has(node);
        let stays = !unit.deleted.contains(&node) || unit.keeps_mark(self.store, node);
        if !differs || !stays || self.known.switched.contains(node) {
            return;
        }
        self.push(Row::Changed(node), self.store.model(node.arena), Kind::Update, None);
        let list = self.list_of(changed);
        if let Some(of_row) = self.changed.last_mut() {
            *of_row = list;
        }
    }

    fn reserve(&mut self, rows: usize) {
        self.rows.rows.reserve(rows);
        self.rows.model_of.reserve(rows);
        self.rows.work.operations.reserve(rows);
        self.entries.reserve(rows);
        self.changed.reserve(rows);
    }

    /// The place of a list of columns. Rows mostly have that of the row before them.
    fn list_of(&mut self, columns: &[usize]) -> usize {
        let before = self.changed.iter().rev().nth(1).copied().unwrap_or_default();
        match self.lists.get_index(before).is_some_and(|list| list == columns) {
            true => before,
            false => {
                self.lists.get_index_of(columns).unwrap_or_else(|| self.lists.insert_full(columns.to_vec()).0)
            }
        }
    }

    fn push(
        &mut self,
        row: Row,
        model: &'static dyn ErasedModel,
        kind: Kind,
        entry: Option<&'u PendingEntry>,
    ) {
        // Rows of one model mostly follow each other.
        let last = self.rows.model_of.last().copied();
        let is_of = |at: &usize| self.rows.models[*at].type_id() == model.type_id();
        let known = last.filter(is_of).or_else(|| (0..self.rows.models.len()).find(is_of));
        let model = known.unwrap_or_else(|| {
            self.rows.models.push(model);
            self.rows.models.len() - 1
        });
        self.rows.model_of.push(model);
        self.rows.rows.push(row);
        self.rows.work.operations.push(Operation { kind, rank: 0, shape: 0 });
        self.entries.push(entry);
        self.changed.push(0);
    }

    /// Rows that refer to others of their table can be in one statement with these, if it has values for the same columns.
    fn find_shapes(&mut self) {
        let mut shapes: HashMap<Vec<usize>, usize> = HashMap::new();
        for (at, shape) in self.shapes.iter().enumerate() {
            let own = |(_, set): &(usize, SetId)| shape.own.iter().any(|(_, own)| own == set);
            if !shape.keys.iter().any(own) {
                continue;
            }
            let rows = self.rows.model_of.iter().zip(&self.entries).zip(&mut self.rows.work.operations);
            for ((_, entry), operation) in rows.filter(|((model, _), _)| **model == at) {
                if let Some(entry) = entry {
                    let next = shapes.len() + 1;
                    operation.shape = *shapes.entry(columns_of(entry)).or_insert(next);
                }
            }
        }
    }

    /// Finds out which sets have values that one row gives up and another takes, or that rows refer to: most have none, and
    /// cost nothing then.
    fn look_at_values(&mut self) {
        for operation in 0..self.rows.rows.len() {
            if self.is_edited_as_last(operation) {
                continue;
            }
            let shape = &self.shapes[self.rows.model_of[operation]];
            for (columns, set) in &shape.own {
                let (before, after) = self.has(operation, *columns, true);
                self.sets[*set].given_up |= before;
                self.sets[*set].taken |= after;
            }
            for Partial { columns, set, condition } in &shape.partial {
                let moves = condition.columns().iter().any(|column| self.may_change(operation, *column));
                let (before, after) = match self.rows.rows[operation] {
                    Row::Changed(_) if moves => (true, true),
                    _ => self.has(operation, *columns, true),
                };
                self.sets[*set].given_up |= before;
                self.sets[*set].taken |= after;
            }
            for (columns, set) in &shape.keys {
                let (before, after) = self.has(operation, *columns, false);
                self.sets[*set].let_go |= before;
                self.sets[*set].referred |= after;
            }
        }
    }

    /// Whether a row is edited in the columns in which the one before it is, and nothing else is done to the two.
    fn is_edited_as_last(&self, operation: usize) -> bool {
        let Some(last) = operation.checked_sub(1) else { return false };
        let is_edited = |row: Row| match row {
            Row::Changed(node) => !self.unit.waiting_keys.has(node) && !self.unit.deleted.contains(&node),
            Row::New(_) | Row::Switched(_) | Row::Deleted(_) => false,
        };
        self.rows.model_of[last] == self.rows.model_of[operation]
            && self.changed[last] == self.changed[operation]
            && is_edited(self.rows.rows[last])
            && is_edited(self.rows.rows[operation])
    }

    /// Whether a row may have values in some columns before and after it is written that differ.
    fn has(&self, operation: usize, columns: usize, own: bool) -> (bool, bool) {
        let columns = &self.rows.work.columns[columns].all;
        match self.rows.rows[operation] {
            Row::New(_) => {
                let is_known = |column: &usize| {
                    self.entries[operation].is_some_and(|entry| has_value(entry, *column, own))
                };
                (false, columns.iter().all(is_known))
            }
            Row::Deleted(_) => (true, false),
            Row::Switched(_) => (true, true),
            Row::Changed(node) => {
                let changes = self.unit.waiting_keys.has(node)
                    || columns.iter().any(|column| self.may_change(operation, *column));
                (changes, changes)
            }
        }
    }

    /// Whether an edit changes a column. What deletes a row that stays changes its mark.
    fn may_change(&self, operation: usize, column: usize) -> bool {
        self.lists[self.changed[operation]].contains(&column) || self.marks(operation, column)
    }

    /// Whether a column will say that its row is deleted, and does not yet.
    fn marks(&self, operation: usize, column: usize) -> bool {
        let Row::Changed(node) = self.rows.rows[operation] else { return false };
        self.unit.deleted.contains(&node) && self.store.def(node.arena).deleted() == Some(column)
    }

    /// The keys that an object takes from others.
    fn keys_from(&self, operation: usize) -> impl Iterator<Item = &'u KeyFrom> {
        let entry = self.entries[operation].into_iter().flat_map(|entry| &entry.beside.keys);
        let waiting = match self.rows.rows[operation] {
            Row::Changed(node) => Some(self.unit.waiting_keys.of(node)),
            _ => None,
        };
        entry.chain(waiting.into_iter().flatten())
    }

    fn claim(&mut self) {
        let shapes = std::mem::take(&mut self.shapes);
        let wanted: Vec<bool> = shapes.iter().map(|shape| self.wants(shape)).collect();
        for operation in 0..self.rows.rows.len() {
            let model = self.rows.model_of[operation];
            if wanted[model] {
                self.claim_by_shape(operation, &shapes[model]);
            }
            self.claim_links(operation, &shapes);
        }
    }

    /// Whether rows of a model have to claim any of their values.
    fn wants(&self, shape: &Shape) -> bool {
        let own = shape.own.iter().map(|(_, set)| self.sets[*set].own_wanted());
        let partial = shape.partial.iter().map(|partial| self.sets[partial.set].partial_wanted());
        let keys = shape.keys.iter().map(|(_, set)| self.sets[*set].keys_wanted());
        own.chain(partial).chain(keys).any(|wanted| wanted != [false; 2])
    }

    fn claim_by_shape(&mut self, operation: usize, shape: &Shape) {
        let roles = [Role::GivesUp, Role::Takes];
        for (columns, set) in &shape.own {
            let wanted = self.sets[*set].own_wanted();
            self.claim_values(operation, *columns, (*set, None), wanted, roles);
        }
        for Partial { columns, set, condition } in &shape.partial {
            let wanted = self.sets[*set].partial_wanted();
            self.claim_values(operation, *columns, (*set, Some(condition)), wanted, roles);
        }
        for (columns, set) in &shape.keys {
            let wanted = self.sets[*set].keys_wanted();
            self.claim_values(operation, *columns, (*set, None), wanted, [Role::LetsGo, Role::RefersTo]);
        }
    }

    /// Claims the values that columns of a row have before it is written and after, where these differ; with a condition, if
    /// the row meets it.
    fn claim_values(
        &mut self,
        operation: usize,
        columns: usize,
        (set, condition): (SetId, Option<&Condition>),
        wanted: [bool; 2],
        roles: [Role; 2],
    ) {
        if wanted == [false; 2] {
            return;
        }
        let own = roles[0] == Role::GivesUp;
        let [was_in, is_in] = match condition {
            Some(condition) => [true, false].map(|before| self.meets(operation, condition, before)),
            None => [true; 2],
        };
        let before = was_in.then(|| self.before(operation, columns)).flatten();
        let values = [before, is_in.then(|| self.after(operation, columns, own)).flatten()];
        // A value may be that of another row before.
        if values[0] == values[1] && (own || !self.waits(operation, columns)) {
            return;
        }
        for ((value, role), wanted) in values.into_iter().zip(roles).zip(wanted) {
            if let Some(value) = value.filter(|_| wanted) {
                let next = &mut self.next_value;
                let value = *self.values.entry((set, value)).or_insert_with(|| {
                    *next += 1;
                    *next
                });
                self.rows.work.claims.push(Claim { operation, role, value, columns, known: true });
            }
        }
    }

    /// Whether a row takes a key from an object in some columns. One that becomes another row does, also with the value that
    /// it had.
    fn waits(&self, operation: usize, columns: usize) -> bool {
        let all = &self.rows.work.columns[columns].all;
        match self.rows.rows[operation] {
            Row::Changed(node) => self.unit.waiting_keys.of(node).iter().any(|key| key.columns == all),
            Row::Switched(_) => true,
            Row::New(_) | Row::Deleted(_) => false,
        }
    }

    /// Whether a row may meet a condition before it is written, or after.
    fn meets(&self, operation: usize, condition: &Condition, before: bool) -> bool {
        let known = |value: Option<Value>| match value {
            Some(Value::NotLoaded | Value::Unfit(_)) | None => KnownValue::Unknown,
            Some(value) => KnownValue::Value(value),
        };
        let held = |column: usize| match (self.rows.rows[operation], self.entries[operation]) {
            (Row::Changed(node) | Row::Switched(node) | Row::Deleted(node), _) if before => {
                let saved = self.unit.saved_version(self.store, node);
                let objects = self.store.arena(node.arena);
                known(Some(objects.view_version(node.node, saved, column).to_value()))
            }
            (_, Some(entry)) => self.given_or_null(entry, column),
            (Row::Changed(_), None) if self.marks(operation, column) => KnownValue::NotNull,
            (Row::Changed(node), None) => {
                let waits = self.unit.waiting_keys.of(node).iter().any(|key| key.columns.contains(&column));
                let value = || self.store.arena(node.arena).view(node.node, column).to_value();
                known((!waits).then(value))
            }
            _ => KnownValue::Unknown,
        };
        condition.holds(&held) != Some(false)
    }

    /// The value that a draft's row will have in a column. What it was not given is the default, which is NULL if there is none.
    fn given_or_null(&self, entry: &'u PendingEntry, column: usize) -> KnownValue {
        let def = &entry.model.def().columns[column];
        match self.known.given(entry, column) {
            Some(Value::NotLoaded | Value::Unfit(_)) => KnownValue::Unknown,
            Some(value) => KnownValue::Value(value),
            None if entry.beside.keys.iter().any(|key| key.columns.contains(&column)) => KnownValue::NotNull,
            None if def.is_stamped_on_insert() => KnownValue::NotNull,
            None if def.nullable && !def.generated && !def.read_only && def.default.is_none() => {
                KnownValue::Value(Value::Null)
            }
            None => KnownValue::Unknown,
        }
    }

    /// The values of a row before it is written; `None` if there is no row, or a NULL.
    fn before(&self, operation: usize, columns: usize) -> Option<Vec<Value>> {
        let node = match self.rows.rows[operation] {
            Row::New(_) => return None,
            Row::Changed(node) | Row::Switched(node) | Row::Deleted(node) => node,
        };
        let objects = self.store.arena(node.arena);
        let saved = self.unit.saved_version(self.store, node);
        let columns = self.rows.work.columns[columns].all.iter();
        whole(columns.map(|column| Some(objects.view_version(node.node, saved, *column).to_value())))
    }

    /// The values of a row after it is written, as far as they are known. Values of its `own` columns may also come from
    /// new rows; the row's keys wait for these.
    fn after(&self, operation: usize, columns: usize, own: bool) -> Option<Vec<Value>> {
        let all = &self.rows.work.columns[columns].all;
        if let Some(entry) = self.entries[operation] {
            let value = |column: &usize| match own {
                true => self.known.given(entry, *column),
                false => self.known.value(entry, *column),
            };
            return whole(all.iter().map(value));
        }
        let Row::Changed(node) = self.rows.rows[operation] else { return None };
        let waiting = self.unit.waiting_keys.of(node);
        let objects = self.store.arena(node.arena);
        let value = |column: &usize| {
            let at = |key: &&KeyFrom| key.columns.iter().position(|other| other == column);
            match waiting.iter().find_map(|key| Some((key, at(&key)?))) {
                Some((key, at)) => self.known.value_from(&key.from, *key.from_columns.get(at)?),
                None => Some(objects.view(node.node, *column).to_value()),
            }
        };
        whole(all.iter().map(value))
    }

    /// Claims keys that are unknown until the rows that they come from are written; the owners of those keys are known.
    fn claim_links(&mut self, operation: usize, shapes: &[Shape]) {
        if self.keys_from(operation).next().is_none() {
            return;
        }
        let keys: Vec<(&'u KeyFrom, &'u PendingEntry, usize)> =
            self.keys_from(operation).filter_map(|key| self.unwritten(key)).collect();
        for (key, from, writes) in keys {
            let Some(there) = self.place_of(from.model) else { continue };
            let mut sets = self.set_ids.get(&from.model.type_id()).into_iter().flatten();
            let set = sets.find(|(columns, _)| *columns == key.from_columns).map(|(_, set)| *set);
            let Some(set) = set else { continue };
            let all = &self.rows.work.columns;
            let refers = |(columns, to): &&(usize, SetId)| *to == set && all[*columns].all == key.columns;
            let found = shapes[self.rows.model_of[operation]].keys.iter().find(refers);
            let own = shapes[there].own.iter().find(|(_, own)| *own == set);
            let (Some((columns, _)), Some((own, _))) = (found.copied(), own.copied()) else { continue };
            let value = self.unknown(set, writes, own);
            self.rows.work.claims.push(Claim {
                operation,
                role: Role::RefersTo,
                value,
                columns,
                known: false,
            });
        }
    }

    /// A key that is not known yet, with the draft that it comes from and the operation that writes this.
    fn unwritten(&self, key: &'u KeyFrom) -> Option<(&'u KeyFrom, &'u PendingEntry, usize)> {
        match self.known.origin(&key.from) {
            Origin::New(entry) => {
                // New objects are the first operations, in the order of their numbers.
                let cell = cell_id(&entry.cell);
                let is_before = |row: &Row| matches!(row, Row::New(other) if *other < cell);
                Some((key, entry, self.rows.rows.partition_point(is_before)))
            }
            Origin::Switched(node, entry) => {
                let is_known = |column: &usize| self.known.value(entry, *column).is_some();
                let operation = *self.switched.get(&node)?;
                (!key.from_columns.iter().all(is_known)).then_some((key, entry, operation))
            }
            Origin::Object(_) | Origin::Nowhere => None,
        }
    }

    /// The number of a value that is not known before the operation that takes it.
    fn unknown(&mut self, set: SetId, operation: usize, columns: usize) -> usize {
        if let Some(value) = self.unknown.get(&(set, operation)) {
            return *value;
        }
        self.next_value += 1;
        let value = self.next_value;
        self.unknown.insert((set, operation), value);
        self.rows.work.claims.push(Claim { operation, role: Role::Takes, value, columns, known: false });
        value
    }
}

/// Whether the value that a new object has in a column may be known.
fn has_value(entry: &PendingEntry, column: usize, own: bool) -> bool {
    match entry.beside.keys.iter().find(|key| key.columns.contains(&column)) {
        Some(key) => own || key.from.node().is_some(),
        None => entry.values[column].is_some(),
    }
}

/// Values that are one key together: none of them is NULL.
fn whole(values: impl Iterator<Item = Option<Value>>) -> Option<Vec<Value>> {
    values.map(|value| value.filter(|value| !value.is_null()).map(Value::into_key_form)).collect()
}

/// Which columns of a new object have values: one statement writes those that agree.
fn columns_of(entry: &PendingEntry) -> Vec<usize> {
    let given = (0..entry.values.len()).filter(|column| entry.values[*column].is_some());
    let mut columns: Vec<usize> =
        given.chain(entry.beside.keys.iter().flat_map(|key| key.columns.iter().copied())).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}
