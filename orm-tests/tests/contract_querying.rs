//! Queries beyond entities, and streams.
mod shop;
use orm_core::prelude::*;
use shop::*;

#[tokio::test]
async fn columns_and_aggregates() -> Result<()> {
    let engine = shop().await?;
    let mut session = engine.session();
    let rows: Vec<(String, i64)> = session
        .rows(
            select_columns((User::NAME, func::count(Order::ID)))
                .left_join(User::ORDERS)
                .group_by(User::NAME)
                .having(func::count(Order::ID).gt(0))
                .order_by(User::NAME),
        )
        .await?;
    assert_eq!(rows, [("fred".to_string(), 2), ("jack".to_string(), 3)]);
    Ok(())
}

#[tokio::test]
async fn an_entity_beside_a_window_function() -> Result<()> {
    let engine = shop().await?;
    let mut session = engine.session();
    let rows: Vec<(Entity<Order>, i64)> = session
        .rows(
            select_columns((
                Order::entity(),
                func::row_number().over(window().partition_by(Order::USER_ID).order_by(Order::ID.desc())),
            ))
            .order_by(Order::ID),
        )
        .await?;
    assert_eq!(
        rows.iter().map(|(order, rank)| (order.id, *rank)).collect::<Vec<_>>(),
        [(1, 3), (2, 2), (3, 2), (4, 1), (5, 1)]
    );
    Ok(())
}

#[tokio::test]
async fn relationships_filter_as_exists() -> Result<()> {
    let engine = shop().await?;
    let mut session = engine.session();
    let users = session
        .all(select::<User>().filter(User::ORDERS.any(Order::ISOPEN.eq(true))).order_by(User::ID))
        .await?;
    assert_eq!(users.iter().map(|u| u.id).collect::<Vec<_>>(), [7, 9]);
    let orders = session
        .all(select::<Order>().filter(Order::USER.has(User::NAME.eq("fred"))).order_by(Order::ID))
        .await?;
    assert_eq!(orders.iter().map(|o| o.id).collect::<Vec<_>>(), [2, 4]);
    Ok(())
}

#[tokio::test]
async fn a_stream_loads_batch_by_batch() -> Result<()> {
    let engine = shop().await?;
    let mut session = engine.session();
    let log = engine.record();
    let mut stream =
        session.stream(select::<User>().with(User::ADDRESSES.selectin()).order_by(User::ID).yield_per(3));
    let mut sizes = Vec::new();
    while let Some(batch) = stream.next_batch().await? {
        sizes.push((batch.len(), batch.iter().map(|user| user.get(User::ADDRESSES).len()).sum::<usize>()));
    }
    assert_eq!(sizes, [(3, 5), (1, 0)]);
    drop(stream);
    assert_eq!(log.count(), 1 + 2, "{log}");

    let refused =
        session.stream(select::<User>().with(User::ADDRESSES.joined()).yield_per(3)).next_batch().await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidQuery);
    Ok(())
}
