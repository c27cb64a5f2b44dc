mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session, user: Entity<User>) -> Result<()> {
    session.all(select::<Order>().filter(Order::USER.eq(&user))).await?;
    session.all(select::<User>().filter(User::ORDERS.filter(Order::ID.gt(1)))).await?;
    Ok(())
}
fn main() {}
