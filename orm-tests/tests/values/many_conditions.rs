//! Conditions combined in a loop, as many as there may be values.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "many_teams")]
struct Team {
    #[key]
    id: i64,
    #[has_many(order_by = "id")]
    members: HasMany<Member>,
}

#[derive(Model, Debug)]
#[model(table = "many_members")]
struct Member {
    #[key]
    id: i64,
    team_id: i64,
    n: i64,
}

async fn teams(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Team, Member]).await?;
    let mut session = engine.session();
    session.add(Team::draft().id(1));
    session.flush().await?;
    for id in 0..10 {
        session.add(Member::draft().id(id).team_id(1).n(id * 600));
    }
    session.commit().await?;
    Ok(engine)
}

/// Conditions on this many values, one by one.
fn any_of(values: i64) -> Predicate {
    (0..values).fold(Predicate::any([]), |any, n| any | Member::N.eq(n))
}

fn none_of(values: i64) -> Predicate {
    (0..values).fold(Predicate::all([]), |all, n| all & Member::N.ne(n))
}

on_every_backend! {
    async fn thousands_of_conditions_are_one(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let mut session = engine.session();
        for values in [32, 33, 65, 1_001, 4_000] {
            let below = (0..10).filter(|id| id * 600 < values).collect::<Vec<i64>>();
            let found = session.all(select::<Member>().filter(any_of(values)).order_by(Member::ID)).await?;
            assert_eq!(found.iter().map(|member| member.id).collect::<Vec<_>>(), below, "{values}");
            let others = session.count(select::<Member>().filter(none_of(values))).await?;
            assert_eq!(others, 10 - below.len() as u64, "{values}");
            assert_eq!(session.count(select::<Member>().filter(!any_of(values))).await?, others, "{values}");
            let listed = Predicate::any((0..values).map(|n| Member::N.eq(n) & Member::ID.ge(0)));
            assert_eq!(session.count(select::<Member>().filter(listed)).await?, below.len() as u64, "{values}");
            let both = (any_of(values) & none_of(600)) | (none_of(values) & any_of(600));
            assert_eq!(session.count(select::<Member>().filter(both)).await?, below.len() as u64 - 1, "{values}");
        }
        let load = Team::MEMBERS.selectin().filter(any_of(2_000));
        let found = session.all(select::<Team>().filter(Team::MEMBERS.any(any_of(2_000))).with(load)).await?;
        assert_eq!(found[0].get(Team::MEMBERS).len(), 4);
        let changed = session.execute(update::<Member>().set(Member::TEAM_ID, 1).filter(any_of(2_000))).await?;
        assert_eq!(changed, 4);
        assert_eq!(session.execute(delete::<Member>().filter(none_of(3_000))).await?, 5);
        session.rollback().await?;

        let error = session.count(select::<Member>().filter(any_of(70_000))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{error}");
        assert!(error.to_string().contains("binds 70000 values"), "{error}");
        Ok(())
    }
}
