//! Columns whose values a function makes if a draft leaves them out.
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "md_folders")]
struct Folder {
    #[key]
    #[column(default_with = "fresh", length = 20)]
    id: String,
    #[column(length = 20)]
    parent_id: Option<String>,
    #[column(default_with = "Vec::new")]
    content: Vec<u8>,
    #[column(default_with = "names::untitled", length = 20)]
    name: Option<String>,
    #[belongs_to(key = "parent_id")]
    parent: BelongsTo<Option<Folder>>,
    #[has_many(key = "parent_id", inverse = "parent", order_by = "id")]
    folders: HasMany<Folder>,
}

mod names {
    pub fn untitled() -> &'static str {
        "untitled"
    }
}

fn fresh() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(1000);
    format!("f{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[derive(Model, Debug)]
#[model(table = "md_tickets")]
struct Ticket {
    #[key]
    id: i64,
    #[column(default_with = "counted")]
    number: i64,
}

/// Only the relationship of its case declares the key.
#[derive(Model, Debug)]
#[model(table = "md_parts")]
struct Part {
    #[key]
    id: i64,
    #[column(default_with = "elsewhere")]
    case_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "md_cases")]
struct Case {
    #[key]
    id: i64,
    #[has_many(key = "case_id", order_by = "id")]
    parts: HasMany<Part>,
}

fn elsewhere() -> i64 {
    9
}

thread_local! {
    // Other tests that run at the same time have other threads.
    static CALLS: Cell<i64> = const { Cell::new(0) };
}

fn counted() -> i64 {
    CALLS.set(CALLS.get() + 1);
    7
}

#[test]
fn a_detached_object_has_them_as_well() -> Result<()> {
    let folder = Folder::draft().parent_id(None).detached()?;
    assert!(folder.id.starts_with('f'));
    assert_eq!((folder.name.as_deref(), folder.content.len()), (Some("untitled"), 0));
    Ok(())
}

on_every_backend! {
    async fn a_function_makes_what_a_draft_leaves_out(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Folder, Ticket]).await?;
        let mut session = engine.session();
        let log = engine.record();
        let child = |name: &str| Folder::draft().name(name.to_owned());
        let root = session.add(Folder::draft().parent_id(None).content(vec![1]).folders([child("a"), child("b")]));
        assert_eq!(session.flush_plan().to_string(), "1. insert 1 Folder\n2. insert 2 Folder");
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT md_folders"; 2], "{log}");
        let root = root.entity()?;
        assert_eq!((root.name.as_deref(), &root.content[..]), (Some("untitled"), &[1][..]));
        let mut other = engine.session();
        let found = other.all(select::<Folder>().filter(Folder::PARENT_ID.eq(&root.id)).order_by(Folder::NAME)).await?;
        let found: Vec<_> = found.iter().map(|folder| (folder.name.as_deref(), folder.content.len())).collect();
        assert_eq!(found, [(Some("a"), 0), (Some("b"), 0)]);

        // A given value and an explicit NULL are kept.
        let given = session.insert(Folder::draft().id("mine").name(None)).await?;
        assert_eq!((&*given.id, given.name.as_deref()), ("mine", None));
        session.commit().await?;
        Ok(())
    }

    async fn a_link_replaces_what_a_function_makes(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Case, Part]).await?;
        let mut session = engine.session();
        session.add(Case::draft().id(9));
        let case = session.insert(Case::draft().id(5).parts([Part::draft().id(1)])).await?;
        session.append(&case, Case::PARTS, Part::draft().id(2))?;
        session.add(Part::draft().id(3));
        session.commit().await?;
        let cases: Vec<i64> = session.rows(select_columns(Part::CASE_ID).order_by(Part::ID)).await?;
        assert_eq!(cases, [5, 5, 9]);
        Ok(())
    }

    async fn it_is_called_for_each_new_row_and_for_no_other(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Ticket]).await?;
        let before = CALLS.get();
        let mut session = engine.session();
        let ticket = session.insert(Ticket::draft().id(1)).await?;
        session.add(Ticket::draft().id(2).number(3));
        session.execute(insert::<Ticket>().rows([3, 4].map(|id| Ticket::draft().id(id)))).await?;
        session.commit().await?;
        let numbers: Vec<i64> = session.rows(select_columns(Ticket::NUMBER).order_by(Ticket::ID)).await?;
        assert_eq!(numbers, [7, 3, 7, 7]);

        // A merged row is not a new one.
        session.edit(&ticket, |ticket| ticket.number = 1)?;
        session.commit().await?;
        session.merge_draft(Ticket::draft().id(1)).await?;
        session.commit().await?;
        assert_eq!((ticket.number, CALLS.get() - before), (1, 3));
        Ok(())
    }
}
