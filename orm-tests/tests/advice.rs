//! What the derive's messages suggest compiles: each model here is a mistake with its advice followed.
#![allow(missing_docs, dead_code)]

/// The library under another path, as where a dependency is renamed or re-exported.
mod shop {
    pub mod orm {
        pub use orm_core::*;
    }
}

use shop::orm::prelude::*;

#[derive(Model, Debug)]
#[model(table = "users", crate = "crate::shop::orm")]
struct User {
    #[key(auto)]
    id: i64,
    #[column(unique, length = 50, default = "'new'")]
    name: String,
    nickname: Option<String>,
    #[has_many(key = "user_id", inverse = "user", order_by = "id desc")]
    orders: HasMany<Order>,
    #[belongs_to(key = "parent_id")]
    parent: BelongsTo<Option<User>>,
    parent_id: Option<i64>,
    #[many_to_many(through = "user_tags")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(crate = "crate::shop::orm")]
struct Order {
    #[key(auto)]
    id: i64,
    user_id: i64,
    #[belongs_to(key = "user_id", target_key = "id", on_delete = "cascade", on_update = "cascade")]
    user: BelongsTo<User>,
}

#[derive(Model, Debug)]
#[model(crate = "crate::shop::orm")]
struct Ticket {
    #[key]
    #[column(default_with = "uuid::Uuid::nil")]
    id: uuid::Uuid,
    #[column(updated)]
    changed: chrono::DateTime<chrono::Utc>,
    owner_id: Option<i64>,
    #[belongs_to]
    owner: BelongsTo<Option<User>>,
}

#[derive(Model, Debug)]
#[model(crate = "crate::shop::orm")]
struct Tag {
    #[key(auto)]
    id: i64,
}

#[derive(FromRow, Debug)]
#[row(model = User, crate = "crate::shop::orm")]
struct Line {
    name: String,
}

/// `mod user` beside `struct User` is one name twice; the generated module takes another.
mod own_module {
    use orm_core::prelude::*;

    mod account {}

    #[derive(Model, Debug)]
    #[model(module = "account_model")]
    pub(super) struct Account {
        #[key(auto)]
        pub(super) id: i64,
    }
}

#[tokio::test]
async fn what_was_advised_works() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![User, Order, Tag, Ticket, own_module::Account]).await?;
    let mut session = engine.session();
    session.add(User::draft().orders([Order::draft()]).tags([Tag::draft()]));
    session.add(Ticket::draft());
    session.commit().await?;
    let lines: Vec<Line> = session.rows(select::<User>().load_only::<Line>()).await?;
    assert_eq!(lines[0].name, "new");
    assert!(session.get::<Ticket>(uuid::Uuid::nil()).await?.is_some());
    type WithOrders = loaded!(User { orders { user } });
    let users: Vec<WithOrders> =
        session.all(select::<User>().with(User::ORDERS.selectin().with(Order::USER.joined()))).await?;
    assert_eq!(users[0].get(User::ORDERS).first().map(|order| order.get(Order::USER).id), Some(users[0].id));
    Ok(())
}
