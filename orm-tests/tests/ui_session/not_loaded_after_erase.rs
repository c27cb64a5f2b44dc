mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    let user = session.one(select::<User>().with(User::ORDERS.selectin())).await?;
    user.dynamic().get(User::ORDERS);
    Ok(())
}
fn main() {}
