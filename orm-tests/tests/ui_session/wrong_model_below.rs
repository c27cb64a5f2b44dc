mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.all(select::<User>().with(User::ORDERS.selectin().with(Item::KEYWORDS.selectin()))).await?;
    Ok(())
}
fn main() {}
