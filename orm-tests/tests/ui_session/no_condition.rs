mod shop;
use orm_core::prelude::*;
use shop::*;
fn f() {
    let _ = select::<User>().filter("name = 'jack'");
    let _ = select::<User>().filter(true);
    let _ = select::<User>().filter(|user: &User| user.id > 1);
}
fn main() {}
