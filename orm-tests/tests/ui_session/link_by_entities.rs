mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(session: &mut Session, item: Entity<Item>) -> Result<()> {
    session.link(Order::ITEMS, 1, &item)?;
    session.unlink(Order::ITEMS, 1, [1, 2])
}
fn main() {}
