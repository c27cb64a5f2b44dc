use super::{RelationDef, RelationKind};

/// The relationship on the other side: the one that is named, or else the only one over the same key.
pub(crate) fn inverse_of(relation: &RelationDef) -> Option<&'static RelationDef> {
    if relation.view_only {
        return None;
    }
    let target = relation.target();
    if let Some(name) = relation.inverse {
        return target.relations.iter().find(|other| other.name == name && !other.view_only);
    }
    let mut over_same_key =
        target.relations.iter().filter(|other| !other.view_only && is_inverse(relation, other));
    match (over_same_key.next(), over_same_key.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn is_inverse(relation: &RelationDef, other: &RelationDef) -> bool {
    let same = |a: &RelationDef, b: &RelationDef| (a.target)().type_id() == (b.parent)().type_id();
    if !same(relation, other) || !same(other, relation) {
        return false;
    }
    match (&relation.through, &other.through) {
        (Some(a), Some(b)) => a.table == b.table && a.key == b.target_key && a.target_key == b.key,
        (None, None) => {
            let sides = |kind: RelationKind| matches!(kind, RelationKind::BelongsTo { .. });
            sides(relation.kind) != sides(other.kind)
                && relation.local_columns().ok() == other.remote_columns().ok()
                && relation.remote_columns().ok() == other.local_columns().ok()
        }
        _ => false,
    }
}
