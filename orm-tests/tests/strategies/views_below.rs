//! A filter, an order or a limit of a load's own, below others and by every strategy that has them.

use orm_core::prelude::*;

use crate::fixtures::standard::*;
use crate::fixtures::{ids, record};

fn open() -> Predicate {
    Order::ISOPEN.eq(true)
}

#[tokio::test]
async fn every_strategy_filters_alike() -> Result<()> {
    let engine = standard().await?;
    let expected = [vec![3], vec![], vec![4], vec![]];
    let query = || select::<User>().order_by(User::ID);
    for (load, statements) in [
        (User::ORDERS.selectin(), 2),
        (User::ORDERS.joined(), 1),
        (User::ORDERS.subquery(), 2),
        (User::ORDERS.auto(), 2),
    ] {
        let log = record(&engine);
        let users = engine.session().all(query().with(load.filter(open()))).await?;
        assert_eq!(log.count(), statements, "{log}");
        let found: Vec<_> = users.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
        assert_eq!(found, expected, "{log}");
        for user in &users {
            assert!(user.orders().is_err(), "a part is not what the object holds: {log}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_limit_is_each_parents_own_by_every_strategy_that_has_one() -> Result<()> {
    let engine = standard().await?;
    for load in [User::ORDERS.selectin(), User::ORDERS.subquery(), User::ORDERS.auto()] {
        let log = record(&engine);
        let query = select::<User>().order_by(User::ID).with(load.order_by(Order::ID.desc()).limit(2));
        let users = engine.session().all(query).await?;
        assert_eq!(log.count(), 2, "{log}");
        assert!(log.sql(1).contains("row_number() OVER (PARTITION BY"), "{log}");
        let found: Vec<_> = users.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
        assert_eq!(found, [vec![5, 3], vec![], vec![4, 2], vec![]]);
        assert!(users.iter().all(|user| user.orders().is_err()));
    }
    let log = record(&engine);
    let joined = select::<User>().with(User::ORDERS.joined().limit(2));
    let error = engine.session().all(joined).await.expect_err("a join has no limit for each parent");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    assert!(error.to_string().contains(".selectin()"), "{error}");
    assert_eq!(log.count(), 0);
    Ok(())
}

#[tokio::test]
async fn parts_of_parts() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<User>().order_by(User::ID).with(
        User::ORDERS.selectin().order_by(Order::ID.desc()).limit(2).with(
            Order::ITEMS
                .selectin()
                .filter(Item::ID.gt(1))
                .with(Item::KEYWORDS.selectin().order_by(Keyword::NAME).limit(1)),
        ),
    );
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 4, "{log}");
    assert_eq!(log.keys(2), ["1", "5", "4", "3", "2"], "the filter's value, and the chosen orders: {log}");
    type Items = Vec<(i64, Vec<i64>)>;
    let found: Vec<Vec<Items>> = users
        .iter()
        .map(|user| {
            let orders = user.get(User::ORDERS);
            let of_order = |order: Entity<Order, _>| {
                let items = order.get(Order::ITEMS);
                items.iter().map(|item| (item.id, ids!(item.get(Item::KEYWORDS)))).collect()
            };
            orders.iter().map(of_order).collect()
        })
        .collect();
    assert_eq!(
        found,
        [
            vec![vec![(5, vec![])], vec![(3, vec![4]), (4, vec![]), (5, vec![])]],
            vec![],
            vec![vec![(5, vec![])], vec![(2, vec![2]), (3, vec![4])]],
            vec![],
        ]
    );
    Ok(())
}

#[tokio::test]
async fn what_is_whole_below_a_part_is_held() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>()
        .order_by(User::ID)
        .with(User::ORDERS.selectin().filter(open()).with(Order::ITEMS.selectin()));
    let users = session.all(query).await?;
    assert_eq!(users[0].orders().expect_err("a part").kind(), ErrorKind::NotLoaded);
    let order = users[0].get(User::ORDERS).first().expect("order 3");
    assert_eq!(ids!(order.items()?), [3, 4, 5], "of the orders that were found, all items");

    let log = record(&engine);
    assert_eq!(ids!(session.load(&users[0], User::ORDERS).await?), [1, 3, 5]);
    assert_eq!(log.count(), 1, "the whole is still to be asked for: {log}");
    assert_eq!(ids!(users[0].get(User::ORDERS)), [3], "and the part stays one");
    Ok(())
}

#[tokio::test]
async fn an_inner_join_below_makes_a_part() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let query = select::<User>()
        .order_by(User::ID)
        .with(User::ORDERS.selectin().with(Order::ADDRESS.joined().inner()));
    let log = record(&engine);
    let users = session.all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(ids!(users[0].get(User::ORDERS)), [1, 3], "order 5 has no address");
    assert_eq!(users[0].orders().expect_err("an order is missing").kind(), ErrorKind::NotLoaded);
    Ok(())
}

#[tokio::test]
async fn a_part_of_a_page() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let query = select::<User>()
        .order_by(User::ID.desc())
        .limit(2)
        .offset(1)
        .with(User::ADDRESSES.subquery().filter(Address::ID.ne(3)).order_by(Address::ID.desc()));
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    let found: Vec<_> = users.iter().map(|user| (user.id, ids!(user.get(User::ADDRESSES)))).collect();
    assert_eq!(found, [(9, vec![5]), (8, vec![4, 2])]);
    Ok(())
}

#[tokio::test]
async fn rows_dropped_by_an_inner_join_do_not_count_for_a_limit() -> Result<()> {
    let engine = standard().await?;
    let log = record(&engine);
    let load = User::ORDERS.selectin().order_by(Order::ID.desc()).limit(1);
    let query = select::<User>().order_by(User::ID).with(load.with(Order::ADDRESS.joined().inner()));
    let users = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    let found: Vec<_> = users.iter().map(|user| ids!(user.get(User::ORDERS))).collect();
    assert_eq!(found, [vec![3], vec![], vec![4], vec![]], "order 5 has no address, so 3 is jack's last");
    Ok(())
}

mod links_that_are_there_twice {
    use super::*;
    use crate::fixtures::SideDoor;

    #[derive(Model, Debug)]
    struct Page {
        #[key]
        id: i64,
        #[many_to_many(through = "shown", key = "page_id", target_key = "image_id", order_by = "width, id")]
        images: HasMany<Image>,
    }

    #[derive(Model, Debug)]
    struct Image {
        #[key]
        id: i64,
        width: i64,
        #[has_many(order_by = "id")]
        captions: HasMany<Caption>,
    }

    #[derive(Model, Debug)]
    struct Caption {
        #[key]
        id: i64,
        image_id: i64,
    }

    /// Both pages show the images 1, 2 and 3, the first of them twice.
    async fn pages() -> Result<SideDoor> {
        let door = SideDoor::new(schema![Page, Image, Caption]).await?;
        door.run(
            "DROP TABLE shown;
             CREATE TABLE shown (page_id INTEGER, image_id INTEGER);
             INSERT INTO page (id) VALUES (1), (2);
             INSERT INTO image (id, width) VALUES (1, 10), (2, 10), (3, 20);
             INSERT INTO caption (id, image_id) VALUES (5, 1), (6, 1), (7, 2);
             INSERT INTO shown VALUES (1, 1), (1, 1), (1, 2), (1, 3), (2, 1), (2, 1), (2, 2), (2, 3)",
        )
        .await;
        Ok(door)
    }

    #[tokio::test]
    async fn one_target_takes_one_place_in_a_limit() -> Result<()> {
        let door = pages().await?;
        for load in [Page::IMAGES.selectin(), Page::IMAGES.subquery(), Page::IMAGES.auto()] {
            let log = record(&door.engine);
            let query = select::<Page>().order_by(Page::ID).with(load.limit(2));
            let pages = door.engine.session().all(query).await?;
            assert_eq!(log.count(), 2, "{log}");
            for page in &pages {
                // The second image sorts alike and is another one.
                assert_eq!(ids!(page.get(Page::IMAGES)), [1, 2], "{log}");
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_subquery_around_a_limited_link_table_repeats_nothing() -> Result<()> {
        let door = pages().await?;
        let log = record(&door.engine);
        let load = Page::IMAGES.subquery().limit(2).with(Image::CAPTIONS.subquery());
        let pages = door.engine.session().all(select::<Page>().order_by(Page::ID).with(load)).await?;
        assert_eq!(log.count(), 3, "{log}");
        assert!(log.sql(2).contains("SELECT DISTINCT"), "an image of two pages has its captions once: {log}");
        for page in &pages {
            let captions: Vec<_> =
                page.get(Page::IMAGES).iter().map(|image| ids!(image.get(Image::CAPTIONS))).collect();
            assert_eq!(captions, [vec![5, 6], vec![7]]);
        }
        Ok(())
    }
}
