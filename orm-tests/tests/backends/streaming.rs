//! Streams: the same batches, rows and relationships on every backend, from one snapshot, in memory that a batch bounds.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::{Address, Item, Keyword, Order, User, fill, shop};

/// How many statements read the rows of this many users in batches of this size: one if a statement is read a part at a
/// time, and on MySQL one for each page, with an empty one after a full last page.
fn own(database: &TestDatabase, rows: usize, batch: usize) -> usize {
    if database.is_mysql() { rows / batch + 1 } else { 1 }
}

/// The shop where one connection can write while another one reads: on SQLite in a file with a write-ahead log.
async fn shared_shop(database: &TestDatabase) -> Result<(Engine, Option<tempfile::TempDir>)> {
    if database.backend() != Backend::Sqlite {
        return Ok((shop(database).await?, None));
    }
    let directory = orm_tests::directory();
    let path = directory.path().join("file.db");
    let plain = rusqlite::Connection::open(&path).expect("the file can be made");
    plain.pragma_update(None, "journal_mode", "wal").expect("the file takes a write-ahead log");
    let engine = Engine::connect(&format!("sqlite:{}", path.display())).await?;
    engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
    fill(&engine).await?;
    Ok((engine, Some(directory)))
}

/// Users with the number of their addresses.
fn counted(users: &[Entity<User, impl Sized>], addresses: impl Fn(usize) -> usize) -> Vec<(i64, usize)> {
    users.iter().enumerate().map(|(at, user)| (user.id, addresses(at))).collect()
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

/// The addresses with a field that some of their rows do not fit.
#[derive(Model, Debug)]
#[model(table = "addresses")]
pub struct Narrow {
    #[key]
    pub id: i64,
    pub user_id: u8,
}

/// So many points; a third has no group, every fifth no weight.
pub(crate) async fn points(engine: &Engine, count: i64) -> Result<()> {
    engine.create_all(schema![Point]).await?;
    let mut session = engine.session();
    let rows = (0..count).map(|id| {
        let group =
            (id % 3 != 0).then(|| ["b", "a", "B", "ä", ""][usize::try_from(id % 5).unwrap()].to_owned());
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

        // A collection may be joined to the targets of a batch, which are complete.
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
             would end among them; use `.selectin()`, or `.raise_all()` to leave out what models load by default [InvalidQuery]"
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

    async fn a_stream_sees_one_state_of_the_database(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = shared_shop(&database).await?;
        let mut session = engine.session();
        let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(1);
        let mut stream = session.stream(query);
        let mut seen = Vec::new();
        while let Some(users) = stream.next_batch().await? {
            if seen.is_empty() {
                let mut other = engine.session();
                other.execute(delete::<Address>().filter(Address::ID.eq(2))).await?;
                other.execute(update::<User>().set(User::NAME, "nobody")).await?;
                other.add(User::draft().id(11).name("new"));
                other.add(Address::draft().id(6).user_id(10).email_address("new"));
                other.commit().await?;
            }
            seen.extend(users.iter().map(|user| (user.id, user.name.clone(), user.get(User::ADDRESSES).len())));
        }
        drop(stream);
        let user = |id, name: &str, addresses| (id, name.to_owned(), addresses);
        assert_eq!(seen, [user(7, "jack", 1), user(8, "ed", 3), user(9, "fred", 1), user(10, "chuck", 0)]);

        let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID);
        let users = session.all(query).await?;
        let now = counted(&users, |at| users[at].get(User::ADDRESSES).len());
        assert_eq!(now, [(7, 1), (8, 2), (9, 1), (10, 1), (11, 0)], "the session itself sees what is there now");
        Ok(())
    }

    async fn a_stream_sees_what_the_session_has_pending(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let jack = session.get::<User>(7).await?.expect("jack is there");
        session.edit(&jack, |user| user.name = "john".into())?;
        session.add(User::draft().id(11).name("new"));
        let mut stream = session.stream(select::<User>().order_by(User::ID).yield_per(2));
        let mut names = Vec::new();
        let mut streamed = None;
        while let Some(users) = stream.next_batch().await? {
            names.extend(users.iter().map(|user| user.name.clone()));
            streamed = streamed.or(users.into_iter().next());
        }
        drop(stream);
        assert_eq!(names, ["john", "ed", "fred", "chuck", "new"]);
        assert!(session.in_transaction(), "the transaction is the session's");

        // The objects of a stream are not the session's own.
        let streamed = streamed.expect("there was a batch");
        assert_ne!(streamed, jack);
        assert_eq!(session.state(&streamed), EntityState::Detached);
        assert_eq!(session.edit(&streamed, |user| user.name = "x".into()).unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!(session.load_all(vec![streamed.clone()], User::ADDRESSES.selectin()).await.unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!(streamed.addresses().unwrap_err().kind(), ErrorKind::Detached);
        assert_eq!(session.merge(&streamed).await?, jack);
        assert_eq!(session.stats().objects, [("User", 2)], "the stream left none behind");
        session.rollback().await?;
        assert_eq!(jack.name, "jack");
        assert_eq!(session.count(select::<User>()).await?, 4);
        Ok(())
    }

    async fn a_stream_can_be_left(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = || select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(1);
        let log = engine.record();
        drop(session.stream(query()).partitions(3));
        assert_eq!(log.count(), 0, "nothing is read until a batch is asked for");

        // Outside a transaction and inside one; whatever comes next finds the connection free.
        for inside in [false, true] {
            if inside {
                session.begin().await?;
            }
            for _ in 0..3 {
                let mut stream = session.stream(query());
                assert_eq!(stream.next_batch().await?.map(|users| users.len()), Some(1));
                assert_eq!(stream.next_batch().await?.map(|users| users.len()), Some(1));
                drop(stream);
            }
            assert_eq!(session.in_transaction(), inside);
            assert_eq!(session.count(select::<User>()).await?, 4 + u64::from(inside));
            assert_eq!(session.stream(query()).next_batch().await?.map(|users| users[0].id), Some(7));
            session.nested(async |session| {
                assert_eq!(session.stream(query()).next_batch().await?.map(|users| users[0].id), Some(7));
                session.add(User::draft().id(if inside { 12 } else { 11 }).name("new"));
                session.flush().await
            }).await?;
            assert_eq!(session.stream(query()).next_batch().await?.map(|users| users[0].id), Some(7));
            session.commit().await?;
        }
        assert_eq!(session.count(select::<User>()).await?, 6);
        let rows: u64 = log.statements().iter().filter(|one| one.path.as_deref() == Some("User")).map(|one| one.rows).sum();
        assert!(rows >= 2 * (3 * 2 + 3), "what was left is reported too: {log}");
        Ok(())
    }

    async fn a_session_that_is_dropped_with_a_stream_leaves_nothing(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(1).connect().await?;
        engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
        fill(&engine).await?;
        for round in 0..20 {
            let mut session = engine.session();
            if round % 2 == 0 {
                session.begin().await?;
            }
            let mut stream = session.stream(select::<User>().with(User::ADDRESSES.selectin()).yield_per(1));
            for _ in 0..round % 5 {
                stream.next_batch().await?;
            }
            drop(stream);
            drop(session);
            let mut next = engine.session();
            assert!(!next.in_transaction());
            next.add(User::draft().id(100 + round).name("new"));
            next.commit().await?;
            assert_eq!(next.count(select::<User>()).await?, 5 + u64::try_from(round).unwrap());
        }
        Ok(())
    }

    async fn an_error_ends_the_stream_and_not_the_session(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        session.execute(update::<Address>().set(Address::USER_ID, 7)).await?;
        session.execute(insert::<User>().rows([User::draft().id(300).name("beyond a byte")])).await?;
        session.execute(update::<Address>().set(Address::USER_ID, 300).filter(Address::ID.eq(3))).await?;
        session.commit().await?;
        for inside in [false, true] {
            if inside {
                session.begin().await?;
            }
            let mut stream = session.stream(select::<Narrow>().order_by(Narrow::ID).yield_per(2));
            assert_eq!(stream.next_batch().await?.map(|orders| orders.len()), Some(2));
            let error = stream.next_batch().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue);
            assert!(stream.next_batch().await?.is_none());
            drop(stream);
            if inside {
                assert_eq!(session.count(select::<User>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
                session.rollback().await?;
            }
            assert_eq!(session.count(select::<User>()).await?, 5);
        }
        Ok(())
    }

    async fn in_an_open_transaction_a_stream_reads_as_it_does(database: TestDatabase) -> Result<()> {
        let (engine, _directory) = shared_shop(&database).await?;
        let mut session = engine.session();
        // On SQLite an open transaction is the writer's, so no other session can be observed.
        let alone = database.backend() == Backend::Sqlite;
        session.begin().await?;
        let query = select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(1);
        let mut stream = session.stream(query);
        let mut seen = Vec::new();
        while let Some(users) = stream.next_batch().await? {
            if seen.is_empty() && !alone {
                let mut other = engine.session();
                other.execute(delete::<Address>().filter(Address::ID.eq(2))).await?;
                other.add(User::draft().id(11).name("new"));
                other.commit().await?;
            }
            seen.extend(users.iter().map(|user| (user.id, user.get(User::ADDRESSES).len())));
        }
        drop(stream);
        let of_ed = if database.backend() == Backend::Postgres { 2 } else { 3 };
        assert_eq!(seen, [(7, 1), (8, of_ed), (9, 1), (10, 0)]);
        assert!(session.in_transaction());
        session.rollback().await
    }
}

/// Without a write-ahead log a stream keeps others from committing, and they get an error that explains it.
#[tokio::test]
async fn on_sqlite_without_a_log_a_writer_waits_for_the_stream() -> Result<()> {
    let directory = orm_tests::directory();
    let engine = Engine::connect(&format!("sqlite:{}", directory.path().join("file.db").display())).await?;
    engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
    fill(&engine).await?;
    let (mut session, mut other) = (engine.session(), engine.session());
    let mut stream = session.stream(select::<User>().order_by(User::ID).yield_per(1));
    stream.next_batch().await?;
    other.add(User::draft().id(11).name("new"));
    assert_eq!(other.commit().await.unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(stream.next_batch().await?.map(|users| users[0].id), Some(8));
    drop(stream);
    other.rollback().await?;
    assert_eq!(session.count(select::<User>()).await?, 4);
    other.add(User::draft().id(11).name("new"));
    other.commit().await?;
    assert_eq!(session.count(select::<User>()).await?, 5);
    Ok(())
}
