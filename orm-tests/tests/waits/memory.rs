//! A database in memory behaves as one in a file does.

use orm_core::prelude::*;

use crate::world::{Owner, builder, ends, fill};

async fn name_of(session: &mut Session, id: i64) -> Result<String> {
    session.row(select_columns(Owner::NAME).filter(Owner::ID.eq(id))).await
}

#[tokio::test]
async fn readers_see_what_is_committed_while_another_session_writes() -> Result<()> {
    let engine = builder("sqlite::memory:").connect().await?;
    fill(&engine).await?;
    let (mut writer, mut reader) = (engine.session(), engine.session());
    let owner = writer.get::<Owner>(1).await?.expect("ann is there");
    writer.edit(&owner, |owner| owner.name = "anna".into())?;
    writer.flush().await?;
    assert_eq!(ends("the reader", name_of(&mut reader, 1)).await?, "ann");
    assert_eq!(ends("the reader", reader.all(select::<Owner>().order_by(Owner::ID))).await?[0].name, "ann");
    let refused = ends("the second writer", reader.begin()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy);
    assert!(refused.is_retryable());
    writer.commit().await?;
    assert_eq!(name_of(&mut reader, 1).await?, "anna");
    Ok(())
}

#[tokio::test]
async fn a_snapshot_stays_while_others_commit() -> Result<()> {
    let engine = builder("sqlite::memory:").connect().await?;
    fill(&engine).await?;
    let (mut writer, mut reader) = (engine.session(), engine.session());
    let options = orm_core::options::TransactionOptions::new().read_only();
    reader.begin_with(options).await?;
    assert_eq!(name_of(&mut reader, 1).await?, "ann");
    writer.execute(update::<Owner>().set(Owner::NAME, "x")).await?;
    writer.commit().await?;
    assert_eq!(name_of(&mut reader, 1).await?, "ann");
    reader.commit().await?;
    assert_eq!(name_of(&mut reader, 1).await?, "x");
    Ok(())
}

#[tokio::test]
async fn an_engine_has_a_database_of_its_own_unless_it_names_one() -> Result<()> {
    let named = "sqlite:file:one?mode=memory&cache=shared";
    for (url, other, shared) in [
        ("sqlite::memory:", "sqlite::memory:", false),
        ("sqlite:file:one?mode=memory", "sqlite:file:one?mode=memory", false),
        (named, "sqlite:file:two?mode=memory&cache=shared", false),
        (named, named, true),
    ] {
        let (one, two) = (builder(url).connect().await?, builder(other).connect().await?);
        one.create_all(schema![Owner, crate::world::Thing]).await?;
        let seen = two.session().count(select::<Owner>()).await;
        assert_eq!(seen.is_ok(), shared, "{url} and {other}: {seen:?}");
        drop((one, two));
        // It is removed with the last connection.
        let gone = async {
            while builder(url).connect().await?.session().count(select::<Owner>()).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            Result::Ok(())
        };
        ends(url, gone).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_database_outlives_the_connections_that_go() -> Result<()> {
    let engine = builder("sqlite::memory:").pool_size(1).connect().await?;
    fill(&engine).await?;
    let mut session = engine.session();
    session.begin().await?;
    session.execute(sql("DELETE FROM things")).await?;
    // Its connection is closed, and it was the only one.
    drop(session);
    assert_eq!(engine.session().count(select::<crate::world::Thing>()).await?, crate::world::THINGS as u64);
    Ok(())
}

#[tokio::test]
async fn what_is_attached_in_memory_is_read_while_it_is_written() -> Result<()> {
    let engine = builder("sqlite::memory:").attach("app", ":memory:").connect().await?;
    let (mut writer, mut reader) = (engine.session(), engine.session());
    writer.execute(sql("CREATE TABLE app.t (n INTEGER)")).await?;
    writer.commit().await?;
    writer.execute(sql("INSERT INTO app.t VALUES (1)")).await?;
    let count = || sql("SELECT count(*) FROM app.t").rows::<i64>();
    assert_eq!(ends("the reader", reader.row(count())).await?, 0);
    writer.commit().await?;
    assert_eq!(reader.row(count()).await?, 1);
    Ok(())
}
