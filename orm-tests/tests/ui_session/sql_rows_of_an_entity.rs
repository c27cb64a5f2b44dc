mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    for user in session.rows(sql("SELECT * FROM users").rows::<User>()).await? {
        println!("{}", user.name);
    }
    Ok(())
}
fn main() {}
