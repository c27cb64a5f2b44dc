mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = select::<User>().order_by("name");
}
fn main() {}
