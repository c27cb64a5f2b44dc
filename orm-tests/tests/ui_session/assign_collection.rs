mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session, user: Entity<User>, order: Entity<Order>) -> Result<()> {
    session.assign(&user, User::ORDERS, &order)
}
fn main() {}
