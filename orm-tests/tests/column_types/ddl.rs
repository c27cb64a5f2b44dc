//! Tables: created and dropped in an order that their keys allow, in circles too, and twice.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

/// A circle of keys, a key to the table itself, and a key that only the other side declares.
#[derive(Model, Debug)]
#[model(table = "team")]
pub struct Team {
    #[key]
    pub id: i32,
    pub captain_id: Option<i64>,
    #[belongs_to(key = "captain_id")]
    pub captain: BelongsTo<Option<Player>>,
    #[has_many]
    pub matches: HasMany<Match>,
}

#[derive(Model, Debug)]
#[model(table = "player")]
pub struct Player {
    #[key(auto)]
    pub id: i64,
    pub team_id: Option<i32>,
    pub coach_id: Option<i64>,
    #[column(index)]
    pub name: String,
    #[belongs_to]
    pub team: BelongsTo<Option<Team>>,
    #[belongs_to(key = "coach_id")]
    pub coach: BelongsTo<Option<Player>>,
    #[many_to_many(through = "friends", key = "player_id", target_key = "friend_id")]
    pub friends: HasMany<Player>,
}

#[derive(Model, Debug)]
#[model(table = "match")]
pub struct Match {
    #[key(auto)]
    pub id: i64,
    pub team_id: i32,
    #[column(name = "select", index)]
    pub result: String,
}

#[derive(Model, Debug)]
#[model(table = "good")]
pub struct Good {
    #[key]
    pub id: i64,
}

#[derive(Model, Debug)]
#[model(table = "worse")]
pub struct Bad {
    #[key]
    pub id: i64,
    #[column(default = "(((")]
    pub value: i64,
}

on_every_backend! {
    async fn circles_are_created_and_dropped(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let schema = || schema![Match, Team, Player];
        for _ in 0..2 {
            engine.create_all(schema()).await?;
            engine.create_all(schema()).await?;
            let mut session = engine.session();
            session.add(Team::draft().id(1));
            session.flush().await?;
            session.add(Player::draft().id(1).team_id(1).coach_id(1).name("one"));
            session.add(Match::draft().team_id(1).result("won"));
            session.commit().await?;
            let team = session.get::<Team>(1).await?.expect("it was written");
            session.edit(&team, |team| team.captain_id = Some(1))?;
            session.commit().await?;

            // Every key is one for the database too, in both directions of the circle.
            session.edit(&team, |team| team.captain_id = Some(99))?;
            assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
            session.rollback().await?;
            session.add(Player::draft().id(2).team_id(99).name("two"));
            assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
            session.rollback().await?;
            session.add(Match::draft().team_id(99).result("lost"));
            assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
            session.rollback().await?;
            drop(session);

            engine.drop_all(schema()).await?;
            engine.drop_all(schema()).await?;
            assert_eq!(engine.session().count(select::<Team>()).await.unwrap_err().kind(), ErrorKind::Database);
        }
        Ok(())
    }

    async fn a_failure_leaves_no_tables_but_on_mysql(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let failed = engine.create_all(schema![Good, Bad]).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Database);
        let counted = engine.session().count(select::<Good>()).await;
        match database.is_mysql() {
            true => assert_eq!(counted?, 0),
            false => assert_eq!(counted.unwrap_err().kind(), ErrorKind::Database),
        }
        Ok(())
    }

    async fn a_table_that_others_refer_to_stays(database: TestDatabase) -> Result<()> {
        // SQLite lets a table go that no row refers to.
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Match, Team, Player]).await?;
        database.run("CREATE TABLE fans (team_id INTEGER REFERENCES team (id))").await;
        let refused = engine.drop_all(schema![Match, Team, Player]).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(engine.session().count(select::<Team>()).await?, 0, "it is still there");
        database.run("DROP TABLE fans").await;
        engine.drop_all(schema![Match, Team, Player]).await
    }
}
