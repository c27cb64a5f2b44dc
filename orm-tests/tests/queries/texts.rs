//! Functions and conditions of texts.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::grammar::{only, parsed};

#[derive(DbType, Clone, Debug, PartialEq)]
#[db_type(try_from)]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Email, &'static str> {
        if text.contains('@') { Ok(Email(text)) } else { Err("an address has an @") }
    }
}

#[derive(Model, Debug)]
#[model(table = "people")]
struct Person {
    #[key]
    id: i64,
    name: String,
    part: String,
    email: Option<Email>,
}

async fn people(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Person]).await?;
    let mut session = engine.session();
    let rows = [
        (1, "Ada 100%", "Ada", Some("ada@example.com")),
        (2, "ada_100*", "", None),
        (3, "a!b?[c]\\d", "\\d", Some("ADA@example.org")),
        (4, "  éa  ", "longer than the name", None),
    ];
    for (id, name, part, email) in rows {
        session
            .add(Person::draft().id(id).name(name).part(part).email(email.map(|email| Email(email.into()))));
    }
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn texts_are_found_as_they_are(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mut ids = async |filter| session.rows(select_columns(Person::ID).filter(filter).order_by(Person::ID)).await;
        assert_eq!(ids(Person::NAME.contains("100")).await?, [1, 2]);
        assert_eq!(ids(Person::NAME.contains("100%")).await?, [1]);
        assert_eq!(ids(Person::NAME.contains("a_")).await?, [2], "a pattern's characters stand for themselves");
        assert_eq!(ids(Person::NAME.contains("0*")).await?, [2]);
        assert_eq!(ids(Person::NAME.contains("!b?[c]\\")).await?, [3]);
        assert_eq!(ids(Person::NAME.contains("")).await?, [1, 2, 3, 4]);
        assert_eq!(ids(Person::NAME.starts_with("ada")).await?, [2], "upper and lower case differ");
        assert_eq!(ids(Person::NAME.starts_with("a")).await?, [2, 3]);
        assert_eq!(ids(!Person::NAME.starts_with("a")).await?, [1, 4]);
        assert_eq!(ids(Person::NAME.ends_with("*")).await?, [2]);
        assert_eq!(ids(Person::NAME.ends_with("\\d")).await?, [3]);
        assert_eq!(ids(Person::NAME.starts_with(Person::PART)).await?, [1, 2]);
        assert_eq!(ids(Person::NAME.ends_with(Person::PART)).await?, [2, 3]);
        assert_eq!(ids(Person::NAME.contains(Person::PART)).await?, [1, 2, 3]);
        parsed(&log, database.backend());
        let log = engine.record();
        session.rows(select_columns(Person::ID).filter(Person::NAME.starts_with("a%"))).await?;
        let sql = only(&log, database.backend());
        match database.backend() {
            Backend::Sqlite => assert!(sql.ends_with("WHERE glob(?, \"people\".\"name\")"), "{sql}"),
            _ => assert!(sql.ends_with("WHERE (\"people\".\"name\" LIKE ? ESCAPE '!')"), "{sql}"),
        }
        Ok(())
    }

    async fn texts_with_nul_are_found_whole(database: TestDatabase) -> Result<()> {
        if database.backend() == Backend::Postgres {
            // It stores none.
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Person]).await?;
        let mut session = engine.session();
        for (id, name, part) in [(1, "a\0b", "a\0"), (2, "a", "\0"), (3, "\0", "\0"), (4, "xéy\0éz", "\0éz")] {
            session.add(Person::draft().id(id).name(name).part(part));
        }
        session.commit().await?;
        let mut ids = async |filter| session.rows(select_columns(Person::ID).filter(filter).order_by(Person::ID)).await;
        assert_eq!(ids(Person::NAME.contains("\0")).await?, [1, 3, 4]);
        assert_eq!(ids(Person::NAME.contains("b")).await?, [1]);
        assert_eq!(ids(Person::NAME.contains("é\0")).await?, [] as [i64; 0]);
        assert_eq!(ids(Person::NAME.starts_with("a\0")).await?, [1]);
        assert_eq!(ids(Person::NAME.starts_with("a")).await?, [1, 2]);
        assert_eq!(ids(Person::NAME.starts_with("\0")).await?, [3]);
        assert_eq!(ids(Person::NAME.ends_with("b")).await?, [1]);
        assert_eq!(ids(Person::NAME.ends_with("a")).await?, [2]);
        assert_eq!(ids(Person::NAME.ends_with("\0")).await?, [3]);
        assert_eq!(ids(Person::NAME.ends_with("")).await?, [1, 2, 3, 4]);
        assert_eq!(ids(Person::NAME.ends_with("xxéy\0éz")).await?, [] as [i64; 0]);
        assert_eq!(ids(Person::NAME.ends_with("wxéy\0éz\0")).await?, [] as [i64; 0]);
        assert_eq!(ids(Person::NAME.contains(Person::PART)).await?, [1, 3, 4]);
        assert_eq!(ids(Person::NAME.starts_with(Person::PART)).await?, [1, 3]);
        assert_eq!(ids(Person::NAME.ends_with(Person::PART)).await?, [3, 4]);
        assert_eq!(ids(func::position(Person::NAME, "\0").eq(2)).await?, [1]);
        assert_eq!(ids(!Person::EMAIL.ends_with("")).await?, [] as [i64; 0], "NULL ends with nothing");
        assert_eq!(ids(Person::EMAIL.ends_with("")).await?, [] as [i64; 0]);
        Ok(())
    }

    async fn texts_of_any_length_are_looked_for(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        let long = "x".repeat(60_000);
        session.add(Person::draft().id(5).name(format!("{long}y")).part(""));
        session.commit().await?;
        let mut ids = async |filter| session.rows(select_columns(Person::ID).filter(filter).order_by(Person::ID)).await;
        assert_eq!(ids(Person::NAME.starts_with(&*long)).await?, [5]);
        assert_eq!(ids(Person::NAME.contains(&*long)).await?, [5]);
        assert_eq!(ids(Person::NAME.ends_with(format!("{}y", &long[1..]))).await?, [5]);
        assert_eq!(ids(Person::NAME.starts_with(format!("{long}z"))).await?, [] as [i64; 0]);
        let like = ids(Person::NAME.like(format!("{long}%"))).await;
        match database.backend() {
            Backend::Sqlite => {
                let refused = like.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
                assert!(refused.to_string().contains("`starts_with`"), "{refused}");
                for refused in [
                    ids(Person::NAME.not_like("a\0%")).await.unwrap_err(),
                    ids(func::replace(Person::NAME, "\0", "x").eq("x")).await.unwrap_err(),
                ] {
                    assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
                    assert!(refused.to_string().contains("NUL"), "{refused}");
                }
            }
            _ => assert_eq!(like?, [5]),
        }
        Ok(())
    }

    async fn a_newtype_of_text_is_text(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        let mut ids = async |filter| session.rows(select_columns(Person::ID).filter(filter).order_by(Person::ID)).await;
        assert_eq!(ids(Person::EMAIL.like("%.com")).await?, [1]);
        assert_eq!(ids(Person::EMAIL.not_like("%.com")).await?, [3]);
        assert_eq!(ids(Person::EMAIL.starts_with("ada@")).await?, [1]);
        assert_eq!(ids(Person::EMAIL.contains("@example.")).await?, [1, 3]);
        assert_eq!(ids(Person::EMAIL.ends_with(".org")).await?, [3]);
        assert_eq!(ids(Person::EMAIL.eq(Email("ada@example.com".into()))).await?, [1]);
        let query = select_columns((func::lower(Person::EMAIL), func::left(Person::EMAIL, 3), func::length(Person::EMAIL)));
        let row: (Option<String>, Option<String>, Option<i64>) = session.row(query.filter(Person::ID.eq(3))).await?;
        assert_eq!(row, (Some("ada@example.org".into()), Some("ADA".into()), Some(15)), "a part of an address is none");
        Ok(())
    }

    async fn texts_are_cut(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select_columns((
            func::left(Person::NAME, 3), func::right(Person::NAME, 3), func::right(Person::NAME, 0), func::right(Person::NAME, 99),
            func::trim_start(Person::NAME), func::trim_end(Person::NAME), func::trim(Person::NAME),
        ));
        let row = session.row(query.filter(Person::ID.eq(4))).await?;
        let of = |text: &str| text.to_owned();
        assert_eq!(row, (of("  é"), of("a  "), of(""), of("  éa  "), of("éa  "), of("  éa"), of("éa")));
        parsed(&log, database.backend());
        Ok(())
    }

    async fn groups_may_have_values_in_them(database: TestDatabase) -> Result<()> {
        let engine = people(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let known = || func::coalesce(func::right(Person::EMAIL, 3), "none");
        let query = select_columns((known(), func::count(Person::ID))).group_by(known()).order_by(known());
        let rows: Vec<(String, i64)> = session.rows(query).await?;
        assert_eq!(rows, [("com".into(), 1), ("none".into(), 2), ("org".into(), 1)]);
        let distinct = select_columns(known()).distinct().order_by(known());
        assert_eq!(session.rows(distinct).await?, ["com", "none", "org"]);
        parsed(&log, database.backend());
        Ok(())
    }
}
