mod shop;
use orm_core::prelude::*;
use shop::*;
fn f(user: &Entity<User>) -> serde_json::Result<String> {
    serde_json::to_string(&user.orders)
}
fn main() {}
