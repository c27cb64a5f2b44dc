//! What clients send: patches and new rows, by the names of the model's serialisation, with errors that a client may see.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use orm_core::prelude::*;
use orm_core::write::{FieldErrorCode as Code, Input};
use orm_tests::{Backend, TestDatabase, on_every_backend};
use serde_json::{Value as Json, json};

#[derive(DbType, Clone, Debug, PartialEq)]
#[db_type(try_from)]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Email, &'static str> {
        if text.contains('@') { Ok(Email(text)) } else { Err("an address has an @") }
    }
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db_enum(rename_all = "snake_case")]
pub enum Level {
    Beginner,
    Expert,
}

#[derive(Model, Debug)]
#[model(table = "players")]
#[serde(rename_all = "camelCase")]
pub struct Player {
    #[key(auto)]
    pub id: i64,
    #[column(length = 20)]
    pub full_name: String,
    #[serde(rename = "mail")]
    pub email: Option<Email>,
    pub level: Level,
    pub is_admin: bool,
    pub points: i16,
    pub team_id: i64,
    #[column(secret)]
    pub password: Option<String>,
    #[column(version)]
    pub version: i64,
    #[column(created)]
    pub joined_at: time::OffsetDateTime,
}

/// A column of each kind.
#[derive(Model, Debug)]
#[model(table = "things")]
pub struct Thing {
    #[key]
    pub id: i64,
    pub truth: bool,
    pub small: i16,
    pub large: i64,
    pub narrow: f32,
    pub wide: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub day: time::Date,
    pub hour: time::Time,
    pub local: time::PrimitiveDateTime,
    pub instant: time::OffsetDateTime,
    pub price: rust_decimal::Decimal,
    pub number: uuid::Uuid,
    pub json: orm_core::Json<Vec<Option<i64>>>,
    pub nothing: Option<i64>,
}

fn input<M: Model>(json: Json) -> Input<M> {
    serde_json::from_value(json).expect("it is an object")
}

/// As text: a 32-bit number has fewer digits there than a 64-bit one.
fn written(value: &impl serde::Serialize) -> Json {
    let text = serde_json::to_string(value).expect("it is JSON");
    serde_json::from_str(&text).expect("it is JSON")
}

async fn players(database: &TestDatabase) -> Result<(Engine, Entity<Player>)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Player, Thing]).await?;
    let mut session = engine.session();
    let jack =
        Player::draft().full_name("Jack").email(Email("jack@example.com".into())).level(Level::Beginner);
    let jack = session.insert(jack.is_admin(false).points(1).team_id(7).password("p").version(1)).await?;
    session.commit().await?;
    Ok((engine, jack))
}

on_every_backend! {
    async fn a_patch_sets_what_was_sent(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let jack = session.one(select::<Player>()).await?;
        let log = engine.record();
        let permit = (Player::FULL_NAME, Player::EMAIL, Player::LEVEL);

        // Absent, null, and a value.
        session.patch(&jack, input(json!({"fullName": "Jill"})).permit(permit)?)?;
        session.flush().await?;
        assert_eq!((&*jack.full_name, jack.email.is_some()), ("Jill", true));
        session.patch(&jack, input(json!({"mail": null, "level": "expert"})).permit(permit)?)?;
        session.flush().await?;
        assert_eq!((&*jack.full_name, &jack.email, jack.level), ("Jill", &None, Level::Expert));
        assert_eq!(log.count(), 2, "{log}");
        let texts: Vec<String> = log.statements().iter().map(|statement| statement.sql.to_string()).collect();
        assert!(texts[0].contains("full_name") && !texts[0].contains("email"), "{}", texts[0]);
        assert!(texts[1].contains("email") && !texts[1].contains("full_name"), "{}", texts[1]);

        // An unchanged value is not written, and neither is an empty patch.
        session.patch(&jack, input(json!({"fullName": "Jill"})).permit(permit)?)?;
        session.patch(&jack, input(json!({})).permit(permit)?)?;
        session.flush().await?;
        assert_eq!(log.count(), 2, "{log}");

        // What the program adds counts.
        let patch = input::<Player>(json!({"fullName": "June"})).permit(Player::FULL_NAME)?.set(Player::POINTS, 5);
        assert!(patch.has(Player::POINTS) && !patch.has(Player::EMAIL));
        session.patch(&jack, patch)?;
        session.commit().await?;
        let row: (String, Option<Email>, i16) =
            engine.session().row(select_columns((Player::FULL_NAME, Player::EMAIL, Player::POINTS))).await?;
        assert_eq!(row, ("June".into(), None, 5));
        Ok(())
    }

    async fn errors_name_fields_and_change_nothing(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let jack = session.one(select::<Player>()).await?;
        let permit = ((Player::FULL_NAME, Player::EMAIL, Player::LEVEL), (Player::POINTS, Player::PASSWORD));
        for (sent, said) in [
            (json!({"fullName": null}), "`fullName`: must not be null"),
            (json!({"fullName": 7}), "`fullName`: expected a text"),
            (json!({"fullName": "x".repeat(21)}), "`fullName`: has 21 characters, and may have 20"),
            (json!({"points": 1.5, "isAdmin": true}), "`isAdmin`: cannot be set; `points`: expected an integer"),
            (json!({"id": 1, "version": 9, "full_name": "x"}), "`full_name`: is not known; `id`: cannot be set; `version`: cannot be set"),
            (json!({"password": "x"}), "`password`: is not known"),
        ] {
            let refused = input::<Player>(sent).permit(permit).unwrap_err();
            assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::InvalidInput, said));
        }
        let twice: Input<Player> = serde_json::from_str(r#"{"points": 1, "points": 2}"#).expect("an object");
        assert_eq!(twice.permit(permit).unwrap_err().to_string(), "`points`: is given twice");

        // What the field's own type refuses.
        let sent = json!({"mail": "nobody", "points": 70000, "level": "master", "fullName": "Jill"});
        let refused = input::<Player>(sent).permit(permit).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        let said = refused.to_string();
        for part in ["`mail`: an address has an @", "`points`: is out of range", "`level`: "] {
            assert!(said.contains(part), "{said}");
        }
        let log = engine.record();
        session.commit().await?;
        assert_eq!((&*jack.full_name, jack.points, log.count()), ("Jack", 1, 0), "{log}");

        let response = refused.into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        Ok(())
    }

    async fn errors_can_be_read_field_by_field(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let read = |error: &Error| -> Vec<(String, Code)> {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            let fields = error.field_errors().iter().map(|wrong| (wrong.field().to_owned(), wrong.code()));
            fields.collect()
        };
        let named = |fields: &[(&str, Code)]| -> Vec<(String, Code)> {
            fields.iter().map(|(field, code)| ((*field).to_owned(), *code)).collect()
        };
        let permit = ((Player::FULL_NAME, Player::EMAIL, Player::LEVEL), Player::POINTS);
        let sent = r#"{"fullName": null, "mail": 7, "isAdmin": true, "nick": "j", "points": 1, "points": 2}"#;
        let sent: Input<Player> = serde_json::from_str(sent).expect("an object");
        let refused = sent.permit(permit).unwrap_err();
        assert_eq!(read(&refused), named(&[
            ("fullName", Code::Null), ("mail", Code::WrongType), ("isAdmin", Code::NotPermitted), ("nick", Code::Unknown),
            ("points", Code::Repeated),
        ]));
        let body = serde_json::to_value(refused.field_errors()).expect("it is JSON");
        assert_eq!(body[0], json!({"field": "fullName", "code": "null", "message": "must not be null"}));
        let long = input::<Player>(json!({"fullName": "x".repeat(21)})).permit(permit).unwrap_err();
        assert_eq!(read(&long), named(&[("fullName", Code::TooLong)]));

        // What the types of the fields refuse, beside the rest.
        let sent = r#"{"fullName": 1, "mail": "nobody", "points": 70000, "level": "master"}"#;
        let sent: Input<Player> = serde_json::from_str(sent).expect("an object");
        let refused = sent.permit(permit).unwrap_err();
        let unfit = [("fullName", Code::WrongType), ("mail", Code::Invalid), ("points", Code::OutOfRange), ("level", Code::Invalid)];
        assert_eq!(read(&refused), named(&unfit));
        let missing = input::<Player>(json!({"points": 1})).permit(permit)?.set(Player::IS_ADMIN, false).set(Player::TEAM_ID, 7);
        assert_eq!(read(&missing.draft().unwrap_err()), named(&[("fullName", Code::Required), ("level", Code::Required)]));

        // Other errors have no fields.
        let other = session.one(select::<Player>().filter(Player::ID.eq(99))).await.unwrap_err();
        assert_eq!(other.field_errors(), []);
        Ok(())
    }

    async fn what_a_database_cannot_store_is_the_clients_mistake(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let jack = session.one(select::<Player>()).await?;
        let permit = (Player::FULL_NAME, Player::LEVEL);
        let nul = || json!({"fullName": "a\u{0}b", "level": "expert"});
        let new = || -> Result<_> {
            input::<Player>(nul()).permit(permit)?.set(Player::IS_ADMIN, false).set(Player::POINTS, 1).set(Player::TEAM_ID, 7).draft()
        };
        let log = engine.record();
        let patched = session.patch(&jack, input(nul()).permit(permit)?);
        if database.backend() != Backend::Postgres {
            patched?;
            session.insert(new()?).await?;
            assert_eq!(session.count(select::<Player>().filter(Player::FULL_NAME.eq("a\u{0}b"))).await?, 2);
            return Ok(());
        }
        session.add(new()?);
        let added = session.flush().await.unwrap_err();
        session.rollback().await?;
        let bulk = session.execute(insert::<Player>().rows([new()?])).await.unwrap_err();
        session.rollback().await?;
        for refused in [patched.unwrap_err(), added, bulk] {
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            assert_eq!(refused.to_string(), "`fullName`: must not contain the character NUL");
            assert_eq!(refused.field_errors().len(), 1);
        }
        assert_eq!((&*jack.full_name, log.count()), ("Jack", 0), "{log}");

        // What the program sets is the program's mistake.
        let set = input::<Player>(nul()).permit(permit)?.set(Player::FULL_NAME, "a\u{0}b").set(Player::IS_ADMIN, false);
        session.add(set.set(Player::POINTS, 1).set(Player::TEAM_ID, 7).draft()?);
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::InvalidValue);
        session.rollback().await?;
        assert_eq!(session.count(select::<Player>()).await?, 1);
        Ok(())
    }

    async fn days_that_a_database_has_not_are_the_clients_mistake(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let permit = ((Thing::DAY, Thing::LOCAL, Thing::TEXT), Thing::PRICE);
        let sent = json!({"day": "0000-01-01", "local": "0000-01-01T00:00:00", "text": "t", "price": "1"});
        let patch = input::<Thing>(sent).permit(permit)?;
        let now = time::OffsetDateTime::UNIX_EPOCH;
        let new = patch.set(Thing::ID, 1).set(Thing::TRUTH, true).set(Thing::SMALL, 1).set(Thing::LARGE, 1).set(Thing::NARROW, 1.0);
        let new = new.set(Thing::WIDE, 1.0).set(Thing::BYTES, vec![]).set(Thing::HOUR, time::Time::MIDNIGHT);
        let new = new.set(Thing::INSTANT, now).set(Thing::NUMBER, uuid::Uuid::nil()).set(Thing::JSON, orm_core::Json(vec![]));
        let added = session.insert(new.draft()?).await;
        match database.backend() {
            Backend::Postgres => assert_eq!(added?.day.year(), 0),
            _ => {
                let refused = added.unwrap_err();
                assert_eq!(refused.to_string(), "`day`: is out of range; `local`: is out of range");
                assert!(refused.field_errors().iter().all(|wrong| wrong.code() == Code::OutOfRange));
            }
        }
        Ok(())
    }

    async fn a_new_row_is_what_was_sent(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let permit = (Player::FULL_NAME, Player::EMAIL, Player::LEVEL);
        let new = |sent: Json| input::<Player>(sent).permit(permit).map(|new| new.set(Player::IS_ADMIN, false).set(Player::POINTS, 0));
        let missing = new(json!({"mail": null}))?.set(Player::TEAM_ID, 7).draft().unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::InvalidInput);
        assert_eq!(missing.to_string(), "`fullName`: is required; `level`: is required");
        let forgotten = new(json!({"fullName": "Jill", "level": "expert"}))?.draft().unwrap_err();
        assert_eq!(forgotten.kind(), ErrorKind::InvalidState, "{forgotten}");
        assert!(forgotten.to_string().contains("`Player.team_id`"), "{forgotten}");
        let unfit = new(json!({"fullName": "Jill", "level": "expert", "mail": "nobody"}));
        assert_eq!(unfit.unwrap_err().to_string(), "`mail`: an address has an @");

        let log = engine.record();
        let jill = new(json!({"fullName": "Jill", "level": "expert", "mail": "jill@example.com"}))?.set(Player::TEAM_ID, 7);
        let jill = session.insert(jill.draft()?).await?;
        session.commit().await?;
        assert_eq!((&*jill.full_name, jill.level, jill.team_id, jill.version), ("Jill", Level::Expert, 7, 1));
        let inserts = log.statements().iter().filter(|statement| statement.sql.starts_with("INSERT")).count();
        assert_eq!(inserts, 1, "{log}");
        assert_eq!(engine.session().count(select::<Player>()).await?, 2);
        Ok(())
    }

    async fn what_is_written_out_can_be_read_in(database: TestDatabase) -> Result<()> {
        let (engine, _) = players(&database).await?;
        let mut session = engine.session();
        let sent = json!({
            "id": 1, "truth": true, "small": -7, "large": 9_007_199_254_740_993_i64, "narrow": 0.1, "wide": 0.1,
            "text": "é\"", "bytes": [0, 255], "day": "2024-02-29", "hour": "23:59:59.5", "local": "2024-02-29T23:59:59.5",
            "instant": "2024-02-29T23:59:59.123456Z", "price": "12.5", "number": "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "json": [1, null, 3], "nothing": null,
        });
        let all = (
            (Thing::ID, Thing::TRUTH, Thing::SMALL, Thing::LARGE, Thing::NARROW, Thing::WIDE),
            (Thing::TEXT, Thing::BYTES, Thing::DAY, Thing::HOUR, Thing::LOCAL, Thing::INSTANT),
            (Thing::PRICE, Thing::NUMBER, Thing::JSON, Thing::NOTHING),
        );
        let thing = session.insert(input::<Thing>(sent.clone()).permit(all)?.draft()?).await?;
        session.commit().await?;
        assert_eq!(written(&thing), sent);
        let thing = engine.session().one(select::<Thing>()).await?;
        assert_eq!(written(&thing), sent);

        // Finer than what is stored, with an offset, as a number.
        let log = engine.record();
        let finer = json!({"instant": "2024-03-01T00:59:59.123456789+01:00", "wide": 2, "price": 3});
        let thing = session.one(select::<Thing>()).await?;
        session.patch(&thing, input(finer).permit(all)?)?;
        session.commit().await?;
        let now = written(&thing);
        assert_eq!((&now["instant"], &now["wide"], &now["price"]), (&json!("2024-02-29T23:59:59.123456Z"), &json!(2.0), &json!("3")));
        assert_eq!(log.count(), 2, "{log}");
        // Whole numbers beyond 64 bits with a sign: a decimal holds them, integers do not.
        let log = engine.record();
        session.patch(&thing, input(json!({"price": u64::MAX})).permit(all)?)?;
        session.flush().await?;
        assert_eq!((written(&thing)["price"].as_str(), log.count()), (Some("18446744073709551615"), 1), "{log}");
        let price: rust_decimal::Decimal = session.row(select_columns(Thing::PRICE)).await?;
        assert_eq!(price.to_string(), "18446744073709551615");
        for field in ["small", "large"] {
            let refused = input::<Thing>(json!({field: u64::MAX})).permit(all).unwrap_err();
            assert_eq!(refused.to_string(), format!("`{field}`: is out of range"));
        }
        let refused = input::<Thing>(json!({"day": "2024-02-30", "bytes": [1, 256], "number": "7", "wide": "1"})).permit(all);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "`bytes`: expected a list of bytes; `day`: expected a value as in \"2024-02-29\"; `number`: expected a value as in \
             \"67e55044-10b1-426f-9247-bb680e5fe0c8\"; `wide`: expected a number"
        );
        Ok(())
    }
}
