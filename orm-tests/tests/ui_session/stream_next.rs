mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(session: &mut Session) -> Result<()> {
    let mut stream = session.stream(select::<User>());
    while let Some(user) = stream.next().await {
        println!("{}", user?.name);
    }
    Ok(())
}
fn main() {}
