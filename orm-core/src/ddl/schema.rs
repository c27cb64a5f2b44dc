use crate::error::{Error, ErrorKind, Result};
use crate::model::{ErasedModel, Model, ModelDef, RelationDef, RelationKind, ThroughDef, erased};
use crate::sql::Dialect;

/// A list of models: what [`schema!`](crate::schema) gives.
#[derive(Debug, Default)]
pub struct Schema {
    models: Vec<&'static dyn ErasedModel>,
}

impl Schema {
    /// An empty list.
    pub fn new() -> Schema {
        Schema::default()
    }

    /// Adds a model; one that is there already stays once.
    #[must_use]
    pub fn with<M: Model>(mut self) -> Schema {
        let model = erased::<M>();
        if self.models.iter().all(|other| other.type_id() != model.type_id()) {
            self.models.push(model);
        }
        self
    }

    /// The models, in the order in which they were added.
    pub(super) fn models(&self) -> impl Iterator<Item = &'static dyn ErasedModel> {
        self.models.iter().copied()
    }

    /// The models in an order in which a table comes after those that its keys refer to, as far as there is one.
    pub(super) fn ordered(&self, dialect: Dialect) -> Result<Vec<&'static dyn ErasedModel>> {
        self.check(dialect)?;
        let mut ordered = Vec::with_capacity(self.models.len());
        let mut entered = vec![false; self.models.len()];
        for start in 0..self.models.len() {
            let mut stack = vec![(start, false)];
            while let Some((at, done)) = stack.pop() {
                if done {
                    ordered.push(self.models[at]);
                } else if !std::mem::replace(&mut entered[at], true) {
                    stack.push((at, true));
                    stack.extend(self.parents(at).map(|parent| (parent, false)));
                }
            }
        }
        Ok(ordered)
    }

    /// What the keys of a model's table refer to, whichever side declares them.
    fn parents(&self, at: usize) -> impl Iterator<Item = usize> {
        let child = self.models[at].type_id();
        self.relations().filter_map(move |relation| {
            let (of, to) = ((relation.parent)(), (relation.target)());
            match relation.kind {
                RelationKind::BelongsTo { .. } if of.type_id() == child => self.position(to),
                RelationKind::HasMany | RelationKind::HasOne if to.type_id() == child => self.position(of),
                _ => None,
            }
        })
    }

    fn position(&self, model: &'static dyn ErasedModel) -> Option<usize> {
        self.models.iter().position(|other| other.type_id() == model.type_id())
    }

    /// The models' definitions.
    pub(super) fn defs(&self) -> impl Iterator<Item = &'static ModelDef> {
        self.models.iter().map(|model| model.def())
    }

    /// Every relationship of the models; their targets are in the list.
    pub(super) fn relations(&self) -> impl Iterator<Item = &'static RelationDef> {
        self.models.iter().flat_map(|model| model.def().relations)
    }

    /// The link tables that no model of the list declares, each once.
    pub(super) fn link_tables(&self) -> Vec<(&'static RelationDef, &'static ThroughDef)> {
        let mut tables: Vec<(&'static RelationDef, &'static ThroughDef)> = Vec::new();
        for relation in self.relations() {
            let Some(through) = &relation.through else { continue };
            let is_model = self.models.iter().any(|model| model.def().table == through.table);
            if !is_model && tables.iter().all(|(_, other)| other.table != through.table) {
                tables.push((relation, through));
            }
        }
        tables
    }

    fn check(&self, dialect: Dialect) -> Result<()> {
        for (at, model) in self.models.iter().enumerate() {
            let def = model.def();
            if let Some(other) =
                self.models[..at].iter().find(|other| dialect.is_same_table(other.def().table, def.table))
            {
                return Err(Error::new(
                    ErrorKind::InvalidModel,
                    format!("`{}` and `{}` are both the table `{}`", other.def().name, def.name, def.table),
                ));
            }
            for relation in def.relations {
                relation.remote_columns()?;
                if self.position((relation.target)()).is_none() {
                    return Err(Error::new(
                        ErrorKind::InvalidModel,
                        format!(
                            "`{}` leads to `{}`, which is not in this schema; add it to `schema![..]`",
                            relation.path(),
                            relation.target().name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The models that `create_all` and `drop_all` take: `schema![User, Order, Item]`, in any order.
#[macro_export]
macro_rules! schema {
    ($($model:ty),* $(,)?) => {
        $crate::Schema::new()$(.with::<$model>())*
    };
}
