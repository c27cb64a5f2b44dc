mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    struct Line;
    session.rows(select_columns(User::NAME).into_struct::<Line>()).await?;
    Ok(())
}
fn main() {}
