mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    let names: Vec<i64> = session.rows(select_columns(User::NAME)).await?;
    let _ = names;
    Ok(())
}
fn main() {}
