//! Queries that cannot be run as they are written.

use orm_core::prelude::*;

use super::says;
use crate::fixtures::record;
use crate::fixtures::standard::*;

#[tokio::test]
async fn a_batch_of_nothing() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let none = User::ORDERS.selectin().batch_size(0);
    says(
        session.all(select::<User>().with(none)).await,
        ErrorKind::InvalidQuery,
        &["`User.orders`", "batch size"],
    );
    let below = User::ORDERS.selectin().with(Order::ITEMS.selectin().batch_size(0));
    says(
        session.all(select::<User>().with(below)).await,
        ErrorKind::InvalidQuery,
        &["`Order.items`", "batch size"],
    );
    assert_eq!(log.count(), 0, "before any SQL: {log}");
    Ok(())
}

#[tokio::test]
async fn two_strategies_for_one_relationship() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().with(User::ORDERS.selectin()).with(User::ORDERS.joined());
    says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", "selectin()", "joined()"]);
    let query = select::<User>().with(User::ORDERS.joined()).with(User::ORDERS.joined().inner());
    says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", "joined()", "inner()"]);
    let query = select::<User>()
        .with(User::ORDERS.selectin().with(Order::ITEMS.selectin()))
        .with(User::ORDERS.selectin().with(Order::ITEMS.joined()));
    says(session.all(query).await, ErrorKind::InvalidQuery, &["`Order.items`", "selectin()", "joined()"]);
    assert_eq!(log.count(), 0, "before any SQL: {log}");

    let query = select::<User>().with(User::ORDERS.selectin()).with(User::ADDRESSES.joined());
    assert_eq!(session.all(query).await?.len(), 4, "two relationships may differ");
    Ok(())
}

#[tokio::test]
async fn options_that_a_strategy_does_not_have() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().with(User::ORDERS.joined().limit(1));
    says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", ".selectin()", ".limit("]);
    let query = select::<User>().with(User::ORDERS.joined().batch_size(10));
    says(
        session.all(query).await,
        ErrorKind::InvalidQuery,
        &["`User.orders`", ".selectin()", ".batch_size("],
    );
    let query = select::<User>().with(User::ORDERS.selectin().inner());
    says(session.all(query).await, ErrorKind::InvalidQuery, &["`User.orders`", ".joined()", ".inner()"]);
    assert_eq!(log.count(), 0, "before any SQL: {log}");
    Ok(())
}

#[tokio::test]
async fn a_column_of_a_table_that_is_not_in_the_query() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let other = || Address::EMAIL_ADDRESS.like("ed%");
    let parts = ["addresses"];
    says(session.all(select::<User>().filter(other())).await, ErrorKind::InvalidQuery, &parts);
    says(session.all(select::<User>().order_by(Address::ID)).await, ErrorKind::InvalidQuery, &parts);
    says(session.count(select::<User>().filter(other())).await, ErrorKind::InvalidQuery, &parts);
    let query = select::<User>().filter(User::ID.eq(Address::USER_ID));
    says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
    // A table that a loader joins has a generated alias, so no condition reaches it by accident.
    let query = select::<User>().with(User::ADDRESSES.joined()).filter(other());
    says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
    let query = select::<User>().with(User::ORDERS.selectin().filter(other()));
    says(session.all(query).await, ErrorKind::InvalidQuery, &parts);
    assert_eq!(log.count(), 0, "before any SQL: {log}");
    Ok(())
}

#[tokio::test]
async fn more_values_than_the_database_binds() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let most = session.all(select::<User>().filter(User::ID.is_in(0..32_766))).await?;
    assert_eq!(most.len(), 4);
    let more = session.all(select::<User>().filter(User::ID.is_in(0..32_767))).await;
    says(more, ErrorKind::InvalidQuery, &["32767", "32766"]);
    assert_eq!(session.count(select::<User>()).await?, 4, "the session goes on");
    Ok(())
}

#[tokio::test]
async fn no_row_and_too_many() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let none = || select::<User>().filter(User::ID.eq(99));
    says(session.one(none()).await, ErrorKind::NoRows, &["`User`", "one_or_none"]);
    assert!(session.one_or_none(none()).await?.is_none());
    says(session.one(select::<User>()).await, ErrorKind::MultipleRows, &["`User`", "4"]);
    says(session.one_or_none(select::<User>()).await, ErrorKind::MultipleRows, &["`User`", "first"]);
    Ok(())
}
