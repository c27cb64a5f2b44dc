mod shop;
use orm_core::prelude::*;
use shop::*;
fn render<L>(user: &Entity<User, L>) -> usize {
    user.get(User::ORDERS).len()
}
fn main() {}
