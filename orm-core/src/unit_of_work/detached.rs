//! Objects of no session.

use std::sync::Arc;
use std::time::SystemTime;

use super::draft::DraftData;
use super::insert::make_defaults;
use crate::entity::{Entity, Place};
use crate::error::{Error, ErrorKind, Result};
use crate::identity::Store;
use crate::model::model::Model;
use crate::model::{Context, Hydrate};
use crate::value::{DateTime, Timestamp, Value, ValueKind};

/// The object that a draft describes, in no session.
pub(super) fn detached<M: Model>(mut data: DraftData) -> Result<Entity<M>> {
    let def = M::def();
    if data.has_links() {
        return Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "a detached `{}` has only columns, but this draft has a relationship; for objects that belong \
                 together use a session on `sqlite::memory:`",
                def.name
            ),
        ));
    }
    make_defaults(def, &mut data.values);
    data.model.before_insert(&mut data.values, &Context::default())?;
    let now = DateTime::of_clock(SystemTime::now());
    let mut missing = Vec::new();
    let mut values = std::mem::take(&mut data.values);
    for (column, value) in def.columns.iter().zip(&mut values) {
        if value.is_some() {
            continue;
        }
        let stamp = now.filter(|_| column.is_stamped_on_insert() && column.from_context.is_none());
        *value = Some(match stamp {
            Some(now) if column.kind == ValueKind::DateTime => column.stored(Value::DateTime(now)),
            Some(now) => column.stored(Value::Timestamp(Timestamp(now))),
            None if column.version => Value::Int(1),
            None if column.deferred => Value::NotLoaded,
            None if column.nullable => Value::Null,
            None => {
                missing.push(format!("`{}`", column.field));
                Value::Null
            }
        });
    }
    if !missing.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidState,
            format!(
                "a detached `{}` does not get values from the database; set {} in its draft",
                def.name,
                missing.join(", ")
            ),
        ));
    }
    let values: Vec<Value> = values.into_iter().flatten().collect();
    let mut store = Store::new();
    let arena = store.arena_of(data.model)?;
    let found = store.hydrate(arena, &&*values, Hydrate::Keep)?;
    let found = found.ok_or_else(|| {
        Error::new(ErrorKind::InvalidValue, format!("the primary key of a `{}` is never NULL", def.name))
    })?;
    Ok(Entity::new(Arc::clone(store.region()), Place { arena, node: found.node, answer: None }))
}
