mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = Order::USER.selectin().limit(1);
}
fn main() {}
