mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<Vec<loaded!(User { orders })>> {
    session.all(select::<User>().with(User::ADDRESSES.selectin())).await
}
fn main() {}
