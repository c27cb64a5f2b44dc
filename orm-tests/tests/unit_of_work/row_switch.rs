//! A draft with the key of an object that is deleted in the same flush: the row becomes that of the draft, as if the flush
//! of the deletion had come before.
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

#[derive(Model, Debug)]
#[model(table = "staff", hooks)]
struct Staff {
    #[key]
    id: i64,
    name: String,
    phone: Option<String>,
    #[column(default = "'guest'")]
    role: String,
    #[column(secret)]
    token: Option<String>,
    #[column(deferred)]
    notes: Deferred<Option<String>>,
    made_by: Option<String>,
    #[column(version)]
    version: i64,
}

impl ModelHooks for Staff {
    fn before_insert(row: &mut NewRow<'_, Staff>) -> Result<()> {
        row.set(Staff::MADE_BY, "insert".to_owned());
        Ok(())
    }

    fn before_update(&mut self, _context: &Context) -> Result<()> {
        self.made_by = Some("update".to_owned());
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "orders")]
struct Order {
    #[key]
    id: i64,
    #[has_many(order_by = "line", cascade = "all, delete-orphan")]
    lines: HasMany<Line>,
}

#[derive(Model, Debug)]
#[model(table = "lines")]
struct Line {
    #[key]
    order_id: i64,
    #[key]
    line: i64,
    text: Option<String>,
    #[belongs_to]
    order: BelongsTo<Order>,
}

type Shown = (String, Option<String>, String, Option<String>, Option<String>, Option<String>, i64);

fn shown(staff: &Entity<Staff>) -> Result<Shown> {
    let notes = staff.notes.get()?.clone();
    let Staff { name, phone, role, token, made_by, version, .. } = &**staff;
    Ok((name.clone(), phone.clone(), role.clone(), token.clone(), notes, made_by.clone(), *version))
}

async fn hire(session: &mut Session) -> Result<Entity<Staff>> {
    let draft = Staff::draft().id(1).name("ann").phone("1".to_owned()).role("admin").token("t".to_owned());
    let ann = session.insert(draft.notes("n".to_owned())).await?;
    session.commit().await?;
    Ok(ann)
}

async fn book_with_tags(engine: &Engine) -> Result<Session> {
    create(engine).await?;
    let mut session = engine.session();
    session
        .add(Book::draft().id(1).title("old").pages(1).tags([1, 2].map(|id| Tag::draft().id(id).name("t"))));
    session.add(Tag::draft().id(3).name("t"));
    session.commit().await?;
    Ok(session)
}

async fn tags_of(engine: &Engine) -> Result<Vec<i64>> {
    let book =
        engine.session().one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
    Ok(book.get(Book::TAGS).iter().map(|tag| tag.id).collect())
}

on_every_backend! {
    async fn nothing_of_the_old_row_stays(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Staff]).await?;
        let mut session = engine.session();
        let ann = hire(&mut session).await?;
        session.delete(&ann)?;
        let ben = session.add(Staff::draft().id(1).name("ben"));
        session.commit().await?;
        let expected = ("ben".to_owned(), None, "guest".to_owned(), None, None, Some("insert".to_owned()), 2);
        let row = engine.session().one(select::<Staff>().undefer(Staff::NOTES)).await?;
        assert_eq!(shown(&row.dynamic())?, expected, "what the draft leaves out is NULL or the default");
        assert_eq!(shown(&ben.entity()?)?, expected, "in memory as well");
        Ok(())
    }

    async fn a_rollback_brings_the_old_row_back(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Staff]).await?;
        let mut session = engine.session();
        let ann = hire(&mut session).await?;
        let before = shown(&ann)?;
        session.delete(&ann)?;
        session.add(Staff::draft().id(1).name("ben"));
        session.flush().await?;
        session.rollback().await?;
        assert_eq!((shown(&ann)?, session.state(&ann)), (before, EntityState::Persistent));
        Ok(())
    }

    async fn links_of_the_old_row_are_deleted(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let mut session = book_with_tags(&engine).await?;
        let old = session.one(select::<Book>().with(Book::TAGS.selectin())).await?;
        let tags = session.all(select::<Tag>().order_by(Tag::ID).with(Tag::BOOKS.selectin())).await?;
        session.delete(&old)?;
        let new = session.add(Book::draft().id(1).title("new").pages(2).tags([&tags[1], &tags[2]]));
        session.commit().await?;
        assert_eq!(tags_of(&engine).await?, [2, 3], "one of them is shared");
        assert_eq!(new.entity()?.tags()?.iter().map(|tag| tag.id).collect::<Vec<_>>(), [2, 3]);
        let of_tags = tags.iter().map(|tag| Ok(tag.books()?.len())).collect::<Result<Vec<_>>>()?;
        assert_eq!(of_tags, [0, 1, 1]);

        let old = new.entity()?;
        session.append(&old, Book::TAGS, &tags[0])?;
        session.delete(&old)?;
        let newer = session.add(Book::draft().id(1).title("newer").pages(2));
        session.commit().await?;
        assert_eq!(tags_of(&engine).await?, [] as [i64; 0], "nor is written what was unsaved of the old one");
        assert!(newer.entity()?.tags().is_err_and(|error| error.kind() == ErrorKind::NotLoaded));
        Ok(())
    }

    async fn a_part_of_the_key_may_come_from_the_parent(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Order, Line]).await?;
        let mut session = engine.session();
        let lines = [1, 2].map(|line| Line::draft().line(line).text("old".to_owned()));
        session.add(Order::draft().id(1).lines(lines));
        session.commit().await?;
        let order = session.one(select::<Order>().with(Order::LINES.selectin())).await?;
        session.replace(&order, Order::LINES, [Line::draft().line(1)])?;
        session.commit().await?;
        let rows = engine.session().all(select::<Line>()).await?;
        assert_eq!(rows.iter().map(|line| (line.line, line.text.clone())).collect::<Vec<_>>(), [(1, None)]);
        assert_eq!(order.lines()?.iter().map(|line| line.line).collect::<Vec<_>>(), [1]);
        Ok(())
    }
}
