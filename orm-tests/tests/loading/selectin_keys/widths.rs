//! Integer keys of different widths, and beyond what the database counts.

use orm_core::prelude::*;

use crate::fixtures::{SideDoor, ids, record};

#[derive(Model, Debug)]
pub struct Wide {
    #[key]
    pub id: i64,
    #[has_many(key = "wide_id", order_by = "id")]
    pub narrow: HasMany<Narrow>,
}

#[derive(Model, Debug)]
pub struct Narrow {
    #[key]
    pub id: u8,
    pub wide_id: i16,
    #[belongs_to(key = "wide_id")]
    pub wide: BelongsTo<Wide>,
}

async fn rows() -> Result<SideDoor> {
    let door = SideDoor::new(schema![Wide, Narrow]).await?;
    let mut session = door.engine.session();
    for id in [i64::MIN, -1, 0, 1, 32_767, i64::MAX] {
        session.add(Wide::draft().id(id));
    }
    session.flush().await?;
    for (id, wide) in [(1, -1), (2, 0), (3, 1), (4, 32_767), (5, 1)] {
        session.add(Narrow::draft().id(id).wide_id(wide));
    }
    session.commit().await?;
    Ok(door)
}

#[tokio::test]
async fn a_narrow_key_refers_to_a_wide_one() -> Result<()> {
    let door = rows().await?;
    for joined in [false, true] {
        let mut session = door.engine.session();
        let query = select::<Narrow>().order_by(Narrow::ID);
        let narrow = match joined {
            false => session.all(query.with(Narrow::WIDE.selectin())).await?,
            true => session.all(query.with(Narrow::WIDE.joined())).await?,
        };
        let wide: Vec<_> = narrow.iter().map(|narrow| narrow.get(Narrow::WIDE).id).collect();
        assert_eq!(wide, [-1, 0, 1, 32_767, 1], "joined: {joined}");
        assert!(Entity::same(&narrow[2].get(Narrow::WIDE), &narrow[4].get(Narrow::WIDE)));
    }
    Ok(())
}

#[tokio::test]
async fn a_narrow_key_finds_what_the_session_holds() -> Result<()> {
    let door = rows().await?;
    let mut session = door.engine.session();
    let wide = session.all(select::<Wide>().order_by(Wide::ID)).await?;
    let narrow = session.get::<Narrow>(3).await?.expect("it is there");
    let log = record(&door.engine);
    assert!(Entity::same(&wide[3], &session.load(&narrow, Narrow::WIDE).await?));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn keys_at_the_ends_of_the_range_are_keys() -> Result<()> {
    let door = rows().await?;
    let mut session = door.engine.session();
    let log = record(&door.engine);
    let wide = session.all(select::<Wide>().order_by(Wide::ID).with(Wide::NARROW.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    let narrow: Vec<_> = wide.iter().map(|wide| ids!(wide.get(Wide::NARROW))).collect();
    assert_eq!(narrow, [vec![], vec![1], vec![2], vec![3, 5], vec![4], vec![]]);
    assert_eq!(log.keys(1)[0], i64::MIN.to_string(), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_key_that_a_field_cannot_hold_is_an_error() -> Result<()> {
    let door = rows().await?;
    door.run("INSERT INTO narrow VALUES (6, 32768)").await;
    let mut session = door.engine.session();
    let error = session.all(select::<Narrow>().with(Narrow::WIDE.selectin())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    let text = error.to_string();
    assert!(text.contains("`Narrow.wide_id`") && text.contains("32768"), "{text}");
    Ok(())
}

#[derive(Model, Debug)]
pub struct Counter {
    #[key]
    pub id: u64,
    #[has_many(key = "counter_id", order_by = "id")]
    pub ticks: HasMany<Tick>,
}

#[derive(Model, Debug)]
pub struct Tick {
    #[key]
    pub id: i64,
    pub counter_id: u64,
    #[belongs_to(key = "counter_id")]
    pub counter: BelongsTo<Counter>,
}

#[tokio::test]
async fn an_unsigned_key_beyond_the_databases_integers_is_an_error() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Counter, Tick]).await?;
    let most = u64::try_from(i64::MAX).expect("it is positive");
    let mut session = engine.session();
    session.add(Counter::draft().id(most));
    session.add(Tick::draft().id(1).counter_id(most));
    session.commit().await?;
    let counters = session.all(select::<Counter>().with(Counter::TICKS.selectin())).await?;
    assert_eq!((counters[0].id, ids!(counters[0].get(Counter::TICKS))), (most, vec![1]));

    for beyond in [most + 1, u64::MAX] {
        let mut session = engine.session();
        let error = session.get::<Counter>(beyond).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
        assert!(error.to_string().contains(&beyond.to_string()), "{error}");
        let error = session.all(select::<Counter>().filter(Counter::ID.eq(beyond))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
        let error = session.insert(Tick::draft().id(2).counter_id(beyond)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
    }
    assert_eq!(engine.session().count(select::<Tick>()).await?, 1, "nothing wrapped around into a row");
    Ok(())
}

#[tokio::test]
async fn a_negative_number_is_not_an_unsigned_key() -> Result<()> {
    let door = SideDoor::new(schema![Counter, Tick]).await?;
    door.run("INSERT INTO tick VALUES (1, -1)").await;
    let error = door.engine.session().all(select::<Tick>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    let text = error.to_string();
    assert!(text.contains("`Tick.counter_id`") && text.contains("-1"), "{text}");
    Ok(())
}
