//! The columns and relationships that a declaration names, looked up once.

use std::sync::OnceLock;

use hashbrown::HashSet;

use super::{Condition, IndexDef, ModelDef, RelationDef, RelationKind, ThroughDef};
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
pub struct CheckedModel {
    whole: OnceLock<Result<(), String>>,
    /// The conditions of its indexes, by the places of these.
    conditions: OnceLock<Result<Vec<Option<Condition>>, String>>,
}

impl ResolvedRelation {
    /// Nothing is looked up yet.
    pub const fn new() -> ResolvedRelation {
        ResolvedRelation { columns: OnceLock::new(), others: OnceLock::new() }
    }
}

impl CheckedModel {
    /// Nothing is checked yet.
    pub const fn new() -> CheckedModel {
        CheckedModel { whole: OnceLock::new(), conditions: OnceLock::new() }
    }
}

/// The columns of a relationship. Those of an invalid one are empty, and [`ModelDef::check`] refuses its model.
#[derive(Debug, Default)]
struct Columns {
    local: Vec<usize>,
    remote: Vec<usize>,
    order: Vec<OrderColumn>,
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
    association: Option<&'static ModelDef>,
}

/// A column that a collection is ordered by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderColumn {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it is in the link table.
    pub(crate) of_association: bool,
    pub(crate) descending: bool,
}

impl ModelDef {
    /// Checks this model and all that its relationships lead to. Every place where a model enters a session, a query or a
    /// schema calls it, so later stages can rely on the columns of relationships.
    ///
    /// # Errors
    /// `InvalidModel`: a relationship names what does not exist, or its two sides do not fit.
    pub(crate) fn check(&'static self) -> Result<()> {
        let checked = match self.checked.whole.get() {
            Some(checked) => checked,
            None => {
                let checked = self.check_all();
                self.checked.whole.get_or_init(|| checked)
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
            if matches!(model.checked.whole.get(), Some(Ok(()))) {
                continue;
            }
            if let Err(why) = model.conditions() {
                return Err(why.clone());
            }
            for relation in model.relations.iter() {
                if let Some(why) = &relation.columns().invalid {
                    return Err(why.clone());
                }
                let target = relation.target();
                for next in relation.association().into_iter().chain([target]) {
                    if known.insert(std::ptr::from_ref(next)) {
                        models.push(next);
                    }
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
            model.checked.whole.get_or_init(|| Ok(()));
        }
        Ok(())
    }

    /// The condition of an index; `None` if it has none.
    pub(crate) fn condition(&self, index: &IndexDef) -> Option<&Condition> {
        let at = self.indexes.iter().position(|other| other == index)?;
        self.conditions().as_ref().ok()?.get(at)?.as_ref()
    }

    fn conditions(&self) -> &Result<Vec<Option<Condition>>, String> {
        let read = || {
            let condition = |index: &IndexDef| index.condition.map(|text| self.read_condition(index, text));
            self.indexes.iter().map(|index| condition(index).transpose()).collect()
        };
        self.checked.conditions.get_or_init(read)
    }

    fn read_condition(&self, index: &IndexDef, text: &str) -> Result<Condition, String> {
        let place = || {
            let fields: Vec<&str> = index.columns.iter().map(|column| self.columns[*column].field).collect();
            let option = if index.unique { "unique" } else { "index" };
            format!("`{}`: `{option} = \"{} where {text}\"`", self.name, fields.join(", "))
        };
        let condition = Condition::read(text, &|field| self.column_of(field)).map_err(|why| {
            format!(
                "{}: {why}; a condition consists of `is null`, `is not null`, comparisons with a value and `in (..)`, with \
                 `and`, `or`, `not` and parentheses",
                place()
            )
        })?;
        let condition = condition.of_kinds(&|column| self.columns[column].kind);
        match condition.unfit(self.columns) {
            Some((column, why)) => Err(format!("{}: `{}`: {why}", place(), self.columns[column].field)),
            None => Ok(condition),
        }
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

    /// The columns of the declared order.
    pub(crate) fn order_columns(&self) -> &[OrderColumn] {
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

    /// The model whose rows are the links: the one that the relationship names, or one of the link table beside it.
    pub(crate) fn association(&self) -> Option<&'static ModelDef> {
        self.others().association
    }

    /// The link table as queries read it: if it is the table of a model, rows that the model marks as deleted are not links.
    pub(crate) fn link_table(&self) -> Option<TableName> {
        self.association().map(|model| model.table).or_else(|| self.through.map(|through| through.table()))
    }

    /// Whether no two rows of the association model are the same link, by its key or by a unique constraint.
    pub(crate) fn links_once(&self) -> bool {
        let Some(model) = self.association() else { return false };
        let link: Vec<&str> =
            self.link_columns().iter().chain(self.link_target_columns()).map(|column| column.name).collect();
        let in_link = |column: &usize| link.contains(&model.columns[*column].name);
        model.key.iter().all(in_link)
            || model.indexes.iter().any(|index| index.is_key() && index.columns.iter().all(in_link))
    }

    fn columns(&self) -> &Columns {
        let invalid = |why| Columns { invalid: Some(why), ..Columns::default() };
        self.resolved.columns.get_or_init(|| self.resolve_columns().unwrap_or_else(invalid))
    }

    fn others(&self) -> &Others {
        let find = || Others {
            inverse: self.find_inverse(),
            children_are_links: self.find_children_that_are_links(),
            association: self.find_association(),
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
        // A link table's own columns are declared as those that they refer to.
        let precisions = |(own, other): (&usize, &usize)| (&parent.columns[*own], &target.columns[*other]);
        let mut keys = local.iter().zip(&remote).map(precisions).filter(|_| self.through.is_none());
        if let Some((own, other)) = keys.find(|(own, other)| own.precision != other.precision) {
            return Err(format!(
                "`{}` links `{}.{}` to `{}.{}`, which keeps another number of digits behind the second; give both columns the \
                 same `precision`",
                self.path(),
                parent.name,
                own.field,
                target.name,
                other.field
            ));
        }
        let mut order = Vec::with_capacity(self.order_by.len());
        for term in self.order_by {
            let model = match self.through.and_then(|through| through.model()) {
                Some(association) if term.of_association => association,
                _ => target,
            };
            let name = model.columns[self.column(model, term.field)?].name;
            order.push(OrderColumn {
                name,
                of_association: term.of_association,
                descending: term.descending,
            });
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
        let link = match &self.through {
            None => None,
            Some(through) => Some((
                self.link_columns_to(parent, through, through.key, &local)?,
                self.link_columns_to(target, through, through.target_key, &remote)?,
            )),
        };
        let place = |column: &usize| remote.iter().position(|other| other == column);
        let places: Option<Vec<usize>> = target.key.iter().map(place).collect();
        let by_key = matches!(self.kind, RelationKind::ManyToOne { .. });
        let together =
            |index: &IndexDef| index.is_key() && index.columns.iter().all(|column| remote.contains(column));
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

    /// The columns of the link table that refer to some columns of a model.
    fn link_columns_to(
        &self,
        model: &ModelDef,
        through: &ThroughDef,
        names: &[&'static str],
        refers_to: &[usize],
    ) -> Result<Vec<KeyColumn>, String> {
        let association = through.model();
        if let Some(association) = association
            && [self.parent(), self.target()].iter().any(|end| end.table == association.table)
        {
            return Err(format!(
                "`{}` goes through `{}`, which is one of the models that it links; go through a model of its own",
                self.path(),
                association.name
            ));
        }
        let part = |(name, refers_to): (&&'static str, &usize)| {
            let there = &model.columns[*refers_to];
            let Some(association) = association else {
                return Ok(KeyColumn { name, secret: there.secret, kind: there.kind });
            };
            let here = &association.columns[self.column(association, name)?];
            if here.kind.takes(there.kind) {
                return Ok(KeyColumn { name: here.name, secret: here.secret, kind: here.kind });
            }
            Err(format!(
                "`{}` goes through `{}` by the field `{name}`, whose type differs from that of `{}.{}`; name the fields of \
                 `{}` with `key` and `target_key`",
                self.path(),
                association.name,
                model.name,
                there.field,
                association.name
            ))
        };
        names.iter().zip(refers_to).map(part).collect()
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
            (Some(a), Some(b)) => a.table() == b.table() && a.key == b.target_key && a.target_key == b.key,
            (None, None) => {
                let has_key = |kind: RelationKind| matches!(kind, RelationKind::ManyToOne { .. });
                has_key(self.kind) != has_key(other.kind)
                    && self.local_columns() == other.remote_columns()
                    && self.remote_columns() == other.local_columns()
            }
            _ => false,
        }
    }

    fn find_association(&self) -> Option<&'static ModelDef> {
        let through = self.through.as_ref()?;
        let beside = || {
            let relations = self.parent().relations.iter().chain(self.target().relations);
            relations.map(RelationDef::target).find(|model| model.table == through.table())
        };
        through.model().or_else(beside)
    }

    fn find_children_that_are_links(&self) -> bool {
        let Some(through) = &self.through else { return false };
        self.parent().relations.iter().any(|children| {
            let owns = matches!(children.kind, RelationKind::OneToMany | RelationKind::OneToOne);
            let target = children.target();
            owns && children.cascade.delete
                && target.table == through.table()
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
    let marks = models.iter().find(|model| model.table == through.table() && model.table.marks_deleted())?;
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
