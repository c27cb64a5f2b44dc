//! Many keys: how many statements they take, up to and beyond what a statement binds.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "parents")]
pub struct Parent {
    #[key]
    pub id: i64,
    #[has_many(order_by = "id")]
    pub children: HasMany<Child>,
}

#[derive(Model, Debug)]
#[model(table = "children")]
pub struct Child {
    #[key]
    pub id: i64,
    pub parent_id: i64,
    #[belongs_to]
    pub parent: BelongsTo<Parent>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key(auto)]
    pub id: i64,
    #[column(unique, length = 50)]
    pub text: String,
}

/// So many parents, with one child each.
async fn family(database: &TestDatabase, parents: i64) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Parent, Child]).await?;
    let mut session = engine.session();
    session.execute(insert::<Parent>().rows((0..parents).map(|id| Parent::draft().id(id)))).await?;
    session
        .execute(insert::<Child>().rows((0..parents).map(|id| Child::draft().id(id).parent_id(id))))
        .await?;
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn as_many_keys_as_the_database_binds(database: TestDatabase) -> Result<()> {
        const PARENTS: i64 = 65_537;
        let engine = family(&database, PARENTS).await?;
        let log = engine.record();
        let mut session = engine.session();
        let parents = session.all(select::<Parent>().order_by(Parent::ID).with(Parent::CHILDREN.selectin())).await?;
        assert_eq!(parents.len(), 65_537);
        let expected = match database.backend() {
            Backend::Sqlite => 3,
            Backend::Postgres => 1,
            _ => 2,
        };
        assert_eq!(log.count(), 1 + expected);
        for parent in &parents {
            assert_eq!(parent.get(Parent::CHILDREN).iter().map(|child| child.id).collect::<Vec<_>>(), [parent.id]);
        }
        // The same keys in a condition of the query: one array on PostgreSQL, too many binds elsewhere.
        let all = select::<Parent>().filter(Parent::ID.is_in(0..PARENTS));
        match (session.count(all).await, database.backend()) {
            (Ok(count), Backend::Postgres) => assert_eq!(count, 65_537),
            (counted, _) => assert_eq!(counted.unwrap_err().kind(), ErrorKind::InvalidQuery),
        }
        assert_eq!(session.count(select::<Parent>()).await?, 65_537, "the session goes on");
        Ok(())
    }

    async fn batches_of_every_size(database: TestDatabase) -> Result<()> {
        let engine = family(&database, 130).await?;
        for size in [1, 2, 3, 64, 65, 129, 130, 131, 1000] {
            let log = engine.record();
            let load = Parent::CHILDREN.selectin().batch_size(size);
            let parents = engine.session().all(select::<Parent>().order_by(Parent::ID).with(load)).await?;
            let ids: Vec<i64> = parents.iter().flat_map(|p| p.get(Parent::CHILDREN).iter().map(|c| c.id).collect::<Vec<_>>()).collect();
            assert_eq!(ids, (0..130).collect::<Vec<i64>>());
            assert_eq!(log.count(), 1 + 130_usize.div_ceil(size), "{size}");
        }
        Ok(())
    }

    async fn lists_of_one_shape_are_few_texts(database: TestDatabase) -> Result<()> {
        let engine = family(&database, 40).await?;
        let log = engine.record();
        for most in 2..40 {
            let some = select::<Parent>().filter(Parent::ID.lt(most));
            engine.session().all(some.with(Parent::CHILDREN.selectin())).await?;
        }
        let mut texts: Vec<_> = log.statements().iter().map(|statement| statement.sql.clone()).collect();
        texts.sort();
        texts.dedup();
        match database.backend() {
            Backend::Postgres => assert_eq!(texts.len(), 2, "{texts:?}"),
            // 1, 2, 3, 4, 6, 8, 12, 16, 24, 32 and 48 keys.
            Backend::Mysql | Backend::MysqlWithoutReturning => assert!(texts.len() <= 1 + 11, "{texts:?}"),
            Backend::Sqlite => {}
        }
        Ok(())
    }

    /// SQLite takes them as several runs of a shorter text, and MySQL as two of texts that other numbers of rows have too.
    async fn many_new_rows_are_one_statement(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Note]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let pending: Vec<_> = (0..130).map(|n| session.add(Note::draft().text(format!("note {n}")))).collect();
        session.flush().await?;
        assert_eq!(log.count(), 1, "{log}");
        let sql = &log.statements()[0].sql;
        match database.backend() {
            Backend::Sqlite => assert_eq!(sql.matches('?').count(), 48, "{log}"),
            Backend::Postgres => assert!(sql.contains("SELECT * FROM unnest($1) RETURNING"), "{log}"),
            _ => assert_eq!(sql.matches('?').count(), 128, "and 2 more: {log}"),
        }
        let notes = pending.iter().map(Pending::entity).collect::<Result<Vec<_>>>()?;
        for (n, pair) in notes.windows(2).enumerate() {
            assert!(pair[0].id < pair[1].id, "keys follow the order of the rows");
            assert_eq!(pair[0].text, format!("note {n}"));
        }
        let rows = (0..120).map(|n| Note::draft().text(format!("row {n}")));
        assert_eq!(session.execute(insert::<Note>().rows(rows)).await?, 120);
        assert_eq!(log.count(), 2, "{log}");
        session.commit().await?;
        let log = engine.record();
        // The last one exists already.
        let rows = (0..120).map(|n| Note::draft().text(format!("{} {n}", if n < 119 { "new" } else { "row" })));
        let refused = session.execute(insert::<Note>().rows(rows)).await;
        assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::UniqueViolation));
        assert_eq!(log.count(), 1, "{log}");
        assert!(log.statements()[0].failed);
        session.rollback().await?;
        assert_eq!(session.count(select::<Note>()).await?, 250);
        let stored = session.all(select::<Note>().order_by(Note::ID).limit(130)).await?;
        assert!(stored.iter().zip(&notes).all(|(stored, note)| stored == note));
        assert_eq!(engine.session().get::<Note>(notes[77].id).await?.map(|note| note.text.clone()).as_deref(), Some("note 77"));
        Ok(())
    }
}
