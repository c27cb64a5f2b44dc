use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

async fn account(engine: &Engine) -> Result<(Session, Entity<Account>)> {
    let mut session = engine.session();
    if session.get::<Account>(1).await?.is_none() {
        session.insert(Account::draft().id(1).owner("ann").balance(10)).await?;
        session.commit().await?;
    }
    let account = session.get::<Account>(1).await?.expect("it was inserted");
    Ok((session, account))
}

#[tokio::test]
async fn each_update_counts_the_version_up() -> Result<()> {
    let engine = engine().await?;
    let (mut session, account) = account(&engine).await?;
    assert_eq!(account.version, 1, "a new row has the first version");
    let log = engine.record();
    for version in [2, 3] {
        session.edit(&account, |account| account.balance += 1)?;
        session.flush().await?;
        assert_eq!(account.version, version);
    }
    let update = &log.statements()[1];
    assert_eq!(columns_set(&update.sql), ["balance", "version"], "{log}");
    assert!(update.sql.split(" WHERE ").nth(1).is_some_and(|filter| filter.contains("version")), "{log}");
    session.rollback().await?;
    assert_eq!((account.version, account.balance), (1, 10));

    // What changed nothing has the version it had.
    session.edit(&account, |account| account.balance += 0)?;
    session.commit().await?;
    assert_eq!(account.version, 1);
    Ok(())
}

#[tokio::test]
async fn a_concurrent_change_is_stale_and_names_the_versions() -> Result<()> {
    let engine = engine().await?;
    let (mut one, mine) = account(&engine).await?;
    let (mut two, theirs) = account(&engine).await?;
    two.edit(&theirs, |account| account.balance = 100)?;
    two.commit().await?;
    two.edit(&theirs, |account| account.balance = 200)?;
    two.commit().await?;

    one.edit(&mine, |account| account.owner = "anna".into())?;
    let error = one.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    let text = error.to_string();
    assert!(text.contains("Account") && text.contains("version 1") && text.contains("version 3"), "{text}");
    assert_eq!(one.count(select::<Account>()).await.unwrap_err().kind(), ErrorKind::PendingRollback);

    // Rolled back and read again, it can be done over.
    one.rollback().await?;
    assert_eq!(mine.owner, "ann");
    one.refresh(&mine).await?;
    assert_eq!((mine.balance, mine.version), (200, 3));
    one.edit(&mine, |account| account.owner = "anna".into())?;
    one.commit().await?;
    let mut other = engine.session();
    let row = other.get::<Account>(1).await?.expect("it is there");
    assert_eq!((row.owner.as_str(), row.balance, row.version), ("anna", 200, 4));
    Ok(())
}

#[tokio::test]
async fn a_delete_of_what_changed_or_went_is_stale() -> Result<()> {
    let engine = engine().await?;
    let (mut one, mine) = account(&engine).await?;
    let (mut two, theirs) = account(&engine).await?;
    two.edit(&theirs, |account| account.balance = 100)?;
    two.commit().await?;
    one.delete(&mine)?;
    assert_eq!(one.commit().await.unwrap_err().kind(), ErrorKind::Stale);
    one.rollback().await?;
    assert_eq!(one.state(&mine), EntityState::Persistent);
    assert_eq!(engine.session().count(select::<Account>()).await?, 1);

    two.delete(&theirs)?;
    two.commit().await?;
    one.delete(&mine)?;
    assert_eq!(one.commit().await.unwrap_err().kind(), ErrorKind::Stale);
    Ok(())
}

#[tokio::test]
async fn an_update_of_no_row_is_stale_even_without_a_version() -> Result<()> {
    let engine = library().await?;
    let mut one = engine.session();
    let books = one.all(select::<Book>().order_by(Book::ID)).await?;
    let mut two = engine.session();
    two.execute(delete::<Book>().filter(Book::ID.eq(2))).await?;
    two.commit().await?;
    for (n, book) in (1..).zip(&books) {
        one.edit(book, |book| book.pages = n)?;
    }
    let error = one.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert!(
        error.to_string().contains("`Book`") && error.to_string().contains('2'),
        "names the row: {error}"
    );
    one.rollback().await?;
    let mut other = engine.session();
    assert!(
        other.all(select::<Book>()).await?.iter().all(|book| book.pages == 100),
        "none of the four was written"
    );
    Ok(())
}

#[tokio::test]
async fn versions_of_several_rows_are_checked_in_one_statement() -> Result<()> {
    let engine = engine().await?;
    let mut one = engine.session();
    for id in 1..=3 {
        one.add(Account::draft().id(id).owner("x").balance(0));
    }
    one.commit().await?;
    let mine = one.all(select::<Account>().order_by(Account::ID)).await?;
    let mut two = engine.session();
    let theirs = two.get::<Account>(2).await?.expect("it is there");
    two.edit(&theirs, |account| account.balance = 5)?;
    two.commit().await?;
    let log = engine.record();
    for account in &mine {
        one.edit(account, |account| account.balance = account.id * 10)?;
    }
    let error = one.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert!(error.to_string().contains("key 2"), "{error}");
    assert_eq!(shape(&log)[0], "UPDATE accounts", "{log}");
    one.rollback().await?;
    one.refresh(&mine[1]).await?;
    log.clear();
    for account in &mine {
        one.edit(account, |account| account.balance = account.id * 10)?;
    }
    one.commit().await?;
    assert_eq!(shape(&log), ["UPDATE accounts"], "{log}");
    assert_eq!(mine.iter().map(|account| account.version).collect::<Vec<_>>(), [2, 3, 2]);
    Ok(())
}

#[tokio::test]
async fn a_version_set_by_hand_does_not_count() -> Result<()> {
    let engine = engine().await?;
    let (mut session, account) = account(&engine).await?;
    session.edit(&account, |account| {
        account.version = 40;
        account.balance = 1;
    })?;
    session.commit().await?;
    assert_eq!(account.version, 2, "one more than the row had");
    let mut other = engine.session();
    assert_eq!(other.get::<Account>(1).await?.map(|account| account.version), Some(2));
    Ok(())
}

/// Both are guarded; a thing is not part of its chest.
#[derive(Model, Debug)]
#[model(table = "guarded_chests")]
struct Chest {
    #[key(auto)]
    id: i64,
    name: String,
    #[column(version)]
    version: i64,
    #[has_many(order_by = "id")]
    things: HasMany<Thing>,
    #[many_to_many(through = "box_labels", key = "box_id", target_key = "label_id", order_by = "id")]
    labels: HasMany<Label>,
}

#[derive(Model, Debug)]
#[model(table = "guarded_things")]
struct Thing {
    #[key(auto)]
    id: i64,
    chest_id: Option<i64>,
    name: String,
    #[column(version)]
    version: i64,
    #[belongs_to(key = "chest_id")]
    container: BelongsTo<Option<Chest>>,
}

#[derive(Model, Debug)]
#[model(table = "box_label")]
struct Label {
    #[key(auto)]
    id: i64,
    name: String,
}

on_every_backend! {
    async fn links_count_for_the_row_whose_key_changes(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Chest, Thing, Label]).await?;
        let mut session = engine.session();
        let one = session.add(Chest::draft().name("one").things([Thing::draft().name("t")]).labels([Label::draft().name("l")]));
        let two = session.add(Chest::draft().name("two").things([] as [Entity<Thing>; 0]));
        session.commit().await?;
        let (one, two) = (one.entity()?, two.entity()?);
        let thing = one.things()?.first().expect("it has one");
        assert_eq!([one.version, two.version, thing.version], [1; 3]);
        let log = engine.record();
        session.append(&two, Chest::THINGS, &thing)?;
        session.append(&two, Chest::LABELS, Label::draft().name("new"))?;
        session.remove(&one, Chest::LABELS, one.labels()?.first().expect("it has one"))?;
        session.edit(&thing, |thing| thing.name.push('!'))?;
        session.commit().await?;
        assert_eq!(shape(&log).iter().filter(|shape| shape.starts_with("UPDATE")).collect::<Vec<_>>(), ["UPDATE guarded_things"], "{log}");
        assert_eq!([one.version, two.version, thing.version], [1, 1, 2], "the key is the thing's");
        session.unassign(&thing, Thing::CONTAINER)?;
        session.delete(&two)?;
        session.commit().await?;
        assert_eq!((one.version, thing.version), (1, 3));
        Ok(())
    }

    async fn a_stale_child_of_a_deleted_parent_is_reported(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Chest, Thing, Label]).await?;
        let mut session = engine.session();
        let one = session.insert(Chest::draft().name("one").things([Thing::draft().name("t")])).await?;
        session.commit().await?;
        let mut other = engine.session();
        let theirs = other.one(select::<Thing>()).await?;
        other.edit(&theirs, |thing| thing.name.push('!'))?;
        other.commit().await?;
        session.delete(&one)?;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Stale, "the key of what it holds would be cleared");
        session.rollback().await?;
        let thing = one.things()?.first().expect("it has one");
        session.refresh(&thing).await?;
        session.delete(&one)?;
        session.commit().await?;
        let row = engine.session().one(select::<Thing>()).await?;
        assert_eq!((row.chest_id, row.version, row.name.as_str()), (None, 3, "t!"));
        Ok(())
    }
}
