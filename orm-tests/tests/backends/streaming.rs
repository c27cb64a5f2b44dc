//! Streams: the same batches, rows and relationships on every backend, from one snapshot, in memory that a batch bounds.

use std::time::Duration;

use orm_core::prelude::*;
use orm_tests::{Backend, Cut, TestDatabase, on_every_backend};

use crate::shop::{Address, Order, User, shop};

/// How many statements read the rows of so many users, so many at a time: one where a statement is read a part at a
/// time, and on MySQL one for each page, with an empty one behind a full last page.
fn own(database: &TestDatabase, rows: usize, batch: usize) -> usize {
    if database.is_mysql() { rows / batch + 1 } else { 1 }
}

#[derive(Model, Debug)]
#[model(table = "points")]
pub struct Point {
    #[key]
    pub id: i64,
    pub group_name: Option<String>,
    pub weight: Option<f64>,
    pub ratio: f32,
    pub even: bool,
}

/// So many points; a third has no group, every fifth no weight.
async fn points(engine: &Engine, count: i64) -> Result<()> {
    engine.create_all(schema![Point]).await?;
    let mut session = engine.session();
    let rows = (0..count).map(|id| {
        let group = (id % 3 != 0).then(|| ["b", "a", "B", "ä", ""][usize::try_from(id % 5).unwrap()].to_owned());
        Point::draft()
            .id(id)
            .group_name(group)
            .weight((id % 5 != 0).then_some(f64::from(i32::try_from(id % 7).unwrap()) / 3.0))
            .ratio([0.1f32, 0.7, -2.5][usize::try_from(id % 3).unwrap()])
            .even(id % 2 == 0)
    });
    session.execute(insert::<Point>().rows(rows)).await?;
    session.commit().await
}

on_every_backend! {
    async fn batches_with_their_relationships(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        for (batch, sizes) in [
            (1, vec![(1, 1), (1, 3), (1, 1), (1, 0)]),
            (2, vec![(2, 4), (2, 1)]),
            (3, vec![(3, 5), (1, 0)]),
            (4, vec![(4, 5)]),
            (5, vec![(4, 5)]),
        ] {
            let log = engine.record();
            let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(batch);
            let mut stream = session.stream(query);
            let mut seen = Vec::new();
            while let Some(users) = stream.next_batch().await? {
                seen.push((users.len(), users.iter().map(|user| user.get(User::ADDRESSES).len()).sum::<usize>()));
            }
            assert!(stream.next_batch().await?.is_none(), "the end stays the end");
            drop(stream);
            assert_eq!(seen, sizes);
            assert_eq!(log.count(), own(&database, 4, batch) + sizes.len(), "{batch}: {log}");
            let loads = log.statements().into_iter().filter(|one| one.strategy == Some("selectin"));
            for (load, (parents, targets)) in loads.zip(&sizes) {
                assert_eq!(load.rows, u64::try_from(*targets).unwrap());
                if database.backend() == Backend::Sqlite {
                    assert_eq!(load.params.len(), *parents, "each asks for the parents of its batch: {}", load.sql);
                }
            }
            let users: u64 = log.statements().iter().filter(|one| one.path.as_deref() == Some("User")).map(|one| one.rows).sum();
            assert_eq!(users, 4);
        }
        assert!(!session.in_transaction());
        Ok(())
    }

    async fn nested_loads_joins_and_auto(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select::<Order>()
            .with(Order::USER.joined().inner())
            .with(Order::ADDRESS.joined())
            .with(Order::ITEMS.auto())
            .order_by(Order::ID.desc())
            .yield_per(2);
        let mut stream = session.stream(query);
        let mut seen = Vec::new();
        while let Some(orders) = stream.next_batch().await? {
            for order in orders {
                let address = order.get(Order::ADDRESS).map(|address| address.id);
                seen.push((order.id, order.get(Order::USER).name.clone(), address, order.get(Order::ITEMS).len()));
            }
        }
        drop(stream);
        let order = |id, user: &str, address, items| (id, user.to_owned(), address, items);
        assert_eq!(
            seen,
            [
                order(5, "jack", None, 1),
                order(4, "fred", Some(4), 2),
                order(3, "jack", Some(1), 3),
                order(2, "fred", Some(4), 3),
                order(1, "jack", Some(1), 3),
            ]
        );
        assert_eq!(log.count(), own(&database, 5, 2) + 3, "{log}");

        // A collection may be joined to the targets of a batch: they are all there.
        let query = select::<User>().with(User::ORDERS.selectin().with(Order::ITEMS.joined())).order_by(User::ID).yield_per(3);
        let mut stream = session.stream(query);
        let users = stream.next_batch().await?.expect("there are users");
        let items: usize = users.iter().flat_map(|user| user.get(User::ORDERS).to_vec()).map(|order| order.get(Order::ITEMS).len()).sum();
        assert_eq!(items, 12);
        Ok(())
    }

    async fn what_needs_all_rows_is_refused_before_the_first(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let joined = session.stream(select::<User>().with(User::ADDRESSES.joined()).yield_per(3)).next_batch().await;
        let joined = joined.unwrap_err();
        assert_eq!(joined.kind(), ErrorKind::InvalidQuery);
        assert_eq!(
            joined.to_string(),
            "a stream cannot load `User.addresses` with `.joined()`, which gives one `User` several rows, and a batch \
             would end among them; use `.selectin()`, or `.raise_all()` to leave out what models load by default"
        );
        let subquery = session.stream(select::<User>().with(User::ORDERS.subquery())).next_batch().await;
        assert_eq!(subquery.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let below = select::<Address>().with(Address::USER.joined().with(User::ORDERS.joined()));
        assert_eq!(session.stream(below).next_batch().await.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let below = select::<User>().with(User::ORDERS.selectin().with(Order::ITEMS.subquery()));
        assert_eq!(session.stream(below).next_batch().await.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let nothing = session.stream(select::<User>().yield_per(0)).next_batch().await;
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let nothing = session.stream(select::<User>()).partitions(0).next_batch().await;
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let mut stream = session.stream(select::<User>().with(User::ADDRESSES.joined()));
        assert!(stream.next_batch().await.is_err());
        assert!(stream.next_batch().await?.is_none(), "an error is said once");
        drop(stream);
        assert_eq!(log.count(), 0, "{log}");
        assert_eq!(session.count(select::<User>()).await?, 4, "the session goes on");
        Ok(())
    }

    async fn partitions_are_of_another_size_than_batches(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        for (partition, sizes) in [(1, vec![1; 4]), (2, vec![2, 2]), (3, vec![3, 1]), (9, vec![4])] {
            let log = engine.record();
            let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(3);
            let mut stream = session.stream(query).partitions(partition);
            let (mut seen, mut ids) = (Vec::new(), Vec::new());
            while let Some(users) = stream.next_batch().await? {
                seen.push(users.len());
                ids.extend(users.iter().map(|user| user.id));
            }
            drop(stream);
            assert_eq!(seen, sizes);
            assert_eq!(ids, [7, 8, 9, 10]);
            assert_eq!(log.count(), own(&database, 4, 3) + 2, "{log}");
        }
        Ok(())
    }

    async fn rows_one_by_one(database: TestDatabase) -> Result<()> {
        use futures_util::TryStreamExt;
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::NAME).yield_per(3);
        let users: Vec<_> = session.stream(query).rows().try_collect().await?;
        let seen: Vec<_> = users.iter().map(|user| (user.name.as_str(), user.get(User::ADDRESSES).len())).collect();
        assert_eq!(seen, [("chuck", 0), ("ed", 3), ("fred", 1), ("jack", 1)]);
        let refused = session.stream(select::<User>().with(User::ADDRESSES.joined())).rows().try_next().await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidQuery);
        Ok(())
    }

    async fn orders_limits_and_offsets_are_those_of_the_query(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        points(&engine, 60).await?;
        let mut session = engine.session();
        let orders: [fn() -> Select<Point>; 7] = [
            || select::<Point>().order_by(Point::ID),
            || select::<Point>().order_by(Point::ID.desc()),
            || select::<Point>().order_by((Point::GROUP_NAME, Point::ID)),
            || select::<Point>().order_by((Point::GROUP_NAME.desc(), Point::WEIGHT, Point::ID.desc())),
            || select::<Point>().order_by((Point::WEIGHT.desc(), Point::GROUP_NAME.desc(), Point::ID)),
            || select::<Point>().order_by((Point::RATIO, Point::EVEN.desc(), Point::ID)),
            || select::<Point>().order_by((Point::RATIO.desc(), Point::RATIO, Point::ID)).filter(Point::EVEN.eq(true) | Point::ID.gt(40)),
        ];
        for (which, order) in orders.into_iter().enumerate() {
            for (limit, offset) in [(None, None), (Some(0), None), (Some(25), Some(7)), (None, Some(3)), (Some(20), None), (Some(500), Some(59))] {
                let paged = || {
                    let query = limit.map_or_else(order, |limit| order().limit(limit));
                    match offset {
                        Some(offset) => query.offset(offset),
                        None => query,
                    }
                };
                let expected: Vec<i64> = engine.session().all(paged()).await?.iter().map(|point| point.id).collect();
                for batch in [1, 4, 20, 1000] {
                    let mut stream = session.stream(paged().yield_per(batch));
                    let mut ids = Vec::new();
                    while let Some(points) = stream.next_batch().await? {
                        assert!(points.len() <= batch);
                        ids.extend(points.iter().map(|point| point.id));
                    }
                    assert_eq!(ids, expected, "order {which}, limit {limit:?}, offset {offset:?}, batch {batch}");
                }
            }
        }
        Ok(())
    }
}
