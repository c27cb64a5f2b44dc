//! Loads that see more than their query: `.without_criteria()` and `.with_deleted()` of one relationship.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::blog::{Comment, FIRST, Post, Tag, blog, clock};
use super::shop::{Card, Item, Order, User, everything, ids, shop, tenant};

/// The items of each order.
fn items(orders: impl IntoIterator<Item = loaded!(Order { items })>) -> Vec<Vec<i64>> {
    orders.into_iter().map(|order| order.get(Order::ITEMS).iter().map(|item| item.id).collect()).collect()
}

on_every_backend! {
    async fn one_load_sees_all_rows_by_every_strategy(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let log = engine.record();
        macro_rules! assert_loads {
            ($strategy:ident, $statements:expr) => {{
                // Twice: plans are kept, and this one is another than that of the plain load.
                for _ in 0..2 {
                    log.clear();
                    let orders = User::ORDERS.$strategy().without_criteria().with(Order::ITEMS.$strategy());
                    let query = select::<User>().with(orders).with(User::CARD.$strategy()).order_by(User::ID);
                    let mut session = engine.session_with(tenant());
                    let users = session.all(query).await?;
                    let name = stringify!($strategy);
                    assert_eq!(log.count(), $statements, "{name}: {log}");
                    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [1, 2], "{name}: the query's own rows");
                    let found: Vec<_> = users.iter().map(|user| ids(user.get(User::ORDERS))).collect();
                    assert_eq!(found, [vec![1, 2, 3], vec![4]], "{name}");
                    assert_eq!(items(users[0].get(User::ORDERS)), [vec![1, 2, 3], vec![1], vec![2]], "{name}: what is below too");
                    let cards: Vec<bool> = users.iter().map(|user| user.get(User::CARD).is_some()).collect();
                    assert_eq!(cards, [false, true], "{name}: the load beside it has the criteria");

                    // Objects hold what the session sees, now and after an ordinary load.
                    assert_eq!(users[0].orders().unwrap_err().kind(), ErrorKind::NotLoaded, "{name}");
                    let order = users[0].get(User::ORDERS).first().expect("an order");
                    assert_eq!(order.dynamic().items().unwrap_err().kind(), ErrorKind::NotLoaded, "{name}");
                    assert_eq!(ids(session.load(&users[0], User::ORDERS).await?), [1, 3], "{name}");
                    assert_eq!(ids(users[0].orders()?), [1, 3], "{name}");
                    assert!(session.get::<Order>(2).await?.is_none(), "{name}: the session holds it and does not see it");
                    let plain = session.all(select::<User>().with(User::ORDERS.$strategy()).order_by(User::ID)).await?;
                    assert_eq!(ids(plain[0].get(User::ORDERS)), [1, 3], "{name}");
                    let again = select::<User>().with(User::ORDERS.$strategy().without_criteria()).order_by(User::ID);
                    let again = session.all(again).await?;
                    assert_eq!(ids(again[0].get(User::ORDERS)), [1, 2, 3], "{name}");
                    assert_eq!(ids(again[0].orders()?), [1, 3], "{name}: the object keeps what it held");
                }
            }};
        }
        assert_loads!(selectin, 4);
        assert_loads!(joined, 1);
        assert_loads!(subquery, 4);
        assert_loads!(auto, 4);
        Ok(())
    }

    async fn below_a_load_that_has_them(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        macro_rules! assert_below {
            ($($outer:ident $inner:ident $statements:expr;)*) => {$({
                let log = engine.record();
                let orders = User::ORDERS.$outer().with(Order::ITEMS.$inner().without_criteria());
                let mut session = engine.session_with(tenant());
                let users = session.all(select::<User>().with(orders).order_by(User::ID)).await?;
                let name = concat!(stringify!($outer), ", ", stringify!($inner));
                assert_eq!(log.count(), $statements, "{name}: {log}");
                assert_eq!(ids(users[0].get(User::ORDERS)), [1, 3], "{name}");
                assert_eq!(items(users[0].get(User::ORDERS)), [vec![1, 2, 3], vec![2]], "{name}: with the link and the deleted item");
                assert_eq!(ids(users[0].orders()?), [1, 3], "{name}: the orders are whole");
                assert_eq!(users[0].orders()?.first().expect("an order").items().unwrap_err().kind(), ErrorKind::NotLoaded);
            })*};
        }
        assert_below! {
            selectin selectin 3;
            selectin joined 2;
            selectin subquery 3;
            joined selectin 2;
            joined joined 1;
            joined subquery 2;
            subquery selectin 3;
            subquery joined 2;
            subquery subquery 3;
            auto auto 3;
        }
        Ok(())
    }

    async fn what_is_below_sees_all_rows_of_the_parents_that_the_query_found(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        macro_rules! assert_below {
            ($($outer:ident $inner:ident $statements:expr;)*) => {$({
                let log = engine.record();
                let orders = User::ORDERS.$outer().without_criteria().with(Order::ITEMS.$inner());
                let mut session = engine.session_with(tenant());
                let users = session.all(select::<User>().with(orders).order_by(User::ID)).await?;
                let name = concat!(stringify!($outer), ", ", stringify!($inner));
                assert_eq!(log.count(), $statements, "{name}: {log}");
                assert_eq!(ids(users[0].get(User::ORDERS)), [1, 2, 3], "{name}");
                assert_eq!(items(users[0].get(User::ORDERS)), [vec![1, 2, 3], vec![1], vec![2]], "{name}");
                // A statement that repeats the query repeats its criteria.
                for statement in log.statements().iter().filter(|statement| statement.sql.contains("criteria_users")) {
                    assert_eq!(statement.sql.matches("tenant").count(), if statement.sql.contains("name") { 2 } else { 1 }, "{name}: {log}");
                }
            })*};
        }
        assert_below! {
            selectin selectin 3;
            selectin joined 2;
            selectin subquery 3;
            joined selectin 2;
            joined joined 1;
            joined subquery 2;
            subquery selectin 3;
            subquery joined 2;
            subquery subquery 3;
            auto auto 3;
        }
        Ok(())
    }

    async fn a_page_and_an_inner_join_see_it_too(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let with_orders = |load| select::<User>().with(load).order_by(User::ID);
        let users = session.all(with_orders(User::ORDERS.joined().inner().without_criteria())).await?;
        assert_eq!(users.iter().map(|user| ids(user.get(User::ORDERS))).collect::<Vec<_>>(), [vec![1, 2, 3], vec![4]]);
        let page = with_orders(User::ORDERS.joined().inner().without_criteria()).limit(1).offset(1);
        let users = session.all(page).await?;
        assert_eq!(users.iter().map(|user| ids(user.get(User::ORDERS))).collect::<Vec<_>>(), [vec![4]]);
        let users = session.all(with_orders(User::ORDERS.joined().inner()).limit(5)).await?;
        assert_eq!(users.len(), 1, "the orders of the second user are hidden");
        let page = with_orders(User::ORDERS.subquery().without_criteria()).limit(1).offset(1);
        assert_eq!(ids(session.all(page).await?[0].get(User::ORDERS)), [4]);

        // Its own filter, order and limit, and what the filter asks about.
        let load = User::ORDERS.selectin().without_criteria().order_by(Order::TOTAL.desc()).limit(2);
        assert_eq!(ids(session.all(with_orders(load)).await?[0].get(User::ORDERS)), [3, 2]);
        let asks = Order::ITEMS.any(Item::ID.eq(2));
        let users = session.all(with_orders(User::ORDERS.selectin().without_criteria().filter(asks.clone()))).await?;
        assert_eq!(ids(users[0].get(User::ORDERS)), [1, 3]);
        let users = session.all(with_orders(User::ORDERS.joined().without_criteria().filter(asks.clone()))).await?;
        assert_eq!(ids(users[0].get(User::ORDERS)), [1, 3]);
        let users = session.all(with_orders(User::ORDERS.joined().filter(asks))).await?;
        assert_eq!(ids(users[0].get(User::ORDERS)), [] as [i64; 0], "the item is deleted");
        Ok(())
    }

    async fn a_to_one_finds_what_the_session_does_not_see(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        macro_rules! assert_finds {
            ($($strategy:ident)*) => {$({
                let mut session = engine.session_with(tenant());
                // The order belongs to a user of another tenant, and a plain load of it is an error.
                let query = select::<Order>().filter(Order::ID.eq(5));
                let error = session.all(query.clone().with(Order::USER.$strategy())).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::DanglingKey);
                for _ in 0..2 {
                    // The second time the session holds the user already.
                    let order = session.one(query.clone().with(Order::USER.$strategy().without_criteria())).await?;
                    assert_eq!(order.get(Order::USER).id, 3, "{}", stringify!($strategy));
                    assert!(order.user().is_err());
                    assert!(session.get::<User>(3).await?.is_none());
                }
                let parts = select::<Item>().filter(Item::ID.eq(4)).with(Item::PARENT.$strategy().without_criteria());
                let part = session.one(parts).await?;
                assert_eq!(part.get(Item::PARENT).map(|item| item.id), Some(2));
                let card = select::<User>().filter(User::ID.eq(1)).with(User::CARD.$strategy().without_criteria());
                assert_eq!(session.one(card).await?.get(User::CARD).map(|card: Entity<Card>| card.id), Some(1));
            })*};
        }
        assert_finds!(selectin joined subquery auto);
        Ok(())
    }

    async fn late_loads_streams_gets_rows_and_sql_take_it(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let users = session.all(select::<User>().order_by(User::ID)).await?;
        let users = session.load_all(users, User::ORDERS.selectin()).await?;
        let users = session.load_all(users, User::ORDERS.selectin().without_criteria()).await?;
        assert_eq!(ids(users[0].get(User::ORDERS)), [1, 2, 3]);
        assert_eq!(ids(users[0].orders()?), [1, 3], "the object keeps what it held");
        let loads = || User::ORDERS.selectin().without_criteria();
        let user = session.get::<User>(1).with(loads()).await?.expect("a user");
        assert_eq!(ids(user.get(User::ORDERS)), [1, 2, 3]);
        assert!(session.get::<User>(3).with(loads()).await?.is_none(), "the user itself is hidden");
        let found = session.get_many::<User>([1, 3]).with(loads()).await?;
        assert_eq!(found[0].as_ref().map(|user| ids(user.get(User::ORDERS))), Some(vec![1, 2, 3]));
        assert!(found[1].is_none());
        let mut stream = session.stream(select::<User>().with(loads()).order_by(User::ID).yield_per(1));
        let mut streamed = Vec::new();
        while let Some(batch) = stream.next_batch().await? {
            streamed.extend(batch.into_iter().map(|user| ids(user.get(User::ORDERS))));
        }
        drop(stream);
        assert_eq!(streamed, [vec![1, 2, 3], vec![4]]);
        let rows = session.rows(sql("SELECT id, tenant, name FROM criteria_users ORDER BY id").entities::<User>().with(loads())).await?;
        assert_eq!(rows.iter().map(|user| ids(user.get(User::ORDERS))).collect::<Vec<_>>(), [vec![1, 2, 3], vec![4], vec![5]]);
        let parts = select::<Item>().filter(Item::ID.eq(1)).with(Item::PARTS.selectin().recursive(..).without_criteria());
        let item = session.one(parts).await?;
        assert_eq!(item.get(Item::PARTS).iter().map(|part| part.id).collect::<Vec<_>>(), [3, 5]);
        let parts = select::<Item>().filter(Item::ID.eq(1)).with(Item::PARTS.subquery().recursive(1).without_criteria());
        let item = session.one(parts).await?;
        assert_eq!(item.get(Item::PARTS).iter().map(|part| part.id).collect::<Vec<_>>(), [3, 5]);
        Ok(())
    }

    async fn one_load_sees_deleted_rows(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        engine.session_with(clock(FIRST)).transaction(async |session| {
            session.execute(delete::<Comment>().filter(Comment::ID.eq(2))).await?;
            session.execute(delete::<Tag>().filter(Tag::ID.eq(2))).await?;
            session.execute(delete::<Post>().filter(Post::ID.eq(2))).await
        }).await?;
        let hides_answers = || SessionOptions::new().criteria::<Comment>(Comment::PARENT_ID.is_null());
        macro_rules! assert_deleted {
            ($($strategy:ident)*) => {$({
                let query = || select::<Post>().order_by(Post::ID);
                let posts = query().with(Post::COMMENTS.$strategy().with_deleted()).with(Post::TAGS.$strategy());
                let mut session = engine.session_with(hides_answers());
                let posts = session.all(posts).await?;
                let name = stringify!($strategy);
                assert_eq!(posts.len(), 1, "{name}: the query hides deleted posts");
                let found: Vec<i64> = posts[0].get(Post::COMMENTS).iter().map(|comment| comment.id).collect();
                assert_eq!(found, [1, 2], "{name}: the deleted one, and no answer");
                assert_eq!(posts[0].get(Post::TAGS).len(), 1, "{name}");
                assert!(posts[0].comments().is_err(), "{name}: the object holds what the session sees");
                assert_eq!(posts[0].tags()?.len(), 1, "{name}");
                let tags = query().with(Post::TAGS.$strategy().with_deleted()).with(Post::COMMENTS.$strategy().without_criteria());
                let posts = session.all(tags).await?;
                assert_eq!((posts[0].get(Post::TAGS).len(), posts[0].get(Post::COMMENTS).len()), (2, 3), "{name}");
                // A session that sees deleted rows holds what it finds.
                let mut trash = engine.session_with(hides_answers().with_deleted());
                let posts = trash.all(query().with(Post::COMMENTS.$strategy().with_deleted())).await?;
                assert_eq!(posts.iter().map(|post| post.get(Post::COMMENTS).len()).collect::<Vec<_>>(), [2, 1], "{name}");
                assert_eq!(posts[0].comments()?.len(), 2, "{name}");
            })*};
        }
        assert_deleted!(selectin joined subquery auto);
        let mut session = engine.session();
        let comment = session.get::<Comment>(4).with(Comment::POST.selectin().with_deleted()).await?.expect("a comment");
        assert_eq!(comment.get(Comment::POST).id, 2);
        Ok(())
    }

    async fn changes_of_what_it_finds_are_written(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let user = session.get::<User>(1).with(User::ORDERS.selectin().without_criteria()).await?.expect("a user");
        let hidden = user.get(User::ORDERS).iter().find(|order| order.id == 2).expect("the deleted order");
        session.edit(&hidden, |order| order.deleted = false)?;
        session.commit().await?;
        let user = engine.session_with(tenant()).get::<User>(1).with(User::ORDERS.selectin()).await?.expect("a user");
        assert_eq!(ids(user.get(User::ORDERS)), [1, 2, 3]);
        Ok(())
    }

    async fn what_it_cannot_be_is_refused(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session_with(tenant());
        let filled = select::<User>().join(User::ORDERS).fill(User::ORDERS.filled().without_criteria());
        let error = session.all(filled.order_by((User::ID, Order::ID))).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`User.orders` is filled from the query's own join, which sees what the query sees; call `.without_criteria()` on the \
             query, or load it with `.selectin().without_criteria()` [InvalidQuery]"
        );
        let twice = select::<User>().with(User::ORDERS.selectin().dynamic()).with(User::ORDERS.selectin().without_criteria().dynamic());
        let error = session.all(twice).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`User.orders` is loaded twice, by `.selectin()` and by `.selectin().without_criteria()`; name it once [InvalidQuery]"
        );
        // In a session that sees all rows it is an ordinary load, which the object holds.
        let mut all = engine.session_with(everything());
        let user = all.one(select::<User>().filter(User::ID.eq(1)).with(User::ORDERS.selectin().without_criteria())).await?;
        assert_eq!(ids(user.orders()?), [1, 2, 3]);
        Ok(())
    }
}
