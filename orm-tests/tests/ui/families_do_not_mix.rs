use chrono::{DateTime, NaiveDate, Utc};
use orm_core::prelude::*;

#[derive(DbType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct EventId(i64);

#[derive(Model, Debug)]
struct Event {
    #[key]
    id: EventId,
    day: NaiveDate,
    at: DateTime<Utc>,
    extra: serde_json::Value,
    name: String,
}

fn main() {
    let _ = Event::DAY.eq("2024-02-29");
    let _ = Event::AT.gt(Event::DAY);
    let _ = Event::ID.eq(7);
    let _ = Event::EXTRA.eq(serde_json::Value::Null);
    let _ = Event::NAME.eq(EventId(7));
}
