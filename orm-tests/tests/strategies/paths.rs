//! What statements are called, what a default that leads back to its owner takes, and what levels of a recursion ask for.

use orm_core::observe::QueryLog;
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "path_teams")]
struct Team {
    #[key]
    id: i64,
    name: String,
    #[has_many(order_by = "id")]
    players: HasMany<Player>,
}

#[derive(Model, Debug)]
#[model(table = "path_players")]
struct Player {
    #[key]
    id: i64,
    team_id: i64,
    #[belongs_to(lazy = "joined")]
    team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
#[model(table = "path_folders")]
struct Folder {
    #[key]
    id: i64,
    parent_id: Option<i64>,
    #[belongs_to]
    parent: BelongsTo<Option<Folder>>,
    #[has_many(key = "parent_id", order_by = "id")]
    children: HasMany<Folder>,
}

/// Two teams of two players; folders of which 1 holds 2 and 3, 2 holds 4, and 5 is alone.
async fn teams(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Team, Player, Folder]).await?;
    let mut session = engine.session();
    for team in 1..=2 {
        session.add(Team::draft().id(team).name("a"));
    }
    session.flush().await?;
    for player in 1..=4 {
        session.add(Player::draft().id(player).team_id(1 + player % 2));
    }
    for (id, parent) in [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2)), (5, None)] {
        session.insert(Folder::draft().id(id).parent_id(parent)).await?;
    }
    session.commit().await?;
    Ok(engine)
}

/// The path and strategy of each statement.
fn named(log: &QueryLog) -> Vec<(String, &'static str)> {
    let statements = log.statements();
    let name = |path: Option<&str>| path.unwrap_or_default().to_owned();
    statements.iter().map(|ran| (name(ran.path.as_deref()), ran.strategy.unwrap_or_default())).collect()
}

fn expected<const N: usize>(names: [(&str, &'static str); N]) -> Vec<(String, &'static str)> {
    names.map(|(path, strategy)| (path.to_owned(), strategy)).into()
}

/// The terms of each ORDER BY.
fn orders(sql: &str) -> Vec<Vec<&str>> {
    let end = |order: &str| order.find(')').or_else(|| order.find(" LIMIT ")).unwrap_or(order.len());
    sql.split(" ORDER BY ").skip(1).map(|order| order[..end(order)].split(", ").collect()).collect()
}

on_every_backend! {
    async fn statements_are_named_after_what_they_do(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        session.count(select::<Folder>()).await?;
        session.explain(&select::<Folder>()).await?;
        session.explain(&select_columns(Folder::ID)).await?;
        let page = select::<Folder>().order_by(Folder::ID).page(1, 2).with(Folder::CHILDREN.selectin());
        session.all_and_total(page).await?;
        let names = [
            ("Folder", "count"),
            ("Folder", "explain"),
            ("rows", "explain"),
            ("Folder", "count"),
            ("Folder", "select"),
            ("Folder.children", "selectin"),
        ];
        assert_eq!(named(&log), expected(names), "{log}");
        session.expunge_all();

        // By keys, whatever was asked for, where the first statement is not to be repeated.
        log.clear();
        let roots = session.all(select::<Folder>().filter(Folder::PARENT_ID.is_null())).await?;
        session.load_all(roots, Folder::CHILDREN.subquery()).await?;
        session.all(select::<Folder>().with(Folder::CHILDREN.subquery().with(Folder::CHILDREN.joined()))).await?;
        let names = [
            ("Folder", "select"),
            ("Folder.children", "selectin"),
            ("Folder", "select"),
            ("Folder.children", "subquery"),
        ];
        assert_eq!(named(&log), expected(names), "{log}");

        log.clear();
        session.execute(update::<Team>().set(Team::NAME, "x").filter(Team::ID.eq(1))).await?;
        session.execute(insert::<Team>().rows([Team::draft().id(9).name("y")])).await?;
        let conflict = OnConflict::update(Team::ID, ()).set(Team::NAME, func::excluded(Team::NAME));
        session.execute(insert::<Team>().rows([Team::draft().id(9).name("z")]).on_conflict(conflict)).await?;
        let copies = select_columns((Team::ID + 10, Team::NAME));
        session.execute(insert_from((Team::ID, Team::NAME), copies)).await?;
        session.execute(delete::<Team>().filter(Team::ID.gt(8))).await?;
        let names = named(&log);
        assert!(names.len() >= 5, "{log}");
        assert!(names.iter().all(|name| *name == ("Team".to_owned(), "bulk")), "{names:?} {log}");
        session.rollback().await
    }

    async fn a_default_that_leads_back_is_the_owner_for_no_statement(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let log = engine.record();
        macro_rules! assert_owned {
            ($($strategy:ident: $statements:expr;)+) => {$({
                log.clear();
                let query = select::<Team>().order_by(Team::ID).with(Team::PLAYERS.$strategy());
                let mut session = engine.session();
                let teams = session.all(query).await?;
                assert_eq!(log.count(), $statements, "{}: {log}", stringify!($strategy));
                for team in &teams {
                    assert_eq!(team.get(Team::PLAYERS).len(), 2);
                    for player in &team.get(Team::PLAYERS) {
                        assert!(Entity::same(&player.team()?, team), "{}", stringify!($strategy));
                    }
                }
                assert_eq!(log.count(), $statements, "{}: {log}", stringify!($strategy));
                // The same of existing objects.
                let mut session = engine.session();
                let teams = session.all(select::<Team>().order_by(Team::ID)).await?;
                let teams = session.load_all(teams, Team::PLAYERS.$strategy()).await?;
                let player = teams[1].get(Team::PLAYERS).first().expect("a player");
                assert!(Entity::same(&player.team()?, &teams[1]));
            })+};
        }
        assert_owned! { selectin: 2; joined: 1; subquery: 2; auto: 2; }
        let mut session = engine.session();
        let query = select::<Team>().order_by(Team::ID).with(Team::PLAYERS.selectin()).yield_per(1);
        let mut stream = session.stream(query);
        while let Some(batch) = stream.next_batch().await? {
            for player in &batch[0].get(Team::PLAYERS) {
                assert!(Entity::same(&player.team()?, &batch[0]));
            }
        }
        Ok(())
    }

    async fn a_recursion_asks_for_each_level_once(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let root = || select::<Folder>().filter(Folder::ID.eq(1)).order_by(Folder::ID);
        macro_rules! assert_levels {
            ($strategy:ident, $depth:expr, $statements:expr) => {{
                let log = engine.record();
                let folder =
                    engine.session().one(root().with(Folder::CHILDREN.$strategy().recursive($depth))).await?;
                assert_eq!(log.count(), $statements, "{} {log}", stringify!($strategy));
                let children = folder.get(Folder::CHILDREN);
                assert_eq!(children.iter().map(|child| child.id).collect::<Vec<_>>(), [2, 3]);
                for statement in log.statements() {
                    for mut terms in orders(&statement.sql) {
                        let all = terms.len();
                        terms.sort_unstable();
                        terms.dedup();
                        assert_eq!(terms.len(), all, "a column sorts once: {}", statement.sql);
                    }
                }
            }};
        }
        assert_levels!(selectin, .., 4);
        assert_levels!(subquery, .., 4);
        assert_levels!(auto, .., 4);
        assert_levels!(selectin, 0, 2);
        assert_levels!(selectin, 1, 3);
        assert_levels!(selectin, 2, 4);
        assert_levels!(selectin, 9, 4);
        assert_levels!(joined, 2, 1);
        Ok(())
    }
}
