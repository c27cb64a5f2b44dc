//! A plan is kept by the shape of its query: the second query of a shape runs the same text with its own values, and shows
//! what a query that is planned again shows.
#![allow(missing_docs)]

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "kept_accounts")]
pub struct Account {
    #[key]
    pub id: i64,
    pub name: String,
    pub score: i64,
    pub parent_id: Option<i64>,
    #[column(secret)]
    pub token: String,
    #[belongs_to]
    pub parent: BelongsTo<Option<Account>>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Account>,
}

/// Each has another score, every second one the first as its parent.
async fn accounts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Account]).await?;
    let mut session = engine.session();
    session
        .execute(insert::<Account>().rows((1..=9).map(|id| {
            let parent = (id > 1 && id % 2 == 1).then_some(1);
            let draft = Account::draft().id(id).name(format!("name {id}")).score(id * 10);
            draft.parent_id(parent).token(format!("token {id}"))
        })))
        .await?;
    session.commit().await?;
    Ok(engine)
}

fn ids<L>(found: &[Entity<Account, L>]) -> Vec<i64> {
    found.iter().map(|account| account.id).collect()
}

on_every_backend! {
    async fn a_second_query_of_a_shape_has_its_own_values(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let log = engine.record();
        let between = |low: i64, high: i64| {
            select::<Account>().filter(Account::SCORE.gt(low)).filter(Account::SCORE.lt(high)).order_by(Account::ID)
        };
        for (low, high, found) in [(0, 25, vec![1, 2]), (20, 45, vec![3, 4]), (30, 30, vec![]), (60, 1000, vec![7, 8, 9])] {
            assert_eq!(ids(&engine.session().all(between(low, high)).await?), found, "{low}..{high}\n{log}");
        }
        let texts: Vec<_> = log.statements().into_iter().map(|statement| statement.sql).collect();
        assert_eq!(texts.len(), 4, "{log}");
        assert!(texts.iter().all(|text| *text == texts[0]), "{log}");
        Ok(())
    }

    async fn pages_keep_limit_and_offset_apart(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let page = |limit, offset| select::<Account>().order_by(Account::ID.desc()).limit(limit).offset(offset);
        // The first has equal values, of which it would not be known which is which.
        for (limit, offset, found) in [(2, 2, vec![7, 6]), (3, 1, vec![8, 7, 6]), (1, 3, vec![6]), (100, 7, vec![2, 1])] {
            assert_eq!(ids(&engine.session().all(page(limit, offset)).await?), found, "{limit} after {offset}");
        }
        let above = |least, limit| select::<Account>().filter(Account::ID.gt(least)).order_by(Account::ID).limit(limit);
        for (least, limit, found) in [(4, 2, vec![5, 6]), (2, 4, vec![3, 4, 5, 6]), (3, 3, vec![4, 5, 6])] {
            assert_eq!(ids(&engine.session().all(above(least, limit)).await?), found);
        }
        Ok(())
    }

    async fn queries_with_one_text_share_a_plan(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let by = |parent: Option<i64>| select::<Account>().filter(Account::PARENT_ID.eq(parent)).order_by(Account::ID);
        for _ in 0..2 {
            assert_eq!(ids(&engine.session().all(by(Some(1))).await?), [3, 5, 7, 9]);
            assert_eq!(ids(&engine.session().all(by(None)).await?), [1, 2, 4, 6, 8], "NULL is another text");
        }
        let all = || select::<Account>().filter(Account::ID.le(3));
        for _ in 0..2 {
            assert_eq!(ids(&engine.session().all(all().order_by(Account::ID)).await?), [1, 2, 3]);
            assert_eq!(ids(&engine.session().all(all().order_by(Account::ID.desc())).await?), [3, 2, 1]);
            assert_eq!(ids(&engine.session().all(all().order_by(Account::SCORE.desc()).limit(1)).await?), [3]);
            let loaded = all().with(Account::CHILDREN.selectin()).order_by(Account::ID);
            let loaded = engine.session().all(loaded).await?;
            assert_eq!(loaded.iter().map(|one| one.get(Account::CHILDREN).len()).collect::<Vec<_>>(), [4, 0, 0]);
            let joined = engine.session().all(all().with(Account::PARENT.joined()).order_by(Account::ID)).await?;
            let parents: Vec<_> = joined.iter().map(|one| one.get(Account::PARENT).map(|one| one.id)).collect();
            assert_eq!(parents, [None, None, Some(1)]);
        }
        Ok(())
    }

    async fn a_pattern_is_checked_also_after_others_of_its_shape(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let named = |pattern: &str| select::<Account>().filter(Account::NAME.like(pattern)).order_by(Account::ID);
        assert_eq!(ids(&engine.session().all(named("name 1%")).await?), [1]);
        assert_eq!(ids(&engine.session().all(named("name 2%")).await?), [2]);
        if database.backend() == Backend::Sqlite {
            for pattern in ["name 1\0%".to_owned(), "%".repeat(60_000)] {
                let refused = engine.session().all(named(&pattern)).await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::InvalidQuery, "{refused}");
            }
        }
        Ok(())
    }

    async fn a_kept_plan_has_no_secret_and_shows_none(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let log = engine.record();
        for id in [3, 5, 7] {
            let query = select::<Account>().filter(Account::TOKEN.eq(format!("token {id}")));
            assert_eq!(engine.session().one(query).await?.id, id);
        }
        assert_eq!(log.count(), 3, "{log}");
        assert!(!log.to_string().contains("token 3") && !log.to_string().contains("token 7"), "{log}");
        Ok(())
    }

    async fn get_and_one_by_key_run_one_text(database: TestDatabase) -> Result<()> {
        let engine = accounts(&database).await?;
        let log = engine.record();
        for id in [4, 6] {
            let got = engine.session().get::<Account>(id).await?.map(|account| account.name.clone());
            let one = engine.session().one(select::<Account>().filter(Account::ID.eq(id))).await?.name.clone();
            assert_eq!(got, Some(one));
        }
        assert!(engine.session().get::<Account>(10).await?.is_none());
        let texts: Vec<_> = log.statements().into_iter().map(|statement| statement.sql).collect();
        assert_eq!(texts.len(), 5, "{log}");
        assert!(texts.iter().all(|text| *text == texts[0]), "{log}");
        Ok(())
    }
}
