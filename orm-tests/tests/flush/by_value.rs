//! New rows that lead to their parents by values, not by links: what the session holds of the parents follows them.
use chrono::{DateTime, Utc};
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "bv_teams")]
struct Team {
    #[key]
    id: i64,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    members: HasMany<Member>,
    #[has_one(cascade = "all, delete-orphan")]
    card: HasOne<Card>,
}

#[derive(Model, Debug)]
#[model(table = "bv_members", hooks)]
struct Member {
    #[key]
    id: i64,
    team_id: i64,
    /// A hook moves it there.
    next_team: Option<i64>,
    #[column(deleted)]
    deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    team: BelongsTo<Team>,
}

impl ModelHooks for Member {
    fn before_update(&mut self, _: &Context) -> Result<()> {
        if let Some(next) = self.next_team.take() {
            self.team_id = next;
        }
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "bv_cards")]
struct Card {
    #[key]
    id: i64,
    #[column(unique)]
    team_id: i64,
    #[belongs_to]
    team: BelongsTo<Team>,
}

/// The team 1 with the members 1 and 2 and the card 1, and the team 2 with the member 3.
async fn filled(database: &TestDatabase) -> Result<(Engine, Session)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Team, Member, Card]).await?;
    let mut session = engine.session();
    let member = |id: i64| Member::draft().id(id);
    session.add(Team::draft().id(1).members([member(1), member(2)]).card(Card::draft().id(1)));
    session.add(Team::draft().id(2).members([member(3)]));
    session.commit().await?;
    let session = engine.session();
    Ok((engine, session))
}

async fn teams(session: &mut Session) -> Result<Vec<Entity<Team>>> {
    let query =
        select::<Team>().order_by(Team::ID).with(Team::MEMBERS.selectin()).with(Team::CARD.selectin());
    Ok(session.all(query).await?.iter().map(|team| team.dynamic()).collect())
}

fn members(team: &Entity<Team>) -> Result<Vec<i64>> {
    Ok(team.members()?.iter().map(|member| member.id).collect())
}

async fn loaded(session: &mut Session, team: &Entity<Team>) -> Result<Vec<i64>> {
    Ok(session.load(team, Team::MEMBERS).await?.iter().map(|member| member.id).collect())
}

async fn rows(engine: &Engine) -> Result<Vec<(i64, i64)>> {
    engine.session().rows(select_columns((Member::ID, Member::TEAM_ID)).order_by(Member::ID)).await
}

on_every_backend! {
    async fn a_new_object_joins_the_collection_of_its_parent(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        session.add(Member::draft().id(10).team_id(1));
        session.flush().await?;
        assert_eq!(members(&teams[0])?, [1, 2, 10]);
        session.rollback().await?;
        assert_eq!(members(&teams[0])?, [1, 2]);
        session.insert(Member::draft().id(11).team_id(1)).await?;
        session.commit().await?;
        assert_eq!(members(&teams[0])?, [1, 2, 11]);
        let log = engine.record();
        assert_eq!(loaded(&mut session, &teams[0]).await?, [1, 2, 11]);
        assert_eq!(log.count(), 0, "{log}");
        session.replace(&teams[0], Team::MEMBERS, [Member::draft().id(12)])?;
        session.commit().await?;
        let visible = |rows: Vec<(i64, i64)>| rows.into_iter().filter(|(_, team)| *team == 1).collect::<Vec<_>>();
        assert_eq!(visible(rows(&engine).await?), [(12, 1)]);
        Ok(())
    }

    async fn a_deletion_follows_to_new_children(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        session.insert(Team::draft().id(3)).await?;
        let teams = teams(&mut session).await?;
        session.insert(Card::draft().id(2).team_id(3)).await?;
        session.delete(&teams[2])?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Card>()).await?, 1);
        Ok(())
    }

    async fn a_row_in_place_of_another_one_is_held(database: TestDatabase) -> Result<()> {
        let (_engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        let card = session.get::<Card>(1).await?.expect("there is one");
        session.delete(&card)?;
        session.add(Card::draft().id(20).team_id(1));
        session.add(Card::draft().id(21).team_id(2));
        session.commit().await?;
        assert_eq!(session.load(&teams[0], Team::CARD).await?.map(|card| card.id), Some(20));
        assert_eq!(session.load(&teams[1], Team::CARD).await?.map(|card| card.id), Some(21));
        Ok(())
    }

    async fn rows_of_bulk_statements_unload_what_they_belong_to(database: TestDatabase) -> Result<()> {
        let (_engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        session.execute(insert::<Member>().rows([Member::draft().id(10).team_id(1)])).await?;
        assert_eq!(members(&teams[0]).unwrap_err().kind(), ErrorKind::NotLoaded);
        assert_eq!(members(&teams[1])?, [3]);
        assert_eq!(loaded(&mut session, &teams[0]).await?, [1, 2, 10]);
        let given = session.execute(insert::<Member>().rows([Member::draft().id(11).team_id(1)]).returning()).await?;
        assert_eq!(given.len(), 1);
        assert_eq!(loaded(&mut session, &teams[0]).await?, [1, 2, 10, 11]);
        let upsert = insert::<Member>().rows([Member::draft().id(12).team_id(2)]).on_conflict(OnConflict::nothing());
        session.execute(upsert).await?;
        assert_eq!(loaded(&mut session, &teams[1]).await?, [3, 12]);
        let copies = select_columns((Member::ID + 100, Member::TEAM_ID)).filter(Member::TEAM_ID.eq(2));
        session.execute(insert_from((Member::ID, Member::TEAM_ID), copies)).await?;
        assert_eq!(loaded(&mut session, &teams[1]).await?, [3, 12, 103, 112]);
        session.rollback().await
    }

    async fn a_hook_that_moves_a_row_moves_the_object(database: TestDatabase) -> Result<()> {
        let (_engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        let member = session.get::<Member>(1).with(Member::TEAM.selectin()).await?.expect("there is one").dynamic();
        session.edit(&member, |member| member.next_team = Some(2))?;
        session.commit().await?;
        assert_eq!(member.team_id, 2);
        assert_eq!(session.load(&member, Member::TEAM).await?.id, 2);
        assert_eq!(members(&teams[0])?, [2]);
        assert_eq!(members(&teams[1])?, [3, 1]);
        Ok(())
    }

    async fn an_object_that_is_marked_as_deleted_joins_nothing(database: TestDatabase) -> Result<()> {
        let (_engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        let member = session.get::<Member>(1).await?.expect("there is one");
        session.delete(&member)?;
        session.commit().await?;
        assert_eq!(members(&teams[0])?, [2]);
        session.edit(&member, |member| member.team_id = 2)?;
        session.commit().await?;
        assert_eq!(loaded(&mut session, &teams[1]).await?, [3]);
        session.append(&teams[0], Team::MEMBERS, &member)?;
        session.commit().await?;
        assert_eq!(loaded(&mut session, &teams[0]).await?, [2]);
        assert_eq!(loaded(&mut session, &teams[1]).await?, [3]);
        session.add(Member::draft().id(30).team_id(1).deleted_at(Some(Utc::now())));
        session.commit().await?;
        assert_eq!(loaded(&mut session, &teams[0]).await?, [2]);
        Ok(())
    }

    async fn a_draft_with_another_key_is_refused_by_the_call(database: TestDatabase) -> Result<()> {
        let (engine, mut session) = filled(&database).await?;
        let teams = teams(&mut session).await?;
        let refused = session.append(&teams[0], Team::MEMBERS, Member::draft().id(10).team_id(2)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState);
        assert!(refused.to_string().contains("sets another `team_id` than its link by `Team.members`"), "{refused}");
        session.append(&teams[0], Team::MEMBERS, Member::draft().id(11).team_id(1))?;
        session.commit().await?;
        assert_eq!(rows(&engine).await?, [(1, 1), (2, 1), (3, 2), (11, 1)]);
        Ok(())
    }
}
