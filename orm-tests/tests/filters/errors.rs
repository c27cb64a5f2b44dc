//! Filters that cannot be: each is an error that says what to write.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "astray_teams")]
struct Team {
    #[key]
    id: i64,
    #[has_many(key = "team_id", filter = "of_another_table")]
    astray: HasMany<Player>,
    #[has_many(key = "team_id", filter = "of_itself")]
    circular: HasMany<Player>,
    #[has_many(key = "team_id", filter = "hidden")]
    hidden: HasMany<Player>,
}

#[derive(Model, Debug)]
#[model(table = "astray_players")]
struct Player {
    #[key]
    id: i64,
    team_id: i64,
    #[column(secret)]
    code: String,
}

#[derive(Model, Debug)]
#[model(table = "astray_clubs")]
struct Club {
    #[key]
    id: i64,
    #[has_many(filter = "young")]
    young: HasMany<Member>,
}

#[derive(Model, Debug)]
#[model(table = "astray_members")]
struct Member {
    #[key]
    id: i64,
    age: i64,
    club_id: i64,
    #[belongs_to(inverse = "young")]
    club: BelongsTo<Club>,
}

fn of_another_table() -> Predicate {
    Team::ID.gt(0)
}

fn of_itself() -> Predicate {
    Player::ID.gt(0) & exists(select_columns(Team::ID).filter(Team::CIRCULAR.exists()))
}

fn hidden() -> Predicate {
    Player::CODE.eq("a code that no log shows")
}

fn young() -> Predicate {
    Member::AGE.lt(18)
}

on_every_backend! {
    async fn a_filter_is_about_the_target(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Player]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mut errors = Vec::new();
        errors.push(session.all(select::<Team>().with(Team::ASTRAY.selectin())).await.unwrap_err());
        errors.push(session.all(select::<Team>().with(Team::ASTRAY.joined())).await.unwrap_err());
        errors.push(session.all(select::<Team>().filter(Team::ASTRAY.exists())).await.unwrap_err());
        errors.push(session.rows(select_columns(Team::ID).join(Team::ASTRAY)).await.unwrap_err());
        for error in errors {
            assert!(matches!(error.kind(), ErrorKind::InvalidModel | ErrorKind::InvalidQuery), "{error}");
            assert!(error.to_string().contains("the `filter` of `Team.astray` names a column of `astray_teams`"), "{error}");
        }
        let error = session.all(select::<Team>().with(Team::CIRCULAR.selectin())).await.unwrap_err();
        assert!(error.to_string().contains("the `filter` of `Team.circular` asks about the relationship itself"), "{error}");
        assert_eq!(log.count(), 0, "nothing ran: {log}");
        Ok(())
    }

    async fn an_inverse_has_all_rows(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let error = engine.create_all(schema![Club, Member]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains("`Member.club` names `Club.young` as its inverse, which has a `filter`"), "{error}");
        Ok(())
    }

    async fn secret_values_of_a_filter_are_not_shown(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Player]).await?;
        let mut session = engine.session();
        session.add(Team::draft().id(1));
        session.commit().await?;
        let log = engine.record();
        let query = select::<Team>().with(Team::HIDDEN.selectin());
        assert_eq!(session.all(query).await?[0].get(Team::HIDDEN).len(), 0);
        session.all(select::<Team>().with(Team::HIDDEN.joined()).filter(Team::HIDDEN.exists())).await?;
        assert!(log.count() > 2 && !log.to_string().contains("no log shows"), "{log}");
        Ok(())
    }
}
