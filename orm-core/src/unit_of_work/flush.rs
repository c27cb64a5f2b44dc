use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::moves::holders;
use super::schedule::{Circle, Kind, Part, Schedule, Step, schedule};
use super::switch::Switched;
use super::unit_of_work::{CellId, KeyFrom, Node, PendingEntry, Ref, UnitOfWork, by_arena, cell_id};
use super::work::{Row, Rows};
use crate::driver::{Lease, Monitor};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Slice, Slot};
use crate::identity::Store;
use crate::model::{RelationDef, RelationKind, inverse_of};
use crate::sql::Dialect;
use crate::value::Value;

/// Writes a unit of work, in the steps that [`schedule`] orders: rows of the tables from parents to children, then link
/// rows, then deletions.
pub(crate) struct Flush<'s> {
    pub(super) store: &'s mut Store,
    pub(super) unit: &'s mut UnitOfWork,
    pub(super) lease: &'s mut Lease,
    pub(super) monitor: &'s Monitor,
    pub(super) dialect: Dialect,
    /// Objects whose rows the database deletes with those of their parents.
    pub(super) passively_deleted: Vec<Node>,
    /// Objects whose rows become those of drafts with their keys.
    pub(super) switched: Switched,
    /// Columns of rows that are written in parts.
    pub(super) cut: HashMap<Row, Cut>,
    /// Deleted objects whose link rows are gone.
    unlinked: HashSet<Node>,
}

/// Which columns of a row are NULL before it is written, and after.
#[derive(Debug, Default)]
pub(super) struct Cut {
    pub(super) cleared: Vec<usize>,
    pub(super) late: Vec<usize>,
    /// What a new row gets late: given values, and keys of other objects.
    values: Vec<(usize, Value)>,
    keys: Vec<KeyFrom>,
    /// The new object, once it has a row.
    node: Option<Node>,
}

impl<'s> Flush<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        unit: &'s mut UnitOfWork,
        lease: &'s mut Lease,
        monitor: &'s Monitor,
        dialect: Dialect,
    ) -> Flush<'s> {
        Flush {
            store,
            unit,
            lease,
            monitor,
            dialect,
            passively_deleted: Vec::new(),
            switched: Switched::default(),
            cut: HashMap::new(),
            unlinked: HashSet::new(),
        }
    }
}

impl Flush<'_> {
    /// Writes everything.
    ///
    /// # Errors
    /// A required column has no value, or the database refuses a row; the transaction must be rolled back then.
    pub(crate) async fn run(&mut self) -> Result<()> {
        self.confirm().await?;
        self.displace().await?;
        self.find_switched();
        self.follow_deletes().await?;
        self.switch_rows();
        self.write().await
    }

    async fn write(&mut self) -> Result<()> {
        let rows = Rows::of(self.unit, self.store, &self.switched);
        let by_row = self.dialect.checks_keys_by_row();
        let schedule = schedule(&rows.work, by_row).map_err(|circle| needs_itself(&rows, &circle))?;
        self.note_cuts(&rows, &schedule.steps);
        let mut pending = std::mem::take(&mut self.unit.pending);
        let mut made = Vec::with_capacity(pending.len());
        let deletions =
            schedule.steps.iter().rposition(|step| step.kind != Kind::Delete).map_or(0, |last| last + 1);
        let (steps, deletions) = schedule.steps.split_at(deletions);
        self.links_of_switched().await?;
        if steps.iter().any(|step| step.kind == Kind::Delete) {
            // Rows that go early, for the sake of those that take their unique values, take their links along.
            self.unlinked_rows().await?;
            self.links_of_deleted().await?;
        }
        for step in steps {
            let written = self.step(&rows, step, &mut pending, &mut made).await;
            written.map_err(|error| self.in_each_others_way(error, &rows, &schedule, step))?;
        }
        for (entry, node) in made {
            self.hold(entry, node);
        }
        self.defaults_of_switched().await?;
        self.unlinked_rows().await?;
        self.link_rows().await?;
        self.links_of_deleted().await?;
        for step in deletions {
            let written = self.step(&rows, step, &mut pending, &mut Vec::new()).await;
            written.map_err(|error| self.in_each_others_way(error, &rows, &schedule, step))?;
        }
        for (arena, nodes) in by_arena(std::mem::take(&mut self.passively_deleted)) {
            self.rows_gone(arena, &nodes);
        }
        self.unit.deleted.clear();
        self.unit.dirty.clear();
        Ok(())
    }

    /// The link rows of all objects that are still to be deleted go before the first of these: a link may be declared on one
    /// side alone.
    async fn links_of_deleted(&mut self) -> Result<()> {
        let deleted: Vec<Node> =
            self.unit.deleted.iter().copied().filter(|node| self.unlinked.insert(*node)).collect();
        for (arena, nodes) in by_arena(deleted) {
            self.delete_links(arena, &nodes).await?;
        }
        Ok(())
    }

    fn note_cuts(&mut self, rows: &Rows, steps: &[Step]) {
        for Step { part, operations, .. } in steps.iter().filter(|step| step.part != Part::Whole) {
            for operation in operations {
                let cut = self.cut.entry(rows.rows[*operation]).or_default();
                match part {
                    Part::Clear(columns) => cut.cleared.extend(columns),
                    Part::Late(columns) => cut.late.extend(columns),
                    Part::Whole => {}
                }
            }
        }
    }

    async fn step(
        &mut self,
        rows: &Rows,
        step: &Step,
        pending: &mut BTreeMap<CellId, PendingEntry>,
        made: &mut Vec<(PendingEntry, Node)>,
    ) -> Result<()> {
        let rows = step.operations.iter().map(|operation| rows.rows[*operation]);
        match (&step.part, step.kind) {
            (Part::Whole, Kind::Insert) => {
                let cells = rows.filter_map(|row| if let Row::New(cell) = row { Some(cell) } else { None });
                let batch: Vec<PendingEntry> = cells.filter_map(|cell| pending.remove(&cell)).collect();
                made.extend(self.insert_whole(batch).await?);
            }
            (Part::Whole, Kind::Update) => {
                let rows: Vec<Row> = rows.collect();
                for row in &rows {
                    match row {
                        Row::Changed(node) => self.keys_that_waited(*node)?,
                        Row::Switched(node) => made.extend(self.fill_switched(*node)?),
                        Row::New(_) | Row::Deleted(_) => {}
                    }
                }
                self.updates(rows.iter().filter_map(|row| self.node_of(*row)).collect()).await?;
            }
            (Part::Whole, Kind::Delete) => {
                for (arena, nodes) in by_arena(rows.filter_map(|row| self.node_of(row))) {
                    self.deletes(arena, &nodes).await?;
                }
            }
            (Part::Clear(columns), _) => {
                for (arena, nodes) in by_arena(rows.filter_map(|row| self.node_of(row))) {
                    self.clear_keys(arena, &nodes, columns).await?;
                }
            }
            (Part::Late(columns), _) => {
                let rows: Vec<Row> = rows.collect();
                rows.iter().try_for_each(|row| self.late_values(*row))?;
                for (arena, nodes) in by_arena(rows.iter().filter_map(|row| self.node_of(*row))) {
                    self.update_late(arena, &nodes, columns).await?;
                }
            }
        }
        Ok(())
    }

    fn node_of(&self, row: Row) -> Option<Node> {
        match row {
            Row::Changed(node) | Row::Switched(node) | Row::Deleted(node) => Some(node),
            Row::New(_) => self.cut.get(&row).and_then(|cut| cut.node),
        }
    }

    /// Inserts new objects; what they get late is NULL at first.
    async fn insert_whole(&mut self, mut batch: Vec<PendingEntry>) -> Result<Vec<(PendingEntry, Node)>> {
        if !self.cut.is_empty() {
            for entry in &mut batch {
                let Some(cut) = self.cut.get_mut(&Row::New(cell_id(&entry.cell))) else { continue };
                let is_late = |columns: &[usize]| columns.iter().any(|column| cut.late.contains(column));
                cut.keys = entry.keys.extract_if(.., |key| is_late(&key.columns)).collect();
                for column in &cut.late {
                    let value = entry.values[*column].replace(Value::Null);
                    cut.values.extend(value.map(|value| (*column, value)));
                }
            }
        }
        let made = self.insert(batch).await?;
        if !self.cut.is_empty() {
            for (entry, node) in &made {
                if let Some(cut) = self.cut.get_mut(&Row::New(cell_id(&entry.cell))) {
                    cut.node = Some(*node);
                }
            }
        }
        Ok(made)
    }

    /// Gives an object what it gets late, now that it is known.
    fn late_values(&mut self, row: Row) -> Result<()> {
        if let Row::Changed(node) | Row::Switched(node) = row {
            return self.keys_that_waited(node);
        }
        let Some(cut) = self.cut.get_mut(&row) else { return Ok(()) };
        let (keys, values) = (std::mem::take(&mut cut.keys), std::mem::take(&mut cut.values));
        let Some(node) = cut.node else { return Ok(()) };
        self.unit.change(self.store, node, values)?;
        keys.into_iter().try_for_each(|key| self.take_key(node, key))
    }

    /// Gives a new object what its draft was given, and the objects it was appended to the new one; what was linked
    /// elsewhere in the meantime is left where it is.
    fn hold(&mut self, entry: PendingEntry, node: Node) {
        for (relation, targets) in entry.holds {
            let nodes: Vec<Node> = targets
                .iter()
                .filter_map(Ref::node)
                .filter(|target| self.keys_agree(relation, node, *target))
                .collect();
            if nodes.is_empty() && !targets.is_empty() && !relation.is_collection() {
                continue;
            }
            let Some(first) = nodes.first() else {
                let arena = self.store.arena_of((relation.target)());
                let empty =
                    if relation.is_collection() { Slot::Many(Slice::of(Vec::new())) } else { Slot::Nobody };
                self.unit.set_slot(self.store, node, relation, Some(arena), empty);
                continue;
            };
            let slot = match relation.is_collection() {
                true => Slot::Many(Slice::of(nodes.iter().map(|target| target.node).collect())),
                false => Slot::One(first.node),
            };
            self.unit.set_slot(self.store, node, relation, Some(first.arena), slot);
            self.hold_inverse(relation, node, &nodes);
        }
        for (relation, parent) in entry.held_by {
            if self.keys_agree(relation, parent, node) {
                self.unit.hold_both(self.store, relation, parent, node);
            }
        }
    }

    /// Whether the keys of two objects say that they are linked; link rows have no key in the objects.
    fn keys_agree(&self, relation: &RelationDef, parent: Node, target: Node) -> bool {
        if relation.kind == RelationKind::ManyToMany {
            return true;
        }
        match (relation.local_columns(), relation.remote_columns()) {
            (Ok(local), Ok(remote)) => {
                self.store.values(parent.arena, parent.node, &local)
                    == self.store.values(target.arena, target.node, &remote)
            }
            _ => false,
        }
    }

    fn hold_inverse(&mut self, relation: &'static RelationDef, node: Node, targets: &[Node]) {
        let Some(inverse) = inverse_of(relation) else { return };
        for target in targets {
            match inverse.is_collection() {
                true => self.unit.hold(self.store, *target, inverse, node),
                false => {
                    self.unit.set_slot(self.store, *target, inverse, Some(node.arena), Slot::One(node.node));
                }
            }
        }
    }

    /// The relationship that gives an object a key in these columns, from whichever side it is declared on.
    fn relation_by(&self, child: Node, columns: &[usize]) -> Option<&'static RelationDef> {
        let own = |relation: &&RelationDef| {
            matches!(relation.kind, RelationKind::BelongsTo { .. })
                && relation.local_columns().is_ok_and(|local| local == columns)
        };
        let own = self.store.def(child.arena).relations.iter().find(own);
        own.or_else(|| {
            let holders = holders(self.store, child.arena).into_iter().map(|holder| holder.1);
            holders
                .into_iter()
                .find(|relation| relation.remote_columns().is_ok_and(|remote| remote == columns))
        })
    }

    /// Gives an existing object the keys to new ones that are known now.
    fn keys_that_waited(&mut self, node: Node) -> Result<()> {
        let keys = self.unit.waiting_keys.take_of(node);
        keys.into_iter().try_for_each(|key| self.take_key(node, key))
    }

    fn take_key(&mut self, node: Node, key: KeyFrom) -> Result<()> {
        let Some(from) = key.from.node() else {
            // It closes a circle, and is written late.
            self.unit.waiting_keys.set(node, key);
            return Ok(());
        };
        let values = self.store.values(from.arena, from.node, &key.from_columns);
        if let Some(relation) = self.relation_by(node, &key.columns) {
            self.unit.check_key(self.store, relation, node, &key.columns, values.clone())?;
        }
        self.unit.change(self.store, node, key.columns.into_iter().zip(values).collect())
    }

    /// Says which rows are in each other's way where the database refused one of them.
    fn in_each_others_way(&self, error: Error, rows: &Rows, schedule: &Schedule, step: &Step) -> Error {
        if !matches!(error.kind(), ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation) {
            return error;
        }
        let is_here = |(one, other): &&(usize, usize)| {
            step.operations.iter().any(|operation| operation == one || operation == other)
        };
        let Some((one, other)) = schedule.conflicts.iter().find(is_here) else { return error };
        error.suffixed(&format!(
            "\n({} and {} each have to be written before the other, because one takes a value or key that the other has \
             until then; give one of them another value, call `session.flush().await`, and set the final value after that)",
            self.shown(rows, *one),
            self.shown(rows, *other)
        ))
    }

    fn shown(&self, rows: &Rows, operation: usize) -> String {
        let def = rows.model(operation).def();
        match self.node_of(rows.rows[operation]) {
            Some(node) => {
                let key = self.saved_values(node.arena, node.node, def.key);
                format!("the `{}` with the key {}", def.name, def.shown(def.key, &key))
            }
            None => format!("a new `{}`", def.name),
        }
    }
}

/// New rows that need each other's generated keys.
fn needs_itself(rows: &Rows, circle: &Circle) -> Error {
    let mut names: Vec<&'static str> =
        circle.operations.iter().map(|operation| rows.model(*operation).def().name).collect();
    names.sort_unstable();
    names.dedup();
    Error::new(
        ErrorKind::InvalidState,
        format!(
            "new objects of {} refer to each other in a circle, so none can be inserted first; add one of them \
             without its link, flush, and link it then",
            names.join(", ")
        ),
    )
}
