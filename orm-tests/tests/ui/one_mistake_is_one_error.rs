use orm_core::prelude::*;

#[derive(Model)]
struct Order {
    #[key(auto)]
    id: i64,
    user_id: i64,
    description: String,
    #[belongs_to(lazy = "eager")]
    user: BelongsTo<User>,
}

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
    #[has_many(order_by = "id")]
    orders: HasMany<Order>,
}

fn print(order: &Entity<Order>) -> Result<()> {
    let user: Entity<User> = order.user()?;
    println!("{} {} {}", order.description, user.name, user.orders()?.len());
    Ok(())
}

fn owner<L>(order: &Entity<Order, L>) -> i64
where
    order::User: LoadedIn<L>,
{
    order.get(Order::USER).id
}

fn main() {
    let order = Order::draft().id(1).description("first").user(User::draft().id(7).name("jack"));
    let _ = (order, Order::USER_ID, Order::USER);
}
