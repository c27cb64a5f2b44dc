//! `.auto()` reads what it needs, and no more.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "auto_owners")]
struct Owner {
    #[key]
    id: i64,
    name: String,
    #[has_many(key = "owner_id", order_by = "id")]
    things: HasMany<Thing>,
}

#[derive(Model, Debug)]
#[model(table = "auto_things")]
struct Thing {
    #[key]
    id: i64,
    owner_id: Option<i64>,
    #[belongs_to]
    owner: BelongsTo<Option<Owner>>,
    #[has_many(key = "thing_id", order_by = "id")]
    parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(table = "auto_parts")]
struct Part {
    #[key]
    id: i64,
    thing_id: i64,
    #[belongs_to]
    thing: BelongsTo<Thing>,
}

/// Five owners with a thing each, 300 things without an owner, and a part of every thing.
async fn things(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Owner, Thing, Part]).await?;
    let mut session = engine.session();
    for id in 1..=5 {
        session.add(Owner::draft().id(id).name(format!("owner {id}")));
    }
    session.flush().await?;
    for id in 1..=305 {
        session.add(Thing::draft().id(id).owner_id((id <= 5).then_some(id)));
    }
    session.flush().await?;
    for id in 1..=305 {
        session.add(Part::draft().id(id).thing_id(id));
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn auto_reads_no_children_without_a_parent(database: TestDatabase) -> Result<()> {
        let engine = things(&database).await?;
        let log = engine.record();
        let query = select::<Owner>().order_by(Owner::ID).with(Owner::THINGS.auto().with(Thing::PARTS.auto()));
        let owners = engine.session().all(query).await?;
        assert_eq!(log.count(), 3, "{log}");
        assert_eq!(log.statements().iter().map(|statement| statement.rows).collect::<Vec<_>>(), [5, 5, 5], "{log}");
        for owner in &owners {
            let things = owner.get(Owner::THINGS);
            assert_eq!(things.iter().map(|thing| thing.id).collect::<Vec<_>>(), [owner.id]);
            assert_eq!(things.first().unwrap().get(Thing::PARTS).len(), 1);
        }
        Ok(())
    }

    async fn auto_joins_the_targets_of_one_row(database: TestDatabase) -> Result<()> {
        let engine = things(&database).await?;
        let query = || select::<Part>().filter(Part::ID.eq(3)).with(Part::THING.auto().with(Thing::OWNER.auto()));
        for first in [false, true] {
            let (mut session, log) = (engine.session(), engine.record());
            let part = if first { session.first(query()).await?.unwrap() } else { session.one(query()).await? };
            assert_eq!(log.count(), 1, "{log}");
            assert_eq!(part.get(Part::THING).get(Thing::OWNER).unwrap().id, 3);
        }
        Ok(())
    }

    async fn auto_looks_up_nothing_of_skipped_rows(database: TestDatabase) -> Result<()> {
        let engine = things(&database).await?;
        let log = engine.record();
        let page = select::<Part>().order_by(Part::ID).limit(2).offset(2).with(Part::THING.auto());
        let page = engine.session().all(page).await?;
        assert_eq!(page.iter().map(|part| (part.id, part.get(Part::THING).id)).collect::<Vec<_>>(), [(3, 3), (4, 4)]);
        assert_eq!(log.count(), 1, "{log}");
        let text = log.statements()[0].sql.to_string();
        let join = text.find(" JOIN ").expect("a join");
        let offset = text.find(" OFFSET ").expect("an offset");
        assert!(offset < join, "the join is of the page: {text}");
        Ok(())
    }

    async fn auto_asks_for_no_parent_that_is_held(database: TestDatabase) -> Result<()> {
        let engine = things(&database).await?;
        let log = engine.record();
        let query = select::<Owner>().order_by(Owner::ID).limit(3);
        let owners = engine.session().all(query.with(Owner::THINGS.auto().with(Thing::OWNER.auto()))).await?;
        assert_eq!(log.count(), 2, "{log}");
        assert!(!log.statements()[1].sql.contains(" JOIN "), "{log}");
        for owner in &owners {
            let thing = owner.get(Owner::THINGS).first().unwrap();
            assert!(Entity::same(&thing.get(Thing::OWNER).unwrap(), owner));
        }
        Ok(())
    }
}
