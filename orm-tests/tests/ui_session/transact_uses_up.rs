mod shop;
use orm_core::prelude::*;
use shop::*;
async fn f(engine: &Engine) -> Result<()> {
    let draft = User::draft().name("x");
    engine.transact(RetryPolicy::new(), async |session| {
        session.add(draft);
        Ok(())
    }).await
}
fn main() {}
