//! The order of tables.

use std::any::TypeId;

use hashbrown::{HashMap, HashSet};

use crate::model::{ErasedModel, RelationKind};

/// The order of tables in which rows may be inserted: a table comes after those that its keys refer to.
///
/// Cycles between tables are cut where they close; the rows of such tables are ordered by their links instead.
pub(super) fn table_ranks(models: &[&'static dyn ErasedModel]) -> HashMap<TypeId, usize> {
    let present: HashMap<TypeId, &'static dyn ErasedModel> =
        models.iter().map(|model| (model.type_id(), *model)).collect();
    let mut parents: HashMap<TypeId, Vec<TypeId>> = HashMap::new();
    let mut seen = HashSet::new();
    for model in models.iter().filter(|model| seen.insert(model.type_id())) {
        for relation in model.def().relations {
            let (here, there) = (model.type_id(), (relation.target)().type_id());
            let (child, parent) = match relation.kind {
                RelationKind::ManyToOne { .. } => (here, there),
                RelationKind::OneToMany | RelationKind::OneToOne => (there, here),
                RelationKind::ManyToMany => {
                    // Rows of its table may also be objects.
                    let table = relation.through.map(|through| through.table());
                    let link = models.iter().find(|model| Some(model.def().table) == table);
                    if let Some(link) = link.filter(|link| link.type_id() != here) {
                        parents.entry(link.type_id()).or_default().extend([here, there]);
                    }
                    continue;
                }
            };
            if child != parent && present.contains_key(&parent) {
                parents.entry(child).or_default().push(parent);
            }
        }
    }
    let mut ranks = HashMap::new();
    let mut entered = HashSet::new();
    for model in models.iter().map(|model| model.type_id()) {
        if !entered.contains(&model) {
            visit(model, &parents, &mut entered, &mut ranks);
        }
    }
    ranks
}

/// Depth first without recursion: a chain of models may be long.
fn visit(
    model: TypeId,
    parents: &HashMap<TypeId, Vec<TypeId>>,
    entered: &mut HashSet<TypeId>,
    ranks: &mut HashMap<TypeId, usize>,
) {
    let mut stack = vec![(model, false)];
    while let Some((model, done)) = stack.pop() {
        if done {
            let next = ranks.len();
            ranks.entry(model).or_insert(next);
        } else if entered.insert(model) {
            stack.push((model, true));
            stack.extend(parents.get(&model).into_iter().flatten().map(|parent| (*parent, false)));
        }
    }
}
