//! A database of two owners and many things, and a session that holds some of them.

use std::path::Path;
use std::time::Duration;

use orm_core::options::EngineBuilder;
use orm_core::prelude::*;

/// How many things exist: more than a statement's thread can have in transit.
pub const THINGS: i64 = 2_000;
/// How long the engines here wait for a lock.
pub const BUSY_TIMEOUT: Duration = Duration::from_millis(50);
/// A call without an answer by then will never have one. It does not measure anything.
const NEVER: Duration = Duration::from_secs(60);

#[derive(Model, Debug)]
#[model(table = "owners")]
pub struct Owner {
    #[key]
    pub id: i64,
    pub name: String,
    #[column(deferred)]
    pub note: Deferred<String>,
    #[has_many(order_by = "id")]
    pub things: HasMany<Thing>,
}

#[derive(Model, Debug)]
#[model(table = "things")]
pub struct Thing {
    #[key]
    pub id: i64,
    pub owner_id: i64,
    pub n: i64,
    #[belongs_to]
    pub owner: BelongsTo<Owner>,
}

#[derive(FromRow, Debug)]
#[allow(dead_code, reason = "it is read from rows, and that is all")]
pub struct Numbered {
    pub id: i64,
    pub n: i64,
}

/// A session that was at work before something happened.
pub struct World {
    pub engine: Engine,
    pub session: Session,
    pub owner: Entity<Owner>,
    pub thing: Entity<Thing>,
}

impl World {
    pub async fn new(engine: Engine) -> Result<World> {
        let mut session = engine.session();
        let owner = session.one(select::<Owner>().filter(Owner::ID.eq(1))).await?;
        let thing = session.one(select::<Thing>().filter(Thing::ID.eq(1))).await?;
        session.close().await?;
        Ok(World { engine, session, owner, thing })
    }
}

pub fn builder(url: &str) -> EngineBuilder {
    Engine::builder(url).busy_timeout(BUSY_TIMEOUT).pool_size(4)
}

pub fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// Creates the tables and their rows.
pub async fn fill(engine: &Engine) -> Result<()> {
    engine.create_all(schema![Owner, Thing]).await?;
    let mut session = engine.session();
    session
        .execute(sql("INSERT INTO owners (id, name, note) VALUES (1, 'ann', 'x'), (2, 'ben', 'y')"))
        .await?;
    let things = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) \
                  INSERT INTO things (id, owner_id, n) SELECT n, 1, n FROM numbers";
    session.execute(sql(things).bind(THINGS)).await?;
    session.commit().await
}

/// Waits for something that must end.
pub async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(NEVER, work).await {
        Ok(done) => done,
        Err(_) => panic!("{what} never ended"),
    }
}
