//! The columns whose values are unique or referred to.

use super::{Builder, Partial, Set, SetId, Shape};
use crate::model::{Condition, ErasedModel, RelationKind};
use crate::unit_of_work::schedule::Columns;

impl Builder<'_> {
    /// The columns of each model that is written whose values are unique or keys, from whichever side these are declared.
    pub(super) fn find_columns(&mut self) {
        let models = self.rows.models.clone();
        self.shapes.resize_with(models.len(), Shape::default);
        let held = self.store.graph().arenas().map(|arena| self.store.model(arena));
        let new =
            models.iter().copied().filter(|model| held.clone().all(|held| held.type_id() != model.type_id()));
        let known: Vec<&'static dyn ErasedModel> = held.clone().chain(new).collect();
        for relation in known.iter().flat_map(|model| model.def().relations) {
            let (model, columns) = match relation.kind {
                RelationKind::ManyToOne { .. } => ((relation.target)(), relation.remote_columns()),
                RelationKind::OneToMany | RelationKind::OneToOne => {
                    ((relation.parent)(), relation.local_columns())
                }
                RelationKind::ManyToMany => continue,
            };
            self.referred.extend(columns.iter().map(|column| (model.type_id(), *column)));
        }
        for model in &models {
            let def = model.def();
            self.own(*model, def.key.to_vec());
            for (column, _) in def.columns.iter().enumerate().filter(|(_, column)| column.unique) {
                self.own(*model, vec![column]);
            }
            for index in def.indexes.iter().filter(|index| index.unique) {
                match def.condition(index) {
                    Some(condition) => self.own_partly(*model, index.columns.to_vec(), condition),
                    None => drop(self.own(*model, index.columns.to_vec())),
                }
            }
        }
        for relation in known.iter().flat_map(|model| model.def().relations) {
            let (local, remote) = (relation.local_columns(), relation.remote_columns());
            let (here, there) = ((relation.parent)(), (relation.target)());
            let (child, columns, parent, refers_to) = match relation.kind {
                RelationKind::ManyToOne { .. } => (here, local, there, remote),
                RelationKind::OneToMany | RelationKind::OneToOne => (there, remote, here, local),
                RelationKind::ManyToMany => continue,
            };
            if relation.kind == RelationKind::OneToOne && self.place_of(child).is_some() {
                // At most one child for each parent, whether or not the database was told.
                self.own(child, columns.to_vec());
            }
            let written = [child, parent].into_iter().all(|model| self.place_of(model).is_some());
            if written {
                let set = self.own(parent, refers_to.to_vec());
                let columns = self.columns(child, columns.to_vec());
                if let Some(shape) = self.place_of(child).and_then(|at| self.shapes.get_mut(at))
                    && !shape.keys.contains(&(columns, set))
                {
                    shape.keys.push((columns, set));
                }
            }
        }
    }

    /// The place of a model among those that are written.
    pub(super) fn place_of(&self, model: &'static dyn ErasedModel) -> Option<usize> {
        self.rows.models.iter().position(|other| other.type_id() == model.type_id())
    }

    /// Columns whose values are unique, or referred to.
    fn own(&mut self, model: &'static dyn ErasedModel, columns: Vec<usize>) -> SetId {
        let of_model = self.set_ids.entry(model.type_id()).or_default();
        let set = match of_model.iter().find(|(other, _)| *other == columns) {
            Some((_, set)) => *set,
            None => {
                self.sets.push(Set::default());
                of_model.push((columns.clone(), self.sets.len() - 1));
                self.sets.len() - 1
            }
        };
        let columns = self.columns(model, columns);
        if let Some(shape) = self.place_of(model).and_then(|at| self.shapes.get_mut(at))
            && !shape.own.contains(&(columns, set))
        {
            shape.own.push((columns, set));
        }
        set
    }

    /// Columns whose values are unique among the rows that meet a condition.
    fn own_partly(
        &mut self,
        model: &'static dyn ErasedModel,
        columns: Vec<usize>,
        condition: &'static Condition,
    ) {
        let columns = self.columns(model, columns);
        let set = self.sets.len();
        self.sets.push(Set::default());
        if let Some(shape) = self.place_of(model).and_then(|at| self.shapes.get_mut(at)) {
            shape.partial.push(Partial { columns, set, condition });
        }
    }

    /// Columns that other rows refer to are not NULL even for a while: rows that are not held would lose their key.
    fn columns(&mut self, model: &'static dyn ErasedModel, all: Vec<usize>) -> usize {
        let def = model.def();
        let can_be_null = |column: &usize| {
            def.columns[*column].nullable
                && !def.key.contains(column)
                && !self.referred.contains(&(model.type_id(), *column))
        };
        let nullable = all.iter().copied().filter(can_be_null);
        let columns = Columns { nullable: nullable.collect(), all };
        let known = &mut self.rows.work.columns;
        known.iter().position(|other| *other == columns).unwrap_or_else(|| {
            known.push(columns);
            known.len() - 1
        })
    }
}
