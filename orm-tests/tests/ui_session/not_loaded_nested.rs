mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    let users = session.all(select::<User>().with(User::ORDERS.selectin().with(Order::ADDRESS.joined()))).await?;
    for user in &users {
        for order in user.get(User::ORDERS) {
            order.get(Order::ITEMS);
        }
    }
    Ok(())
}
fn main() {}
