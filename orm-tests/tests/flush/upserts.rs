//! Upserts that compute, and assignments that read what others set.
use chrono::{DateTime, Utc};
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "up_pages")]
struct Page {
    #[key]
    id: i64,
    #[column(unique, length = 40)]
    name: String,
    hits: i64,
    best: i64,
    #[column(version)]
    version: i64,
    #[column(updated)]
    changed: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
#[model(table = "up_plain")]
struct Plain {
    #[key]
    id: i64,
    #[column(unique)]
    code: i64,
    a: i64,
    b: i64,
}

async fn open(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Page, Plain]).await?;
    let mut session = engine.session();
    for id in [1, 2] {
        session.add(Page::draft().id(id).name(format!("page {id}")).hits(10 * id).best(5));
        session.add(Plain::draft().id(id).code(id).a(id).b(100 + id));
    }
    session.commit().await?;
    Ok(engine)
}

fn rows(ids: impl IntoIterator<Item = i64>) -> Vec<impl CompleteDraft<Model = Page>> {
    ids.into_iter().map(|id| Page::draft().id(id).name(format!("page {id}")).hits(id).best(7 * id)).collect()
}

fn numbers(page: &Page) -> (i64, i64, i64) {
    (page.hits, page.best, page.version)
}

on_every_backend! {
    async fn an_upsert_computes_from_both_rows(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let held = session.get::<Page>(1).await?.expect("the page exists");
        let conflict = || {
            OnConflict::update(Page::ID, Page::NAME)
                .set(Page::HITS, Page::HITS + func::excluded(Page::HITS) * 100)
                .set(Page::BEST, func::greatest(Page::BEST, func::excluded(Page::BEST)))
        };
        let log = engine.record();
        session.execute(insert::<Page>().rows(rows([1, 2, 3])).on_conflict(conflict())).await?;
        session.commit().await?;
        assert_eq!((numbers(&held), held.changed.is_some()), ((110, 7, 2), true), "what the session holds follows");
        let found: Vec<(i64, i64, i64)> =
            session.rows(select_columns((Page::HITS, Page::BEST, Page::VERSION)).order_by(Page::ID)).await?;
        assert_eq!(found, [(110, 7, 2), (220, 14, 2), (3, 21, 1)]);
        let verbs: Vec<String> = shape(&log).into_iter().filter(|shape| shape.starts_with("INSERT")).collect();
        assert_eq!(verbs, ["INSERT up_pages"], "{log}");

        // More rows than one short text takes, with values bound behind them.
        let log = engine.record();
        session.execute(insert::<Page>().rows(rows(1..=200)).on_conflict(conflict())).await?;
        assert_eq!(log.statements().iter().filter(|run| run.sql.starts_with("INSERT")).count(), 1, "{log}");
        let sums: (Option<i64>, i64) = session
            .row(select_columns((func::sum(Page::VERSION), func::count(Page::CHANGED))))
            .await?;
        assert_eq!((sums, held.hits), ((Some(3 + 3 + 2 + 197), 3), 210));
        session.rollback().await?;
        assert_eq!(held.hits, 110);
        Ok(())
    }

    async fn a_condition_chooses_the_rows_to_update(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let conflict = OnConflict::update(Plain::ID, Plain::A).filter(Plain::B.lt(func::excluded(Plain::B)));
        let rows = [(1, 500), (2, 5), (3, 5)].map(|(id, b)| Plain::draft().id(id).code(id).a(70 + id).b(b));
        let log = engine.record();
        let done = session.execute(insert::<Plain>().rows(rows).on_conflict(conflict)).await;
        if database.is_mysql() {
            let refused = done.unwrap_err();
            assert_eq!((refused.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{refused}");
            return Ok(());
        }
        assert_eq!((done?, log.count()), (2, 1), "{log}");
        let found: Vec<(i64, i64)> = session.rows(select_columns((Plain::A, Plain::B)).order_by(Plain::ID)).await?;
        assert_eq!(found, [(71, 101), (2, 102), (73, 5)]);
        Ok(())
    }

    async fn a_target_chooses_the_rows_that_stay(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let nothing = || OnConflict::nothing_on(Plain::CODE);
        let same_code = Plain::draft().id(9).code(1).a(0).b(0);
        session.execute(insert::<Plain>().rows([same_code]).on_conflict(nothing())).await?;
        assert_eq!(session.count(select::<Plain>()).await?, 2);
        session.commit().await?;
        let same_key = Plain::draft().id(1).code(9).a(0).b(0);
        let done = session.execute(insert::<Plain>().rows([same_key]).on_conflict(nothing())).await;
        match database.is_mysql() {
            // It does not distinguish constraints.
            true => assert!(done.is_ok()),
            false => assert_eq!(done.unwrap_err().kind(), ErrorKind::UniqueViolation),
        }
        session.rollback().await?;
        Ok(())
    }

    async fn an_assignment_reads_the_row_as_it_was(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let read = || select_columns((Plain::A, Plain::B)).filter(Plain::ID.eq(1));
        let one = Plain::ID.eq(1);
        // MySQL sets one column after the other.
        session.execute(update::<Plain>().set_to(Plain::A, Plain::A + 1).set_to(Plain::B, Plain::A).filter(one.clone())).await?;
        assert_eq!(session.row(read()).await?, (2, 1));
        let row = || Plain::draft().id(1).code(1).a(50).b(60);
        let shifted = OnConflict::update(Plain::ID, Plain::A).set(Plain::B, Plain::A + Plain::B);
        session.execute(insert::<Plain>().rows([row()]).on_conflict(shifted)).await?;
        assert_eq!(session.row(read()).await?, (50, 3));
        session.commit().await?;

        let swap = update::<Plain>().set_to(Plain::A, Plain::B).set_to(Plain::B, Plain::A).filter(one);
        let upsert = OnConflict::update(Plain::ID, ()).set(Plain::A, Plain::B).set(Plain::B, Plain::A);
        let upsert = insert::<Plain>().rows([row()]).on_conflict(upsert);
        let log = engine.record();
        if database.is_mysql() {
            for refused in [session.execute(swap).await, session.execute(upsert).await] {
                let refused = refused.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
                assert!(refused.to_string().contains("take each other's values"), "{refused}");
            }
            assert_eq!(log.count(), 0, "{log}");
            return Ok(());
        }
        session.execute(swap).await?;
        assert_eq!(session.row(read()).await?, (3, 50));
        session.execute(upsert).await?;
        assert_eq!(session.row(read()).await?, (50, 3));
        Ok(())
    }

    async fn invalid_upserts_are_refused(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let outside = session.all(select::<Plain>().filter(Plain::A.eq(func::excluded(Plain::A)))).await.unwrap_err();
        assert!(outside.to_string().contains("only in `on_conflict` of an insert"), "{outside}");
        let row = || Plain::draft().id(1).code(1).a(50).b(60);
        let twice = OnConflict::update(Plain::ID, Plain::A).set(Plain::A, 3);
        let twice = session.execute(insert::<Plain>().rows([row()]).on_conflict(twice)).await.unwrap_err();
        assert!(twice.to_string().contains("sets the column `a` twice"), "{twice}");
        let elsewhere = OnConflict::update(Plain::ID, ()).set(Plain::A, Page::HITS);
        let elsewhere = session.execute(insert::<Plain>().rows([row()]).on_conflict(elsewhere)).await.unwrap_err();
        assert_eq!([outside.kind(), twice.kind(), elsewhere.kind()], [ErrorKind::InvalidQuery; 3]);
        // A condition for rows to update, of which there are none.
        let conflicts = [OnConflict::nothing(), OnConflict::nothing_on(Plain::ID), OnConflict::update(Plain::ID, ())];
        for conflict in conflicts.map(|conflict| conflict.filter(Plain::A.gt(100))) {
            let idle = session.execute(insert::<Plain>().rows([row()]).on_conflict(conflict)).await.unwrap_err();
            assert_eq!(idle.kind(), ErrorKind::InvalidQuery);
            assert!(idle.to_string().contains("does not update any column"), "{idle}");
        }
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}

/// What a page is copied to.
#[derive(Model, Debug)]
#[model(table = "up_copies")]
struct Copy {
    #[key(auto)]
    id: i64,
    page_id: i64,
    #[column(length = 40)]
    name: Option<String>,
    #[column(default = "7")]
    rank: i64,
    #[column(version)]
    version: i64,
    #[column(created)]
    made: DateTime<Utc>,
    #[column(secret, length = 40)]
    code: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "up_counted")]
struct Counted {
    #[key(auto)]
    id: i64,
    #[column(default_with = "zero")]
    number: i64,
    rank: i64,
}

fn zero() -> i64 {
    0
}

on_every_backend! {
    async fn rows_of_a_query_are_inserted(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        engine.create_all(schema![Copy, Counted]).await?;
        let mut session = engine.session();
        session.add(Plain::draft().id(3).code(3).a(30).b(30));
        let log = engine.record();
        let pages = select_columns((Page::ID, Page::NAME)).filter(Page::HITS.ge(10)).order_by(Page::ID.desc());
        let copied = session.execute(insert_from((Copy::PAGE_ID, Copy::NAME), pages)).await?;
        assert_eq!((copied, shape(&log)), (2, vec!["INSERT up_plain".to_owned(), "INSERT up_copies".to_owned()]), "{log}");
        let sql = &log.statements()[1].sql;
        assert!(sql.contains("SELECT") && !sql.contains("VALUES"), "{sql}");
        let copies = session.all(select::<Copy>().order_by(Copy::PAGE_ID)).await?;
        let found: Vec<_> =
            copies.iter().map(|copy| (copy.page_id, copy.name.as_deref(), copy.rank, copy.version)).collect();
        assert_eq!(found, [(1, Some("page 1"), 7, 1), (2, Some("page 2"), 7, 1)]);
        assert!(copies[0].made > DateTime::UNIX_EPOCH && copies[0].made == copies[1].made);

        // Values, the table itself, and groups.
        let again = select_columns((Copy::PAGE_ID, func::value("again".to_owned()), func::value("hush".to_owned())));
        let log = engine.record();
        let copied = session.execute(insert_from((Copy::PAGE_ID, Copy::NAME, Copy::CODE), again)).await?;
        assert_eq!((copied, session.count(select::<Copy>()).await?), (2, 4));
        assert!(!log.to_string().contains("hush"), "{log}");
        let grouped = select_columns((Page::BEST, func::count(Page::ID))).group_by(Page::BEST);
        assert_eq!(session.execute(insert_from((Copy::PAGE_ID, Copy::RANK), grouped)).await?, 1);
        session.rollback().await?;
        assert_eq!(session.count(select::<Copy>()).await?, 0);
        Ok(())
    }

    async fn an_insert_without_a_needed_value_is_refused(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        engine.create_all(schema![Copy, Counted]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let ids = || select_columns(Page::ID);
        let names = select_columns(Page::NAME);
        let union = ids().union(ids());
        for (refused, why) in [
            (session.execute(insert_from(Copy::NAME, names)).await, "gives `Copy.page_id` no value"),
            (session.execute(insert_from(Counted::RANK, ids())).await, "gives `Counted.number` no value"),
            (
                session.execute(insert_from((Copy::PAGE_ID, Copy::PAGE_ID), select_columns((Page::ID, Page::ID)))).await,
                "names `Copy.page_id` twice",
            ),
            (session.execute(insert_from(Copy::PAGE_ID, union)).await, "have no place for `Copy.version`"),
            (session.execute(insert_from(Copy::PAGE_ID, select_columns(Page::ID).filter(Plain::A.eq(1)))).await, "`up_plain`"),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
            assert!(refused.to_string().contains(why), "{refused}");
        }
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }
}
