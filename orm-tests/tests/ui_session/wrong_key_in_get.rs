mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.get::<User>("seven").await?;
    Ok(())
}
fn main() {}
