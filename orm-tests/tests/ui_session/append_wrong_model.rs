mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session, user: Entity<User>, item: Entity<Item>) -> Result<()> {
    session.append(&user, User::ORDERS, &item)
}
fn main() {}
