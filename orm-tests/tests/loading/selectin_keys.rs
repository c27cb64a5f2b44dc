//! What kinds of keys relationships are loaded by: composite and nullable ones, texts and bytes, and integers of
//! different widths.

use orm_core::prelude::*;

use crate::fixtures::composite::{Guest, Member, Pair, Room, composite};
use crate::fixtures::standard::User;
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn composite_keys_are_asked_for_as_rows() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::MEMBERS.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert!(log.sql(1).contains(r#"("members"."pair_id1", "members"."pair_id2") IN ("#), "{log}");
    assert!(!log.sql(1).contains(r#""pairs""#), "{log}");
    assert_eq!(pairs.len(), 19);
    for (pair, first) in pairs.iter().zip((1..).step_by(6)) {
        let members: Vec<i64> = (first..first + 6).collect();
        assert_eq!(ids!(pair.get(Pair::MEMBERS)), members);
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_to_one_asks_for_each_pair_once() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let members = session.all(select::<Member>().order_by(Member::ID).with(Member::PAIR.selectin())).await?;
    assert_eq!((members.len(), log.count()), (114, 2), "{log}");
    assert!(log.sql(1).contains(r#"("pairs"."id1", "pairs"."id2") IN ("#), "{log}");
    assert_eq!(log.statements()[1].rows, 19, "{log}");
    for member in &members {
        let pair = member.get(Member::PAIR);
        assert_eq!((pair.id1, pair.id2), (member.pair_id1, member.pair_id2));
    }
    Ok(())
}

#[tokio::test]
async fn a_composite_key_with_a_null_is_nobody_and_not_asked_for() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let guests = session.all(select::<Guest>().order_by(Guest::ID).with(Guest::PAIR.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    assert_eq!(log.statements()[1].params[..4], ["1", "3", "2", "4"], "{log}");
    let pairs: Vec<_> = guests.iter().map(|g| g.get(Guest::PAIR).map(|pair| (pair.id1, pair.id2))).collect();
    assert_eq!(pairs, [Some((1, 3)), Some((1, 3)), Some((2, 4)), None, None, None]);
    assert!(guests[3].pair()?.is_none(), "loaded, and nobody");

    log.restart();
    let mut session = engine.session();
    let query = select::<Guest>().filter(Guest::ID.gt(3)).with(Guest::PAIR.selectin());
    assert_eq!(session.all(query).await?.len(), 3);
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_composite_key_in_another_order_finds_the_same_rows() -> Result<()> {
    let engine = composite().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Guest>().order_by(Guest::ID);
        let guests = match joined {
            false => session.all(query.with(Guest::TURNED.selectin())).await?,
            true => session.all(query.with(Guest::TURNED.joined())).await?,
        };
        let pairs: Vec<_> =
            guests.iter().map(|g| g.get(Guest::TURNED).map(|pair| (pair.id1, pair.id2))).collect();
        assert_eq!(pairs, [Some((1, 3)), Some((1, 3)), Some((2, 4)), None, None, None], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn children_with_a_null_in_their_key_are_nobodys() -> Result<()> {
    let engine = composite().await?;
    for joined in [false, true] {
        let mut session = engine.session();
        let query = select::<Pair>().filter(Pair::ID1.le(3)).order_by(Pair::ID1);
        let pairs = match joined {
            false => session.all(query.with(Pair::GUESTS.selectin())).await?,
            true => session.all(query.with(Pair::GUESTS.joined())).await?,
        };
        let guests: Vec<_> = pairs.iter().map(|pair| ids!(pair.get(Pair::GUESTS))).collect();
        assert_eq!(guests, [vec![1, 2], vec![3], vec![]], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_table_of_composite_keys() -> Result<()> {
    let engine = composite().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::ROOMS.selectin())).await?;
    assert_eq!(log.count(), 2, "{log}");
    let rooms: Vec<_> = pairs[..3].iter().map(|pair| ids!(pair.get(Pair::ROOMS))).collect();
    assert_eq!(rooms, [vec![1, 2], vec![2], vec![]]);

    for joined in [false, true] {
        let query = select::<Room>().order_by(Room::ID);
        let rooms = match joined {
            false => session.all(query.with(Room::PAIRS.selectin())).await?,
            true => session.all(query.with(Room::PAIRS.joined())).await?,
        };
        let pairs: Vec<Vec<(i64, i64)>> = rooms
            .iter()
            .map(|room| room.get(Room::PAIRS).iter().map(|pair| (pair.id1, pair.id2)).collect())
            .collect();
        assert_eq!(pairs, [vec![(1, 3)], vec![(1, 3), (2, 4)], vec![]], "joined: {joined}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_of_one_and_of_two_columns_live_in_one_session() -> Result<()> {
    let engine = composite().await?;
    engine.create_all(crate::fixtures::standard::schema()).await?;
    crate::fixtures::standard::fill(&engine).await?;
    let mut session = engine.session();
    let users = session.all(select::<User>().order_by(User::ID).with(User::ADDRESSES.selectin())).await?;
    let pairs = session.all(select::<Pair>().order_by(Pair::ID1).with(Pair::MEMBERS.selectin())).await?;
    assert_eq!(ids!(users[1].get(User::ADDRESSES)), [2, 3, 4]);
    assert_eq!(ids!(pairs[1].get(Pair::MEMBERS)), [7, 8, 9, 10, 11, 12]);
    let log = record(&engine);
    assert!(Entity::same(&pairs[1], &session.get::<Pair>((2, 4)).await?.expect("the pair is held")));
    assert!(Entity::same(&users[1], &session.get::<User>(8).await?.expect("ed is held")));
    assert_eq!(log.count(), 0, "{log}");
    assert!(session.get::<Pair>((4, 2)).await?.is_none(), "the order of the values counts");
    Ok(())
}

mod texts {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Country {
        #[key]
        pub code: String,
        #[has_many(key = "country_code", order_by = "id")]
        pub cities: HasMany<City>,
    }

    #[derive(Model, Debug)]
    pub struct City {
        #[key]
        pub id: i64,
        pub country_code: Option<String>,
        #[belongs_to(key = "country_code")]
        pub country: BelongsTo<Option<Country>>,
    }

    /// Texts that a careless comparison takes for one another.
    const CODES: [&str; 10] = ["", "a", "A", "a ", " a", "ä", "a\u{308}", "a\0", "'; --", "🇩🇪"];

    async fn countries() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Country, City]).await?;
        let mut session = engine.session();
        for code in CODES {
            session.add(Country::draft().code(code));
        }
        session.flush().await?;
        for (id, code) in (1..).zip(CODES) {
            session.add(City::draft().id(id).country_code(code));
        }
        session.add(City::draft().id(11).country_code(Null));
        session.commit().await?;
        Ok(engine)
    }

    #[tokio::test]
    async fn texts_are_keys_by_their_bytes() -> Result<()> {
        let engine = countries().await?;
        for joined in [false, true] {
            let mut session = engine.session();
            let log = record(&engine);
            let query = select::<City>().order_by(City::ID);
            let cities = match joined {
                false => session.all(query.with(City::COUNTRY.selectin())).await?,
                true => session.all(query.with(City::COUNTRY.joined())).await?,
            };
            assert_eq!(log.count(), if joined { 1 } else { 2 }, "{log}");
            for (city, code) in cities.iter().zip(CODES) {
                assert_eq!(city.get(City::COUNTRY).expect("it has one").code, code, "joined: {joined}");
            }
            assert!(cities[10].get(City::COUNTRY).is_none());

            let query = select::<Country>().with(Country::CITIES.selectin());
            let countries = session.all(query).await?;
            assert_eq!(countries.len(), CODES.len());
            for country in &countries {
                let city = CODES.iter().position(|code| *code == country.code).expect("a known code") + 1;
                assert_eq!(ids!(country.get(Country::CITIES)), [i64::try_from(city).expect("small")]);
            }
        }
        Ok(())
    }

    #[tokio::test]
    async fn get_takes_a_text() -> Result<()> {
        let engine = countries().await?;
        let mut session = engine.session();
        for code in CODES {
            let country = session.get::<Country>(code).await?.expect("it is there");
            assert_eq!(country.code, code);
        }
        let log = record(&engine);
        session.get::<Country>("a".to_owned()).await?.expect("it is held");
        assert_eq!(log.count(), 0, "{log}");
        assert!(session.get::<Country>("b").await?.is_none());
        Ok(())
    }

    #[tokio::test]
    async fn a_column_that_compares_differently_is_an_error_and_not_a_guess() -> Result<()> {
        let door = SideDoor::new(schema![]).await?;
        door.run(
            "CREATE TABLE country (code TEXT PRIMARY KEY NOT NULL);
             CREATE TABLE city (id INTEGER PRIMARY KEY, country_code TEXT COLLATE NOCASE);
             INSERT INTO country VALUES ('de'), ('fr');
             INSERT INTO city VALUES (1, 'de'), (2, 'DE'), (3, 'fr')",
        )
        .await;
        let mut session = door.engine.session();
        let error = session.all(select::<Country>().with(Country::CITIES.selectin())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        let text = error.to_string();
        assert!(text.contains("`Country.cities`") && text.contains("\"DE\""), "{text}");
        Ok(())
    }
}

mod bytes {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Blob {
        #[key]
        pub hash: Vec<u8>,
        #[has_many(key = "blob_hash", order_by = "id")]
        pub files: HasMany<File>,
    }

    #[derive(Model, Debug)]
    pub struct File {
        #[key]
        pub id: i64,
        pub blob_hash: Vec<u8>,
        #[belongs_to(key = "blob_hash")]
        pub blob: BelongsTo<Blob>,
    }

    #[tokio::test]
    async fn bytes_are_keys() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Blob, File]).await?;
        let hashes: [&[u8]; 5] = [b"", b"\0", b"\0\0", b"abc", &[0xff, 0xfe, 0x80]];
        let mut session = engine.session();
        for (id, hash) in (1..).zip(hashes) {
            let blob = session.add(Blob::draft().hash(hash));
            session.add(File::draft().id(id).blob(&blob));
            session.add(File::draft().id(id + 10).blob(&blob));
        }
        session.commit().await?;
        for joined in [false, true] {
            let mut session = engine.session();
            let log = record(&engine);
            let (blobs, files) = (select::<Blob>(), select::<File>().order_by(File::ID));
            let (blobs, files) = match joined {
                false => (
                    session.all(blobs.with(Blob::FILES.selectin())).await?,
                    engine.session().all(files.with(File::BLOB.selectin())).await?,
                ),
                true => (
                    session.all(blobs.with(Blob::FILES.joined())).await?,
                    engine.session().all(files.with(File::BLOB.joined())).await?,
                ),
            };
            assert_eq!(log.count(), if joined { 2 } else { 4 }, "{log}");
            for blob in &blobs {
                let at = hashes.iter().position(|hash| *hash == blob.hash).expect("a known hash");
                let id = i64::try_from(at).expect("small") + 1;
                assert_eq!(ids!(blob.get(Blob::FILES)), [id, id + 10]);
            }
            for (file, hash) in files.iter().zip(hashes) {
                assert_eq!(file.get(File::BLOB).hash, hash);
            }
            session.get::<Blob>(b"abc").await?.expect("it is held");
            assert_eq!(log.count(), if joined { 2 } else { 4 }, "{log}");
        }
        Ok(())
    }
}

mod truths {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Switch {
        #[key]
        pub room: i32,
        #[key]
        pub upstairs: bool,
        #[has_many(key = "room, upstairs", order_by = "id")]
        pub lamps: HasMany<Lamp>,
    }

    #[derive(Model, Debug)]
    pub struct Lamp {
        #[key]
        pub id: i64,
        pub room: i32,
        pub upstairs: bool,
        #[belongs_to(key = "room, upstairs")]
        pub switch: BelongsTo<Switch>,
    }

    #[tokio::test]
    async fn a_truth_value_can_be_part_of_a_key() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Switch, Lamp]).await?;
        let mut session = engine.session();
        for (id, room, upstairs) in [(1, 1, false), (2, 1, true), (3, 2, true)] {
            session.add(Switch::draft().room(room).upstairs(upstairs));
            session.add(Lamp::draft().id(id).room(room).upstairs(upstairs));
        }
        session.commit().await?;
        let mut session = engine.session();
        let switches = session
            .all(select::<Switch>().order_by((Switch::ROOM, Switch::UPSTAIRS)).with(Switch::LAMPS.selectin()))
            .await?;
        let lamps: Vec<_> = switches.iter().map(|switch| ids!(switch.get(Switch::LAMPS))).collect();
        assert_eq!(lamps, [[1], [2], [3]]);
        let lamps = engine.session().all(select::<Lamp>().with(Lamp::SWITCH.selectin())).await?;
        for lamp in &lamps {
            let switch = lamp.get(Lamp::SWITCH);
            assert_eq!((switch.room, switch.upstairs), (lamp.room, lamp.upstairs));
        }
        session.get::<Switch>((1, true)).await?.expect("it is held");
        Ok(())
    }
}

mod widths {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Wide {
        #[key]
        pub id: i64,
        #[has_many(key = "wide_id", order_by = "id")]
        pub narrow: HasMany<Narrow>,
    }

    #[derive(Model, Debug)]
    pub struct Narrow {
        #[key]
        pub id: u8,
        pub wide_id: i16,
        #[belongs_to(key = "wide_id")]
        pub wide: BelongsTo<Wide>,
    }

    async fn rows() -> Result<SideDoor> {
        let door = SideDoor::new(schema![Wide, Narrow]).await?;
        let mut session = door.engine.session();
        for id in [i64::MIN, -1, 0, 1, 32_767, i64::MAX] {
            session.add(Wide::draft().id(id));
        }
        session.flush().await?;
        for (id, wide) in [(1, -1), (2, 0), (3, 1), (4, 32_767), (5, 1)] {
            session.add(Narrow::draft().id(id).wide_id(wide));
        }
        session.commit().await?;
        Ok(door)
    }

    #[tokio::test]
    async fn a_narrow_key_refers_to_a_wide_one() -> Result<()> {
        let door = rows().await?;
        for joined in [false, true] {
            let mut session = door.engine.session();
            let query = select::<Narrow>().order_by(Narrow::ID);
            let narrow = match joined {
                false => session.all(query.with(Narrow::WIDE.selectin())).await?,
                true => session.all(query.with(Narrow::WIDE.joined())).await?,
            };
            let wide: Vec<_> = narrow.iter().map(|narrow| narrow.get(Narrow::WIDE).id).collect();
            assert_eq!(wide, [-1, 0, 1, 32_767, 1], "joined: {joined}");
            assert!(Entity::same(&narrow[2].get(Narrow::WIDE), &narrow[4].get(Narrow::WIDE)));
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_narrow_key_finds_what_the_session_holds() -> Result<()> {
        let door = rows().await?;
        let mut session = door.engine.session();
        let wide = session.all(select::<Wide>().order_by(Wide::ID)).await?;
        let narrow = session.get::<Narrow>(3).await?.expect("it is there");
        let log = record(&door.engine);
        assert!(Entity::same(&wide[3], &session.load(&narrow, Narrow::WIDE).await?));
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn keys_at_the_ends_of_the_range_are_keys() -> Result<()> {
        let door = rows().await?;
        let mut session = door.engine.session();
        let log = record(&door.engine);
        let wide = session.all(select::<Wide>().order_by(Wide::ID).with(Wide::NARROW.selectin())).await?;
        assert_eq!(log.count(), 2, "{log}");
        let narrow: Vec<_> = wide.iter().map(|wide| ids!(wide.get(Wide::NARROW))).collect();
        assert_eq!(narrow, [vec![], vec![1], vec![2], vec![3, 5], vec![4], vec![]]);
        assert_eq!(log.keys(1)[0], i64::MIN.to_string(), "{log}");
        Ok(())
    }

    #[tokio::test]
    async fn a_key_that_a_field_cannot_hold_is_an_error() -> Result<()> {
        let door = rows().await?;
        door.run("INSERT INTO narrow VALUES (6, 32768)").await;
        let mut session = door.engine.session();
        let error = session.all(select::<Narrow>().with(Narrow::WIDE.selectin())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        let text = error.to_string();
        assert!(text.contains("`Narrow.wide_id`") && text.contains("32768"), "{text}");
        Ok(())
    }

    #[derive(Model, Debug)]
    pub struct Counter {
        #[key]
        pub id: u64,
        #[has_many(key = "counter_id", order_by = "id")]
        pub ticks: HasMany<Tick>,
    }

    #[derive(Model, Debug)]
    pub struct Tick {
        #[key]
        pub id: i64,
        pub counter_id: u64,
        #[belongs_to(key = "counter_id")]
        pub counter: BelongsTo<Counter>,
    }

    #[tokio::test]
    async fn an_unsigned_key_beyond_the_databases_integers_is_an_error() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Counter, Tick]).await?;
        let most = u64::try_from(i64::MAX).expect("it is positive");
        let mut session = engine.session();
        session.add(Counter::draft().id(most));
        session.add(Tick::draft().id(1).counter_id(most));
        session.commit().await?;
        let counters = session.all(select::<Counter>().with(Counter::TICKS.selectin())).await?;
        assert_eq!((counters[0].id, ids!(counters[0].get(Counter::TICKS))), (most, vec![1]));

        for beyond in [most + 1, u64::MAX] {
            let mut session = engine.session();
            let error = session.get::<Counter>(beyond).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
            assert!(error.to_string().contains(&beyond.to_string()), "{error}");
            let error = session.all(select::<Counter>().filter(Counter::ID.eq(beyond))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
            let error = session.insert(Tick::draft().id(2).counter_id(beyond)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
        }
        assert_eq!(engine.session().count(select::<Tick>()).await?, 1, "nothing wrapped around into a row");
        Ok(())
    }

    #[tokio::test]
    async fn a_negative_number_is_no_unsigned_key() -> Result<()> {
        let door = SideDoor::new(schema![Counter, Tick]).await?;
        door.run("INSERT INTO tick VALUES (1, -1)").await;
        let error = door.engine.session().all(select::<Tick>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        let text = error.to_string();
        assert!(text.contains("`Tick.counter_id`") && text.contains("-1"), "{text}");
        Ok(())
    }
}

mod two_keys {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Place {
        #[key]
        pub id: i64,
        #[has_many(key = "from_id", order_by = "id")]
        pub departures: HasMany<Trip>,
        #[has_many(key = "to_id", order_by = "id desc")]
        pub arrivals: HasMany<Trip>,
    }

    #[derive(Model, Debug)]
    pub struct Trip {
        #[key]
        pub id: i64,
        pub from_id: i64,
        pub to_id: Option<i64>,
        #[belongs_to]
        pub from: BelongsTo<Place>,
        #[belongs_to]
        pub to: BelongsTo<Option<Place>>,
    }

    async fn trips() -> Result<Engine> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Place, Trip]).await?;
        let mut session = engine.session();
        for id in 1..=3 {
            session.add(Place::draft().id(id));
        }
        session.flush().await?;
        for (id, from, to) in [(1, 1, Some(2)), (2, 2, Some(1)), (3, 1, Some(1)), (4, 3, None)] {
            session.add(Trip::draft().id(id).from_id(from).to_id(to));
        }
        session.commit().await?;
        Ok(engine)
    }

    #[tokio::test]
    async fn two_relationships_to_one_target_are_loaded_by_their_own_keys() -> Result<()> {
        let engine = trips().await?;
        for (from_joined, to_joined) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut session = engine.session();
            let query = select::<Trip>().order_by(Trip::ID);
            let trips = match (from_joined, to_joined) {
                (false, false) => {
                    session.all(query.with(Trip::FROM.selectin()).with(Trip::TO.selectin())).await?
                }
                (false, true) => {
                    session.all(query.with(Trip::FROM.selectin()).with(Trip::TO.joined())).await?
                }
                (true, false) => {
                    session.all(query.with(Trip::FROM.joined()).with(Trip::TO.selectin())).await?
                }
                (true, true) => session.all(query.with(Trip::FROM.joined()).with(Trip::TO.joined())).await?,
            };
            let ends: Vec<_> =
                trips.iter().map(|t| (t.get(Trip::FROM).id, t.get(Trip::TO).map(|to| to.id))).collect();
            assert_eq!(ends, [(1, Some(2)), (2, Some(1)), (1, Some(1)), (3, None)]);
            assert!(Entity::same(&trips[2].get(Trip::FROM), &trips[2].get(Trip::TO).expect("a round trip")));
        }
        Ok(())
    }

    #[tokio::test]
    async fn two_collections_of_one_target_hold_their_own_rows() -> Result<()> {
        let engine = trips().await?;
        let mut session = engine.session();
        let log = record(&engine);
        let places = session
            .all(
                select::<Place>()
                    .order_by(Place::ID)
                    .with(Place::DEPARTURES.selectin().with(Trip::TO.selectin()))
                    .with(Place::ARRIVALS.joined()),
            )
            .await?;
        assert_eq!(log.count(), 2, "{log}");
        let found: Vec<_> = places
            .iter()
            .map(|place| (ids!(place.get(Place::DEPARTURES)), ids!(place.get(Place::ARRIVALS))))
            .collect();
        assert_eq!(found, [(vec![1, 3], vec![3, 2]), (vec![2], vec![1]), (vec![4], vec![])]);
        Ok(())
    }
}

mod natural {
    use super::*;

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
            session.add(Team::draft().id(id).slug(slug));
        }
        session.flush().await?;
        for (id, team) in [(1, Some("red")), (2, Some("blue")), (3, Some("red")), (4, None)] {
            session.add(Player::draft().id(id).team_slug(team));
        }
        session.commit().await?;
        for joined in [false, true] {
            let mut session = engine.session();
            let log = record(&engine);
            let (teams, players) =
                (select::<Team>().order_by(Team::ID), select::<Player>().order_by(Player::ID));
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
}
