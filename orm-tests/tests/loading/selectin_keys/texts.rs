//! Keys of text, by their bytes.

use orm_core::prelude::*;

use crate::fixtures::{SideDoor, ids, record};

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
