mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(user: &Entity<User>) {
    user.get(User::NAME);
}
fn main() {}
