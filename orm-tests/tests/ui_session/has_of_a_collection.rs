mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().filter(User::ORDERS.has(Order::ID.eq(1)))).await?;
    Ok(())
}
fn main() {}
