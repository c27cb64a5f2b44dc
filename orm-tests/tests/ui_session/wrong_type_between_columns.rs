mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = select::<Order>().filter(Order::USER_ID.eq(User::NAME));
}
fn main() {}
