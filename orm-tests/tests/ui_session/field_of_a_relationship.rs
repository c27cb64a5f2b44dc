mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(user: &Entity<User>) {
    println!("{}", user.orders.len());
    for order in &user.orders {
        let _ = order;
    }
}
fn g(session: &mut Session, user: &Entity<User>) -> Result<()> {
    session.edit(user, |user| user.orders.push(1))
}
fn main() {}
