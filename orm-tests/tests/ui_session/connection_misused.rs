mod shop;
use orm_core::prelude::*;
use shop::*;
async fn while_it_is_lent(session: &mut Session) -> Result<()> {
    let mut connection = session.connection().await?;
    session.count(select::<User>()).await?;
    connection.execute("SELECT 1").await
}
async fn kept_longer_than_its_session(engine: &Engine) -> Result<()> {
    let mut connection = engine.session().connection().await?;
    connection.execute("SELECT 1").await
}
fn what_is_not_awaited(url: &str) -> orm_core::options::EngineBuilder {
    Engine::builder(url).on_connect(|connection| async move { connection.execute("SELECT 1").await })
}
fn main() {}
