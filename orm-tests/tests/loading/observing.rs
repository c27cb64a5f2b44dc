//! Seeing the SQL: logs, tracing events, echo, and what none of them may show.

use std::cell::RefCell;
use std::fmt;
use std::sync::Once;

use orm_core::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::fixtures::standard::*;
use crate::fixtures::{SideDoor, ids, record};

#[tokio::test]
async fn a_log_has_what_its_engine_runs_from_now_on() -> Result<()> {
    let engine = standard().await?;
    let other = standard().await?;
    let first = record(&engine);
    engine.session().get::<User>(7).await?;
    let second = record(&engine);
    engine.session().get::<User>(8).await?;
    other.session().get::<User>(9).await?;
    assert_eq!((first.count(), second.count()), (2, 1), "{first}");
    assert_eq!(first.sql(1), second.sql(0));
    assert_eq!((first.keys(0), second.keys(0)), (vec!["7".to_owned()], vec!["8".to_owned()]));
    first.clear();
    assert_eq!((first.count(), second.count()), (0, 1));
    Ok(())
}

#[tokio::test]
async fn transaction_control_is_not_counted() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    session.begin().await?;
    session.rollback().await?;
    session.transaction(async |_| Ok(())).await?;
    assert_eq!(log.count(), 0, "{log}");
    session.insert(User::draft().id(11).name("mary")).await?;
    session.commit().await?;
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_statement_names_its_purpose() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let load = User::ORDERS.selectin().with(Order::ITEMS.selectin());
    session.all(select::<User>().with(User::ADDRESSES.joined()).with(load)).await?;
    session.insert(User::draft().id(11).name("mary")).await?;
    session.insert(User::draft().id(7).name("again")).await.unwrap_err();
    let seen: Vec<_> = log
        .statements()
        .iter()
        .map(|s| (s.path.as_deref().unwrap_or("-").to_owned(), s.strategy.unwrap_or("-"), s.rows, s.failed))
        .collect();
    assert_eq!(
        seen,
        [
            ("User".to_owned(), "joined", 6, false),
            ("User.orders".to_owned(), "selectin", 5, false),
            ("User.orders.items".to_owned(), "selectin", 12, false),
            ("User".to_owned(), "flush", 1, false),
            ("User".to_owned(), "flush", 0, true),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn display_lists_the_statements_with_their_values() -> Result<()> {
    let engine = standard().await?;
    let mut session = engine.session();
    let log = record(&engine);
    let query = select::<User>().filter(User::NAME.eq("it's \"ed\"")).with(User::ORDERS.selectin());
    session.all(query).await?;
    session.get::<User>(7).await?;
    let text = log.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], "2 statements");
    assert!(lines[1].contains("1. SELECT") && lines[1].ends_with(r#"-- "it's \"ed\"""#), "{text}");
    assert!(lines[2].contains("2. SELECT") && lines[2].ends_with("-- 7"), "{text}");
    Ok(())
}

#[tokio::test]
async fn ddl_is_seen_too() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let log = record(&engine);
    engine.create_all(schema()).await?;
    let created = log.statements();
    let tables = created.iter().filter(|statement| statement.sql.starts_with("CREATE TABLE")).count();
    let indexes = created.iter().filter(|statement| statement.sql.starts_with("CREATE INDEX")).count();
    assert_eq!((tables, indexes), (8, 2), "six tables, and two link tables with an index each: {log}");
    assert_eq!(created.len(), 10, "{log}");
    log.restart();
    engine.drop_all(schema()).await?;
    let dropped = log.statements().iter().filter(|s| s.sql.starts_with("DROP TABLE")).count();
    assert_eq!(dropped, 8, "{log}");
    Ok(())
}

mod secrets {
    use super::*;

    #[derive(Model, Debug)]
    pub struct Account {
        #[key(auto)]
        pub id: i64,
        pub name: String,
        #[column(secret)]
        pub password: String,
        #[column(secret)]
        pub pin: Option<i16>,
    }

    #[derive(Model, Debug)]
    pub struct Vault {
        #[key]
        #[column(secret)]
        pub token: String,
        #[has_many(key = "vault_token", order_by = "id")]
        pub entries: HasMany<Entry>,
        #[many_to_many(
            through = "vault_keys",
            key = "vault_token",
            target_key = "entry_id",
            order_by = "id"
        )]
        pub shared: HasMany<Entry>,
    }

    #[derive(Model, Debug)]
    pub struct Entry {
        #[key]
        pub id: i64,
        #[column(secret)]
        pub vault_token: String,
        #[belongs_to(key = "vault_token")]
        pub vault: BelongsTo<Vault>,
    }

    #[tokio::test]
    async fn a_log_shows_stars() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Account]).await?;
        let mut session = engine.session();
        let log = record(&engine);
        let account = session.insert(Account::draft().name("mary").password("hunter2").pin(1234)).await?;
        session.edit(&account, |account| account.password = "hunter3".into())?;
        session.commit().await?;
        let hunter = || Account::PASSWORD;
        for condition in [
            hunter().eq("hunter3"),
            hunter().ne("hunter4"),
            hunter().lt("hunter5"),
            hunter().like("hunter%"),
            hunter().is_in(["hunter6", "hunter3"]),
            hunter().between("hunter0", "hunter9"),
            !hunter().eq("hunter7") & Account::PIN.eq(1234),
        ] {
            assert_eq!(session.count(select::<Account>().filter(condition)).await?, 1);
        }
        let text = log.to_string();
        assert!(!text.contains("hunter") && !text.contains("1234"), "{text}");
        assert!(text.contains("\"mary\"") && text.contains("***"), "the others are shown: {text}");
        assert!(log.statements().iter().all(|s| s.params.contains(&"***".to_owned())), "{text}");
        Ok(())
    }

    #[tokio::test]
    async fn debug_shows_stars() -> Result<()> {
        let engine = Engine::connect("sqlite::memory:").await?;
        engine.create_all(schema![Account]).await?;
        let mut session = engine.session();
        let draft = Account::draft().name("mary").password("hunter2").pin(1234);
        assert_eq!(format!("{draft:?}"), r#"Account { name: "mary", password: ***, pin: ***, .. }"#);
        let account = session.insert(draft).await?;
        assert_eq!(format!("{account:?}"), r#"Account { id: 1, name: "mary", password: ***, pin: ***, .. }"#);
        Ok(())
    }

    async fn vaults() -> Result<SideDoor> {
        let door = SideDoor::new(schema![Vault, Entry]).await?;
        door.run("INSERT INTO vault VALUES ('hunter2'), ('hunter3')").await;
        door.run("INSERT INTO entry VALUES (1, 'hunter2'), (2, 'hunter2'), (3, 'hunter3')").await;
        door.run("INSERT INTO vault_keys VALUES ('hunter2', 3), ('hunter3', 1)").await;
        Ok(door)
    }

    #[tokio::test]
    async fn a_secret_key_stays_secret_when_it_is_asked_for() -> Result<()> {
        let door = vaults().await?;
        let mut session = door.engine.session();
        let log = record(&door.engine);
        session.get::<Vault>("hunter2").await?.expect("the vault is there");
        let vaults = session.all(select::<Vault>().with(Vault::ENTRIES.selectin())).await?;
        assert_eq!(ids!(vaults[0].get(Vault::ENTRIES)), [1, 2]);
        let vaults = session.load_all(vaults, Vault::SHARED.selectin()).await?;
        assert_eq!(ids!(vaults[0].get(Vault::SHARED)), [3]);
        let entries = door.engine.session().all(select::<Entry>().with(Entry::VAULT.selectin())).await?;
        assert_eq!(entries.len(), 3);
        let entry = door.engine.session().get::<Entry>(1).await?.expect("the entry is there");
        assert_eq!(entry.vault_token, "hunter2");
        let text = log.to_string();
        assert!(!text.contains("hunter"), "{text}");
        Ok(())
    }

    #[tokio::test]
    async fn a_secret_key_stays_secret_when_it_is_written() -> Result<()> {
        let door = vaults().await?;
        let mut session = door.engine.session();
        let log = record(&door.engine);
        let vault = session.insert(Vault::draft().token("hunter4")).await?;
        session.insert(Entry::draft().id(4).vault(&vault)).await?;
        let entry = session.get::<Entry>(1).await?.expect("the entry is there");
        session.append(&vault, Vault::SHARED, &entry)?;
        session.edit(&vault, |vault| vault.token = "hunter5".into())?;
        // The order of an update of a key and of what refers to it is another question; here it is what is shown.
        let _ = session.flush().await;
        let text = log.to_string();
        assert!(log.count() >= 4, "{text}");
        assert!(!text.contains("hunter"), "{text}");
        Ok(())
    }

    #[tokio::test]
    async fn an_error_does_not_tell_a_secret() -> Result<()> {
        let door = vaults().await?;
        door.run("INSERT INTO entry VALUES (4, 'hunter9')").await;
        let mut session = door.engine.session();
        let mut errors = vec![
            session.all(select::<Entry>().with(Entry::VAULT.selectin())).await.unwrap_err(),
            session.all(select::<Entry>().with(Entry::VAULT.joined())).await.unwrap_err(),
            session.insert(Vault::draft().token("hunter2")).await.unwrap_err(),
        ];
        session.rollback().await?;
        let vault = session.get::<Vault>("hunter3").await?.expect("the vault is there");
        door.run("DELETE FROM vault WHERE token = 'hunter3'").await;
        session.edit(&vault, |vault| vault.token = "hunter8".into())?;
        errors.push(session.flush().await.unwrap_err());

        let accounts = SideDoor::new(schema![Account]).await?;
        accounts.run("INSERT INTO account VALUES (1, 'mary', 'hunter2', 99999)").await;
        let mut session = accounts.engine.session();
        errors.push(session.all(select::<Account>()).await.unwrap_err());
        for error in errors {
            let text =
                format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
            assert!(!text.contains("hunter") && !text.contains("99999"), "{text}");
        }
        Ok(())
    }
}

type FieldValues = Vec<(String, String)>;

thread_local! {
    /// The events of this thread, each as its target and fields, once it asked for them.
    static SEEN: RefCell<Option<Vec<(String, FieldValues)>>> = const { RefCell::new(None) };
}

/// The subscriber of the whole process: with one per thread, the first thread that reaches an event would decide for
/// all of them whether `tracing` listens.
struct Events;

impl Events {
    fn of_this_thread() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Events).expect("there is no other"));
        SEEN.set(Some(Vec::new()));
    }

    fn on(target: &str) -> Vec<FieldValues> {
        let seen = SEEN.take().unwrap_or_default();
        seen.into_iter().filter(|(on, _)| on == target).map(|(_, fields)| fields).collect()
    }
}

struct Fields(FieldValues);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name().to_owned(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }
}

impl tracing::Subscriber for Events {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("orm::")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        let target = event.metadata().target().to_owned();
        SEEN.with_borrow_mut(|seen| seen.as_mut().map(|seen| seen.push((target, fields.0))));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn value<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(field, _)| field == name).map_or("-", |(_, value)| value)
}

#[tokio::test]
async fn each_statement_is_one_event() -> Result<()> {
    let engine = standard().await?;
    Events::of_this_thread();
    let mut session = engine.session();
    let log = record(&engine);
    session.all(select::<User>().filter(User::NAME.ne("secretive")).with(User::ORDERS.selectin())).await?;
    session.begin().await?;
    session.insert(User::draft().id(11).name("mary")).await?;
    session.insert(User::draft().id(11).name("again")).await.unwrap_err();
    session.rollback().await?;

    let seen = Events::on("orm::sql");
    assert_eq!(seen.len(), 4, "transaction control is none: {seen:?}");
    for (event, statement) in seen.iter().zip(log.statements()) {
        assert_eq!(value(event, "sql"), &*statement.sql);
        assert_eq!(value(event, "rows"), statement.rows.to_string());
        assert_eq!(value(event, "path"), statement.path.as_deref().unwrap_or("-"));
        assert_eq!(value(event, "strategy"), statement.strategy.unwrap_or("-"));
        assert_eq!(value(event, "failed"), statement.failed.to_string());
        assert!(value(event, "duration_us").parse::<u64>().is_ok(), "{event:?}");
    }
    let paths: Vec<_> = seen.iter().map(|event| (value(event, "path"), value(event, "failed"))).collect();
    assert_eq!(paths, [("User", "false"), ("User.orders", "false"), ("User", "false"), ("User", "true")]);
    assert!(!format!("{seen:?}").contains("secretive"), "values are not shown unless asked for: {seen:?}");
    Ok(())
}

/// Runs itself in a second process, whose standard error is what an engine echoes.
#[tokio::test]
async fn echo_writes_to_standard_error_what_it_was_asked_for() -> Result<()> {
    use secrets::Account;
    const LEVEL: &str = "ORM_TESTS_ECHO";
    if let Ok(level) = std::env::var(LEVEL) {
        let echo = match level.as_str() {
            "sql" => Echo::Sql,
            "params" => Echo::Params,
            "rows" => Echo::Rows,
            _ => Echo::Off,
        };
        let engine = Engine::builder("sqlite::memory:").echo(echo).connect().await?;
        engine.create_all(schema![Account]).await?;
        let mut session = engine.session();
        session.insert(Account::draft().name("mary").password("hunter2")).await?;
        session.commit().await?;
        assert_eq!(session.all(select::<Account>().filter(Account::NAME.eq("mary"))).await?.len(), 1);
        return Ok(());
    }
    let echoed = |level: &str| {
        let child = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "observing::echo_writes_to_standard_error_what_it_was_asked_for",
                "--nocapture",
            ])
            .env(LEVEL, level)
            .output()
            .expect("it runs");
        assert!(child.status.success(), "{child:?}");
        let out = String::from_utf8(child.stdout).expect("text");
        assert!(out.contains("1 passed"), "the test was found by its name: {out}");
        String::from_utf8(child.stderr).expect("text")
    };
    assert_eq!(echoed("off"), "");

    let sql = echoed("sql");
    assert_eq!(sql.lines().count(), 3, "{sql}");
    let selected = |text: &str| text.lines().find(|line| line.contains("SELECT")).unwrap_or("-").to_owned();
    assert!(selected(&sql).contains(r#"FROM "account" WHERE"#) && selected(&sql).contains(" ms]"), "{sql}");
    assert!(!sql.contains("mary"), "{sql}");

    let params = echoed("params");
    assert!(selected(&params).contains("\"mary\"") && !selected(&params).contains("rows"), "{params}");
    assert!(params.contains("***") && !params.contains("hunter2"), "{params}");

    let rows = echoed("rows");
    assert!(selected(&rows).contains("\"mary\"") && selected(&rows).contains("1 rows"), "{rows}");
    assert!(!rows.contains("hunter2"), "{rows}");
    Ok(())
}
