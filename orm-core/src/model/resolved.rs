//! The columns and relationships that a declaration names, looked up once.

use std::sync::OnceLock;

use hashbrown::HashSet;

use super::{IndexDef, ModelDef, RelationDef, RelationKind};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{KeyColumn, TableName};

/// Caches what the names of a relationship refer to; for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct ResolvedRelation {
    columns: OnceLock<Columns>,
    others: OnceLock<Others>,
}

/// Caches whether a model is valid; for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct CheckedModel(OnceLock<Result<(), String>>);

impl ResolvedRelation {
    /// Nothing is looked up yet.
    pub const fn new() -> ResolvedRelation {
        ResolvedRelation { columns: OnceLock::new(), others: OnceLock::new() }
    }
}

impl CheckedModel {
    /// Nothing is checked yet.
    pub const fn new() -> CheckedModel {
        CheckedModel(OnceLock::new())
    }
}

/// The columns of a relationship. Those of an invalid one are empty, and [`ModelDef::check`] refuses its model.
#[derive(Debug, Default)]
struct Columns {
    local: Vec<usize>,
    remote: Vec<usize>,
    /// Those of the order, and whether each is descending.
    order: Vec<(usize, bool)>,
    /// Those of the link table that refer to this model, and those that refer to the target.
    link: (Vec<KeyColumn>, Vec<KeyColumn>),
    /// Where each part of the target's primary key is in the key here.
    primary_key_places: Option<Vec<usize>>,
    may_find_several: bool,
    may_lose_child: bool,
    /// Why it is not valid.
    invalid: Option<String>,
}

/// What depends on other relationships.
#[derive(Debug)]
struct Others {
    inverse: Option<&'static RelationDef>,
    children_are_links: bool,
    link_table: Option<TableName>,
}

impl ModelDef {
    /// Checks this model and all that its relationships lead to. Every place where a model enters a session, a query or a
    /// schema calls it, so later stages can rely on the columns of relationships.
    ///
    /// # Errors
    /// `InvalidModel`: a relationship names what does not exist, or its two sides do not fit.
    pub(crate) fn check(&'static self) -> Result<()> {
        let checked = match self.checked.0.get() {
            Some(checked) => checked,
            None => {
                let checked = self.check_all();
                self.checked.0.get_or_init(|| checked)
            }
        };
        checked.as_ref().map(|_| ()).map_err(|why| Error::new(ErrorKind::InvalidModel, why))
    }

    fn check_all(&'static self) -> Result<(), String> {
        let mut models = vec![self];
        let mut known: HashSet<*const ModelDef> = HashSet::new();
        known.insert(std::ptr::from_ref(self));
        let mut at = 0;
        while let Some(model) = models.get(at).copied() {
            at += 1;
            // What an earlier check reached from a valid model is valid as well.
            if matches!(model.checked.0.get(), Some(Ok(()))) {
                continue;
            }
            for relation in model.relations.iter() {
                if let Some(why) = &relation.columns().invalid {
                    return Err(why.clone());
                }
                let target = relation.target();
                if known.insert(std::ptr::from_ref(target)) {
                    models.push(target);
                }
            }
        }
        for model in &models {
            let unmarked = model.relations.iter().filter(|relation| !relation.view_only);
            if let Some((relation, marks)) =
                unmarked.clone().find_map(|relation| marks_links(relation, &models))
            {
                return Err(keeps_links(relation, marks));
            }
        }
        for model in models {
            model.checked.0.get_or_init(|| Ok(()));
        }
        Ok(())
    }
}

impl RelationDef {
    /// The columns of this model that make the link, by index.
    pub fn local_columns(&self) -> &[usize] {
        &self.columns().local
    }

    /// The columns of the target that make the link, by index.
    pub fn remote_columns(&self) -> &[usize] {
        &self.columns().remote
    }

    /// The columns of the declared order, by index, and whether each is descending.
    pub(crate) fn order_columns(&self) -> &[(usize, bool)] {
        &self.columns().order
    }

    /// The columns of the link table that refer to this model.
    pub(crate) fn link_columns(&self) -> &[KeyColumn] {
        &self.columns().link.0
    }

    /// The columns of the link table that refer to the target.
    pub(crate) fn link_target_columns(&self) -> &[KeyColumn] {
        &self.columns().link.1
    }

    /// Where each part of the target's primary key is in a key of this relationship, if the link is from a key here to
    /// the target's primary key: then the identity map can answer.
    pub fn primary_key_places(&self) -> Option<&[usize]> {
        self.columns().primary_key_places.as_deref()
    }

    /// Whether the database may hold several targets for one object although the relationship is a to-one: only a
    /// unique key prevents that.
    pub(crate) fn may_find_several(&self) -> bool {
        self.columns().may_find_several
    }

    /// Whether a child may lose its parent: it is deleted then, or its key may be NULL.
    pub(crate) fn may_lose_child(&self) -> bool {
        self.columns().may_lose_child
    }

    /// The relationship on the other side: the one that is named, or else the only one over the same key.
    pub(crate) fn inverse(&self) -> Option<&'static RelationDef> {
        self.others().inverse
    }

    /// Whether its link rows are also objects, which another relationship deletes with their parent.
    pub(crate) fn children_are_links(&self) -> bool {
        self.others().children_are_links
    }

    /// The link table as queries read it: if it is the table of a model on either side, rows that the model marks as deleted are
    /// not links.
    pub(crate) fn link_table(&self) -> Option<TableName> {
        self.others().link_table
    }

    fn columns(&self) -> &Columns {
        let invalid = |why| Columns { invalid: Some(why), ..Columns::default() };
        self.resolved.columns.get_or_init(|| self.resolve_columns().unwrap_or_else(invalid))
    }

    fn others(&self) -> &Others {
        let find = || Others {
            inverse: self.find_inverse(),
            children_are_links: self.find_children_that_are_links(),
            link_table: self.find_link_table(),
        };
        self.resolved.others.get_or_init(find)
    }

    fn resolve_columns(&self) -> Result<Columns, String> {
        let (parent, target) = (self.parent(), self.target());
        let (local, remote) = (self.keys(parent, self.local)?, self.keys(target, self.remote)?);
        let pairs = match &self.through {
            Some(through) => [(local.len(), through.key.len()), (remote.len(), through.target_key.len())],
            None => [(local.len(), remote.len()); 2],
        };
        if let Some((refers_to, key)) = pairs.into_iter().find(|(refers_to, key)| refers_to != key) {
            return Err(format!("`{}`: a key of {key} columns cannot refer to {refers_to}", self.path()));
        }
        let mut order = Vec::with_capacity(self.order_by.len());
        for term in self.order_by {
            order.push((self.column(target, term.field)?, term.descending));
        }
        if let Some(name) = self.inverse_name {
            match target.relations.iter().find(|other| other.name == name) {
                None => return Err(self.names_unknown("relationship", name, target)),
                Some(other) if other.is_filtered() => {
                    return Err(format!(
                        "`{}` names `{}` as its inverse, which has a `filter` and shows some of the rows; name the \
                         relationship that has all of them",
                        self.path(),
                        other.path()
                    ));
                }
                Some(_) => {}
            }
        }
        let link = self.through.as_ref().map(|through| {
            (link_columns(parent, through.key, &local), link_columns(target, through.target_key, &remote))
        });
        let place = |column: &usize| remote.iter().position(|other| other == column);
        let places: Option<Vec<usize>> = target.key.iter().map(place).collect();
        let by_key = matches!(self.kind, RelationKind::ManyToOne { .. });
        let together =
            |index: &IndexDef| index.unique && index.columns.iter().all(|column| remote.contains(column));
        let is_unique =
            remote.iter().any(|column| target.columns[*column].unique) || target.indexes.iter().any(together);
        let nullable = remote.iter().any(|column| target.columns[*column].nullable);
        Ok(Columns {
            order,
            link: link.unwrap_or_default(),
            may_find_several: self.is_collection() || places.is_none() && !is_unique,
            may_lose_child: nullable || self.cascade.delete_orphan,
            // What the session holds under the key may not meet the condition.
            primary_key_places: places
                .filter(|places| by_key && places.len() == remote.len() && !self.is_filtered()),
            local,
            remote,
            invalid: None,
        })
    }

    fn keys(&self, model: &'static ModelDef, fields: &[&str]) -> Result<Vec<usize>, String> {
        if fields.is_empty() {
            return Ok(model.key.to_vec());
        }
        let columns: Vec<usize> =
            fields.iter().map(|field| self.column(model, field)).collect::<Result<_, String>>()?;
        match columns.iter().map(|column| &model.columns[*column]).find(|column| column.deferred) {
            None => Ok(columns),
            Some(column) => Err(format!(
                "`{}` links by `{}.{}`, which is deferred; a key is read with every object, so remove `deferred`",
                self.path(),
                model.name,
                column.field
            )),
        }
    }

    fn column(&self, model: &'static ModelDef, field: &str) -> Result<usize, String> {
        model.column_of(field).ok_or_else(|| self.names_unknown("field", field, model))
    }

    fn names_unknown(&self, what: &str, name: &str, model: &ModelDef) -> String {
        format!("`{}` names the {what} `{name}`, which `{}` does not have", self.path(), model.name)
    }

    fn find_inverse(&self) -> Option<&'static RelationDef> {
        if self.view_only {
            return None;
        }
        let mut written = self.target().relations.iter().filter(|other| !other.view_only);
        if let Some(name) = self.inverse_name {
            return written.find(|other| other.name == name);
        }
        let mut over_same_key = written.filter(|other| self.is_inverse_of(other));
        match (over_same_key.next(), over_same_key.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    fn is_inverse_of(&self, other: &RelationDef) -> bool {
        let same = |a: &RelationDef, b: &RelationDef| (a.target)().type_id() == (b.parent)().type_id();
        if !same(self, other) || !same(other, self) {
            return false;
        }
        match (&self.through, &other.through) {
            (Some(a), Some(b)) => a.table == b.table && a.key == b.target_key && a.target_key == b.key,
            (None, None) => {
                let has_key = |kind: RelationKind| matches!(kind, RelationKind::ManyToOne { .. });
                has_key(self.kind) != has_key(other.kind)
                    && self.local_columns() == other.remote_columns()
                    && self.remote_columns() == other.local_columns()
            }
            _ => false,
        }
    }

    fn find_link_table(&self) -> Option<TableName> {
        let through = self.through.as_ref()?;
        let beside = self.parent().relations.iter().chain(self.target().relations);
        let mut tables = beside.map(|relation| relation.target().table);
        Some(tables.find(|table| *table == through.table).unwrap_or(through.table))
    }

    fn find_children_that_are_links(&self) -> bool {
        let Some(through) = &self.through else { return false };
        self.parent().relations.iter().any(|children| {
            let owns = matches!(children.kind, RelationKind::OneToMany | RelationKind::OneToOne);
            let target = children.target();
            owns && children.cascade.delete
                && target.table == through.table
                && target.names(children.remote_columns()) == through.key
        })
    }
}

/// A relationship by a link table that is the table of a model which marks deleted rows.
fn marks_links<'r>(
    relation: &'r RelationDef,
    models: &[&'static ModelDef],
) -> Option<(&'r RelationDef, &'static ModelDef)> {
    let through = relation.through.as_ref()?;
    let marks = models.iter().find(|model| model.table == through.table && model.table.marks_deleted())?;
    Some((relation, marks))
}

fn keeps_links(relation: &RelationDef, model: &ModelDef) -> String {
    format!(
        "`{}` goes through `{}`, the table of `{}`, which marks deleted rows instead of deleting them; add `view_only`, and add \
         and delete links as objects of `{}`",
        relation.path(),
        model.table,
        model.name,
        model.name
    )
}

/// The columns of a link table that refer to some columns of a model.
fn link_columns(model: &ModelDef, names: &[&'static str], refers_to: &[usize]) -> Vec<KeyColumn> {
    let part = |(name, column): (&&'static str, &usize)| {
        let column = &model.columns[*column];
        KeyColumn { name, secret: column.secret, kind: column.kind }
    };
    names.iter().zip(refers_to).map(part).collect()
}
