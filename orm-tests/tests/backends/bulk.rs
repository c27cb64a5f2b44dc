//! Statements past the unit of work, and what the session makes of them.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "stock")]
pub struct Stock {
    #[key(auto)]
    pub id: i64,
    #[column(unique)]
    pub name: String,
    pub amount: i32,
    pub note: Option<String>,
    #[column(default = "3")]
    pub shelf: i16,
}

async fn stock(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Stock]).await?;
    let mut session = engine.session();
    let rows = (1..=5).map(|n| Stock::draft().name(format!("n{n}")).amount(n));
    assert_eq!(session.execute(insert::<Stock>().rows(rows)).await?, 5);
    session.commit().await?;
    Ok(engine)
}

/// Names and amounts, as the database has them.
async fn rows(engine: &Engine) -> Result<Vec<(String, i32)>> {
    let rows = engine.session().all(select::<Stock>().order_by(Stock::NAME)).await?;
    Ok(rows.iter().map(|row| (row.name.clone(), row.amount)).collect())
}

fn expected(rows: &[(&str, i32)]) -> Vec<(String, i32)> {
    rows.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
}

on_every_backend! {
    async fn a_long_update_stays_in_its_transaction(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let more = (6..=8000).map(|n| Stock::draft().name(format!("n{n}")).amount(n));
        session.execute(insert::<Stock>().rows(more)).await?;
        session.commit().await?;
        // The session asks which of its objects become different.
        assert_eq!(session.all(select::<Stock>()).await?.len(), 8000);
        session.execute(update::<Stock>().set(Stock::NOTE, "first").filter(Stock::NAME.eq("n1"))).await?;
        assert_eq!(session.execute(update::<Stock>().set(Stock::AMOUNT, -1)).await?, 8000);
        session.rollback().await?;
        let untouched = select::<Stock>().filter(Stock::AMOUNT.gt(0) & Stock::NOTE.is_null());
        assert_eq!(engine.session().count(untouched).await?, 8000);
        Ok(())
    }

    async fn inserted_rows_come_back_in_order(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let drafts = ["z", "y", "x"].map(|name| Stock::draft().name(name).amount(9));
        let made = session.execute(insert::<Stock>().rows(drafts).returning()).await?;
        let named: Vec<_> = made.iter().map(|row| (row.name.clone(), row.shelf)).collect();
        assert_eq!(named, [("z".to_owned(), 3), ("y".to_owned(), 3), ("x".to_owned(), 3)]);
        // They are the session's objects.
        let again = session.get::<Stock>(made[1].id).await?.expect("it is held");
        assert!(Entity::same(&again, &made[1]));
        session.rollback().await?;
        assert_eq!(rows(&engine).await?.len(), 5);
        Ok(())
    }

    async fn updates_reach_rows_and_held_objects(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let few = update::<Stock>().set(Stock::AMOUNT, 100).filter(Stock::AMOUNT.gt(3));
        assert_eq!(session.execute(few).await?, 2, "nothing is held yet");
        let held = session.all(select::<Stock>().order_by(Stock::NAME).limit(2)).await?;
        // A filter that the update itself makes untrue.
        let many = update::<Stock>().set(Stock::AMOUNT, 50).set(Stock::NOTE, Null).filter(Stock::AMOUNT.lt(50));
        assert_eq!(session.execute(many).await?, 3);
        assert_eq!(held.iter().map(|row| row.amount).collect::<Vec<_>>(), [50, 50]);
        let changed = session.execute(update::<Stock>().set(Stock::NOTE, "x").filter(Stock::AMOUNT.eq(100)).returning()).await?;
        let mut names: Vec<_> = changed.iter().map(|row| (row.name.clone(), row.note.clone())).collect();
        names.sort();
        assert_eq!(names, [("n4".to_owned(), Some("x".to_owned())), ("n5".to_owned(), Some("x".to_owned()))]);
        session.rollback().await?;
        assert_eq!(held.iter().map(|row| row.amount).collect::<Vec<_>>(), [1, 2], "memory goes back too");
        assert_eq!(rows(&engine).await?, expected(&[("n1", 1), ("n2", 2), ("n3", 3), ("n4", 4), ("n5", 5)]));
        Ok(())
    }

    async fn deletes_reach_rows_and_held_objects(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        assert_eq!(session.execute(delete::<Stock>().filter(Stock::NAME.eq("n1"))).await?, 1);
        let held = session.one(select::<Stock>().filter(Stock::NAME.eq("n2"))).await?;
        let gone = session.execute(delete::<Stock>().filter(Stock::AMOUNT.le(3)).returning()).await?;
        let mut names: Vec<_> = gone.iter().map(|row| row.name.clone()).collect();
        names.sort();
        assert_eq!(names, ["n2", "n3"]);
        assert!(session.get::<Stock>(held.id).await?.is_none());
        session.commit().await?;
        assert_eq!(rows(&engine).await?, expected(&[("n4", 4), ("n5", 5)]));
        Ok(())
    }

    async fn existing_rows_stay_or_take_new_values(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let drafts = || [("n1", 11), ("new", 12)].map(|(name, amount)| Stock::draft().name(name).amount(amount));
        let written = session.execute(insert::<Stock>().rows(drafts()).on_conflict(OnConflict::nothing())).await?;
        assert_eq!(written, if database.is_mysql() { 2 } else { 1 }, "MySQL counts what stays as well");
        session.commit().await?;
        let left = [("n1", 1), ("n2", 2), ("n3", 3), ("n4", 4), ("n5", 5), ("new", 12)];
        assert_eq!(rows(&engine).await?, expected(&left));

        let drafts = [("n2", 22), ("newer", 23)].map(|(name, amount)| Stock::draft().name(name).amount(amount));
        let upsert = insert::<Stock>().rows(drafts).on_conflict(OnConflict::update(Stock::NAME, Stock::AMOUNT));
        let written = session.execute(upsert).await?;
        assert_eq!(written, if database.is_mysql() { 3 } else { 2 }, "MySQL counts what takes new values twice");
        session.commit().await?;
        let taken = [("n1", 1), ("n2", 22), ("n3", 3), ("n4", 4), ("n5", 5), ("new", 12), ("newer", 23)];
        assert_eq!(rows(&engine).await?, expected(&taken));
        Ok(())
    }

    async fn rows_that_were_written_come_back_where_the_database_tells_them(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let drafts = || [("n1", 11), ("new", 12)].map(|(name, amount)| Stock::draft().name(name).amount(amount));
        let upsert = insert::<Stock>().rows(drafts()).on_conflict(OnConflict::update(Stock::NAME, Stock::AMOUNT));
        let written = session.execute(upsert.returning()).await;
        match database.backend() {
            Backend::MysqlWithoutReturning => {
                assert_eq!(written.unwrap_err().kind(), ErrorKind::InvalidQuery);
            }
            _ => assert_eq!(written?.iter().map(|row| row.amount).collect::<Vec<_>>(), [11, 12]),
        }
        session.rollback().await?;
        let left = insert::<Stock>().rows(drafts()).on_conflict(OnConflict::nothing()).returning();
        let written = session.execute(left).await;
        match database.is_mysql() {
            true => assert_eq!(written.unwrap_err().kind(), ErrorKind::InvalidQuery),
            false => assert_eq!(written?.iter().map(|row| row.name.clone()).collect::<Vec<_>>(), ["new"]),
        }
        Ok(())
    }

    async fn a_key_is_not_updated_under_a_session_that_holds_objects(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let held = session.one(select::<Stock>().filter(Stock::NAME.eq("n1"))).await?;
        let moving = |to| update::<Stock>().set(Stock::ID, to).filter(Stock::ID.eq(held.id));
        let moved = session.execute(moving(77)).await;
        assert_eq!(moved.unwrap_err().kind(), ErrorKind::InvalidQuery);
        let mut other = engine.session();
        assert_eq!(other.execute(moving(77)).await?, 1);
        other.commit().await?;
        assert!(engine.session().get::<Stock>(77).await?.is_some_and(|stock| stock.name == "n1"));
        Ok(())
    }

    async fn many_objects_that_become_different_are_one_statement(database: TestDatabase) -> Result<()> {
        let engine = stock(&database).await?;
        let mut session = engine.session();
        let held = session.all(select::<Stock>().order_by(Stock::NAME)).await?;
        let log = engine.record();
        for row in &held {
            session.edit(row, |row| {
                row.amount *= 10;
                row.note = (row.amount > 20).then(|| format!("{} of them", row.amount));
            })?;
        }
        session.commit().await?;
        // Those that got a note, and those that did not.
        assert_eq!(log.count(), 2, "{log}");
        let found = engine.session().all(select::<Stock>().order_by(Stock::NAME)).await?;
        let found: Vec<_> = found.iter().map(|row| (row.amount, row.note.as_deref().map(str::len))).collect();
        assert_eq!(found, [(10, None), (20, None), (30, Some(10)), (40, Some(10)), (50, Some(10))]);
        Ok(())
    }
}
