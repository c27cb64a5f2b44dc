mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session, user: Entity<User>, order: Entity<Order>) -> Result<()> {
    session.append(User::ORDERS, &user, &order)?;
    session.assign(Order::USER, &order, &user)
}
fn main() {}
