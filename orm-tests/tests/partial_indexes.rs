//! Indexes of some of the rows: what creates them, what reports them, and what a session knows about them.

use orm_core::migrate::{Introspection, Migrations};
use orm_core::prelude::*;
use orm_core::schema::{SchemaFindingKind, SchemaReport};
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[db_enum(native = "pi_state")]
enum State {
    Open,
    Done,
}

#[derive(Model, Debug)]
#[model(
    table = "pi_accounts",
    unique = "email where deleted_at is null",
    index = "name where active and (name <> 'it''s' or visits in (1, -2))"
)]
struct Account {
    #[key(auto)]
    id: i64,
    email: Option<String>,
    #[column(name = "Full Name")]
    name: String,
    active: bool,
    visits: i32,
    #[column(deleted)]
    deleted_at: Option<chrono::DateTime<chrono::Utc>>,
}

#[derive(Model, Debug)]
#[model(table = "pi_customers")]
struct Customer {
    #[key]
    id: i64,
    #[has_one]
    order: HasOne<Order>,
}

#[derive(Model, Debug)]
#[model(
    table = "pi_orders",
    unique = "customer_id where state = 'Open'",
    unique = "customer_id where r#type = 1"
)]
struct Order {
    #[key]
    id: i64,
    customer_id: i64,
    state: State,
    r#type: Option<i16>,
    #[belongs_to]
    customer: BelongsTo<Customer>,
}

/// The same tables with other conditions.
mod other {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    #[model(
        table = "pi_accounts",
        unique = "email where deleted_at is not null",
        index = "email where deleted_at is null",
        index = "visits where deleted_at is null"
    )]
    pub struct Account {
        #[key(auto)]
        id: i64,
        email: Option<String>,
        #[column(name = "Full Name")]
        name: String,
        active: bool,
        visits: i32,
        #[column(deleted)]
        deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pi_accounts", unique = "email where deleted_at is null or active = false")]
    pub struct Loose {
        #[key(auto)]
        id: i64,
        email: Option<String>,
        #[column(name = "Full Name")]
        name: String,
        active: bool,
        visits: Option<i32>,
        deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    }

    #[derive(Model, Debug)]
    #[model(table = "pi_accounts")]
    pub struct Full {
        #[key(auto)]
        id: i64,
        #[column(unique)]
        email: Option<String>,
        #[column(name = "Full Name", index)]
        name: String,
        active: bool,
        visits: i32,
        deleted_at: Option<chrono::DateTime<chrono::Utc>>,
    }
}

fn account(email: &str) -> impl CompleteDraft<Model = Account> {
    Account::draft().email(email).name(email).active(true).visits(0)
}

/// The tables, where the database has such indexes.
async fn tables(database: &TestDatabase) -> Result<Option<Engine>> {
    let engine = database.engine().await?;
    if database.is_mysql() {
        return Ok(None);
    }
    engine.create_all(schema![Account, Customer, Order]).await?;
    Ok(Some(engine))
}

fn kinds(report: &SchemaReport) -> Vec<(String, &SchemaFindingKind)> {
    report.findings().iter().map(|finding| (finding.columns.join("+"), &finding.kind)).collect()
}

on_every_backend! {
    async fn a_database_without_them_gets_no_table(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        if !database.is_mysql() {
            return engine.create_all(schema![Account]).await;
        }
        let log = engine.record();
        for error in [
            engine.create_all(schema![Customer, Order, Account]).await.unwrap_err(),
            engine.check(schema![Account]).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidModel);
            let text = error.to_string();
            assert!(text.contains("which MariaDB and MySQL do not have"), "{text}");
            assert!(text.contains("make a generated column unique"), "{text}");
        }
        assert_eq!(log.count(), 0, "{log}");
        Ok(())
    }

    async fn what_create_all_makes_is_accepted(database: TestDatabase) -> Result<()> {
        let Some(engine) = tables(&database).await? else { return Ok(()) };
        engine.create_all(schema![Account, Customer, Order]).await?;
        let report = engine.check(schema![Account, Customer, Order]).await?;
        let advice = kinds(&report);
        assert!(report.findings().iter().all(|finding| finding.is_advice()), "{report}");
        assert!(advice.iter().all(|(columns, kind)| columns == "customer_id" && **kind == SchemaFindingKind::MissingIndex), "{report}");

        let report = engine.check(schema![other::Account]).await?;
        let partial = |unique, expected: &str, found: Option<&str>| {
            // PostgreSQL adds parentheses.
            let found = found.map(|found| match database.backend() {
                Backend::Postgres => format!("({})", found.replace('"', "")),
                _ => found.to_owned(),
            });
            SchemaFindingKind::PartialIndex { unique, expected: expected.to_owned(), found }
        };
        assert_eq!(kinds(&report), [
            ("email".to_owned(), &partial(true, "deleted_at IS NOT NULL", Some("\"deleted_at\" IS NULL"))),
            ("email".to_owned(), &partial(false, "deleted_at IS NULL", None)),
            ("visits".to_owned(), &partial(false, "deleted_at IS NULL", None)),
        ], "{report}");
        let words: Vec<bool> = report.findings().iter().map(|finding| finding.is_advice()).collect();
        assert_eq!(words, [false, true, true]);
        let text = report.to_string();
        assert!(text.contains("has no unique index over (email) of the rows WHERE deleted_at IS NOT NULL; it has one WHERE"), "{text}");

        // An index of some of the rows makes nothing unique, and finds no other rows.
        let report = engine.check(schema![other::Full]).await?;
        assert_eq!(kinds(&report), [
            ("email".to_owned(), &SchemaFindingKind::MissingUnique),
            ("Full Name".to_owned(), &SchemaFindingKind::MissingIndex),
        ], "{report}");
        engine.drop_all(schema![Account, Customer, Order]).await?;

        // An index of all rows finds those of a condition; a constraint of all rows is another one.
        engine.create_all(schema![other::Full]).await?;
        let report = engine.check(schema![Account]).await?;
        assert_eq!(kinds(&report), [("email".to_owned(), &partial(true, "deleted_at IS NULL", None))], "{report}");
        Ok(())
    }

    async fn a_violation_names_the_field(database: TestDatabase) -> Result<()> {
        let Some(engine) = tables(&database).await? else { return Ok(()) };
        let mut session = engine.session();
        let ann = session.add(account("ann"));
        session.commit().await?;
        session.add(account("ann"));
        let error = session.flush().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!(error.constraint().expect("a constraint").columns, ["email"]);
        assert!(error.to_string().starts_with("`Account.email`: "), "{error}");
        session.rollback().await?;
        session.delete(&ann.entity()?)?;
        session.flush().await?;
        session.add(account("ann"));
        session.commit().await?;
        let all = session.count(select::<Account>().with_deleted()).await?;
        assert_eq!((all, session.count(select::<Account>()).await?), (2, 1));
        Ok(())
    }

    async fn a_deleted_row_gives_its_value_up_first(database: TestDatabase) -> Result<()> {
        let Some(engine) = tables(&database).await? else { return Ok(()) };
        let mut session = engine.session();
        let (ann, bob) = (session.add(account("ann")), session.add(account("bob")));
        session.commit().await?;
        let (ann, bob) = (ann.entity()?, bob.entity()?);

        // In either order of the calls.
        session.add(account("ann"));
        session.delete(&ann)?;
        session.delete(&bob)?;
        let new = session.add(account("bob"));
        let log = engine.record();
        session.commit().await?;
        let words: Vec<String> = log.statements().iter().map(|run| run.sql.split(' ').take(1).collect()).collect();
        let count = |what: &str| words.iter().filter(|word| *word == what).count();
        assert_eq!((count("UPDATE"), count("INSERT")), (1, 1), "{log}");
        assert!(words.iter().position(|word| word == "UPDATE") < words.iter().position(|word| word == "INSERT"), "{log}");

        // A row that is restored takes its value when the other one has gone: no value is NULL in between.
        let new = new.entity()?;
        session.edit(&bob, |bob| bob.deleted_at = None)?;
        session.delete(&new)?;
        let log = engine.record();
        session.commit().await?;
        assert!(log.statements().iter().all(|run| !run.sql.contains("\"email\" =")), "{log}");
        let names = select_columns(Account::ID).filter(Account::EMAIL.eq("bob"));
        assert_eq!(session.rows(names).await?, [bob.id]);

        // Edited values that meet the condition are exchanged through NULL, as with a whole constraint.
        let (bob, other) = (bob.clone(), session.one(select::<Account>().filter(Account::EMAIL.eq("ann"))).await?);
        session.edit(&bob, |bob| bob.email = Some("ann".to_owned()))?;
        session.edit(&other, |other| other.email = Some("bob".to_owned()))?;
        session.commit().await?;
        // Those of rows that do not meet it are in nobody's way.
        session.edit(&ann, |ann| ann.email = Some("bob".to_owned()))?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.statements().iter().filter(|run| run.sql.starts_with("UPDATE")).count(), 1, "{log}");
        Ok(())
    }

    async fn an_upsert_names_the_condition(database: TestDatabase) -> Result<()> {
        let Some(engine) = tables(&database).await? else { return Ok(()) };
        let mut session = engine.session();
        let gone = session.add(account("ann"));
        session.commit().await?;
        session.delete(&gone.entity()?)?;
        session.commit().await?;
        let upsert = |visits: i32| {
            let draft = Account::draft().email("ann").name("Ann").active(true).visits(visits);
            insert::<Account>().rows([draft]).on_conflict(OnConflict::update(Account::EMAIL, Account::VISITS))
        };
        let log = engine.record();
        assert_eq!(session.execute(upsert(1)).await?, 1);
        assert_eq!(session.execute(upsert(2)).await?, 1);
        let sql = log.statements()[1].sql.to_string();
        assert!(sql.contains("ON CONFLICT (\"email\") WHERE \"deleted_at\" IS NULL DO UPDATE SET"), "{sql}");
        let kept = insert::<Account>().rows([account("ann")]).on_conflict(OnConflict::nothing_on(Account::EMAIL));
        assert_eq!(session.execute(kept).await?, 0);
        let visits = select_columns(Account::VISITS).order_by(Account::ID).with_deleted();
        assert_eq!(session.rows(visits).await?, [0, 2]);

        // Two of them are over the same column.
        session.add(Customer::draft().id(1));
        session.commit().await?;
        let draft = Order::draft().id(1).customer_id(1).state(State::Open);
        let unclear = insert::<Order>().rows([draft]).on_conflict(OnConflict::update(Order::CUSTOMER_ID, Order::STATE));
        let log = engine.record();
        let error = session.execute(unclear).await.unwrap_err();
        assert_eq!((error.kind(), log.count()), (ErrorKind::InvalidQuery, 0), "{log}");
        assert!(error.to_string().contains("has several unique indexes over (customer_id)"), "{error}");
        Ok(())
    }

    async fn a_to_one_over_it_may_find_several(database: TestDatabase) -> Result<()> {
        let Some(engine) = tables(&database).await? else { return Ok(()) };
        let mut session = engine.session();
        session.add(Customer::draft().id(1));
        for (id, state) in [(1, State::Open), (2, State::Done)] {
            session.add(Order::draft().id(id).customer_id(1).state(state));
        }
        session.commit().await?;
        let customers = || select::<Customer>();
        for query in [
            customers().with(Customer::ORDER.selectin()),
            customers().with(Customer::ORDER.subquery()),
        ] {
            assert_eq!(session.all(query).await.unwrap_err().kind(), ErrorKind::MultipleRows);
        }
        assert_eq!(session.all(customers().with(Customer::ORDER.joined())).await.unwrap_err().kind(), ErrorKind::MultipleRows);
        Ok(())
    }
    async fn a_migration_follows_the_condition(database: TestDatabase) -> Result<()> {
        if database.is_mysql() {
            return Ok(());
        }
        let (folder, engine, url) = (orm_tests::directory(), database.engine().await?, database.url());
        let migrations = |schema| Migrations::new(schema, folder.path());
        let written = async |schema, name| -> Result<[String; 2]> {
            let files = migrations(schema).write(url, name).await?;
            Ok([0, 1].map(|at| std::fs::read_to_string(&files[at]).expect("it is there")))
        };
        let [up, _] = written(schema![Account], "one").await?;
        assert!(up.contains("CREATE UNIQUE INDEX \"ux_pi_accounts_email\" ON \"pi_accounts\" (\"email\") WHERE "), "{up}");
        migrations(schema![Account]).run(&engine).await?;
        engine.check(schema![Account]).await?.into_result()?;
        assert!(migrations(schema![Account]).plan(url).await?.is_empty());

        // An index with a condition that no model can have stays as it was written.
        let hand = "CREATE UNIQUE INDEX \"by_hand\" ON \"pi_accounts\" (\"email\") WHERE lower(\"email\") = 'root';\n";
        std::fs::write(folder.path().join("30000101000000_hand.up.sql"), hand).expect("it can be written");
        std::fs::write(folder.path().join("30000101000000_hand.down.sql"), "DROP INDEX \"by_hand\";\n").expect("it can be written");
        let [up, down] = written(schema![other::Account], "two").await?;
        assert!(up.contains("DROP INDEX \"ux_pi_accounts_email\"") && up.contains("IS NOT NULL"), "{up}");
        assert!(!up.contains("by_hand") && !up.contains("LOSS"), "{up}");
        assert!(down.contains("CREATE UNIQUE INDEX \"ux_pi_accounts_email\""), "{down}");
        migrations(schema![other::Account]).run(&engine).await?;
        engine.check(schema![other::Account]).await?.into_result()?;
        migrations(schema![other::Account]).revert(&engine, 1).await?;
        engine.check(schema![Account]).await?.into_result()?;
        migrations(schema![other::Account]).run(&engine).await?;

        // On SQLite the table is recreated, with the index that was made by hand.
        let [up, _] = written(schema![other::Loose], "three").await?;
        assert_eq!(up.contains("__new") && up.contains("by_hand"), database.backend() == Backend::Sqlite, "{up}");
        migrations(schema![other::Loose]).run(&engine).await?;
        engine.check(schema![other::Loose]).await?.into_result()?;
        let code = Introspection::new().models(&engine).await?;
        assert!(code.contains("// The index `by_hand` is left out: no model declares it."), "{code}");
        let back = migrations(schema![Account]).revert(&engine, 3).await?;
        assert_eq!(back.len(), 3);
        let code = Introspection::new().models(&engine).await?;
        assert!(code.contains("unique = \"email where deleted_at is null\""), "{code}");
        let index = "index = \"full_name where active = true and (full_name <> 'it''s' or visits = 1 or visits = -2)\"";
        assert!(code.contains(index), "{code}");
        Ok(())
    }
}

/// Conditions that the compiler cannot check.
mod mistaken {
    use orm_core::prelude::*;

    macro_rules! models {
        ($($name:ident $condition:literal)*) => {$(
            #[derive(Model, Debug)]
            #[model(unique = $condition)]
            pub struct $name {
                #[key]
                id: i64,
                name: String,
                size: i64,
                fine: bool,
                state: super::State,
                bytes: Vec<u8>,
            }
        )*};
    }

    models! {
        Sign "size where name => 'a'"
        Number "size where size = 'a'"
        Text "size where name = 1"
        Truth "size where fine > true"
        Label "size where state = 'opened'"
        Bytes "size where bytes = 'a'"
        Rest "size where fine and"
    }
}

#[tokio::test]
async fn a_condition_that_cannot_hold_is_refused() -> Result<()> {
    use mistaken::{Bytes, Label, Number, Rest, Sign, Text, Truth};
    let engine = Engine::connect("sqlite::memory:").await?;
    let cases = [
        (schema![Sign], "`Sign`: `unique = \"size where name => 'a'\"`: expected a comparison before `=`"),
        (schema![Number], "`size`: it is compared with a whole number"),
        (schema![Text], "`name`: it is compared with a text in quotes"),
        (schema![Truth], "`fine`: it is compared with `= true` or `= false`"),
        (schema![Label], "`state`: its enum has no label \"opened\", but \"Open\", \"Done\""),
        (
            schema![Bytes],
            "`bytes`: a column of its type can be compared only with `is null` and `is not null`",
        ),
        (schema![Rest], "expected a column at the end"),
    ];
    for (schema, expected) in cases {
        let error = engine.create_all(schema).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let mut session = engine.session();
    assert_eq!(session.all(select::<Label>()).await.unwrap_err().kind(), ErrorKind::InvalidModel);
    Ok(())
}
