mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    const COUNT: Label<String> = label("count");
    session.rows(select_columns(func::count(User::ID).label(COUNT))).await?;
    Ok(())
}
fn main() {}
