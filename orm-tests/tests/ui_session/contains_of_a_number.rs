mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<Order>().filter(Order::ID.contains("7"))).await?;
    Ok(())
}
fn main() {}
