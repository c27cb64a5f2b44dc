//! Two relationships to one target.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

#[derive(Model, Debug)]
pub struct Place {
    #[key]
    pub id: i64,
    #[has_many(key = "from_id", order_by = "id")]
    pub departures: HasMany<Trip>,
    #[has_many(key = "to_id", order_by = "id desc")]
    pub arrivals: HasMany<Trip>,
}

#[derive(Model, Debug)]
pub struct Trip {
    #[key]
    pub id: i64,
    pub from_id: i64,
    pub to_id: Option<i64>,
    #[belongs_to]
    pub from: BelongsTo<Place>,
    #[belongs_to]
    pub to: BelongsTo<Option<Place>>,
}

async fn trips() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Place, Trip]).await?;
    let mut session = engine.session();
    for id in 1..=3 {
        session.add(Place::draft().id(id));
    }
    session.flush().await?;
    for (id, from, to) in [(1, 1, Some(2)), (2, 2, Some(1)), (3, 1, Some(1)), (4, 3, None)] {
        session.add(Trip::draft().id(id).from_id(from).to_id(to));
    }
    session.commit().await?;
    Ok(engine)
}

#[tokio::test]
async fn two_relationships_to_one_target_are_loaded_by_their_own_keys() -> Result<()> {
    let engine = trips().await?;
    for (from_joined, to_joined) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut session = engine.session();
        let query = select::<Trip>().order_by(Trip::ID);
        let trips = match (from_joined, to_joined) {
            (false, false) => {
                session.all(query.with(Trip::FROM.selectin()).with(Trip::TO.selectin())).await?
            }
            (false, true) => session.all(query.with(Trip::FROM.selectin()).with(Trip::TO.joined())).await?,
            (true, false) => session.all(query.with(Trip::FROM.joined()).with(Trip::TO.selectin())).await?,
            (true, true) => session.all(query.with(Trip::FROM.joined()).with(Trip::TO.joined())).await?,
        };
        let ends: Vec<_> =
            trips.iter().map(|t| (t.get(Trip::FROM).id, t.get(Trip::TO).map(|to| to.id))).collect();
        assert_eq!(ends, [(1, Some(2)), (2, Some(1)), (1, Some(1)), (3, None)]);
        assert!(Entity::same(&trips[2].get(Trip::FROM), &trips[2].get(Trip::TO).expect("a round trip")));
    }
    Ok(())
}

#[tokio::test]
async fn two_collections_of_one_target_hold_their_own_rows() -> Result<()> {
    let engine = trips().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let places = session
        .all(
            select::<Place>()
                .order_by(Place::ID)
                .with(Place::DEPARTURES.selectin().with(Trip::TO.selectin()))
                .with(Place::ARRIVALS.joined()),
        )
        .await?;
    assert_eq!(log.count(), 2, "{log}");
    let found: Vec<_> = places
        .iter()
        .map(|place| (ids!(place.get(Place::DEPARTURES)), ids!(place.get(Place::ARRIVALS))))
        .collect();
    assert_eq!(found, [(vec![1, 3], vec![3, 2]), (vec![2], vec![1]), (vec![4], vec![])]);
    Ok(())
}
