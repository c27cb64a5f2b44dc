mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select::<User>()).await?;
    Ok(())
}
fn main() {}
