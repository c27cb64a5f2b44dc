//! Relationships of written models.

use super::described::{Described, parent, role};
use super::inflection::plural;
use super::names::{is_reserved, snake};
use crate::ddl::LiveTable;
use crate::migrate::structure::{Structure, primary_key};
use crate::model::KeyAction;
use crate::sql::Dialect;

/// A relationship of a struct.
#[derive(Debug)]
pub(super) struct Relationship {
    pub(super) name: String,
    /// `HasMany<Order>`.
    pub(super) ty: String,
    /// `has_many`, and what is between its parentheses.
    pub(super) attribute: &'static str,
    pub(super) options: Vec<String>,
}

/// A foreign key between two structs.
struct Reference {
    child: usize,
    parent: usize,
    /// The fields of both, in the order of the parent's primary key where it refers to that.
    pairs: Vec<(usize, usize)>,
    is_primary: bool,
    on_delete: KeyAction,
    on_update: KeyAction,
}

impl Reference {
    /// Whether the database computes a field of it, which no link can set.
    fn is_generated(&self, child: &Described<'_>) -> bool {
        self.pairs.iter().any(|(field, _)| child.fields[*field].is_generated())
    }
}

/// A table that is nothing but pairs of rows.
pub(super) struct LinkTable<'t> {
    table: &'t LiveTable,
    sides: [(usize, Vec<String>); 2],
}

/// Whether a table may link two others: two foreign keys that are unique together, and nothing else but a number. A table
/// that others refer to needs a model.
pub(super) fn is_link(structure: &Structure, table: &LiveTable) -> bool {
    let [one, other] = table.keys.as_slice() else { return false };
    let own: Vec<&str> = one.columns.iter().chain(&other.columns).map(|(own, _)| own.as_str()).collect();
    let is_own = |name: &str| own.iter().any(|other| structure.dialect.is_same_name(other, name));
    let rest_is_a_number =
        table.columns.iter().filter(|column| !is_own(&column.name)).all(|column| column.auto);
    let is_pair = |columns: &[Option<String>]| {
        columns.len() == own.len() && columns.iter().all(|name| name.as_deref().is_some_and(is_own))
    };
    let unique = table.indexes.iter().any(|index| index.unique && !index.partial && is_pair(&index.columns));
    let never_null = table
        .columns
        .iter()
        .filter(|column| is_own(&column.name))
        .all(|column| column.not_null && column.computed.is_none());
    let refers_to_keys = [one, other].iter().all(|key| {
        parent(structure, key).and_then(primary_key).is_some_and(|primary| {
            let named = |name: &Option<String>| key.columns.iter().any(|(_, refers_to)| refers_to == name);
            primary.columns.len() == key.columns.len() && primary.columns.iter().all(named)
        })
    });
    let is_parent = structure.tables.iter().flat_map(|other| &other.keys).any(|key| {
        parent(structure, key)
            .is_some_and(|parent| parent.schema == table.schema && parent.name == table.name)
    });
    rest_is_a_number && unique && never_null && refers_to_keys && !is_parent
}

impl<'t> LinkTable<'t> {
    /// The pairs of a table, where both of its parents are structs.
    pub(super) fn of(
        structure: &Structure,
        table: &'t LiveTable,
        structs: &[Described<'_>],
    ) -> Option<LinkTable<'t>> {
        let [one, other] = table.keys.as_slice() else { return None };
        let side = |key: &crate::ddl::LiveKey| {
            let at = place(structure, key, structs)?;
            let model = &structs[at];
            let columns = model.key().into_iter().map(|field| {
                let name = &model.fields[field].column.name;
                let refers = |refers_to: &Option<String>| {
                    refers_to
                        .as_ref()
                        .is_some_and(|refers_to| structure.dialect.is_same_name(refers_to, name))
                };
                key.columns.iter().find(|(_, refers_to)| refers(refers_to)).map(|(own, _)| own.clone())
            });
            Some((at, columns.collect::<Option<Vec<String>>>()?))
        };
        let sides = [side(one)?, side(other)?];
        // A model in a schema cannot declare that its link table is in none.
        let is_reachable = |at: usize| table.schema.is_some() || structs[at].table.schema.is_none();
        sides.iter().all(|(at, _)| is_reachable(*at)).then_some(LinkTable { table, sides })
    }
}

fn place(structure: &Structure, key: &crate::ddl::LiveKey, structs: &[Described<'_>]) -> Option<usize> {
    structs.iter().position(|other| {
        other.table.schema == key.parent_schema
            && structure.dialect.is_same_name(&other.table.name, &key.parent)
    })
}

/// The relationships of some structs, a list for each of them.
pub(super) fn relationships(
    structure: &Structure,
    structs: &mut [Described<'_>],
    links: &[LinkTable<'_>],
) -> Vec<Vec<Relationship>> {
    let references = references(structure, structs);
    let mut all: Vec<Vec<Relationship>> = structs.iter().map(|_| Vec::new()).collect();
    let mut roles = Vec::new();
    for reference in &references {
        let relationship = belongs_to(structure.dialect, structs, reference);
        roles.push(relationship.name.clone());
        all[reference.child].push(relationship);
    }
    for (reference, role) in references.iter().zip(&roles) {
        let siblings = references
            .iter()
            .filter(|other| other.child == reference.child && other.parent == reference.parent)
            .count();
        let relationship = has(structs, reference, role, siblings > 1);
        all[reference.parent].push(relationship);
    }
    for link in links {
        for (here, there) in [(0, 1), (1, 0)] {
            let at = link.sides[here].0;
            let is_between = |other: &&LinkTable<'_>| {
                let of = |link: &LinkTable<'_>| {
                    let (one, other) = (link.sides[0].0, link.sides[1].0);
                    (one.min(other), one.max(other))
                };
                of(other) == of(link)
            };
            let has_siblings = links.iter().filter(is_between).count() > 1;
            let relationship = many_to_many(structs, link, (here, there), has_siblings);
            all[at].push(relationship);
        }
    }
    all
}

fn references(structure: &Structure, structs: &mut [Described<'_>]) -> Vec<Reference> {
    let mut references: Vec<Reference> = Vec::new();
    for child in 0..structs.len() {
        for key in &structs[child].table.keys {
            let columns: Vec<&str> = key.columns.iter().map(|(own, _)| own.as_str()).collect();
            let what = format!("The foreign key ({}) to `{}`", columns.join(", "), key.parent);
            let Some(at) = place(structure, key, structs) else {
                structs[child].notes.push(format!("{what} is left out: that table has no model here."));
                continue;
            };
            let pairs = key.columns.iter().map(|(own, refers_to)| {
                let own = structs[child].place(structure, own)?;
                Some((own, structs[at].place(structure, refers_to.as_deref()?)?))
            });
            let Some(mut pairs) = pairs.collect::<Option<Vec<(usize, usize)>>>() else {
                structs[child].notes.push(format!("{what} is left out: a column of it has no field."));
                continue;
            };
            let differs = |(own, refers_to): &(usize, usize)| {
                structs[child].fields[*own].ty.family != structs[at].fields[*refers_to].ty.family
            };
            if pairs.iter().any(differs) {
                structs[child].notes.push(format!("{what} is left out: its columns have other types."));
                continue;
            }
            let primary = structs[at].key();
            let mut refers_to: Vec<usize> = pairs.iter().map(|(_, refers_to)| *refers_to).collect();
            refers_to.sort_unstable();
            let is_primary = refers_to == primary;
            if is_primary {
                pairs.sort_by_key(|(_, refers_to)| *refers_to);
            }
            if references
                .iter()
                .any(|other| other.child == child && other.parent == at && other.pairs == pairs)
            {
                continue;
            }
            let (on_delete, on_update) = (key.on_delete, key.on_update);
            references.push(Reference { child, parent: at, pairs, is_primary, on_delete, on_update });
        }
    }
    // SQLite lists the last one first.
    references.sort_by_key(|reference| (reference.child, reference.pairs.first().copied()));
    references
}

fn belongs_to(dialect: Dialect, structs: &mut [Described<'_>], reference: &Reference) -> Relationship {
    let (child, parent) = (&structs[reference.child], &structs[reference.parent]);
    let own = |at: &usize| child.fields[*at].name.clone();
    let theirs = |at: &usize| parent.fields[*at].name.clone();
    let noun = parent.noun();
    let wanted = match reference.pairs.as_slice() {
        [(field, refers_to)] => {
            let (field, refers_to) = (own(field), theirs(refers_to));
            match role(&field, &refers_to) {
                Some(role) => vec![role.clone(), format!("{role}_{noun}")],
                None => vec![noun.clone(), format!("{field}_{noun}")],
            }
        }
        pairs => {
            let fields: Vec<String> = pairs.iter().map(|(field, _)| own(field)).collect();
            vec![noun.clone(), format!("{noun}_by_{}", fields.join("_"))]
        }
    };
    let optional = reference.pairs.iter().any(|(field, _)| !child.fields[*field].column.not_null);
    let ty = match optional {
        true => format!("BelongsTo<Option<{}>>", parent.name),
        false => format!("BelongsTo<{}>", parent.name),
    };
    let is_generated = reference.is_generated(child);
    let key: Vec<String> = reference.pairs.iter().map(|(field, _)| own(field)).collect();
    let target_key: Vec<String> = reference.pairs.iter().map(|(_, refers_to)| theirs(refers_to)).collect();
    let name = structs[reference.child].names.take(&not_reserved(wanted));
    let mut options = Vec::new();
    if key != [format!("{name}_id")] {
        options.push(format!("key = {:?}", key.join(", ")));
    }
    if !reference.is_primary {
        options.push(format!("target_key = {:?}", target_key.join(", ")));
    }
    for (option, action) in [("on_delete", reference.on_delete), ("on_update", reference.on_update)] {
        // MySQL's two words for refusing are one.
        let is_default = action == KeyAction::NoAction
            || (action == KeyAction::Restrict && matches!(dialect, Dialect::Mysql(_)));
        if !is_default {
            options.push(format!("{option} = {:?}", action.sql().to_lowercase()));
        }
    }
    if is_generated {
        options.push("view_only".to_owned());
    }
    Relationship { name, ty, attribute: "belongs_to", options }
}

fn has(structs: &mut [Described<'_>], reference: &Reference, role: &str, has_siblings: bool) -> Relationship {
    let (child, parent) = (&structs[reference.child], &structs[reference.parent]);
    let fields: Vec<usize> = reference.pairs.iter().map(|(field, _)| *field).collect();
    let one = child.is_unique(&fields);
    let noun = if one { child.noun() } else { plural(&child.noun()) };
    let with_role = format!("{role}_{noun}");
    let wanted = match (reference.child == reference.parent, role) {
        (true, "parent") if one => vec!["child".to_owned(), with_role],
        (true, "parent") => vec!["children".to_owned(), with_role],
        (true, _) => vec![with_role],
        (false, role) if has_siblings && role != parent.noun() => vec![with_role],
        _ => vec![noun, with_role],
    };
    let ty = format!("{}<{}>", if one { "HasOne" } else { "HasMany" }, child.name);
    let key: Vec<&str> = fields.iter().map(|at| child.fields[*at].name.as_str()).collect();
    let refers_to: Vec<&str> =
        reference.pairs.iter().map(|(_, refers_to)| parent.fields[*refers_to].name.as_str()).collect();
    let mut options = Vec::new();
    if key != [format!("{}_id", parent.snake())] || parent.key().len() != 1 {
        options.push(format!("key = {:?}", key.join(", ")));
    }
    if !reference.is_primary {
        options.push(format!("target_key = {:?}", refers_to.join(", ")));
    }
    if reference.is_generated(child) {
        options.push("view_only".to_owned());
    } else if reference.on_delete == KeyAction::Cascade {
        options.push("cascade = \"all, delete\"".to_owned());
        options.push("passive_deletes".to_owned());
    }
    let name = structs[reference.parent].names.take(&not_reserved(wanted));
    Relationship { name, ty, attribute: if one { "has_one" } else { "has_many" }, options }
}

fn many_to_many(
    structs: &mut [Described<'_>],
    link: &LinkTable<'_>,
    (here, there): (usize, usize),
    has_siblings: bool,
) -> Relationship {
    let ((at, key), (target, target_key)) = (&link.sides[here], &link.sides[there]);
    let (model, other) = (&structs[*at], &structs[*target]);
    let table = &link.table.name;
    let noun = plural(&other.noun());
    let by_role = match target_key.as_slice() {
        [only] => role(&snake(only), "id").filter(|role| *role != other.noun()).map(|role| plural(&role)),
        _ => None,
    };
    let by_table = format!("{}_{noun}", snake(table));
    let wanted = match (at == target, by_role) {
        (true, Some(role)) => vec![role, by_table],
        // The link table's name tells them apart.
        _ if has_siblings => vec![by_table],
        // `groups` of `group_id`, where the table is `auth_group`.
        (_, Some(role)) if noun.ends_with(&format!("_{role}")) => vec![role, noun, by_table],
        (_, Some(role)) => vec![noun, role, by_table],
        (_, None) => vec![noun, by_table],
    };
    let ty = format!("HasMany<{}>", other.name);
    let mut options = vec![format!("through = {table:?}")];
    if link.table.schema != model.table.schema
        && let Some(schema) = &link.table.schema
    {
        options.push(format!("through_schema = {schema:?}"));
    }
    let default = |model: &Described<'_>| [format!("{}_id", model.snake())];
    if *key != default(model) || at == target {
        options.push(format!("key = {:?}", key.join(", ")));
    }
    if *target_key != default(other) || at == target {
        options.push(format!("target_key = {:?}", target_key.join(", ")));
    }
    let name = structs[*at].names.take(&not_reserved(wanted));
    Relationship { name, ty, attribute: "many_to_many", options }
}

/// The names, each changed if it is reserved.
fn not_reserved(mut wanted: Vec<String>) -> Vec<String> {
    for name in wanted.iter_mut().filter(|name| is_reserved(name)) {
        name.push_str("_row");
    }
    wanted
}
