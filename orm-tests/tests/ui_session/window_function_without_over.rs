mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    session.rows(select_columns(func::row_number())).await?;
    Ok(())
}
fn main() {}
