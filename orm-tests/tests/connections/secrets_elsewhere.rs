//! Secrets in what is not a query for rows: input of clients, rows that are copied, upserts that compute, lent connections,
//! sandboxes, objects by themselves, and URLs.

use orm_core::migrate::Migrations;
use orm_core::prelude::*;
use orm_core::testing::TemporaryDatabase;
use orm_core::write::Input;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use serde_json::json;

use crate::secrets::{Said, TEXT};

/// Its `TryFrom` quotes what it refuses.
#[derive(DbType, Clone, Debug, PartialEq, Eq)]
#[db_type(try_from)]
pub struct Code(String);

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Code, String> {
        if text.len() == 4 { Ok(Code(text)) } else { Err(format!("{text} is not four digits")) }
    }
}

#[derive(Model, Debug)]
#[model(table = "safes")]
pub struct Safe {
    #[key]
    pub id: i64,
    #[column(length = 60)]
    pub name: String,
    #[column(secret, length = 60)]
    pub code: Code,
    #[column(secret, unique, length = 60)]
    pub text: String,
}

#[derive(Model, Debug)]
#[model(table = "safe_copies")]
pub struct Copied {
    #[key]
    pub id: i64,
    #[column(secret, unique, length = 60)]
    pub text: Option<String>,
    #[column(length = 200)]
    pub note: Option<String>,
}

fn safe(id: i64, text: &str) -> impl orm_core::write::CompleteDraft<Model = Safe> + std::fmt::Debug {
    Safe::draft().id(id).name("mary").code(Code("1234".to_owned())).text(text)
}

fn sent(json: serde_json::Value) -> Input<Safe> {
    serde_json::from_value(json).expect("it is an object")
}

/// Input of a client, beside secret values that the program adds.
async fn input(session: &mut Session, said: &mut Said) -> Result<()> {
    let held = session.one(select::<Safe>().filter(Safe::ID.eq(1))).await?;
    let columns = (Safe::NAME, Safe::CODE, Safe::TEXT);
    for unnamed in [json!({ "code": TEXT }), json!({ "text": TEXT, "name": 5 }), json!({ "name": [TEXT] })] {
        said.debug(&sent(unnamed.clone()));
        said.error(&sent(unnamed).permit(columns).unwrap_err());
    }
    let permitted = || sent(json!({ "name": "jack" })).permit(columns);
    let unfit = || permitted().map(|input| input.set(Safe::CODE, Code(TEXT.to_owned())).set(Safe::ID, 9));
    said.debug(&unfit()?);
    let refused = [
        session.patch(&held, unfit()?).unwrap_err(),
        unfit()?.set(Safe::TEXT, TEXT).draft().map(drop).unwrap_err(),
        unfit()?.draft().map(drop).unwrap_err(),
    ];
    refused.iter().for_each(|error| said.error(error));
    assert!(refused[0].to_string().contains("`code`: is not valid"), "{}", refused[0]);
    session.patch(&held, permitted()?.set(Safe::TEXT, TEXT))?;
    said.shown(&session.flush_plan());
    let draft = permitted()?
        .set(Safe::ID, 9)
        .set(Safe::CODE, Code("1234".to_owned()))
        .set(Safe::TEXT, TEXT)
        .draft()?;
    said.debug(&draft);
    said.debug(&session.add(draft));
    said.debug(&session.flush_plan());
    // Two rows have the unique text now.
    let flushed = session.flush().await;
    assert_eq!(flushed.as_ref().map_err(Error::kind).err(), Some(ErrorKind::UniqueViolation));
    said.done(session, flushed).await;
    session.rollback().await
}

/// Rows of a query that are inserted, and upserts that compute.
async fn copies(session: &mut Session, said: &mut Said) -> Result<()> {
    let secret = || func::value(TEXT.to_owned());
    let queries = || {
        [
            select_columns((Safe::ID + 0, func::concat(Safe::TEXT, TEXT))),
            select_columns((Safe::ID + 10, secret())).filter(Safe::ID.eq(1)),
            select_columns((func::value(21i64), secret())).filter(Safe::ID.eq(1)),
        ]
    };
    // Those after the first meet the unique text.
    for query in queries().into_iter().chain(queries()) {
        let copy = insert_from((Copied::ID, Copied::TEXT), query);
        said.debug(&copy);
        let done = session.execute(copy).await;
        said.done(session, done).await;
    }
    // What another column takes of a secret is that column's value, and computed of a secret here.
    let marked = select_columns((Safe::ID + 30, func::concat(Safe::TEXT, TEXT)));
    let marked = insert_from((Copied::ID, Copied::NOTE), marked);
    said.debug(&marked);
    let done = session.execute(marked).await;
    said.done(session, done).await;
    session.rollback().await?;
    let longer =
        || OnConflict::update(Safe::ID, ()).set(Safe::TEXT, func::concat(func::excluded(Safe::TEXT), TEXT));
    let conflicts = [
        longer(),
        longer().filter(Safe::TEXT.ne(TEXT)),
        OnConflict::update(Safe::ID, ()).set(Safe::NAME, func::concat(Safe::TEXT, TEXT)),
        OnConflict::update(Safe::ID, ())
            .set(Safe::TEXT, TEXT)
            .filter(func::value(TEXT.to_owned()).ne(Safe::TEXT)),
    ];
    for conflict in conflicts {
        said.debug(&conflict);
        let upsert = insert::<Safe>().rows([safe(1, TEXT), safe(2, "hunter3")]).on_conflict(conflict);
        said.debug(&upsert);
        let done = session.execute(upsert).await;
        said.done(session, done).await;
        session.rollback().await?;
    }
    Ok(())
}

/// The driver's connection: what is run on it is in no log, and nor is what fails there.
async fn lent(session: &mut Session, said: &mut Said) -> Result<()> {
    let mut connection = session.connection().await?;
    said.debug(&connection);
    connection.execute("UPDATE safes SET code = 'hunter2' WHERE id = 2").await?;
    let unfit = session.all(select::<Safe>().order_by(Safe::ID).populate_existing()).await;
    assert_eq!(unfit.as_ref().map_err(Error::kind).err(), Some(ErrorKind::InvalidValue));
    said.done(session, unfit.map(drop)).await;
    session.rollback().await?;
    let mut connection = session.connection().await?;
    let refused = connection
        .execute("INSERT INTO safes (id, name, code, text) VALUES (1, 'x', '1234', 'hunter2')")
        .await;
    assert!(refused.is_err());
    let after = session.count(select::<Safe>()).await;
    said.done(session, after.map(drop)).await;
    said.debug(session);
    session.rollback().await
}

on_every_backend! {
    async fn nothing_but_the_database_has_the_secret(database: TestDatabase) -> Result<()> {
        let engine = database.builder().pool_size(2).connect().await?;
        engine.create_all(schema![Safe, Copied]).await?;
        let mut said = Said::default();
        let mut session = engine.session();
        session.add(safe(1, "hunter1"));
        session.add(safe(2, TEXT));
        session.commit().await?;
        drop(session);
        let mut engines = vec![engine];
        for number in 0..2 {
            // The second one is a sandbox, which has SQLite's one lock for writers for as long as it is open.
            if number == 1 {
                engines.push(engines[0].sandbox().await?);
                said.debug(&engines[1]);
            }
            let engine = &engines[number];
            let log = engine.record();
            let mut session = engine.session();
            input(&mut session, &mut said).await?;
            copies(&mut session, &mut said).await?;
            lent(&mut session, &mut said).await?;
            assert!(log.count() > 10, "{log}");
            said.shown(&log);
            said.debug(&log);
        }
        let folder = orm_tests::directory();
        let migrations = Migrations::new(schema![Safe, Copied], folder.path());
        let plan = migrations.plan(database.url()).await?;
        said.debug(&plan);
        said.check();
        engines[1].close().await;
        assert_eq!(engines[0].session().count(select::<Copied>()).await?, 0);
        Ok(())
    }

    async fn a_database_for_a_test_shows_no_password(database: TestDatabase) -> Result<()> {
        // The server takes any password.
        let url = match database.backend() {
            Backend::Postgres if !database.url().contains(":@") => database.url().replacen('@', ":hunter2@", 1),
            _ => database.url().to_owned(),
        };
        let temporary = TemporaryDatabase::create(&url).await?;
        let mut said = Said::default();
        said.debug(&temporary);
        said.debug(&temporary.builder());
        said.check();
        temporary.remove().await
    }
}

#[derive(Model)]
#[model(table = "shy", debug)]
pub struct Shy {
    #[key]
    pub id: i64,
    #[column(secret)]
    pub word: String,
    #[column(deferred, secret)]
    pub long: Deferred<String>,
    #[has_many(key = "shy_id")]
    pub others: HasMany<Other>,
}

#[derive(Model)]
#[model(table = "others", debug)]
pub struct Other {
    #[key]
    pub id: i64,
    pub shy_id: i64,
    #[belongs_to(key = "shy_id")]
    pub shy: BelongsTo<Shy>,
}

#[tokio::test]
async fn a_model_can_have_a_debug_that_hides_its_secrets() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Shy, Other]).await?;
    let mut session = engine.session();
    session.insert(Shy::draft().id(1).word(TEXT).long(TEXT)).await?;
    let shy = session.get::<Shy>(1).await?.expect("it is there");
    let shown = format!("{:?}", *shy);
    assert!(shown.starts_with("Shy { id: 1, word: ***, long: ***, others: "), "{shown}");
    Ok(())
}

#[tokio::test]
async fn no_password_of_a_url_is_shown() {
    let urls = [
        "postgres://jack:hunter2@127.0.0.1:1/app",
        "postgres://jack:hunter?2@127.0.0.1:1/app",
        "postgres://jack:12?hunter@127.0.0.1:1/app",
        "postgres://jack:12#hunter@127.0.0.1:1/app",
        "postgres:jack:hunter2@127.0.0.1:1/app",
        "postgres://127.0.0.1:1/app?user=jack&password=hunter2",
        "postgres://jack:hunter2",
        "mysql://jack:hunt/hunter@127.0.0.1:1/app",
        "mysql:jack:hunter2@127.0.0.1/app",
        "mariadb://jack:hunter2@127.0.0.1:1/app?ssl-mode=hunt",
        "hunter2",
        "jack hunter2:5@app",
        "oracle://jack:hunter2@app",
        "sqlite:/nowhere/at/all.db?key=hunter2",
    ];
    let mut said = Said::default();
    for url in urls {
        let builder = Engine::builder(url).replica("postgres://jack:hunter2@127.0.0.1/app");
        said.debug(&builder);
        said.debug(&Migrations::new(schema![Safe], "migrations").scratch(url));
        said.error(&Engine::connect(url).await.expect_err("there is no such database"));
    }
    said.check();
}
