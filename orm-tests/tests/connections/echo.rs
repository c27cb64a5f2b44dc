//! What `Echo::Rows` prints: the rows, and never what a `secret` column holds, however a query takes it.

use std::process::Command;

use orm_core::observe::Echo;
use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "members")]
pub struct Member {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[column(secret)]
    pub password: String,
    pub about: Option<String>,
    #[many_to_many(
        through = "member_badges",
        key = "member_id",
        target_key = "badge_code",
        order_by = "label"
    )]
    pub badges: HasMany<Badge>,
}

#[derive(Model, Debug)]
#[model(table = "badges")]
pub struct Badge {
    #[key]
    #[column(secret, length = 40)]
    pub code: String,
    pub label: String,
    #[many_to_many(through = "member_badges", key = "badge_code", target_key = "member_id", order_by = "id")]
    pub members: HasMany<Member>,
    #[has_many(key = "badge_code", order_by = "id")]
    pub uses: HasMany<Use>,
}

#[derive(Model, Debug)]
#[model(table = "uses")]
pub struct Use {
    #[key(auto)]
    pub id: i64,
    #[column(secret, length = 40)]
    pub badge_code: String,
    pub place: String,
    #[belongs_to(key = "badge_code")]
    pub badge: BelongsTo<Badge>,
}

/// Tells the second process the database.
const URL: &str = "ORM_TESTS_ECHO_URL";
const RETURNING: &str = "ORM_TESTS_ECHO_RETURNING";

/// What every secret has in it.
const SECRET: &str = "hunter";

/// The second process: everything that returns rows, with secrets among them.
#[tokio::test]
async fn prints_all_it_reads() -> Result<()> {
    let Ok(url) = std::env::var(URL) else { return Ok(()) };
    let returning = std::env::var(RETURNING).is_ok();
    let engine = Engine::builder(&url).insert_returning(returning).echo(Echo::Rows).connect().await?;
    engine.create_all(schema![Member, Badge, Use]).await?;
    let mut session = engine.session();
    written(&mut session, returning).await?;
    entities(&mut session).await?;
    computed(&mut session).await?;
    own_sql(&mut session).await?;
    session.commit().await?;
    streamed(&engine).await
}

async fn written(session: &mut Session, returning: bool) -> Result<()> {
    let badge = session.insert(Badge::draft().code("hunter-badge").label("gold")).await?;
    let other = session.insert(Badge::draft().code("hunter-other").label("tin")).await?;
    session.insert(Use::draft().place("gate").badge(&badge)).await?;
    for (name, about) in [("mary", "x".repeat(70)), ("jack", "short".to_owned())] {
        let member = Member::draft().name(name).password("hunter2").about(about).badges([&badge, &other]);
        session.insert(member).await?;
    }
    let many = (0..25).map(|at| Member::draft().name(format!("bulk {at}")).password("hunter3"));
    session.execute(insert::<Member>().rows(many)).await?;
    if returning {
        let drafts = [Member::draft().name("given back").password("hunter4")];
        session.execute(insert::<Member>().rows(drafts).returning()).await?;
    }
    let changed = update::<Member>().set(Member::PASSWORD, "hunter5").filter(Member::NAME.eq("bulk 1"));
    session.execute(changed.returning()).await?;
    session.execute(delete::<Member>().filter(Member::NAME.eq("bulk 2")).returning()).await?;
    Ok(())
}

async fn entities(session: &mut Session) -> Result<()> {
    session.expunge_all();
    let first = || select::<Member>().filter(Member::ID.le(2)).order_by(Member::ID);
    session.all(first().with(Member::BADGES.selectin().with(Badge::USES.selectin()))).await?;
    session.all(first().with(Member::BADGES.joined().with(Badge::USES.joined())).limit(1)).await?;
    session.all(first().with(Member::BADGES.subquery())).await?;
    session.all(first().with(Member::BADGES.selectin().limit(1))).await?;
    session.all(select::<Badge>().with(Badge::MEMBERS.selectin().limit(1))).await?;
    session.all(select::<Use>().with(Use::BADGE.selectin())).await?;
    session.expunge_all();
    session.get::<Member>(1).await?;
    session.get::<Badge>("hunter-badge").await?;
    session.all(select::<Member>().order_by(Member::ID)).await?;
    Ok(())
}

async fn computed(session: &mut Session) -> Result<()> {
    let first = Member::ID.eq(1);
    let password = || select_columns(Member::PASSWORD).filter(Member::ID.eq(1));
    session.rows(select_columns((Member::NAME, Member::PASSWORD)).filter(first.clone())).await?;
    session.rows(select_columns(func::concat(Member::NAME, Member::PASSWORD)).filter(first.clone())).await?;
    session
        .rows(select_columns(func::coalesce(Member::ABOUT, Member::PASSWORD)).filter(first.clone()))
        .await?;
    session
        .rows(select_columns(func::custom::<String>("upper", Member::PASSWORD)).filter(first.clone()))
        .await?;
    session.rows(select_columns(func::max(Member::PASSWORD))).await?;
    let case = func::case::<String>().when(first.clone(), Member::PASSWORD).otherwise("none");
    session.rows(select_columns(case)).await?;
    let scalar = password().scalar();
    session.rows(select_columns((Member::ID, scalar)).filter(first.clone())).await?;
    session.rows(select_columns(Member::NAME).union(select_columns(Member::PASSWORD))).await?;
    let lag = func::lag(Member::PASSWORD, 1).over(window().order_by(Member::ID));
    session.rows(select_columns((Member::ID, lag))).await?;
    let alias = alias::<Member>("m");
    session.rows(select_columns(alias.column(Member::PASSWORD))).await?;

    const WHAT: Label<String> = label("what");
    const MIXED: Label<String> = label("mixed");
    let inner = || {
        let mixed = func::concat(Member::NAME, Member::PASSWORD).label(MIXED);
        select_columns((Member::ID, Member::PASSWORD.label(WHAT), mixed))
    };
    let derived = inner().subquery("inner_rows");
    session
        .rows(select_columns((derived.column(Member::ID), derived.column(WHAT))).from_table(&derived))
        .await?;
    let cte = inner().cte("named_rows");
    session.rows(select_columns((cte.column(MIXED), cte.column(WHAT))).from_table(&cte)).await?;
    session
        .rows(select_columns(derived.column(MIXED)).filter(derived.column(MIXED).eq("maryhunter2")))
        .await?;
    session.rows(select_columns((Member::entity(), func::length(Member::NAME))).filter(first)).await?;
    Ok(())
}

async fn own_sql(session: &mut Session) -> Result<()> {
    session.rows(sql("SELECT password AS harmless FROM members").rows::<String>()).await?;
    session.rows(sql("SELECT * FROM members WHERE id = ?").bind(1).entities::<Member>()).await?;
    session.explain(&select::<Member>().filter(Member::PASSWORD.eq("hunter2"))).await?;
    Ok(())
}

async fn streamed(engine: &Engine) -> Result<()> {
    let mut session = engine.session();
    let mut entities = session.stream(select::<Member>().with(Member::BADGES.selectin()).yield_per(10));
    while entities.next_batch().await?.is_some() {}
    drop(entities);
    let mut rows = session.stream(select_columns((Member::NAME, Member::PASSWORD)).yield_per(10));
    while rows.next_batch().await?.is_some() {}
    drop(rows);
    let mut own =
        session.stream(sql("SELECT name, password FROM members").rows::<(String, String)>().yield_per(10));
    while own.next_batch().await?.is_some() {}
    Ok(())
}

/// Runs [`prints_all_it_reads`] in a second process, whose standard error is what an engine echoes.
fn echoed(database: &TestDatabase) -> String {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--exact", "echo::prints_all_it_reads", "--nocapture"]).env(URL, database.url());
    if database.backend() != Backend::MysqlWithoutReturning {
        child.env(RETURNING, "1");
    }
    let child = child.output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && out.contains("1 passed"), "{out}{err}");
    err.into_owned()
}

/// The rows that follow the first statement with a text in it.
fn rows_of<'e>(echoed: &'e str, statement: &str) -> Vec<&'e str> {
    let mut lines = echoed.lines().skip_while(|line| !(line.starts_with('[') && line.contains(statement)));
    lines.next();
    lines.take_while(|line| line.starts_with("    ")).map(str::trim).collect()
}

on_every_backend! {
    async fn rows_are_printed_without_secrets(database: TestDatabase) -> Result<()> {
        let echoed = tokio::task::spawn_blocking(move || echoed(&database)).await.expect("it does not panic");
        assert!(!echoed.contains(SECRET), "{echoed}");

        let plain = echoed.replace(['"', '`'], "");
        let all = rows_of(&plain, "FROM members ORDER BY members.id");
        assert_eq!(all.len(), 21, "twenty, and how many there are more: {echoed}");
        assert_eq!(all[0], format!("1, mary, ***, {}..", "x".repeat(59)), "{echoed}");
        assert_eq!(all[1], "2, jack, ***, short");
        assert_eq!(all[2], "3, bulk 0, ***, NULL");
        assert!(all[20].starts_with(".. and ") && all[20].ends_with(" more"), "{}", all[20]);

        assert_eq!(rows_of(&plain, "FROM badges WHERE badges.code ="), ["***, gold"]);
        assert_eq!(rows_of(&plain, "SELECT members.name, members.password FROM"), ["mary, ***"]);
        assert_eq!(rows_of(&plain, "AS harmless")[0], "***");
        assert_eq!(rows_of(&plain, "SELECT * FROM members"), ["***, ***, ***, ***"]);
        assert_eq!(rows_of(&plain, "AS inner_rows")[0], "1, ***");
        assert!(echoed.contains("-- 1 rows"), "{echoed}");
        Ok(())
    }
}
