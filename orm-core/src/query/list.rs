//! The select list of a query for rows.

use std::fmt;

use super::LoadSpec;
use crate::model::{ErasedModel, ModelDef, Selection};
use crate::sql::{Expr, Source};
use crate::value::ValueKind;

/// What a query selects, without its types.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct SelectList {
    pub(crate) values: Vec<ValueItem>,
    pub(crate) entities: Vec<EntityItem>,
    /// The known models of sources of columns.
    pub(crate) models: Vec<(Source, &'static ModelDef)>,
}

/// One selected value.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct ValueItem {
    pub(crate) expr: Expr,
    /// What a subquery calls it.
    pub(crate) name: Option<&'static str>,
    /// What a struct calls it, where that is something else.
    pub(crate) field: Option<&'static str>,
    pub(crate) kind: ValueKind,
    pub(crate) nullable: bool,
}

/// One selected entity.
#[doc(hidden)]
#[derive(Clone)]
pub struct EntityItem {
    pub(crate) model: &'static dyn ErasedModel,
    pub(crate) source: Source,
    pub(crate) nullable: bool,
    /// The deferred columns to read.
    pub(crate) undeferred: Vec<usize>,
    pub(crate) loads: Vec<LoadSpec>,
}

impl EntityItem {
    /// Which of its columns are selected.
    pub(crate) fn selection(&self) -> Selection {
        Selection::new(self.model, &self.undeferred)
    }
}

impl SelectList {
    /// Adds a value; returns its place among the values.
    pub(super) fn value(&mut self, item: ValueItem) -> usize {
        self.values.push(item);
        self.values.len() - 1
    }

    /// Adds an entity; returns its place among the entities.
    pub(super) fn entity(&mut self, item: EntityItem) -> usize {
        self.know(item.source.clone(), item.model.def());
        self.entities.push(item);
        self.entities.len() - 1
    }

    /// Records the model of a source.
    pub(super) fn know(&mut self, source: Source, def: &'static ModelDef) {
        if !self.models.iter().any(|(known, _)| *known == source) {
            self.models.push((source, def));
        }
    }

    /// The sources that the selected values and entities name, in the order in which they do.
    pub(super) fn sources(&self) -> Vec<Source> {
        let mut sources: Vec<Source> = Vec::new();
        let mut name = |source: &Source| {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        };
        for item in &self.values {
            item.expr.clone().visit_free(&mut |source| name(source));
        }
        self.entities.iter().for_each(|item| name(&item.source));
        sources
    }
}

impl ValueItem {
    /// What a struct's field is called that takes it.
    pub(crate) fn field(&self) -> Option<&'static str> {
        self.field.or(self.name)
    }
}

impl fmt::Debug for EntityItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntityItem").field("model", &self.model.def().name).finish_non_exhaustive()
    }
}
