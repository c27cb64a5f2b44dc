mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.execute(update::<User>().set(User::NAME, 7)).await?;
    Ok(())
}
fn main() {}
