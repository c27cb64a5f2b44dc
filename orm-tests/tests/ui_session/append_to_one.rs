mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session, order: Entity<Order>, user: Entity<User>) -> Result<()> {
    session.append(&order, Order::USER, &user)
}
fn main() {}
