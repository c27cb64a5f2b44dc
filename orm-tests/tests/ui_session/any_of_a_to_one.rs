mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<Order>().filter(Order::USER.any(User::NAME.eq("jack")))).await?;
    Ok(())
}
fn main() {}
