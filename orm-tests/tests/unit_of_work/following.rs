//! Objects that a session holds follow bulk statements, whatever is unsaved of them.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

async fn accounts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    create(&engine).await?;
    let mut session = engine.session();
    for id in 1..=3 {
        session.add(Account::draft().id(id).owner("ann").balance(10));
    }
    session.commit().await?;
    Ok(engine)
}

async fn row(engine: &Engine, id: i64) -> Result<(String, i64, i64)> {
    let row = engine.session().get::<Account>(id).await?.expect("the account is there");
    Ok((row.owner.clone(), row.balance, row.version))
}

fn shown(account: &Entity<Account>) -> (String, i64, i64) {
    (account.owner.clone(), account.balance, account.version)
}

fn without_flush() -> SessionOptions {
    SessionOptions::new().autoflush(false)
}

on_every_backend! {
    async fn a_bulk_update_counts_the_version_up(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let (mut one, mut two) = (engine.session(), engine.session());
        let mine = one.get::<Account>(1).await?.expect("the account is there");
        let take = || update::<Account>().set_to(Account::BALANCE, Account::BALANCE - 3).filter(Account::ID.eq(1));
        let held = two.get::<Account>(1).await?.expect("the account is there");
        two.execute(take()).await?;
        assert_eq!(shown(&held), ("ann".into(), 7, 2));
        two.commit().await?;
        one.edit(&mine, |account| account.balance = 9)?;
        assert_eq!(one.commit().await.unwrap_err().kind(), ErrorKind::Stale, "or two's work would be lost");
        one.rollback().await?;
        assert_eq!(row(&engine, 1).await?, ("ann".into(), 7, 2));

        let mut three = engine.session();
        let changed = three.execute(take().returning()).await?;
        assert_eq!(shown(&changed[0]), ("ann".into(), 4, 3));
        three.execute(update::<Account>().set(Account::VERSION, 9).filter(Account::ID.eq(1))).await?;
        assert_eq!(changed[0].version, 9, "one that is set is set");
        three.edit(&changed[0], |account| account.balance = 0)?;
        three.commit().await?;
        assert_eq!(row(&engine, 1).await?, ("ann".into(), 0, 10));
        Ok(())
    }

    async fn an_upsert_counts_the_version_up(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let (mut one, mut two) = (engine.session(), engine.session());
        let mine = one.get::<Account>(1).await?.expect("the account is there");
        let upsert = |take: OnConflict<Account>| {
            insert::<Account>().rows([Account::draft().id(1).owner("ben").balance(5)]).on_conflict(take)
        };
        two.execute(upsert(OnConflict::update(Account::ID, Account::BALANCE))).await?;
        assert_eq!(row_in(&mut two).await?, ("ann".into(), 5, 2));
        two.execute(upsert(OnConflict::update(Account::ID, (Account::OWNER, Account::VERSION)))).await?;
        two.commit().await?;
        assert_eq!(row(&engine, 1).await?, ("ben".into(), 5, 3), "whatever the new row says");
        two.execute(upsert(OnConflict::nothing())).await?;
        two.commit().await?;
        assert_eq!(row(&engine, 1).await?, ("ben".into(), 5, 3), "one that stays has its version");
        one.edit(&mine, |account| account.balance = 9)?;
        assert_eq!(one.commit().await.unwrap_err().kind(), ErrorKind::Stale);
        Ok(())
    }

    async fn an_upsert_refreshes_what_is_held(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        let held = session.get::<Account>(1).await?.expect("the account is there");
        let rows = [(1, "ben"), (4, "cid")].map(|(id, owner)| Account::draft().id(id).owner(owner).balance(5));
        let update = OnConflict::update(Account::ID, (Account::OWNER, Account::BALANCE));
        session.execute(insert::<Account>().rows(rows).on_conflict(update)).await?;
        assert_eq!(shown(&held), ("ben".into(), 5, 2));
        session.rollback().await?;
        assert_eq!(shown(&held), ("ann".into(), 10, 1));

        // By a unique column that is not a key.
        let mut session = engine.session();
        let ann = session.insert(Author::draft().name("ann").email("a@x".to_owned())).await?;
        session.commit().await?;
        let rows = ["a@x", "b@x"].map(|email| Author::draft().name("new").email(email.to_owned()));
        session.execute(insert::<Author>().rows(rows).on_conflict(OnConflict::update(Author::EMAIL, Author::NAME))).await?;
        assert_eq!(ann.name, "new");
        session.commit().await
    }

    async fn an_unsaved_edit_of_another_column_stays(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session_with(without_flush());
        let accounts = session.all(select::<Account>().order_by(Account::ID)).await?;
        session.edit(&accounts[0], |account| account.owner = "mine".into())?;
        session.edit(&accounts[1], |account| account.balance = 99)?;
        session.edit(&accounts[2], |account| (account.owner, account.balance) = ("mine".into(), 99))?;
        session.execute(update::<Account>().set_to(Account::BALANCE, Account::BALANCE + 1)).await?;
        let now: Vec<_> = accounts.iter().map(|account| shown(&account.dynamic())).collect();
        assert_eq!(
            now,
            [("mine".into(), 11, 2), ("ann".into(), 11, 2), ("mine".into(), 11, 2)],
            "of an edit of the same column and the statement, the later one counts"
        );
        let modified: Vec<bool> = accounts.iter().map(|account| session.is_modified(account)).collect();
        assert_eq!(modified, [true, false, true]);
        session.commit().await?;
        assert_eq!((row(&engine, 1).await?, row(&engine, 2).await?), (("mine".into(), 11, 3), ("ann".into(), 11, 2)));

        session.edit(&accounts[0], |account| account.owner = "again".into())?;
        let upsert = insert::<Account>()
            .rows([Account::draft().id(1).owner("new").balance(20)])
            .on_conflict(OnConflict::update(Account::ID, Account::BALANCE));
        session.execute(upsert).await?;
        assert_eq!(shown(&accounts[0].dynamic()), ("again".into(), 20, 4), "an upsert too");
        session.rollback().await?;
        assert_eq!(shown(&accounts[0].dynamic()), ("mine".into(), 11, 3), "and a rollback takes back both");
        Ok(())
    }

    async fn an_edit_of_an_expired_object_is_still_compared(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session_with(without_flush());
        let account = session.get::<Account>(1).await?.expect("the account is there");
        session.expire(&account)?;
        session.edit(&account, |account| account.owner = "mine".into())?;
        let mut other = engine.session();
        other.execute(update::<Account>().set(Account::OWNER, "theirs").filter(Account::ID.eq(1))).await?;
        other.commit().await?;
        session.execute(update::<Account>().set(Account::BALANCE, 5)).await?;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Stale);
        Ok(())
    }

    async fn a_rolled_back_upsert_leaves_no_object(database: TestDatabase) -> Result<()> {
        if database.backend() == orm_tests::Backend::MysqlWithoutReturning {
            return Ok(());
        }
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        let upsert = insert::<Account>()
            .rows([Account::draft().id(7).owner("new").balance(1)])
            .on_conflict(OnConflict::update(Account::ID, Account::OWNER));
        let made = session.execute(upsert.returning()).await?;
        assert_eq!(session.state(&made[0]), EntityState::Persistent);
        session.rollback().await?;
        assert_eq!(session.state(&made[0]), EntityState::Detached);
        assert!(session.get::<Account>(7).await?.is_none());
        Ok(())
    }

    async fn a_rolled_back_insert_leaves_no_object(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session();
        let rows = [Account::draft().id(7).owner("new").balance(1)];
        let made = session.execute(insert::<Account>().rows(rows).returning()).await?;
        session.rollback().await?;
        assert_eq!(session.state(&made[0]), EntityState::Detached);
        Ok(())
    }

    async fn deleted_rows_leave_collections_of_links(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(without_flush());
        let books = session.all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
        let tag = session.insert(Tag::draft().name("t")).await?;
        session.append(&books[0], Book::TAGS, &tag)?;
        session.commit().await?;
        session.execute(sql("DELETE FROM book_tags")).await?;
        // Its links are still to be written, too.
        session.append(&books[1], Book::TAGS, &tag)?;
        session.execute(delete::<Tag>()).await?;
        assert_eq!((books[0].tags()?.len(), books[1].tags()?.len()), (0, 0));
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Tag>()).await?, 0);
        Ok(())
    }

    async fn what_is_marked_for_deletion_may_go_with_a_bulk_delete(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let mut session = engine.session_with(without_flush());
        let account = session.get::<Account>(1).await?.expect("the account is there");
        session.delete(&account)?;
        session.execute(delete::<Account>().filter(Account::ID.eq(1))).await?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Account>()).await?, 2);
        Ok(())
    }
}

async fn row_in(session: &mut Session) -> Result<(String, i64, i64)> {
    Ok(shown(&session.get::<Account>(1).await?.expect("the account is there")))
}
