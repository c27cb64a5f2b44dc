//! Keys to another column than the primary key.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

#[derive(Model, Debug)]
pub struct Team {
    #[key]
    pub id: i64,
    #[column(unique)]
    pub slug: Option<String>,
    #[has_many(key = "team_slug", target_key = "slug", order_by = "id")]
    pub players: HasMany<Player>,
}

#[derive(Model, Debug)]
pub struct Player {
    #[key]
    pub id: i64,
    pub team_slug: Option<String>,
    #[belongs_to(key = "team_slug", target_key = "slug")]
    pub team: BelongsTo<Option<Team>>,
}

#[tokio::test]
async fn a_key_may_refer_to_another_unique_column() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Team, Player]).await?;
    let mut session = engine.session();
    for (id, slug) in [(1, Some("red")), (2, Some("blue")), (3, None)] {
        session.add(Team::draft().id(id).slug(slug.map(Into::into)));
    }
    session.flush().await?;
    for (id, team) in [(1, Some("red")), (2, Some("blue")), (3, Some("red")), (4, None)] {
        session.add(Player::draft().id(id).team_slug(team.map(Into::into)));
    }
    session.commit().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let log = record(&engine);
        let (teams, players) = (select::<Team>().order_by(Team::ID), select::<Player>().order_by(Player::ID));
        let (teams, players) = match joined {
            false => (
                session.all(teams.with(Team::PLAYERS.selectin())).await?,
                session.all(players.with(Player::TEAM.selectin())).await?,
            ),
            true => (
                session.all(teams.with(Team::PLAYERS.joined())).await?,
                session.all(players.with(Player::TEAM.joined())).await?,
            ),
        };
        assert_eq!(log.count(), if joined { 2 } else { 4 }, "{log}");
        let found: Vec<_> = teams.iter().map(|team| ids!(team.get(Team::PLAYERS))).collect();
        assert_eq!(found, [vec![1, 3], vec![2], vec![]], "a NULL refers to nothing: {log}");
        let found: Vec<_> = players.iter().map(|p| p.get(Player::TEAM).map(|team| team.id)).collect();
        assert_eq!(found, [Some(1), Some(2), Some(1), None], "{log}");
    }
    Ok(())
}
