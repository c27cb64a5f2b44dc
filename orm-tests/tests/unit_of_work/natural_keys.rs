//! Keys that mean something, and change. The database gives a new key to the rows that refer to it (ON UPDATE CASCADE).
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::shape;

#[derive(Model, Debug)]
#[model(table = "countries")]
struct Country {
    #[key]
    code: String,
    name: String,
    #[has_many(key = "country", order_by = "id")]
    cities: HasMany<City>,
}

#[derive(Model, Debug)]
#[model(table = "cities")]
struct City {
    #[key]
    country: String,
    #[key]
    id: i64,
    name: String,
    #[belongs_to(key = "country", inverse = "cities")]
    of: BelongsTo<Country>,
    #[has_many(key = "country, city_id", order_by = "id", cascade = "all")]
    streets: HasMany<Street>,
}

#[derive(Model, Debug)]
#[model(table = "streets")]
struct Street {
    #[key]
    id: i64,
    country: Option<String>,
    city_id: Option<i64>,
    name: String,
    #[belongs_to(key = "country, city_id")]
    city: BelongsTo<Option<City>>,
}

async fn atlas(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    let mut session = engine.session();
    for table in [
        "CREATE TABLE countries (code VARCHAR(20) PRIMARY KEY, name VARCHAR(20) NOT NULL)",
        "CREATE TABLE cities (country VARCHAR(20) NOT NULL, id BIGINT NOT NULL, name VARCHAR(20) NOT NULL, \
         PRIMARY KEY (country, id), \
         FOREIGN KEY (country) REFERENCES countries (code) ON UPDATE CASCADE)",
        "CREATE TABLE streets (id BIGINT PRIMARY KEY, country VARCHAR(20), city_id BIGINT, name VARCHAR(20) NOT NULL, \
         FOREIGN KEY (country, city_id) REFERENCES cities (country, id) ON UPDATE CASCADE)",
    ] {
        session.execute(sql(table)).await?;
    }
    session.commit().await?;
    for code in ["a", "b"] {
        session.add(Country::draft().code(code).name(code).cities([City::draft().id(1).name("c")]));
    }
    session.add(Street::draft().id(1).country("a".to_owned()).city_id(1).name("s"));
    session.commit().await?;
    Ok(engine)
}

struct Held {
    country: Entity<Country>,
    city: Entity<City>,
    street: Entity<Street>,
}

async fn held(session: &mut Session) -> Result<Held> {
    let query = select::<Country>().filter(Country::CODE.eq("a"));
    let country = session.one(query.with(Country::CITIES.selectin().with(City::STREETS.selectin()))).await?;
    let city = country.cities()?.first().expect("it has one");
    let street = city.streets()?.first().expect("it has one");
    Ok(Held { country: country.dynamic(), city, street })
}

fn keys(of: &Held) -> (String, String, Option<String>) {
    (of.country.code.clone(), of.city.country.clone(), of.street.country.clone())
}

fn all(code: &str) -> (String, String, Option<String>) {
    (code.to_owned(), code.to_owned(), Some(code.to_owned()))
}

on_every_backend! {
    async fn children_follow_their_parents_key(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session();
        let of = held(&mut session).await?;
        session.edit(&of.country, |country| country.code = "x".into())?;
        session.edit(&of.street, |street| street.name = "unsaved".into())?;
        let log = engine.record();
        session.flush().await?;
        assert_eq!(shape(&log), ["UPDATE countries", "UPDATE streets"], "the children's keys are the database's: {log}");
        assert_eq!(keys(&of), all("x"));
        assert_eq!(of.street.name, "unsaved");
        assert!(!session.is_modified(&of.city) && !session.is_modified(&of.street));
        log.clear();
        let found = session.get::<City>(("x", 1)).await?.expect("it is found by its new key");
        assert!(Entity::same(&found, &of.city));
        assert!(Entity::same(&session.load(&of.city, City::OF).await?, &of.country));
        assert_eq!(of.country.cities()?.len(), 1);
        assert_eq!(log.count(), 0, "{log}");
        session.edit(&of.city, |city| city.name = "d".into())?;
        session.commit().await?;
        let row = engine.session().get::<City>(("x", 1)).await?.expect("it has its new key");
        assert_eq!(row.name, "d");
        Ok(())
    }

    async fn a_child_that_is_written_in_the_same_flush_is_found(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session();
        let of = held(&mut session).await?;
        session.edit(&of.city, |city| city.name = "d".into())?;
        session.edit(&of.country, |country| country.code = "x".into())?;
        session.commit().await?;
        let row = engine.session().get::<City>(("x", 1)).await?.expect("it has its new key");
        assert_eq!((row.name.as_str(), keys(&of)), ("d", all("x")));
        Ok(())
    }

    async fn a_rollback_takes_the_followed_keys_back(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session();
        let of = held(&mut session).await?;
        session.edit(&of.country, |country| country.code = "x".into())?;
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(keys(&of), all("a"));
        let found = session.get::<City>(("a", 1)).await?.expect("it has its old key");
        assert!(Entity::same(&found, &of.city));
        assert!(session.get::<City>(("x", 1)).await?.is_none());

        let kept: Result<()> = session
            .nested(async |session| {
                session.edit(&of.country, |country| country.code = "y".into())?;
                session.flush().await?;
                session.one(select::<Country>().filter(Country::CODE.eq("none"))).await.map(drop)
            })
            .await;
        assert!(kept.is_err() && keys(&of) == all("a"));
        session.commit().await
    }

    async fn a_parent_is_deleted_with_what_followed_it(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session();
        let of = held(&mut session).await?;
        session.edit(&of.country, |country| country.code = "x".into())?;
        session.flush().await?;
        session.delete(&of.city)?;
        session.flush().await?;
        session.delete(&of.country)?;
        session.commit().await?;
        let mut other = engine.session();
        assert_eq!((other.count(select::<Country>()).await?, other.count(select::<Street>()).await?), (1, 0));
        Ok(())
    }

    async fn a_key_that_was_edited_and_not_written_is_not_what_children_refer_to(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let of = held(&mut session).await?;
        session.edit(&of.city, |city| city.id = 7)?;
        session.delete(&of.city)?;
        session.commit().await?;
        let mut other = engine.session();
        assert_eq!((other.count(select::<City>()).await?, other.count(select::<Street>()).await?), (1, 0));
        Ok(())
    }

    async fn a_new_row_that_got_another_key_never_was_after_a_rollback(database: TestDatabase) -> Result<()> {
        let engine = atlas(&database).await?;
        let mut session = engine.session();
        let new = session.insert(Country::draft().code("n").name("n")).await?;
        session.edit(&new, |country| country.code = "m".into())?;
        session.flush().await?;
        session.rollback().await?;
        assert_eq!(session.state(&new), EntityState::Detached);
        for code in ["n", "m"] {
            assert!(session.get::<Country>(code).await?.is_none(), "{code}");
        }
        Ok(())
    }
}
