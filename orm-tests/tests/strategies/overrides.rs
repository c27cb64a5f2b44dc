//! `.raise()`, `.lazy()` and `.raise_all()`: what a query leaves out, and what it loads because it names it.

use orm_core::prelude::*;

use super::model_defaults::{Goal, Player, Team, league};
use crate::fixtures::{ids, record};

#[tokio::test]
async fn raise_and_lazy_leave_a_default_out() -> Result<()> {
    let engine = league().await?;
    for query in [select::<Team>().with(Team::PLAYERS.raise()), select::<Team>().with(Team::PLAYERS.lazy())] {
        let log = record(&engine);
        let mut session = engine.session();
        let team = session.one(query.filter(Team::ID.eq(1))).await?;
        assert_eq!(log.count(), 1, "{log}");
        let error = team.players().expect_err("left out");
        assert_eq!(error.kind(), ErrorKind::NotLoaded);
        assert!(error.to_string().contains("`Team.players`"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_left_out_can_be_loaded_later() -> Result<()> {
    let engine = league().await?;
    let mut session = engine.session();
    let team = session.one(select::<Team>().with(Team::PLAYERS.lazy()).filter(Team::ID.eq(1))).await?;
    let log = record(&engine);
    assert_eq!(ids!(session.load(&team, Team::PLAYERS).await?), [11, 12]);
    assert_eq!(log.count(), 2, "the players, and their goals by default: {log}");
    Ok(())
}

#[tokio::test]
async fn leaving_out_is_for_one_level_and_one_query() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let mut session = engine.session();
    let query = select::<Team>().with(Team::PLAYERS.selectin().with(Player::GOALS.raise()));
    let teams = session.all(query.order_by(Team::ID)).await?;
    assert_eq!(log.count(), 2, "{log}");
    let player = teams[0].players()?.first().expect("player 11");
    assert_eq!(player.goals().expect_err("left out").kind(), ErrorKind::NotLoaded);

    log.restart();
    session.all(select::<Team>()).await?;
    assert_eq!(log.count(), 3, "the next query has its own options: {log}");
    assert_eq!(ids!(player.goals()?), [112, 111]);
    Ok(())
}

#[tokio::test]
async fn a_named_strategy_replaces_the_default() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let query = select::<Team>().order_by(Team::ID).with(Team::PLAYERS.joined());
    let teams = engine.session().all(query).await?;
    assert_eq!(log.count(), 2, "teams with players, and the players' goals: {log}");
    assert!(log.sql(0).contains(r#"LEFT JOIN "player""#), "{log}");
    assert_eq!(ids!(teams[0].get(Team::PLAYERS)), [11, 12]);
    assert_eq!(ids!(teams[1].players()?.first().expect("player 21").goals()?), [211]);
    Ok(())
}

#[tokio::test]
async fn raise_all_leaves_out_what_is_not_named_at_every_level() -> Result<()> {
    let engine = league().await?;
    for first in [true, false] {
        let query = select::<Team>().order_by(Team::ID);
        let query = match first {
            true => query.raise_all().with(Team::PLAYERS.selectin()),
            false => query.with(Team::PLAYERS.selectin()).raise_all(),
        };
        let log = record(&engine);
        let teams = engine.session().all(query).await?;
        assert_eq!(log.count(), 2, "before or after, what is named is loaded: {log}");
        let players = teams[0].get(Team::PLAYERS);
        assert_eq!(ids!(players), [11, 12]);
        assert!(players.first().expect("player 11").goals().is_err(), "a default of the second level");
        assert!(players.first().expect("player 11").team().is_err(), "and a joined one");
    }
    let log = record(&engine);
    engine.session().all(select::<Goal>().raise_all()).await?;
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn leaving_out_what_is_named_is_a_conflict() -> Result<()> {
    let engine = league().await?;
    let log = record(&engine);
    let mut session = engine.session();
    let left_out = select::<Team>().with(Team::PLAYERS.selectin()).with(Team::PLAYERS.raise());
    let error = session.all(left_out).await.expect_err("both");
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
    let text = error.to_string();
    assert!(text.contains("`Team.players`") && text.contains("selectin") && text.contains("raise"), "{text}");
    let both_ways = select::<Team>().with(Team::PLAYERS.lazy()).with(Team::PLAYERS.raise());
    assert_eq!(session.all(both_ways).await.expect_err("both").kind(), ErrorKind::InvalidQuery);
    assert_eq!(log.count(), 0, "{log}");

    session.all(select::<Team>().with(Team::PLAYERS.raise()).with(Team::PLAYERS.raise())).await?;
    assert_eq!(log.count(), 1, "twice the same is once: {log}");
    Ok(())
}

mod raise_on_sql {
    use super::*;

    #[derive(Model, Debug)]
    struct Shop {
        #[key]
        id: i64,
        #[has_many(lazy = "raise_on_sql", order_by = "id")]
        visits: HasMany<Visit>,
    }

    #[derive(Model, Debug)]
    struct Visit {
        #[key]
        id: i64,
        shop_id: i64,
        #[belongs_to(lazy = "raise_on_sql")]
        shop: BelongsTo<Shop>,
    }

    async fn shops() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Shop, Visit]).await?;
        let mut session = engine.session();
        session.add(Shop::draft().id(1));
        for id in [5, 6] {
            session.add(Visit::draft().id(id).shop_id(1));
        }
        session.commit().await?;
        Ok(engine)
    }

    #[tokio::test]
    async fn a_collection_always_needs_a_statement() -> Result<()> {
        let engine = shops().await?;
        let mut session = engine.session();
        let shop = session.one(select::<Shop>()).await?;
        // The session holds all of them, but only the database knows that they are all.
        session.all(select::<Visit>()).await?;
        let log = record(&engine);
        let error = session.load(&shop, Shop::VISITS).await.expect_err("a statement");
        assert_eq!(error.kind(), ErrorKind::NotLoaded);
        let text = error.to_string();
        assert!(text.contains("raise_on_sql") && text.contains(".with(Shop::VISITS.selectin())"), "{text}");
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn what_is_held_answers_a_to_one() -> Result<()> {
        let engine = shops().await?;
        let mut session = engine.session();
        let visit = session.one(select::<Visit>().filter(Visit::ID.eq(5))).await?;
        let error = session.load(&visit, Visit::SHOP).await.expect_err("a statement");
        assert_eq!(error.kind(), ErrorKind::NotLoaded);
        let shop = session.one(select::<Shop>()).await?;
        let log = record(&engine);
        assert!(Entity::same(&session.load(&visit, Visit::SHOP).await?, &shop));
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn naming_it_loads_it() -> Result<()> {
        let engine = shops().await?;
        let log = record(&engine);
        let mut session = engine.session();
        let shop = session.one(select::<Shop>().with(Shop::VISITS.selectin())).await?;
        assert_eq!(log.count(), 2, "{log}");
        assert_eq!(ids!(shop.get(Shop::VISITS)), [5, 6]);
        assert_eq!(ids!(session.load(&shop, Shop::VISITS).await?), [5, 6]);
        assert_eq!(log.count(), 2, "what the object holds costs nothing: {log}");

        let mut session = engine.session();
        let shops = session.all(select::<Shop>()).await?;
        log.restart();
        let shops = session.load_all(shops, Shop::VISITS.selectin()).await?;
        assert_eq!(log.count(), 1, "for all at once it is allowed: {log}");
        assert_eq!(ids!(shops[0].get(Shop::VISITS)), [5, 6]);
        Ok(())
    }
}
