//! Streams of rows: columns, entities beside them and raw SQL, in one statement on every backend.

use orm_core::futures::{QueryStream, Streamable};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shop::{Address, Item, Keyword, Order, User, fill, shop};
use crate::streaming::{Point, points};

#[derive(FromRow, Debug, Clone, PartialEq)]
struct Named {
    name: String,
    id: i64,
}

/// All batches of a stream.
async fn batches<T: Send>(mut stream: QueryStream<'_, T>) -> Result<Vec<Vec<T>>> {
    let mut all = Vec::new();
    while let Some(batch) = stream.next_batch().await? {
        all.push(batch);
    }
    assert!(stream.next_batch().await?.is_none(), "the end stays the end");
    Ok(all)
}

/// The error that the first batch gives.
async fn refused<Q: Streamable>(session: &mut Session, query: Q) -> Error {
    session.stream(query).next_batch().await.map(|_| ()).expect_err("it is refused")
}

/// The number that the server gave to the session's connection; SQLite has none.
async fn connection(database: &TestDatabase, session: &mut Session) -> Result<i64> {
    let asked = match database.backend() {
        Backend::Sqlite => sql("SELECT 0"),
        Backend::Postgres => sql("SELECT CAST(pg_backend_pid() AS bigint)"),
        _ => sql("SELECT CAST(CONNECTION_ID() AS SIGNED)"),
    };
    session.row(asked.rows::<i64>()).await
}

on_every_backend! {
    async fn columns_in_batches(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = || select_columns((User::NAME, User::ID)).order_by(User::ID);
        let expected = session.rows(query()).await?;
        for (rows, sizes) in [(1, vec![1; 4]), (2, vec![2, 2]), (3, vec![3, 1]), (4, vec![4]), (5, vec![4])] {
            let log = engine.record();
            let all = batches(session.stream(query().yield_per(rows))).await?;
            assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
            assert_eq!(all.concat(), expected);
            assert_eq!(log.count(), 1, "{log}");
            assert_eq!(log.statements()[0].rows, 4);
            assert!(!session.in_transaction());
        }
        let named = batches(session.stream(query().into_struct::<Named>().yield_per(3))).await?.concat();
        assert_eq!(named[3], Named { name: "chuck".into(), id: 10 });
        assert!(batches(session.stream(query().filter(User::ID.gt(99)))).await?.is_empty());
        let counted = select_columns((Address::USER_ID, func::count(Address::ID)))
            .group_by(Address::USER_ID)
            .order_by(Address::USER_ID)
            .limit(2)
            .yield_per(1);
        assert_eq!(batches(session.stream(counted).partitions(9)).await?, [[(7, 1), (8, 3)]]);
        Ok(())
    }

    async fn long_results_come_whole_and_in_order(database: TestDatabase) -> Result<()> {
        use futures_util::TryStreamExt;
        let engine = database.engine().await?;
        points(&engine, 2_000).await?;
        let mut session = engine.session();
        let query = || select_columns((Point::GROUP_NAME, Point::WEIGHT, Point::ID)).order_by(Point::ID.desc());
        let expected = session.rows(query()).await?;
        for rows in [1, 100, 999, 1_999, 2_000, 2_001] {
            let all = batches(session.stream(query().yield_per(rows))).await?;
            assert_eq!(all.len(), 2_000usize.div_ceil(rows));
            assert_eq!(all.concat(), expected);
        }
        let one_by_one: Vec<_> = session.stream(query().yield_per(7)).rows().try_collect().await?;
        assert_eq!(one_by_one, expected);
        Ok(())
    }

    async fn sql_of_ones_own(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let text = "SELECT id, name FROM users WHERE id > ? ORDER BY id";
        let tuples = sql(text).bind(7).rows::<(i64, String)>().yield_per(2);
        let row = |id, name: &str| (id, name.to_owned());
        assert_eq!(batches(session.stream(tuples)).await?, [vec![row(8, "ed"), row(9, "fred")], vec![row(10, "chuck")]]);
        let structs = sql(text).bind(8).structs::<Named>().yield_per(1);
        let structs: Vec<i64> = batches(session.stream(structs)).await?.concat().iter().map(|named| named.id).collect();
        assert_eq!(structs, [9, 10]);
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(log.statements().iter().map(|one| one.rows).collect::<Vec<_>>(), [3, 2]);

        // Another order of columns than the model's.
        let users = sql("SELECT name, id FROM users ORDER BY id").entities::<User>().yield_per(3);
        let users = batches(session.stream(users)).await?;
        assert_eq!(users.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(users[1][0].name, "chuck");
        assert_eq!(session.state(&users[1][0]), EntityState::Detached);
        assert_eq!(log.count(), 3, "{log}");

        let users = sql("SELECT * FROM users ORDER BY id").entities::<User>().with(User::ADDRESSES.selectin()).yield_per(3);
        if database.is_mysql() {
            assert_eq!(refused(&mut session, users).await.kind(), ErrorKind::InvalidQuery);
            assert_eq!(log.count(), 3, "{log}");
            return Ok(());
        }
        let users = batches(session.stream(users)).await?;
        let addresses: Vec<_> = users.iter().flatten().map(|user| user.get(User::ADDRESSES).len()).collect();
        assert_eq!(addresses, [1, 3, 1, 0]);
        assert_eq!(log.count(), 3 + 1 + 2, "{log}");
        Ok(())
    }

    async fn entities_beside_columns(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        // A to-one in the same statement, on every backend.
        let log = engine.record();
        let query = select_columns((Order::DESCRIPTION, Order::entity().with(Order::USER.joined()).with(Order::ADDRESS.joined())))
            .order_by(Order::ID)
            .yield_per(2);
        let orders = batches(session.stream(query)).await?;
        assert_eq!(orders.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        let seen: Vec<_> = orders
            .iter()
            .flatten()
            .map(|(_, order)| (order.id, order.get(Order::USER).name.clone(), order.get(Order::ADDRESS).map(|address| address.id)))
            .collect();
        let order = |id, user: &str, address| (id, user.to_owned(), address);
        assert_eq!(
            seen,
            [order(1, "jack", Some(1)), order(2, "fred", Some(4)), order(3, "jack", Some(1)), order(4, "fred", Some(4)), order(5, "jack", None)]
        );
        assert_eq!(log.count(), 1, "{log}");
        assert!(session.stats().objects.is_empty(), "the session learns nothing");

        // One that may be missing.
        let query = select_columns((User::ID, Address::entity().optional()))
            .left_join(User::ADDRESSES)
            .order_by((User::ID, Address::ID))
            .yield_per(4);
        let found: Vec<_> = batches(session.stream(query)).await?.concat();
        let found: Vec<_> = found.into_iter().map(|(id, address)| (id, address.map(|address| address.id))).collect();
        assert_eq!(found, [(7, Some(1)), (8, Some(2)), (8, Some(3)), (8, Some(4)), (9, Some(5)), (10, None)]);

        let log = engine.record();
        let query = select_columns((User::NAME, User::entity().with(User::ADDRESSES.selectin().with(Address::USER.selectin()))))
            .order_by(User::ID)
            .yield_per(2);
        if database.is_mysql() {
            let error = refused(&mut session, query).await;
            assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            assert!(error.to_string().contains("stream the entities by `select::<Model>()`"), "{error}");
            assert_eq!(log.count(), 0, "{log}");
            return Ok(());
        }
        let mut stream = session.stream(query);
        let mut seen = Vec::new();
        while let Some(users) = stream.next_batch().await? {
            seen.extend(users.iter().map(|(name, user)| (name.clone(), user.get(User::ADDRESSES).len())));
        }
        drop(stream);
        assert_eq!(seen, [("jack".into(), 1), ("ed".into(), 3), ("fred".into(), 1), ("chuck".to_owned(), 0)]);
        assert_eq!(log.statements().iter().filter(|one| one.strategy == Some("selectin")).map(|one| one.rows).collect::<Vec<_>>(), [4, 1], "{log}");
        assert_eq!(log.count(), 1 + 2, "the parents of a batch are there: {log}");
        Ok(())
    }

    async fn what_cannot_be_streamed_is_refused_before_the_first_row(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let names = || select_columns(User::NAME);
        let locked = refused(&mut session, names().for_update()).await;
        assert_eq!(locked.to_string(), "a stream cannot lock rows; lock them with `session.rows(..)`, a limited number at a time [InvalidQuery]");
        let errors = [
            locked,
            refused(&mut session, names().yield_per(0)).await,
            refused(&mut session, sql("SELECT id FROM users").rows::<i64>().yield_per(0)).await,
            refused(&mut session, select_columns(User::entity().with(User::ORDERS.subquery()))).await,
            refused(&mut session, select_columns(User::entity().with(User::ORDERS.joined()))).await,
            refused(&mut session, sql("SELECT * FROM users").entities::<User>().with(User::ORDERS.subquery())).await,
            refused(&mut session, sql("SELECT * FROM orders").entities::<Order>().with(Order::USER.joined())).await,
            refused(&mut session, select_columns((User::NAME, func::count(User::ID)))).await,
            refused(&mut session, sql("SELECT id FROM users WHERE id = ?").rows::<i64>()).await,
            refused(&mut session, sql(" delete FROM users RETURNING id").rows::<i64>()).await,
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
        }
        assert_eq!(log.count(), 0, "{log}");
        // What only the database knows.
        assert_eq!(refused(&mut session, sql("SELECT nothing FROM users").rows::<i64>()).await.kind(), ErrorKind::Database);
        let missing = refused(&mut session, sql("SELECT id FROM users").structs::<Named>()).await;
        assert_eq!(missing.kind(), ErrorKind::InvalidQuery);
        assert!(!session.in_transaction());
        assert_eq!(session.count(select::<User>()).await?, 4, "the session goes on");
        Ok(())
    }

    async fn a_row_that_does_not_fit_ends_the_stream_and_not_the_session(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        points(&engine, 2_000).await?;
        let mut session = engine.session();
        for inside in [false, true] {
            if inside {
                session.begin().await?;
            }
            let mut stream = session.stream(sql("SELECT id FROM points ORDER BY id").rows::<u8>().yield_per(100));
            assert_eq!(stream.next_batch().await?.map(|rows| rows.len()), Some(100));
            assert_eq!(stream.next_batch().await?.map(|rows| rows.len()), Some(100));
            assert_eq!(stream.next_batch().await.unwrap_err().kind(), ErrorKind::InvalidValue);
            assert!(stream.next_batch().await?.is_none(), "an error is said once");
            drop(stream);
            if inside {
                assert_eq!(session.count(select::<Point>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
                session.rollback().await?;
            }
            assert_eq!(session.count(select::<Point>()).await?, 2_000);
        }
        Ok(())
    }

    async fn an_error_in_mid_result_follows_the_rows_before_it(database: TestDatabase) -> Result<()> {
        // The others divide by zero.
        if database.backend() != Backend::Postgres {
            return Ok(());
        }
        let engine = database.engine().await?;
        points(&engine, 10).await?;
        let mut session = engine.session();
        // Divided while the rows are read.
        let text = "SELECT CAST(i AS bigint), CAST(1000 / (2550 - i) AS bigint) FROM generate_series(0, 2999) AS i";
        let query = || sql(text).rows::<(i64, i64)>().yield_per(100);
        for inside in [false, true] {
            if inside {
                session.begin().await?;
            }
            let log = engine.record();
            let mut stream = session.stream(query());
            for batch in 0..25 {
                let rows = stream.next_batch().await?.expect("there are rows");
                assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), (batch * 100..batch * 100 + 100).collect::<Vec<_>>());
            }
            assert_eq!(stream.next_batch().await.unwrap_err().kind(), ErrorKind::InvalidValue);
            assert!(stream.next_batch().await?.is_none(), "an error is said once");
            drop(stream);
            let rows: Vec<u64> = log.statements().iter().map(|one| one.rows).collect();
            assert!(matches!(rows[..], [2_500..=2_550]), "{log}");
            if inside {
                assert_eq!(session.count(select::<Point>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);
                session.rollback().await?;
            }
            assert_eq!(session.count(select::<Point>()).await?, 10);
        }
        // A reader that does not come to it fails no transaction.
        for inside in [false, true] {
            if inside {
                session.begin().await?;
            }
            let mut stream = session.stream(query());
            for _ in 0..20 {
                assert_eq!(stream.next_batch().await?.map(|rows| rows.len()), Some(100));
            }
            drop(stream);
            assert_eq!(session.count(select::<Point>()).await?, 10);
        }
        session.commit().await
    }

    async fn a_stream_of_rows_can_be_left(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(1).max_overflow(0).connect().await?;
        points(&engine, 5_000).await?;
        let mut session = engine.session();
        let query = || select_columns((Point::ID, Point::GROUP_NAME)).order_by(Point::ID).yield_per(2);
        let log = engine.record();
        drop(session.stream(query()));
        assert_eq!(log.count(), 0, "nothing is read until a batch is asked for");

        let first = connection(&database, &mut session).await?;
        for _ in 0..3 {
            let mut stream = session.stream(query());
            assert_eq!(stream.next_batch().await?.map(|rows| rows[0].0), Some(0));
            assert_eq!(stream.next_batch().await?.map(|rows| rows[0].0), Some(2));
            drop(stream);
            assert_eq!(session.count(select::<Point>()).await?, 5_000);
        }
        let second = connection(&database, &mut session).await?;
        assert_eq!(first != second, database.is_mysql(), "a result that has not ended ends its connection");
        batches(session.stream(query().limit(9))).await?;
        assert_eq!(connection(&database, &mut session).await?, second, "and one that has ended does not");

        // A transaction depends on its connection.
        session.begin().await?;
        session.execute(insert::<Point>().rows([Point::draft().id(5_000).ratio(0.5).even(true)])).await?;
        for _ in 0..3 {
            let mut stream = session.stream(query());
            assert_eq!(stream.next_batch().await?.map(|rows| rows[1].0), Some(1));
            drop(stream);
            assert_eq!(session.count(select::<Point>()).await?, 5_001);
        }
        session.nested(async |session| {
            assert_eq!(session.stream(query()).next_batch().await?.map(|rows| rows.len()), Some(2));
            Ok(())
        }).await?;
        assert_eq!(session.stream(query()).next_batch().await?.map(|rows| rows.len()), Some(2));
        assert_eq!(connection(&database, &mut session).await?, second);
        session.commit().await?;
        assert_eq!(session.count(select::<Point>()).await?, 5_001);

        // With the session, from the only place of the pool.
        drop(session);
        for round in 0..12 {
            let mut session = engine.session();
            if round % 2 == 0 {
                session.begin().await?;
            }
            let mut stream = session.stream(query());
            for _ in 0..round % 4 {
                stream.next_batch().await?;
            }
            drop(stream);
            drop(session);
            let mut next = engine.session();
            assert!(!next.in_transaction());
            assert_eq!(next.count(select::<Point>()).await?, 5_001);
            let all = batches(next.stream(query().limit(5))).await?;
            assert_eq!(all.concat().iter().map(|row| row.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        }
        assert_eq!(engine.status().checked_out, 0);
        Ok(())
    }
}

/// What a stream wrote would be undone with its transaction.
#[tokio::test]
async fn on_sqlite_sql_that_writes_behind_a_with_is_refused() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![User, Address, Order, Item, Keyword]).await?;
    fill(&engine).await?;
    let mut session = engine.session();
    let text =
        "WITH new(id) AS (SELECT 99) INSERT INTO users (id, name) SELECT id, 'new' FROM new RETURNING id";
    let error = refused(&mut session, sql(text).rows::<i64>()).await;
    assert!(error.to_string().contains("a stream only reads"), "{error}");
    assert_eq!(session.count(select::<User>()).await?, 4);
    Ok(())
}
