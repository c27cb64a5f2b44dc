use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model)]
struct Order {
    #[key]
    id: i64,
    user_id: i64,
    #[belongs_to]
    user: BelongsTo<User>,
}

fn name(order: &Entity<Order>) -> String {
    order.get(Order::USER).name.clone()
}

fn name_of_any<L>(order: &Entity<Order, L>) -> String {
    order.get(Order::USER).name.clone()
}

fn name_of_loaded<L>(order: &Entity<Order, L>) -> String
where
    order::User: LoadedIn<L>,
{
    order.get(Order::USER).name.clone()
}

fn call(order: &Entity<Order>) -> String {
    name_of_loaded(order)
}

fn main() {}
