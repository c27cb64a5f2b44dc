//! What a model loads by default: with every query of it, at every level, until the path would come back to itself.

use orm_core::prelude::*;

use crate::fixtures::{ids, record};

#[derive(Model, Debug)]
pub struct Team {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(lazy = "selectin", order_by = "id")]
    pub players: HasMany<Player>,
    #[has_many(order_by = "id")]
    pub games: HasMany<Game>,
}

#[derive(Model, Debug)]
pub struct Player {
    #[key]
    pub id: i64,
    pub team_id: i64,
    #[belongs_to(lazy = "joined")]
    pub team: BelongsTo<Team>,
    #[has_many(lazy = "subquery", order_by = "id desc")]
    pub goals: HasMany<Goal>,
}

#[derive(Model, Debug)]
pub struct Goal {
    #[key]
    pub id: i64,
    pub player_id: i64,
    #[belongs_to(lazy = "selectin")]
    pub player: BelongsTo<Player>,
}

#[derive(Model, Debug)]
pub struct Game {
    #[key]
    pub id: i64,
    pub team_id: i64,
    #[belongs_to(lazy = "joined")]
    pub team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
pub struct Folder {
    #[key]
    pub id: i64,
    pub parent_id: Option<i64>,
    #[has_many(key = "parent_id", lazy = "selectin", order_by = "id")]
    pub children: HasMany<Folder>,
}

/// Teams 1 and 2; players 11 and 12 of the first and 21 of the second; goals 111, 112 of 11 and 211 of 21; game 1 of team 2.
pub async fn league() -> Result<Engine> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Team, Player, Goal, Game, Folder]).await?;
    let mut session = engine.session();
    for (id, name) in [(1, "reds"), (2, "blues")] {
        session.add(Team::draft().id(id).name(name));
    }
    for id in [11, 12, 21] {
        session.add(Player::draft().id(id).team_id(id / 10));
    }
    for id in [111, 112, 211] {
        session.add(Goal::draft().id(id).player_id(id / 10));
    }
    session.add(Game::draft().id(1).team_id(2));
    session.flush().await?;
    for id in [1, 11, 12, 111] {
        session.insert(Folder::draft().id(id).parent_id(if id > 10 { Some(id / 10) } else { None })).await?;
    }
    session.commit().await?;
    Ok(engine)
}

#[tokio::test]
async fn defaults_are_followed_until_they_would_come_back() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let teams = engine.session().all(select::<Team>().order_by(Team::ID)).await?;
    // Of a player the team is above, and of a goal the player.
    assert_eq!(log.count(), 3, "{log}");
    assert!(log.statements().iter().all(|statement| !statement.sql.contains("JOIN")), "{log}");
    let players = teams[0].players()?;
    assert_eq!(ids!(players), [11, 12]);
    let goals = players.first().expect("player 11").goals()?;
    assert_eq!(ids!(goals), [112, 111]);
    let goal = goals.first().expect("a goal");
    assert!(Entity::same(&goal.player()?, &players.first().expect("player 11")), "it would come back");
    assert_eq!(goal.player()?.team()?.name, "reds");
    assert!(teams[0].games().is_err(), "games are no default");
    Ok(())
}

#[tokio::test]
async fn a_default_below_a_default_keeps_its_strategy() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let goals = engine.session().all(select::<Goal>().order_by(Goal::ID)).await?;
    assert_eq!(log.count(), 2, "the players' teams are in the players' statement: {log}");
    assert!(log.sql(1).contains(r#" JOIN "team""#), "{log}");
    assert_eq!(goals[2].player()?.team()?.name, "blues");
    assert!(goals[2].player()?.team()?.players().is_err(), "it would come back");
    Ok(())
}

#[tokio::test]
async fn a_default_that_would_come_back_is_the_owner() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    macro_rules! of_its_owner {
        ($load:expr) => {{
            let mut session = engine.session();
            let teams = session.all(select::<Team>().order_by(Team::ID).with($load)).await?;
            let player = teams[0].players()?.first().expect("player 11");
            log.restart();
            assert!(Entity::same(&player.team()?, &teams[0]));
            assert!(Entity::same(&session.load(&player, Player::TEAM).await?, &teams[0]));
            assert_eq!(log.count(), 0, "{log}");
        }};
    }
    of_its_owner!(Team::PLAYERS.joined());
    of_its_owner!(Team::PLAYERS.selectin());
    of_its_owner!(Team::PLAYERS.subquery());
    of_its_owner!(Team::PLAYERS.auto());

    // Some of the players too, and existing objects.
    let mut session = engine.session();
    let teams = session.all(select::<Team>().raise_all().order_by(Team::ID)).await?;
    let teams = session.load_all(teams, Team::PLAYERS.selectin().filter(Player::ID.gt(11))).await?;
    let player = teams[0].get(Team::PLAYERS).first().expect("player 12");
    assert!(Entity::same(&player.team()?, &teams[0]));

    // An unflushed edit names another owner.
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let player = session.one(select::<Player>().raise_all().filter(Player::ID.eq(11))).await?;
    session.edit(&player, |player| player.team_id = 2)?;
    let team = session
        .one(select::<Team>().raise_all().filter(Team::ID.eq(1)).with(Team::PLAYERS.selectin()))
        .await?;
    assert_eq!(team.get(Team::PLAYERS).len(), 2);
    assert!(player.team().map_or(true, |other| other.id == 2), "not the team that the row was found for");
    Ok(())
}

#[tokio::test]
async fn a_tree_is_loaded_one_level_down() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let root = engine.session().one(select::<Folder>().filter(Folder::ID.eq(1))).await?;
    assert_eq!(log.count(), 2, "{log}");
    let children = root.children()?;
    assert_eq!(ids!(children), [11, 12]);
    assert!(children.first().expect("folder 11").children().is_err());
    Ok(())
}

#[tokio::test]
async fn what_the_query_names_is_not_stopped() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let query = select::<Team>()
        .order_by(Team::ID)
        .with(Team::PLAYERS.selectin().with(Player::TEAM.joined()).with(Player::GOALS.raise()));
    let teams = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "{log}");
    let player = teams[0].get(Team::PLAYERS).first().expect("player 11");
    assert!(Entity::same(&player.get(Player::TEAM), &teams[0]));
    Ok(())
}

#[tokio::test]
async fn every_way_to_an_entity_loads_its_defaults() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let mut session = engine.session();
    let team = session.get::<Team>(1).await?.expect("team 1");
    assert_eq!(log.count(), 3, "{log}");
    assert_eq!(ids!(team.players()?), [11, 12]);

    let mut session = engine.session();
    log.restart();
    let game = session.one(select::<Game>()).await?;
    assert_eq!(log.count(), 3, "the game with its team, their players, their goals: {log}");
    assert_eq!(ids!(game.team()?.players()?), [21]);

    let mut session = engine.session();
    let team = session.one(select::<Team>().raise_all().filter(Team::ID.eq(2))).await?;
    log.restart();
    let players = session.load(&team, Team::PLAYERS).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(ids!(players.first().expect("player 21").goals()?), [211]);

    let mut session = engine.session();
    let teams = session.all(select::<Team>().raise_all().order_by(Team::ID)).await?;
    log.restart();
    let teams = session.load_all(teams, Team::GAMES.selectin()).await?;
    assert_eq!(log.count(), 1, "a game's team is above: {log}");
    assert_eq!(ids!(teams[1].get(Team::GAMES)), [1]);
    assert!(teams[1].players().is_err(), "what was decided for the teams is not decided again");
    Ok(())
}

#[tokio::test]
async fn a_count_loads_nothing() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    assert_eq!(engine.session().count(select::<Player>()).await?, 3);
    assert_eq!(log.count(), 1, "{log}");
    assert!(!log.sql(0).contains("JOIN"), "{log}");
    Ok(())
}
