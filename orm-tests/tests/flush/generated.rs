//! Columns whose values the database makes: generated columns and what triggers change are read back after each write.
use orm_core::plan::FlushStep;
use orm_core::prelude::*;
use orm_core::schema::SchemaFindingKind;
use orm_tests::{Backend, TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "gc_orders")]
struct Order {
    #[key]
    id: i64,
    #[has_many(order_by = "id", cascade = "all")]
    lines: HasMany<Line>,
}

#[derive(Model, Debug)]
#[model(table = "gc_lines")]
struct Line {
    #[key(auto)]
    id: i64,
    order_id: Option<i64>,
    price: i64,
    quantity: i64,
    #[column(generated = "price * quantity")]
    total: i64,
    #[column(generated = "price * 2", virtual)]
    twice: i64,
    #[column(generated = "quantity - 1")]
    rest: Option<i64>,
    #[belongs_to]
    order: BelongsTo<Option<Order>>,
}

/// Triggers trim its title, and make its slug of it.
#[derive(Model, Debug)]
#[model(table = "gc_pages")]
struct Page {
    #[key]
    id: i64,
    #[column(read_back, length = 40)]
    title: String,
    #[column(generated, default = "''", length = 40)]
    slug: String,
    #[column(version)]
    version: i64,
    views: Option<i64>,
}

/// As a page, with a key that the database makes.
#[derive(Model, Debug)]
#[model(table = "gc_notes")]
struct Note {
    #[key(auto)]
    id: i64,
    #[column(read_back, length = 40)]
    title: String,
    #[column(generated, default = "''", length = 40)]
    slug: String,
}

#[derive(Model, Debug)]
#[model(table = "gc_hooked", hooks)]
struct Hooked {
    #[key]
    id: i64,
    size: i64,
    #[column(generated = "size + 1")]
    more: i64,
}

impl ModelHooks for Hooked {
    fn before_update(&mut self, _context: &Context) -> Result<()> {
        self.more = 7;
        Ok(())
    }
}

async fn open(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Order, Line, Page, Note]).await?;
    let mut session = engine.session();
    for table in ["gc_pages", "gc_notes"] {
        for trigger in triggers(database.backend(), table) {
            session.execute(sql(trigger.leak())).await?;
        }
    }
    session.commit().await?;
    Ok(engine)
}

fn triggers(backend: Backend, table: &str) -> Vec<String> {
    match backend {
        Backend::Sqlite => {
            let change = format!(
                "BEGIN UPDATE {table} SET title = trim(NEW.title), slug = lower(trim(NEW.title)) WHERE id = NEW.id; END"
            );
            let on = |name: &str, event: &str| {
                format!("CREATE TRIGGER {table}_{name} AFTER {event} ON {table} {change}")
            };
            vec![on("i", "INSERT"), on("u", "UPDATE OF title")]
        }
        Backend::Postgres => vec![
            format!(
                "CREATE FUNCTION {table}_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := trim(NEW.title); \
                 NEW.slug := lower(NEW.title); RETURN NEW; END $$"
            ),
            format!(
                "CREATE TRIGGER {table}_t BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_made()"
            ),
        ],
        Backend::Mysql | Backend::MysqlWithoutReturning => {
            let on = |event: &str| {
                format!(
                    "CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} FOR EACH ROW \
                     SET NEW.title = trim(NEW.title), NEW.slug = lower(NEW.title)"
                )
            };
            vec![on("INSERT"), on("UPDATE")]
        }
    }
}

/// The statements of an INSERT or UPDATE, which may need a SELECT for generated columns.
fn statements(database: &TestDatabase, verb: &str, table: &str) -> Vec<String> {
    let is_given_back = match database.backend() {
        Backend::Sqlite | Backend::Postgres => true,
        Backend::Mysql => verb == "INSERT",
        Backend::MysqlWithoutReturning => false,
    };
    let mut statements = vec![format!("{verb} {table}")];
    statements.extend((!is_given_back).then(|| format!("SELECT {table}")));
    statements
}

/// The same for what triggers change, which SQLite never returns.
fn triggered(database: &TestDatabase, verb: &str, table: &str) -> Vec<String> {
    match database.backend() {
        Backend::Sqlite => vec![format!("{verb} {table}"), format!("SELECT {table}")],
        _ => statements(database, verb, table),
    }
}

fn numbers(line: &Line) -> (i64, i64, i64, i64, Option<i64>) {
    (line.price, line.quantity, line.total, line.twice, line.rest)
}

fn texts(page: &Page) -> (&str, &str, i64) {
    (&page.title, &page.slug, page.version)
}

on_every_backend! {
    async fn generated_columns_are_read_back(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        engine.check(schema![Order, Line, Page, Note]).await?.into_result()?;
        let mut session = engine.session();
        let log = engine.record();
        let lines = [(3, 2), (5, 4)].map(|(price, quantity)| session.add(Line::draft().price(price).quantity(quantity)));
        assert_eq!(session.flush_plan().to_string(), "1. insert 2 Line");
        session.commit().await?;
        assert_eq!(shape(&log), statements(&database, "INSERT", "gc_lines"), "{log}");
        let lines = [lines[0].entity()?, lines[1].entity()?];
        assert_eq!(numbers(&lines[0]), (3, 2, 6, 6, Some(1)));
        assert_eq!(numbers(&lines[1]), (5, 4, 20, 10, Some(3)));

        // Each to another value, both to one value, and only one of them.
        let log = engine.record();
        session.edit(&lines[0], |line| line.price = 10)?;
        session.edit(&lines[1], |line| line.price = 11)?;
        session.commit().await?;
        assert_eq!(shape(&log), statements(&database, "UPDATE", "gc_lines"), "{log}");
        assert_eq!((numbers(&lines[0]), numbers(&lines[1])), ((10, 2, 20, 20, Some(1)), (11, 4, 44, 22, Some(3))));
        assert!(!session.is_modified(&lines[0]));

        let log = engine.record();
        for line in &lines {
            session.edit(line, |line| line.quantity = 7)?;
        }
        session.commit().await?;
        assert_eq!(shape(&log), statements(&database, "UPDATE", "gc_lines"), "{log}");
        assert_eq!((lines[0].total, lines[1].total, lines[1].rest), (70, 77, Some(6)));

        // Nothing is left to write, and other sessions read the same.
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");
        let mut other = engine.session();
        let dear = select::<Line>().filter(Line::TOTAL.gt(70) & (Line::TWICE + 1).eq(23)).order_by(Line::TOTAL.desc());
        let found: Vec<_> = other.all(dear).await?.iter().map(|line| numbers(line)).collect();
        assert_eq!(found, [numbers(&lines[1])]);
        let sums: (Option<i64>, i64) =
            other.row(select_columns((func::sum(Line::TOTAL), func::count(Line::ID)))).await?;
        assert_eq!(sums, (Some(147), 2));
        Ok(())
    }

    async fn links_and_many_rows_are_read_back(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let drafts: Vec<_> = (0..200).map(|n| Line::draft().price(n).quantity(2)).collect();
        let order = session.add(Order::draft().id(1).lines(drafts));
        session.commit().await?;
        let lines = session.load(&order.entity()?, Order::LINES).await?;
        let totals: Vec<i64> = lines.iter().map(|line| line.total).collect();
        assert_eq!(totals, (0..200).map(|n| 2 * n).collect::<Vec<i64>>());
        let log = engine.record();
        for line in &lines {
            session.edit(line, |line| line.quantity = line.price)?;
        }
        session.commit().await?;
        assert_eq!(shape(&log), statements(&database, "UPDATE", "gc_lines"), "{log}");
        assert!(lines.iter().all(|line| line.total == line.price * line.price));
        Ok(())
    }

    async fn what_triggers_change_is_read_back(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let pages = [(1, " One "), (2, "Two")].map(|(id, title)| session.add(Page::draft().id(id).title(title)));
        session.flush().await?;
        assert_eq!(shape(&log), triggered(&database, "INSERT", "gc_pages"), "{log}");
        let notes = [" A", "B "].map(|title| session.add(Note::draft().title(title)));
        session.flush().await?;
        session.commit().await?;
        let pages = [pages[0].entity()?, pages[1].entity()?];
        assert_eq!((texts(&pages[0]), texts(&pages[1])), (("One", "one", 1), ("Two", "two", 1)));
        let notes: Vec<_> = notes.iter().map(|note| note.entity()).collect::<Result<_>>()?;
        assert_eq!((&*notes[0].slug, &*notes[1].title, &*notes[1].slug), ("a", "B", "b"));

        let log = engine.record();
        session.edit(&pages[0], |page| page.title = "  Three  ".into())?;
        session.edit(&pages[1], |page| page.title = "  Four  ".into())?;
        session.commit().await?;
        assert_eq!(shape(&log), triggered(&database, "UPDATE", "gc_pages"), "{log}");
        assert_eq!((texts(&pages[0]), texts(&pages[1])), (("Three", "three", 2), ("Four", "four", 2)));
        assert!(!session.is_modified(&pages[0]));

        // A key moves on, and the row is found by the new one.
        session.edit(&pages[0], |page| (page.id, page.title) = (9, " Nine".into()))?;
        session.commit().await?;
        assert_eq!((pages[0].id, texts(&pages[0])), (9, ("Nine", "nine", 3)));
        Ok(())
    }

    async fn a_rollback_takes_back_what_was_read(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let line = session.insert(Line::draft().price(3).quantity(2)).await?;
        let page = session.insert(Page::draft().id(1).title(" One ")).await?;
        session.commit().await?;
        let refused: Result<()> = session
            .nested(async |session| {
                session.edit(&line, |line| line.price = 100)?;
                session.edit(&page, |page| page.title = " Two ".into())?;
                session.flush().await?;
                assert_eq!((line.total, &*page.slug), (200, "two"));
                Err(Error::other("no"))
            })
            .await;
        assert!(refused.is_err());
        assert_eq!((numbers(&line), texts(&page)), ((3, 2, 6, 6, Some(1)), ("One", "one", 1)));
        session.rollback().await?;
        session.edit(&line, |line| line.price = 4)?;
        session.commit().await?;
        assert_eq!(line.total, 8);
        Ok(())
    }

    async fn bulk_statements_read_them_back(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let line = session.insert(Line::draft().price(3).quantity(2)).await?;
        let page = session.insert(Page::draft().id(1).title(" One ").views(5)).await?;
        session.commit().await?;
        session.edit(&page, |page| page.views = Some(6))?;
        session.execute(update::<Line>().set(Line::PRICE, 8)).await?;
        session.execute(update::<Page>().set(Page::TITLE, "  TWO")).await?;
        assert_eq!((line.total, texts(&page)), (16, ("TWO", "two", 3)), "the flush before the statement counts one");
        session.edit(&page, |page| page.views = Some(7))?;
        let changed = session.execute(update::<Page>().set(Page::TITLE, "  THREE").returning()).await?;
        assert_eq!((changed.len(), texts(&changed[0]), page.views), (1, ("THREE", "three", 5), Some(7)));

        let rows = [Page::draft().id(1).title(" x "), Page::draft().id(2).title(" Y ")];
        let conflict = OnConflict::update(Page::ID, Page::TITLE);
        session.execute(insert::<Page>().rows(rows).on_conflict(conflict)).await?;
        assert_eq!((&*page.title, &*page.slug), ("x", "x"));
        let made = session.execute(insert::<Page>().rows([Page::draft().id(3).title(" Z ")]).returning()).await?;
        assert_eq!((&*made[0].title, &*made[0].slug), ("Z", "z"));
        let made = session.execute(insert::<Line>().rows([Line::draft().price(7).quantity(7)]).returning()).await?;
        assert_eq!(made[0].total, 49);
        session.commit().await?;
        Ok(())
    }

    async fn nothing_else_sets_them(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let line = session.insert(Line::draft().price(3).quantity(2)).await?;
        session.commit().await?;
        let log = engine.record();
        let refused = session.edit(&line, |line| (line.price, line.total) = (9, 1)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState);
        assert!(refused.to_string().starts_with("`Line.total` is filled in by the database"), "{refused}");
        assert!(!session.is_modified(&line) && numbers(&line) == (3, 2, 6, 6, Some(1)));
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");

        // An object of another session brings what was set, and the database makes the rest of it.
        let mut other = engine.session();
        let theirs = other.get::<Line>(line.id).await?.expect("the row exists");
        other.edit(&theirs, |line| line.price = 5)?;
        other.flush().await?;
        assert_eq!(theirs.total, 10);
        let cached = theirs;
        other.rollback().await?;
        drop(other);
        let mut third = engine.session();
        third.execute(update::<Line>().set(Line::QUANTITY, 4)).await?;
        third.commit().await?;
        let merged = third.merge(&cached).await?;
        third.commit().await?;
        assert_eq!(merged.total, merged.price * merged.quantity);

        engine.create_all(schema![Hooked]).await?;
        let hooked = session.insert(Hooked::draft().id(1).size(1)).await?;
        session.commit().await?;
        session.edit(&hooked, |hooked| hooked.size = 2)?;
        let refused = session.flush().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
        session.rollback().await?;
        assert_eq!((hooked.size, hooked.more), (1, 2));
        Ok(())
    }

    async fn a_row_that_replaces_another_has_its_own(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        let line = session.insert(Line::draft().id(1).price(3).quantity(2)).await?;
        let page = session.insert(Page::draft().id(1).title(" One ")).await?;
        session.commit().await?;
        session.delete(&line)?;
        session.delete(&page)?;
        let line = session.add(Line::draft().id(1).price(10).quantity(2));
        let page = session.add(Page::draft().id(1).title(" Two "));
        let plan = session.flush_plan();
        assert!(plan.steps().iter().all(|step| matches!(step, FlushStep::Update { .. })), "{plan}");
        session.commit().await?;
        assert_eq!((numbers(&*line.entity()?), texts(&*page.entity()?).1), ((10, 2, 20, 20, Some(1)), "two"));
        Ok(())
    }

    async fn check_compares_them(database: TestDatabase) -> Result<()> {
        mod before {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            #[model(table = "gc_boxes")]
            pub struct Case {
                #[key]
                pub id: i64,
                pub width: i64,
                pub height: i64,
                pub area: i64,
                #[column(generated = "width + height")]
                pub sum: i64,
                #[column(generated = "width * 2")]
                pub double: Option<i64>,
            }
        }
        mod now {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            #[model(table = "gc_boxes")]
            pub struct Case {
                #[key]
                pub id: i64,
                pub width: i64,
                pub height: i64,
                #[column(generated = "width * height")]
                pub area: i64,
                pub sum: i64,
                #[column(generated = "height * 2")]
                pub double: Option<i64>,
            }
        }
        let engine = database.engine().await?;
        engine.create_all(schema![before::Case]).await?;
        assert!(engine.check(schema![before::Case]).await?.is_empty());
        let report = engine.check(schema![now::Case]).await?;
        let generated = |kind: &SchemaFindingKind| matches!(kind, SchemaFindingKind::Generated { .. });
        let found: Vec<_> = report.findings().iter().filter(|found| generated(&found.kind)).collect();
        let columns: Vec<&str> = found.iter().map(|found| found.columns[0].as_str()).collect();
        assert_eq!(columns, ["area", "sum", "double"], "{report}");
        let text = report.to_string();
        assert!(text.contains("`gc_boxes.area` is not a generated column, and the model says GENERATED ALWAYS AS (width * height)"), "{text}");
        assert!(text.contains("`gc_boxes.sum` is a generated column, which no statement can set"), "{text}");
        Ok(())
    }
}
