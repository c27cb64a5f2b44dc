//! A link table that is a model as well, and relationships for reading.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

/// Its items are reached by its lines, which go with it, and past them.
#[derive(Model, Debug)]
#[model(table = "as_orders")]
struct Order {
    #[key]
    id: i64,
    #[has_many(key = "order_id", order_by = "item_id", cascade = "all, delete-orphan")]
    lines: HasMany<Line>,
    #[many_to_many(through = "as_lines", key = "order_id", target_key = "item_id", order_by = "id")]
    items: HasMany<Item>,
}

#[derive(Model, Debug)]
#[model(table = "as_lines")]
struct Line {
    #[key]
    order_id: i64,
    #[key]
    item_id: i64,
    amount: i64,
    #[belongs_to(key = "order_id")]
    order: BelongsTo<Order>,
    #[belongs_to(key = "item_id")]
    item: BelongsTo<Item>,
}

/// Its orders are for reading, and its lines are not declared.
#[derive(Model, Debug)]
#[model(table = "as_items")]
struct Item {
    #[key]
    id: i64,
    #[many_to_many(
        through = "as_lines",
        key = "item_id",
        target_key = "order_id",
        order_by = "id",
        view_only
    )]
    orders: HasMany<Order>,
}

async fn shop(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Order, Line, Item]).await?;
    let mut session = engine.session();
    for id in [1, 2] {
        session.add(Item::draft().id(id));
        session.add(Order::draft().id(id));
    }
    for (order, item) in [(1, 1), (1, 2), (2, 1)] {
        session.add(Line::draft().order_id(order).item_id(item).amount(3));
    }
    session.commit().await?;
    Ok(engine)
}

async fn lines(engine: &Engine) -> Result<Vec<(i64, i64)>> {
    let lines =
        engine.session().all(select::<Line>().order_by(Line::ORDER_ID).order_by(Line::ITEM_ID)).await?;
    Ok(lines.iter().map(|line| (line.order_id, line.item_id)).collect())
}

on_every_backend! {
    async fn a_row_is_deleted_with_its_lines(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let order = session.get::<Order>(1).await?.expect("the order is there");
        session.delete(&order)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT as_lines", "DELETE as_lines", "DELETE as_orders"], "{log}");
        assert_eq!(lines(&engine).await?, [(2, 1)]);
        Ok(())
    }

    async fn lines_and_both_their_ends_are_deleted_together(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let all = session.all(select::<Line>().filter(Line::ITEM_ID.eq(2))).await?;
        let item = session.get::<Item>(2).await?.expect("the item is there");
        session.delete(&item)?;
        session.delete(&all[0])?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["DELETE as_lines", "DELETE as_items"], "the line goes first: {log}");
        assert_eq!(lines(&engine).await?, [(1, 1), (2, 1)]);
        Ok(())
    }

    async fn a_row_with_lines_becomes_another(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let order = session.get::<Order>(1).await?.expect("the order is there");
        session.delete(&order)?;
        session.add(Order::draft().id(1).lines([Line::draft().item_id(2).amount(1)]));
        session.commit().await?;
        assert_eq!(lines(&engine).await?, [(1, 2), (2, 1)]);
        Ok(())
    }

    async fn what_is_for_reading_is_read_and_not_written(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let item = session.one(select::<Item>().filter(Item::ID.eq(1)).with(Item::ORDERS.selectin())).await?;
        assert_eq!(item.get(Item::ORDERS).iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2]);
        let order = session.get::<Order>(2).await?.expect("the order is there");
        let refused = [
            session.append(&item, Item::ORDERS, &order),
            session.remove(&item, Item::ORDERS, &order),
            session.replace(&item, Item::ORDERS, [&order]),
        ];
        for error in refused.map(|done| done.expect_err("it is for reading")) {
            assert_eq!(error.kind(), ErrorKind::InvalidState);
            assert!(error.to_string().contains("`Item.orders` is `view_only`"), "{error}");
        }
        assert!(session.flush_plan().is_empty(), "what is refused changes nothing");
        let loose = session.insert(Item::draft().id(9)).await?;
        session.delete(&loose)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["DELETE as_items"], "its link rows are not its own: {log}");
        Ok(())
    }

    async fn what_is_for_reading_is_never_stale(database: TestDatabase) -> Result<()> {
        let engine = shop(&database).await?;
        let mut session = engine.session();
        let query = select::<Item>().with(Item::ORDERS.selectin()).order_by(Item::ID);
        let items: Vec<Entity<Item>> = session.all(query).await?.into_iter().map(|item| item.dynamic()).collect();
        session.add(Line::draft().order_id(2).item_id(2).amount(1));
        session.flush().await?;
        assert_eq!(items[1].orders().unwrap_err().kind(), ErrorKind::NotLoaded);
        assert_eq!(session.load(&items[1], Item::ORDERS).await?.len(), 2);
        let order = session.get::<Order>(1).await?.expect("the order is there");
        let item = session.get::<Item>(2).await?.expect("the item is there");
        session.remove(&order, Order::ITEMS, &item)?;
        session.flush().await?;
        assert_eq!(items[1].orders().unwrap_err().kind(), ErrorKind::NotLoaded, "through the other side as well");
        assert_eq!(session.load(&items[1], Item::ORDERS).await?.len(), 1);
        Ok(())
    }
}
