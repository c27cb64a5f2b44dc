//! Keys that a row gets after it is written, because it is in a circle: what the database returns meanwhile, what the draft
//! was given beside the link, and several such keys in one row.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

/// Its captain serves on it, by its code.
#[derive(Model, Debug)]
#[model(table = "late_crews")]
struct Crew {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    #[column(default = "'new'", length = 20)]
    rank: String,
    #[column(read_back)]
    captain_id: Option<i64>,
    #[belongs_to]
    captain: BelongsTo<Option<Sailor>>,
    #[has_many(key = "crew_code", target_key = "code", order_by = "id")]
    guests: HasMany<Guest>,
}

/// Sails with a crew, and can be without one.
#[derive(Model, Debug)]
#[model(table = "late_guests")]
struct Guest {
    #[key]
    id: i64,
    #[column(length = 20)]
    crew_code: Option<String>,
    #[belongs_to(key = "crew_code", target_key = "code", on_update = "cascade")]
    crew: BelongsTo<Option<Crew>>,
}

#[derive(Model, Debug)]
#[model(table = "late_sailors")]
struct Sailor {
    #[key(auto)]
    id: i64,
    #[column(length = 20)]
    crew_code: String,
    #[belongs_to(key = "crew_code", target_key = "code")]
    crew: BelongsTo<Crew>,
}

/// Two keys wait for rows that need its own.
#[derive(Model, Debug)]
#[model(table = "late_teams")]
struct Team {
    #[key(auto)]
    id: i64,
    first_id: Option<i64>,
    #[column(read_back)]
    second_id: Option<i64>,
    #[belongs_to(key = "first_id")]
    first: BelongsTo<Option<Player>>,
    #[belongs_to(key = "second_id")]
    second: BelongsTo<Option<Player>>,
}

#[derive(Model, Debug)]
#[model(table = "late_players")]
struct Player {
    #[key(auto)]
    id: i64,
    team_id: i64,
    #[belongs_to]
    team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
#[model(table = "late_depots")]
struct Depot {
    #[key(auto)]
    id: i64,
    region: i64,
    #[column(default_with = "unknown")]
    main_id: Option<i64>,
    #[belongs_to(key = "region, main_id")]
    main: BelongsTo<Option<Stall>>,
}

#[derive(Model, Debug)]
#[model(table = "late_stalls")]
struct Stall {
    #[key]
    region: i64,
    #[key]
    id: i64,
    depot_id: i64,
    #[belongs_to]
    depot: BelongsTo<Depot>,
}

/// A pair and its mate refer to each other by keys that cannot be NULL.
#[derive(Model, Debug)]
#[model(table = "late_pairs")]
struct Pair {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    mate_id: i64,
    #[belongs_to]
    mate: BelongsTo<Mate>,
}

#[derive(Model, Debug)]
#[model(table = "late_mates")]
struct Mate {
    #[key]
    id: i64,
    #[column(length = 20)]
    pair_code: String,
    #[belongs_to(key = "pair_code", target_key = "code")]
    pair: BelongsTo<Pair>,
}

fn unknown() -> i64 {
    99
}

/// A crew without a captain.
async fn crewed(database: &TestDatabase) -> Result<(Session, Engine)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Crew, Sailor, Guest]).await?;
    let mut session = engine.session();
    session.add(Crew::draft().id(1).code("a").rank("old"));
    session.commit().await?;
    Ok((engine.session(), engine))
}

/// The code and the rank of the crew, the key of its captain, and the crew that this one serves on.
async fn crew(engine: &Engine) -> Result<(String, String, Option<i64>, Option<String>)> {
    let row = engine.session().one(select::<Crew>().with(Crew::CAPTAIN.selectin())).await?;
    let serves = row.get(Crew::CAPTAIN).map(|captain| captain.crew_code.clone());
    Ok((row.code.clone(), row.rank.clone(), row.captain_id, serves))
}

/// The statements that write.
fn written(shape: Vec<String>) -> Vec<String> {
    shape.into_iter().filter(|statement| !statement.starts_with("SELECT")).collect()
}

on_every_backend! {
    async fn what_comes_back_of_a_row_in_parts_is_not_its_end(database: TestDatabase) -> Result<()> {
        let (mut session, engine) = crewed(&database).await?;
        let object = session.get::<Crew>(1).await?.expect("the crew exists");
        session.edit(&object, |crew| crew.code = "b".into())?;
        let captain = session.add(Sailor::draft().crew(&object));
        session.assign(&object, Crew::CAPTAIN, &captain)?;
        let log = engine.record();
        session.commit().await?;
        let expected = ["UPDATE late_crews", "INSERT late_sailors", "UPDATE late_crews"];
        assert_eq!(written(shape(&log)), expected, "{log}");
        let key = captain.entity()?.id;
        assert_eq!((object.captain_id, session.is_modified(&object)), (Some(key), false));
        assert_eq!(crew(&engine).await?, ("b".to_owned(), "old".to_owned(), Some(key), Some("b".to_owned())));
        Ok(())
    }

    async fn a_row_that_becomes_another_gets_its_key_late(database: TestDatabase) -> Result<()> {
        let (mut session, engine) = crewed(&database).await?;
        let object = session.get::<Crew>(1).await?.expect("the crew exists");
        session.delete(&object)?;
        let captain = session.add(Sailor::draft().crew_code("c"));
        let new = session.add(Crew::draft().id(1).code("c").captain(&captain));
        let log = engine.record();
        session.commit().await?;
        // The draft leaves its rank to the database, which is read in between.
        let expected = ["UPDATE late_crews", "UPDATE late_crews", "INSERT late_sailors", "UPDATE late_crews"];
        assert_eq!(written(shape(&log)), expected, "{log}");
        let key = captain.entity()?.id;
        assert_eq!((new.entity()?.captain_id, &*new.entity()?.rank), (Some(key), "new"));
        assert_eq!(crew(&engine).await?, ("c".to_owned(), "new".to_owned(), Some(key), Some("c".to_owned())));
        Ok(())
    }

    async fn a_row_that_becomes_another_has_one_key(database: TestDatabase) -> Result<()> {
        let (mut session, engine) = crewed(&database).await?;
        let object = session.get::<Crew>(1).await?.expect("the crew exists");
        session.delete(&object)?;
        let captain = session.add(Sailor::draft().crew_code("d"));
        session.add(Crew::draft().id(1).code("d").captain_id(1000).captain(&captain));
        let error = session.commit().await.expect_err("the key is not that of the link");
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
        assert!(error.to_string().contains("another `captain_id` than its link"), "{error}");
        session.rollback().await?;
        assert_eq!(crew(&engine).await?, ("a".to_owned(), "old".to_owned(), None, None));
        Ok(())
    }

    async fn two_keys_wait_for_two_rows(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Team, Player]).await?;
        let mut session = engine.session();
        let [first, second] = [1, 2].map(|id| session.add(Player::draft().id(id).team_id(1)));
        let team = session.add(Team::draft().id(1).first(&first).second(&second));
        session.commit().await?;
        let team = team.entity()?;
        assert_eq!((team.first_id, team.second_id, session.is_modified(&team)), (Some(1), Some(2), false));
        let row = engine.session().one(select::<Team>()).await?;
        assert_eq!((row.first_id, row.second_id), (Some(1), Some(2)));
        Ok(())
    }

    async fn a_made_default_gives_way_to_a_late_link(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Depot, Stall]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let stall = session.add(Stall::draft().region(3).id(6).depot_id(1));
        let depot = session.add(Depot::draft().id(1).region(3).main(&stall));
        session.commit().await?;
        assert_eq!(written(shape(&log)), ["INSERT late_depots", "INSERT late_stalls", "UPDATE late_depots"], "{log}");
        assert_eq!((depot.entity()?.region, depot.entity()?.main_id), (3, Some(6)));
        let row = engine.session().one(select::<Depot>()).await?;
        assert_eq!((row.region, row.main_id), (3, Some(6)));
        Ok(())
    }

    async fn a_row_that_becomes_another_is_referred_to_as_it_will_be(database: TestDatabase) -> Result<()> {
        // MySQL has no constraints that are checked at the end of a transaction.
        if database.is_mysql() {
            return Ok(());
        }
        let engine = database.engine().await?;
        let mut session = engine.session();
        let key = "REFERENCES late_pairs (code) DEFERRABLE INITIALLY DEFERRED";
        for table in [
            "late_pairs (id BIGINT PRIMARY KEY, code VARCHAR(20) NOT NULL UNIQUE, mate_id BIGINT NOT NULL)".to_owned(),
            format!("late_mates (id BIGINT PRIMARY KEY, pair_code VARCHAR(20) NOT NULL {key})"),
        ] {
            session.execute(sql(format!("CREATE TABLE {table}").leak())).await?;
        }
        session.execute(insert::<Pair>().rows([Pair::draft().id(1).code("a").mate_id(1)])).await?;
        session.execute(insert::<Mate>().rows([Mate::draft().id(1).pair_code("a")])).await?;
        session.commit().await?;

        let old = session.get::<Pair>(1).await?.expect("the pair exists");
        let mate = session.get::<Mate>(1).await?.expect("the mate exists");
        session.delete(&mate)?;
        session.delete(&old)?;
        let pair = session.add(Pair::draft().id(1).code("b").mate_id(2));
        session.add(Mate::draft().id(2).pair(&pair));
        session.commit().await?;
        let row = engine.session().one(select::<Mate>().with(Mate::PAIR.selectin())).await?;
        assert_eq!((row.id, &*row.pair_code, row.get(Mate::PAIR).mate_id), (2, "b", 2));
        Ok(())
    }

    async fn a_key_that_looks_as_before_leads_to_another_row(database: TestDatabase) -> Result<()> {
        for (held, deleted) in [(false, false), (true, false), (false, true), (true, true)] {
            let (mut session, engine) = crewed(&database).await?;
            session.add(Crew::draft().id(2).code("z"));
            session.add(Guest::draft().id(1).crew_code("a"));
            session.commit().await?;
            let all = select::<Crew>().order_by(Crew::ID);
            let crews: Vec<Entity<Crew>> = match held {
                true => session.all(all.with(Crew::GUESTS.selectin())).await?.iter().map(|crew| crew.dynamic()).collect(),
                false => session.all(all).await?.iter().map(|crew| crew.dynamic()).collect(),
            };
            let guest = session.get::<Guest>(1).await?.expect("the guest exists");
            // The first crew gives its code up, and the second takes it. The guest changes crews, and so keeps the code.
            match deleted {
                true => session.delete(&crews[0])?,
                false => session.edit(&crews[0], |crew| crew.code = "b".into())?,
            }
            session.edit(&crews[1], |crew| crew.code = "a".into())?;
            session.assign(&guest, Guest::CREW, &crews[1])?;
            let log = engine.record();
            session.commit().await?;
            assert_eq!(guest.crew_code.as_deref(), Some("a"), "{log}");
            if held && !deleted {
                assert_eq!((crews[0].guests()?.len(), crews[1].guests()?.len()), (0, 1), "held: {held}");
            }
            let row = engine.session().one(select::<Guest>().with(Guest::CREW.selectin())).await?;
            assert_eq!(row.get(Guest::CREW).map(|crew| crew.id), Some(2), "held {held}, deleted {deleted}: {log}");
            let mut session = engine.session();
            session.execute(delete::<Guest>()).await?;
            session.execute(delete::<Crew>()).await?;
            session.commit().await?;
        }
        Ok(())
    }
}
