//! Text: keys that differ only to the eye, LIKE, order.

use orm_core::prelude::*;
use orm_tests::{Backend, PrivateServer, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "words")]
pub struct Word {
    #[key]
    pub word: String,
    #[column(unique)]
    pub tag: Option<String>,
    #[column(index)]
    pub note: String,
    pub text: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "places")]
pub struct Place {
    #[key]
    pub name: String,
    #[has_many(key = "place_name")]
    pub visits: HasMany<Visit>,
}

#[derive(Model, Debug)]
#[model(table = "visits")]
pub struct Visit {
    #[key(auto)]
    pub id: i64,
    pub place_name: String,
    #[belongs_to(key = "place_name")]
    pub place: BelongsTo<Place>,
}

async fn words(database: &TestDatabase, words: &[&str]) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Word]).await?;
    let mut session = engine.session();
    for word in words {
        session.add(Word::draft().word(*word).tag(*word).note(*word).text(*word));
    }
    session.commit().await?;
    Ok(engine)
}

async fn found(engine: &Engine, filter: Predicate) -> Result<Vec<String>> {
    let words = engine.session().all(select::<Word>().filter(filter).order_by(Word::WORD)).await?;
    Ok(words.iter().map(|word| word.word.clone()).collect())
}

on_every_backend! {
    async fn case_blanks_and_accents_tell_keys_apart(database: TestDatabase) -> Result<()> {
        let all = ["a", "A", "a ", "ä", "a\u{308}", "", " ", "ß", "ss", "🦀", "'", "\"", "`", "\\", "?", "$1", "%"];
        let engine = words(&database, &all).await?;
        let mut session = engine.session();
        for word in all {
            let found = session.get::<Word>(word).await?.unwrap_or_else(|| panic!("{word:?} is there"));
            assert_eq!(found.word, word);
            assert_eq!(session.count(select::<Word>().filter(Word::TEXT.eq(word))).await?, 1, "{word:?}");
            assert_eq!(session.count(select::<Word>().filter(Word::TAG.eq(word))).await?, 1, "{word:?}");
        }
        assert_eq!(session.count(select::<Word>().filter(Word::WORD.is_in(all))).await?, all.len() as u64);
        Ok(())
    }

    async fn text_sorts_by_its_bytes(database: TestDatabase) -> Result<()> {
        let engine = words(&database, &["b", "a", "B", "ä", "aa", "Z", "1", "_"]).await?;
        let sorted = found(&engine, Word::WORD.ne("")).await?;
        assert_eq!(sorted, ["1", "B", "Z", "_", "a", "aa", "b", "ä"]);
        Ok(())
    }

    async fn like_knows_case_everywhere_but_on_sqlite(database: TestDatabase) -> Result<()> {
        let engine = words(&database, &["jack", "Jack", "jill", "j%k"]).await?;
        let both = database.backend() == Backend::Sqlite;
        let expected: &[&str] = if both { &["Jack", "j%k", "jack"] } else { &["j%k", "jack"] };
        assert_eq!(found(&engine, Word::WORD.like("j%k")).await?, expected);
        assert_eq!(found(&engine, Word::TEXT.like("j_ll")).await?, ["jill"]);
        assert_eq!(found(&engine, Word::WORD.not_like("%k")).await?, ["jill"]);
        Ok(())
    }

    async fn a_backslash_escapes_everywhere_but_on_sqlite(database: TestDatabase) -> Result<()> {
        let engine = words(&database, &["10%", "100", "10\\x"]).await?;
        let expected: &[&str] = if database.backend() == Backend::Sqlite { &["10\\x"] } else { &["10%"] };
        assert_eq!(found(&engine, Word::WORD.like("10\\%")).await?, expected);
        Ok(())
    }

    async fn keys_that_a_collation_makes_equal_are_not_guessed(database: TestDatabase) -> Result<()> {
        if !database.is_mysql() {
            return Ok(());
        }
        let engine = database.engine().await?;
        engine.create_all(schema![Place, Visit]).await?;
        let mut session = engine.session();
        session.add(Place::draft().name("Rome"));
        session.commit().await?;
        database
            .run(
                "ALTER TABLE visits DROP FOREIGN KEY fk_visits_place_name,
                 MODIFY place_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL",
            )
            .await;
        session.execute(insert::<Visit>().rows([Visit::draft().place_name("rome")])).await?;
        session.commit().await?;
        let error = session.all(select::<Place>().with(Place::VISITS.selectin())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidValue);
        assert!(error.to_string().contains("collation"), "{error}");
        Ok(())
    }

    async fn null_sorts_at_one_end(database: TestDatabase) -> Result<()> {
        let engine = words(&database, &["a", "b"]).await?;
        let mut session = engine.session();
        session.add(Word::draft().word("none").note(""));
        session.commit().await?;
        let sorted = session.all(select::<Word>().order_by(Word::TEXT)).await?;
        let last = database.backend() == Backend::Postgres;
        assert_eq!(sorted[if last { 2 } else { 0 }].word, "none");
        Ok(())
    }

    async fn long_text_is_kept_without_an_index(database: TestDatabase) -> Result<()> {
        let engine = words(&database, &[]).await?;
        let long = "漢".repeat(500_000);
        let mut session = engine.session();
        session.add(Word::draft().word("long").note("").text(long.clone()));
        session.commit().await?;
        let found = engine.session().get::<Word>("long").await?.expect("it was written");
        assert!(found.text.as_deref() == Some(&*long));
        // MySQL's indexes take 255 characters, and more is an error.
        session.add(Word::draft().word("note").note("x".repeat(300)));
        let written = session.commit().await;
        match database.is_mysql() {
            true => assert_eq!(written.unwrap_err().kind(), ErrorKind::InvalidValue),
            false => written?,
        }
        Ok(())
    }
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[db_enum(native = "slope")]
pub enum Slope {
    #[db_enum(rename = "up \\ it's")]
    Up,
}

#[derive(Model, Debug)]
#[model(table = "hills")]
pub struct Hill {
    #[key]
    pub id: i64,
    pub slope: Slope,
    pub name: String,
}

#[tokio::test]
async fn a_backslash_is_one_whatever_the_servers_mode_is() -> Result<()> {
    let settings = ["--sql-mode=NO_BACKSLASH_ESCAPES"];
    let Some(server) = PrivateServer::mariadb("no-backslash", &settings).await else { return Ok(()) };
    let engine = Engine::connect(server.url()).await?;
    engine.create_all(schema![Hill]).await?;
    let mut session = engine.session();
    for (id, name) in [(1, "a"), (2, "b")] {
        session.add(Hill::draft().id(id).slope(Slope::Up).name(name));
    }
    session.commit().await?;
    let hills = select::<Hill>().filter(Hill::SLOPE.eq(Slope::Up)).populate_existing();
    assert_eq!(session.count(hills).await?, 2);
    let joined = session.row(select_columns(func::join_text(Hill::NAME, "\\'"))).await?;
    assert_eq!(joined.as_deref(), Some("a\\'b"));
    Ok(())
}
