//! No text that the library gives out has a secret in it: logs, hooks, errors with their sources, plans, reports, Debug and
//! Display, wherever in a statement the secret stands.

use std::fmt::{Debug, Display};
use std::process::Command;
use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, NaiveTime};
use orm_core::observe::{Echo, QueryScope};
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

/// What is stored as a text without digits, and read as one with four.
#[derive(DbType, Clone, Debug, PartialEq, Eq)]
#[db_type(try_from)]
pub struct Pin(String);

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Pin, String> {
        if text.len() == 4 { Ok(Pin(text)) } else { Err(format!("{text} is not four digits")) }
    }
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Low,
    #[db_enum(rename = "topmost")]
    High,
}

#[derive(Model, Debug)]
#[model(table = "leaks")]
pub struct Leak {
    #[key]
    pub id: i64,
    #[column(length = 60)]
    pub name: String,
    pub note: Option<String>,
    #[column(secret, unique, length = 60)]
    pub text: String,
    #[column(secret)]
    pub number: i64,
    #[column(secret)]
    pub float: f64,
    #[column(secret)]
    pub bytes: Vec<u8>,
    #[column(secret)]
    pub day: NaiveDate,
    #[column(secret)]
    pub uuid: Uuid,
    #[column(secret)]
    pub exact: Decimal,
    #[column(secret)]
    pub json: serde_json::Value,
    #[column(secret, length = 60)]
    pub pin: Option<Pin>,
    #[column(secret)]
    pub level: Level,
}

/// The same table, in which a pin is any text.
#[derive(Model, Debug)]
#[model(table = "leaks")]
pub struct Lax {
    #[key]
    pub id: i64,
    #[column(secret)]
    pub pin: Option<String>,
}

/// A list, where the database has some.
#[derive(Model, Debug)]
#[model(table = "listed")]
pub struct Listed {
    #[key]
    pub id: i64,
    #[column(secret)]
    pub words: Vec<String>,
}

pub const TEXT: &str = "hunter2";
const NUMBER: i64 = 714_050_017;
const FLOAT: f64 = 71405.25;

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(1971, 4, 5).expect("there is such a day")
}

fn uuid() -> Uuid {
    Uuid::from_u128(0x7140_5714_0571_4057_1405_7140_5714_0571)
}

fn exact() -> Decimal {
    Decimal::new(7_140_555, 2)
}

/// Parts of every form that a secret has as text.
const PARTS: [&str; 8] =
    ["hunter", "topmost", "714050017", "71405.25", "1971-04-05", "71405714", "71405.55", "104, 117, 110"];

fn leak(id: i64, text: &str) -> impl orm_core::write::CompleteDraft<Model = Leak> + Debug {
    Leak::draft()
        .id(id)
        .name("mary")
        .text(text)
        .number(NUMBER)
        .float(FLOAT)
        .bytes(TEXT.as_bytes())
        .day(day())
        .uuid(uuid())
        .exact(exact())
        .json(json!({ "hunter": TEXT }))
        .pin(Pin("1234".to_owned()))
        .level(Level::High)
}

/// All output so far.
#[derive(Default)]
pub struct Said(pub Vec<String>);

impl Said {
    pub fn shown(&mut self, what: &dyn Display) {
        self.0.push(what.to_string());
    }

    pub fn debug(&mut self, what: &dyn Debug) {
        self.0.push(format!("{what:?} {what:#?}"));
    }

    pub fn error(&mut self, error: &Error) {
        self.0.push(format!("{error} {error:?} {error:#?} {:?}", error.constraint()));
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            self.0.push(format!("{inner} {inner:?}"));
            source = inner.source();
        }
    }

    /// The outcome of a call; a session that failed is rolled back.
    pub async fn done<T>(&mut self, session: &mut Session, done: Result<T>) {
        if let Err(error) = done {
            self.error(&error);
            session.rollback().await.expect("it can be rolled back");
        }
    }

    pub fn check(&self) {
        for part in PARTS {
            for text in &self.0 {
                assert!(!text.contains(part), "`{part}` is in: {text}");
            }
        }
    }
}

/// Shows, explains and runs a query for rows; the query is built again for each.
macro_rules! look {
    ($said:ident, $session:ident: $($query:expr;)*) => {$({
        let query = $query;
        $said.debug(&query);
        match $session.explain(&query).await {
            Ok(plan) => $said.shown(&plan),
            Err(error) => $said.done::<()>($session, Err(error)).await,
        }
        let rows = $session.rows(query).await;
        $said.done($session, rows).await;
    })*};
}

fn text(value: &str) -> impl Fn() -> orm_core::query::Computed<String> {
    let value = value.to_owned();
    move || func::value(value.clone())
}

/// Conditions with the secret text beside the column, wherever a value can stand.
fn conditions() -> Vec<Predicate> {
    let secret = text(TEXT);
    let case = || func::case::<String>().when(Leak::ID.eq(1), Leak::TEXT).otherwise(TEXT);
    let reversed = || func::case::<String>().when(Leak::ID.eq(1), TEXT).otherwise(Leak::TEXT);
    let stored = || select_columns(Leak::TEXT);
    let other = alias::<Leak>("other");
    vec![
        Leak::TEXT.eq(TEXT),
        Leak::TEXT.ne(TEXT),
        !Leak::TEXT.lt(TEXT) | Leak::TEXT.ge(TEXT),
        Leak::TEXT.between(TEXT, "hunter3"),
        Leak::TEXT.is_in([TEXT, "hunter3", "x"]),
        Leak::TEXT.not_in([TEXT]),
        Leak::TEXT.like("hunter%"),
        Leak::TEXT.contains("hunter"),
        Leak::TEXT.starts_with("hunter"),
        Leak::TEXT.ends_with(TEXT),
        secret().eq(Leak::TEXT),
        secret().is_in([Leak::TEXT]),
        secret().between(Leak::TEXT, Leak::NAME),
        secret().between(Leak::NAME, Leak::TEXT),
        secret().like(Leak::TEXT),
        secret().contains(Leak::TEXT),
        secret().in_query(stored()),
        Leak::TEXT.in_query(select_columns(secret())),
        stored().filter(Leak::ID.eq(1)).limit(1).scalar().eq(TEXT),
        secret().eq(stored().filter(Leak::ID.eq(1)).limit(1).scalar()),
        exists(select_columns(other.column(Leak::ID)).filter(secret().eq(other.column(Leak::TEXT)))),
        func::concat(Leak::TEXT, Leak::NAME).eq(TEXT),
        func::concat(secret(), Leak::TEXT).eq(Leak::NAME),
        func::concat(Leak::NAME, Leak::TEXT).eq(secret()),
        func::coalesce(Leak::NOTE, Leak::TEXT).eq(TEXT),
        func::coalesce(func::null_if(Leak::TEXT, TEXT), TEXT).eq(Leak::NAME),
        func::replace(Leak::NAME, TEXT, Leak::TEXT).eq("x"),
        func::replace(Leak::NAME, Leak::TEXT, TEXT).eq("x"),
        func::position(Leak::TEXT, TEXT).gt(0),
        func::position(secret(), Leak::TEXT).gt(0),
        func::greatest(secret(), Leak::TEXT).eq("x"),
        func::lower(Leak::TEXT).eq(TEXT),
        func::custom::<String>("lower", func::concat(Leak::TEXT, TEXT)).eq(Leak::NAME),
        func::custom::<String>("concat", (secret(), Leak::TEXT)).eq(Leak::NAME),
        case().eq(Leak::NAME),
        case().eq(TEXT),
        reversed().eq(Leak::NAME),
        func::case::<i64>().when(Leak::TEXT.eq(TEXT), 1).otherwise(2).eq(1),
        Leak::NUMBER.eq(NUMBER),
        (Leak::NUMBER + NUMBER).gt(NUMBER),
        (func::value(NUMBER) * Leak::NUMBER).gt(1),
        Leak::ID.gt(Leak::NUMBER - NUMBER),
        Leak::FLOAT.lt(FLOAT),
        func::value(FLOAT).lt(Leak::FLOAT),
        Leak::BYTES.eq(TEXT.as_bytes()),
        Leak::DAY.eq(day()),
        func::value(day()).le(Leak::DAY),
        func::cast::<chrono::NaiveDateTime, _>(Leak::DAY).eq(day().and_time(NaiveTime::MIN)),
        Leak::UUID.eq(uuid()),
        Leak::UUID.is_in([uuid(), Uuid::nil()]),
        Leak::EXACT.eq(exact()),
        Leak::JSON.at("hunter").text().eq(TEXT),
        Leak::JSON.at("hunter").exists(),
        Leak::PIN.eq(Pin(TEXT.to_owned())),
        Leak::LEVEL.eq(Level::High),
        Leak::LEVEL.is_in([Level::High, Level::Low]),
        func::value(Level::High).eq(Leak::LEVEL),
        func::condition("? = ?", (Leak::TEXT, TEXT)),
        func::condition("? < lower(?)", (secret(), Leak::TEXT)),
        func::fragment::<String>("?", Leak::TEXT).eq(TEXT),
        func::fragment::<String>("lower(?)", secret()).eq(Leak::TEXT),
        Leak::NUMBER.gt(func::fragment::<i64>("? + 0", NUMBER)),
    ]
}

async fn read(session: &mut Session, said: &mut Said) {
    for condition in conditions() {
        said.debug(&condition);
        let query = || select::<Leak>().filter(condition.clone());
        // By its key, a server may read the row before it plans the rest.
        look!(said, session:
            select_columns(Leak::ID).filter(condition.clone());
            select_columns(Leak::ID).filter(condition.clone() & Leak::ID.eq(1));
        );
        said.debug(&query());
        match session.explain(&query()).await {
            Ok(plan) => said.shown(&plan),
            Err(error) => said.done::<()>(session, Err(error)).await,
        }
        let found = session.all(query().populate_existing()).await;
        said.done(session, found).await;
        let counted = session.count(query()).await;
        said.done(session, counted).await;
        let first = session.first(query().order_by(Leak::ID)).await;
        said.done(session, first).await;
        said.debug(&update::<Leak>().set(Leak::NOTE, "x").filter(condition.clone()));
        let changed = session.execute(update::<Leak>().set(Leak::NOTE, "x").filter(condition.clone())).await;
        said.done(session, changed).await;
        let gone = delete::<Leak>().filter(condition.clone() & Leak::ID.eq(-1));
        said.debug(&gone);
        let gone = session.execute(gone).await;
        said.done(session, gone).await;
        look!(said, session:
            select_columns(func::count_rows().filter(condition.clone()));
            select_columns((condition.clone(), Leak::ID)).order_by(Leak::ID);
        );
    }
}

/// Secrets that go through the columns of other queries, forwards and backwards.
async fn derived(session: &mut Session, said: &mut Said) {
    const IT: Label<String> = label("it");
    const DEPTH: Label<i64> = label("depth");
    let secret = text(TEXT);
    let inner = || select_columns((Leak::ID, Leak::TEXT.label(IT)));
    let given = || select_columns((Leak::ID, secret().label(IT)));
    for table in [inner().subquery("d"), inner().cte("c"), inner().subquery("a").alias("b")] {
        said.debug(&table);
        look!(said, session:
            select_columns(table.column(IT)).from_table(&table).filter(table.column(IT).eq(TEXT));
            select_columns(table.column(Leak::ID)).from_table(&table).filter(secret().eq(table.column(IT)));
            select_columns(func::concat(table.column(IT), TEXT)).from_table(&table);
            select_columns(func::custom::<i64>("length", func::concat(table.column(IT), TEXT))).from_table(&table);
        );
    }
    for table in [given().subquery("d"), given().cte("c")] {
        look!(said, session:
            select_columns((Leak::ID, table.column(IT)))
                .from::<Leak>()
                .join_table(&table, table.column(IT).eq(Leak::TEXT));
        );
    }
    let bare = || select_columns(secret().label(IT)).filter(Leak::ID.eq(1)).from::<Leak>();
    let stored = || select_columns(Leak::TEXT.label(IT));
    look!(said, session:
        bare().union(stored());
        stored().union_all(bare());
        bare().union(select_columns(Leak::NAME.label(IT))).union(stored());
        stored().except(bare());
    );
    let forwards = select_columns((func::value(0i64).label(DEPTH), Leak::NAME.label(IT)))
        .filter(Leak::ID.eq(1))
        .recursive("r", |r| {
            select_columns(((r.column(DEPTH) + 1).label(DEPTH), Leak::TEXT.label(IT)))
                .from_table(r)
                .join_on::<Leak>(Leak::ID.eq(r.column(DEPTH) + 1))
                .filter(r.column(IT).ne(TEXT) & r.column(DEPTH).lt(3))
        });
    let backwards = select_columns((func::value(0i64).label(DEPTH), secret().label(IT)))
        .from::<Leak>()
        .filter(Leak::ID.eq(1))
        .recursive("r", |r| {
            select_columns(((r.column(DEPTH) + 1).label(DEPTH), Leak::TEXT.label(IT)))
                .from_table(r)
                .join_on::<Leak>(Leak::TEXT.eq(r.column(IT)))
                .filter(r.column(DEPTH).lt(3))
        });
    for tree in [forwards, backwards] {
        said.debug(&tree);
        look!(said, session:
            select_columns((tree.column(DEPTH), tree.column(IT))).from_table(&tree);
            select_columns(tree.column(DEPTH)).from_table(&tree).filter(tree.column(IT).eq(TEXT));
            select_columns(func::cast::<i64, _>(tree.column(IT))).from_table(&tree);
        );
    }
}

/// Raw SQL inside a query that names the columns itself, so that only the database knows that they are secret.
async fn fragments(session: &mut Session, said: &mut Said) {
    const IT: Label<String> = label("it");
    let stored = || func::fragment::<String>("(SELECT MAX(text) FROM leaks)", ());
    let table = select_columns((Leak::ID, stored().label(IT))).subquery("d");
    look!(said, session:
        select_columns(stored());
        select_columns((Leak::ID, func::concat(Leak::NAME, stored())));
        select_columns(func::max(stored()));
        select_columns(select_columns(stored()).scalar()).from::<Leak>();
        select_columns((table.column(Leak::ID), table.column(IT))).from_table(&table);
        select_columns(Leak::NAME).union(select_columns(stored()));
        select_columns(func::case::<String>().when(Leak::ID.eq(1), stored()).otherwise("none"));
        select_columns(func::fragment::<Pin>("(SELECT MAX(text) FROM leaks)", ()));
        select_columns(func::fragment::<Level>("(SELECT MAX(text) FROM leaks)", ()));
        select_columns(func::fragment::<i64>("(SELECT MAX(text) FROM leaks)", ()));
    );
}

/// Values that a field cannot be, wherever they come from.
async fn unfit(engine: &Engine, session: &mut Session, said: &mut Said) -> Result<()> {
    session.execute(update::<Lax>().set(Lax::PIN, TEXT).filter(Lax::ID.eq(2))).await?;
    session.commit().await?;
    const PIN: Label<Option<Pin>> = label("note");
    let other = alias::<Leak>("other");
    let inner = select_columns((Leak::ID, Leak::PIN.label(PIN))).subquery("d");
    let as_level = || func::custom::<Level>("coalesce", (Leak::TEXT, Leak::NAME));
    let as_pin = || func::custom::<Pin>("coalesce", (Leak::TEXT, Leak::NAME));
    let failed_before = said.0.len();
    look!(said, session:
        select_columns(Leak::PIN);
        select_columns((Leak::ID, Leak::PIN));
        select_columns(other.column(Leak::PIN)).from_table(&other);
        select_columns(inner.column(PIN)).from_table(&inner);
        select_columns(func::max(Leak::PIN));
        select_columns(Leak::PIN).union(select_columns(Leak::PIN));
        select_columns(as_level());
        select_columns(as_pin());
        select_columns(func::cast::<i64, _>(Leak::TEXT));
        select_columns(func::cast::<i64, _>(func::concat(Leak::TEXT, Leak::NAME)));
        select_columns(func::cast::<NaiveDate, _>(Leak::TEXT));
        select_columns(Leak::entity());
        select_columns((Leak::entity(), Leak::NAME));
    );
    assert!(said.0.len() > failed_before + 26, "what does not fit is an error");
    let all = engine.session().all(select::<Leak>()).await;
    assert_eq!(all.as_ref().map_err(Error::kind).err(), Some(ErrorKind::InvalidValue));
    said.done(session, all).await;
    let raw = session.rows(sql("SELECT pin FROM leaks WHERE id = 2").rows::<Pin>()).await;
    said.done(session, raw).await;
    let raw = session.rows(sql("SELECT pin AS harmless FROM leaks WHERE id = 2").rows::<Level>()).await;
    said.done(session, raw).await;
    let raw = session.rows(sql("SELECT text FROM leaks").rows::<i64>()).await;
    said.done(session, raw).await;
    let raw = session.rows(sql("SELECT * FROM leaks WHERE id = 2").entities::<Leak>()).await;
    said.done(session, raw).await;
    let mut stream = session.stream(select_columns(Leak::PIN));
    let streamed = async {
        while stream.next_batch().await?.is_some() {}
        Ok::<_, Error>(())
    }
    .await;
    drop(stream);
    said.done(session, streamed).await;
    session.execute(update::<Lax>().set(Lax::PIN, "1234").filter(Lax::ID.eq(2))).await?;
    session.commit().await
}

/// Drafts, edits, upserts, and what the database refuses of them.
async fn written(session: &mut Session, said: &mut Said) -> Result<()> {
    let secret = text(TEXT);
    // What is copied into another column is that column's value, and no secret any more.
    let nobody = || Leak::ID.eq(-1);
    said.debug(&leak(3, TEXT));
    let pending = session.add(leak(3, TEXT));
    said.debug(&pending);
    said.shown(&session.flush_plan());
    said.debug(&session.flush_plan());
    let flushed = session.flush().await;
    assert_eq!(flushed.as_ref().map_err(Error::kind).err(), Some(ErrorKind::UniqueViolation));
    said.done(session, flushed).await;
    let inserted = session.execute(insert::<Leak>().rows([leak(3, TEXT), leak(4, "hunter4")])).await;
    said.done(session, inserted).await;
    let upsert = || {
        insert::<Leak>()
            .rows([leak(1, TEXT)])
            .on_conflict(OnConflict::update(Leak::ID, (Leak::TEXT, Leak::PIN)))
    };
    said.debug(&upsert());
    let upserted = session.execute(upsert()).await;
    said.done(session, upserted).await;
    let merged = session.merge_draft(leak(1, "hunter1")).await;
    said.done(session, merged).await;
    session.rollback().await?;
    for change in [
        update::<Leak>().set(Leak::TEXT, TEXT),
        update::<Leak>().set_to(Leak::TEXT, secret()),
        update::<Leak>().set_to(Leak::TEXT, func::concat(Leak::NAME, TEXT)),
        update::<Leak>().set_to(Leak::NAME, func::concat(Leak::TEXT, TEXT)).filter(nobody()),
        update::<Leak>().set_to(Leak::NAME, func::concat(secret(), Leak::TEXT)).filter(nobody()),
        update::<Leak>().set_to(Leak::TEXT, select_columns(secret()).scalar()),
        update::<Leak>().set_to(Leak::NUMBER, Leak::ID + NUMBER),
        update::<Leak>().set_to(Leak::NUMBER, func::cast::<i64, _>(Leak::TEXT)),
        update::<Leak>().set_to(Leak::ID, func::cast::<i64, _>(Leak::TEXT)),
        update::<Leak>().set(Leak::JSON, json!({ "hunter": [TEXT] })).set(Leak::LEVEL, Level::High),
        update::<Leak>().set_to(Leak::NAME, Leak::TEXT).set(Leak::TEXT, TEXT).filter(nobody()),
    ] {
        said.debug(&change);
        let changed = session.execute(change).await;
        said.done(session, changed).await;
        session.rollback().await?;
    }
    let held = session.get::<Leak>(2).await?.expect("it is there");
    said.debug(&held);
    session.edit(&held, |leak| {
        leak.text = TEXT.to_owned();
        leak.number = NUMBER + 1;
        leak.exact = exact();
        leak.day = day();
    })?;
    said.shown(&session.flush_plan());
    said.debug(&session);
    let committed = session.commit().await;
    said.done(session, committed).await;
    let mut after = None;
    for _ in 0..3 {
        let page = || {
            select::<Leak>().order_by((Leak::TEXT.desc(), Leak::DAY, Leak::ID)).page_after(after.as_ref(), 1)
        };
        said.debug(&page());
        let mut entities = session.all(page()).await?;
        after = entities.pop();
    }
    Ok(())
}

/// Raw SQL, whose secrets are bound as such.
async fn own(database: &TestDatabase, session: &mut Session, said: &mut Said) {
    let texts: &[&'static str] = match database.backend() {
        Backend::Sqlite => &[
            "SELECT json_extract('{}', ?)",
            "SELECT json('[' || ?)",
            "SELECT abs(json_extract('{', ?))",
            "SELECT * FROM words WHERE words MATCH ?",
            "SELECT load_extension(?)",
        ],
        Backend::Postgres => &[
            "SELECT CAST(CAST(? AS TEXT) AS INTEGER)",
            "SELECT CAST(CAST(? AS TEXT) AS DATE)",
            "SELECT CAST(CAST(? AS TEXT) AS JSONB)",
            "SELECT CAST(CAST(? AS TEXT) AS REGCLASS)",
            "SELECT to_tsvector(CAST(CAST(? AS TEXT) AS REGCONFIG), 'x')",
        ],
        Backend::Mysql | Backend::MysqlWithoutReturning => &[
            "SELECT json_extract('{}', ?)",
            "UPDATE leaks SET number = ?",
            "UPDATE leaks SET number = CAST(? AS SIGNED)",
            "UPDATE leaks SET number = CAST(CONCAT(?, ' for column x') AS SIGNED)",
        ],
    };
    if database.backend() == Backend::Sqlite {
        let made = session.execute(sql("CREATE VIRTUAL TABLE words USING fts5(words)")).await;
        said.done(session, made).await;
        session.commit().await.expect("it is kept");
    }
    for text in texts {
        let query = || sql(text).bind_secret("$hunter2 \"hunter");
        said.debug(&query());
        said.debug(&query().rows::<Option<String>>());
        let rows = session.rows(query().rows::<Option<String>>()).await;
        said.done(session, rows).await;
        let done = session.execute(query()).await;
        said.done(session, done).await;
    }
}

async fn everything(database: &TestDatabase, engine: &Engine) -> Result<()> {
    engine.create_all(schema![Leak]).await?;
    let mut said = Said::default();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = Arc::clone(&heard);
    let _hook = engine.on_execute(move |event| {
        let text = format!("{event:?} {:?}", event.params());
        hears.lock().expect("the lock is not poisoned").push(text);
    });
    let log = engine.record();
    let mut session = engine.session();
    session.add(leak(1, TEXT));
    session.add(leak(2, "hunter3"));
    session.commit().await?;
    let (done, scope) = QueryScope::run(async {
        read(&mut session, &mut said).await;
        derived(&mut session, &mut said).await;
        fragments(&mut session, &mut said).await;
        unfit(engine, &mut session, &mut said).await?;
        written(&mut session, &mut said).await?;
        own(database, &mut session, &mut said).await;
        if database.backend() == Backend::Postgres {
            engine.create_all(schema![Listed]).await?;
            let words = || vec![TEXT.to_owned(), "hunter4".to_owned()];
            session.insert(Listed::draft().id(1).words(words())).await?;
            let (first, second) = (Listed::WORDS.eq(words()), func::value(words()).eq(Listed::WORDS));
            let session = &mut session;
            look!(said, session:
                select_columns(Listed::ID).filter(first);
                select_columns(Listed::ID).filter(second);
            );
        }
        Ok::<(), Error>(())
    })
    .await;
    done?;
    let plan = engine.plan(&select::<Leak>().filter(Leak::TEXT.eq(TEXT)))?;
    said.shown(&plan);
    said.debug(&plan);
    said.shown(&scope);
    said.debug(&scope);
    said.shown(&log);
    said.debug(&log);
    said.debug(&session.stats());
    said.debug(engine);
    let report = engine.check(schema![Leak]).await?;
    said.shown(&report);
    said.debug(&report);
    said.0.append(&mut heard.lock().expect("the lock is not poisoned"));
    said.check();
    let log = log.to_string();
    assert!(log.contains("\"mary\"") && log.contains("***"), "what is no secret is shown");
    Ok(())
}

/// Tells the second process the database.
const URL: &str = "ORM_TESTS_SECRETS_URL";

/// The second process, whose output is what an engine echoes.
#[tokio::test]
async fn prints_all_it_does() -> Result<()> {
    let Ok(url) = std::env::var(URL) else { return Ok(()) };
    let engine = Engine::builder(&url).echo(Echo::Rows).connect().await?;
    engine.create_all(schema![Leak]).await?;
    let mut session = engine.session();
    session.add(leak(1, TEXT));
    session.add(leak(2, "hunter3"));
    session.commit().await?;
    let mut said = Said::default();
    read(&mut session, &mut said).await;
    derived(&mut session, &mut said).await;
    fragments(&mut session, &mut said).await;
    unfit(&engine, &mut session, &mut said).await?;
    written(&mut session, &mut said).await
}

on_every_backend! {
    async fn no_text_has_a_secret_in_it(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        everything(&database, &engine).await
    }

    async fn nothing_that_is_echoed_has_a_secret_in_it(database: TestDatabase) -> Result<()> {
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args(["--exact", "secrets::prints_all_it_does", "--nocapture"]).env(URL, database.url());
        let child = tokio::task::spawn_blocking(move || child.output()).await.expect("it does not panic");
        let child = child.expect("it runs");
        let echoed = String::from_utf8_lossy(&child.stderr).into_owned();
        assert!(child.status.success() && echoed.contains("INSERT INTO"), "{echoed}");
        let mut said = Said::default();
        // The DDL names the labels of the enum.
        said.0.extend(echoed.lines().filter(|line| !line.contains("CREATE T")).map(ToOwned::to_owned));
        said.check();
        Ok(())
    }

    async fn values_without_a_secret_beside_them_are_shown(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Leak]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let condition = Leak::NAME.eq("mary") & func::value(TEXT.to_owned()).eq(Leak::TEXT) & Leak::ID.is_in([7, 8]);
        session.all(select::<Leak>().filter(condition.clone()).order_by(Leak::TEXT).limit(2)).await?;
        let changed = update::<Leak>().set(Leak::NOTE, "noted").set(Leak::TEXT, TEXT);
        let changed = changed.filter(Leak::NAME.eq("jack"));
        let shown = format!("{condition:?} {changed:?}");
        session.execute(changed).await?;
        let text = format!("{log} {shown}");
        for shown in ["mary", "noted", "jack", "7", "***"] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert!(!text.contains(TEXT), "{text}");
        Ok(())
    }
}
