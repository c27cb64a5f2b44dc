//! What the plan shows is what the flush executes, and hooks hear what was executed.
use std::sync::{Arc, Mutex};

use orm_core::hooks::SessionHooks;
use orm_core::plan::{FlushPlan, WrittenRow};
use orm_core::prelude::*;
use orm_core::value::Value;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

#[derive(Model, Debug)]
#[model(table = "pl_owners")]
struct Owner {
    #[key]
    id: i64,
    name: String,
    note: Option<String>,
    #[column(default = "'guest'", length = 20)]
    role: String,
    #[column(version)]
    version: i64,
    #[has_one(key = "owner_id", cascade = "all, delete-orphan")]
    badge: HasOne<Badge>,
    #[many_to_many(through = "pl_owner_tags")]
    tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "pl_badges")]
struct Badge {
    #[key]
    id: i64,
    #[column(unique)]
    owner_id: i64,
    #[belongs_to(key = "owner_id", inverse = "badge")]
    owner: BelongsTo<Owner>,
}

#[derive(Model, Debug)]
#[model(table = "pl_tags")]
struct Tag {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    name: String,
}

#[derive(Model, Debug)]
#[model(table = "pl_vaults")]
struct Vault {
    #[key]
    id: i64,
    #[column(secret)]
    pin: String,
}

/// Keeps what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<FlushPlan>>);

struct Listener(Arc<Told>);

impl SessionHooks for Listener {
    fn after_flush(&self, executed: &FlushPlan, _context: &Context) {
        self.0.0.lock().expect("the lock is not poisoned").push(executed.clone());
    }
}

async fn owners(database: &TestDatabase) -> Result<(Engine, Session, Arc<Told>)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Owner, Badge, Tag]).await?;
    let mut session = engine.session();
    session.add(Owner::draft().id(1).name("ann").badge(Badge::draft().id(1)));
    session.add(Owner::draft().id(2).name("ben").tags([Tag::draft().id(1).name("x")]));
    session.add(Tag::draft().id(2).name("y"));
    session.commit().await?;
    let told = Arc::new(Told::default());
    let session = engine.session_with(SessionOptions::new().hooks(Listener(Arc::clone(&told))));
    Ok((engine, session, told))
}

/// What the last flush executed.
fn last(told: &Told) -> String {
    told.0.lock().expect("the lock is not poisoned").last().map(ToString::to_string).unwrap_or_default()
}

/// The rows that the last flush wrote.
fn rows(told: &Told) -> Vec<String> {
    let value = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), ToString::to_string);
    let told = told.0.lock().expect("the lock is not poisoned");
    let row = |row: &WrittenRow| {
        let columns = row.columns().iter();
        let columns = columns
            .map(|of| format!("{} {} -> {}", of.field(), value(of.old_value()), value(of.new_value())));
        let key: Vec<String> = row.key().iter().map(ToString::to_string).collect();
        let columns: Vec<String> = columns.collect();
        format!("{:?} {} {}: {}", row.change(), row.model(), key.join(", "), columns.join(", "))
    };
    told.last().map(|plan| plan.rows().iter().map(row).collect()).unwrap_or_default()
}

on_every_backend! {
    async fn a_row_that_becomes_another_is_an_update(database: TestDatabase) -> Result<()> {
        let (engine, mut session, told) = owners(&database).await?;
        let ben = session.get::<Owner>(2).await?.expect("ben is there");
        let tag = session.get::<Tag>(2).await?.expect("the tag is there");
        session.delete(&ben)?;
        session.add(Owner::draft().id(2).name("cid").tags([&tag]));
        let plan = session.flush_plan().to_string();
        assert_eq!(
            plan,
            "1. look for the old Owner.badge of 1\n2. delete all rows of pl_owner_tags of 1 Owner\n\
             3. update name, version of 1 Owner\n4. update role of 1 Owner\n5. insert 1 rows of pl_owner_tags"
        );
        let log = engine.record();
        session.flush().await?;
        assert_eq!(last(&told), plan);
        let rows = rows(&told);
        assert_eq!(rows, ["Updated Owner 2: name \"ben\" -> \"cid\", version 1 -> 2"], "{rows:?}");
        let written: Vec<String> = shape(&log).into_iter().filter(|one| !one.starts_with("SELECT")).collect();
        assert_eq!(
            written,
            ["DELETE pl_owner_tags", "UPDATE pl_owners", "UPDATE pl_owners", "INSERT pl_owner_tags"],
            "{log}"
        );
        session.commit().await?;
        Ok(())
    }

    async fn the_old_target_of_a_has_one_is_looked_for(database: TestDatabase) -> Result<()> {
        let (engine, mut session, told) = owners(&database).await?;
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        session.assign(&ann, Owner::BADGE, Badge::draft().id(2))?;
        assert_eq!(
            session.flush_plan().to_string(),
            "1. look for the old Owner.badge of 1\n2. insert 1 Badge"
        );
        let log = engine.record();
        session.flush().await?;
        assert_eq!(last(&told), "1. look for the old Owner.badge of 1\n2. delete 1 Badge\n3. insert 1 Badge");
        assert_eq!(shape(&log), ["SELECT pl_badges", "DELETE pl_badges", "INSERT pl_badges"], "{log}");

        // One that is loaded is in the plan.
        session.assign(&ann, Owner::BADGE, Badge::draft().id(3))?;
        let plan = session.flush_plan().to_string();
        assert_eq!(plan, "1. delete 1 Badge\n2. insert 1 Badge");
        session.flush().await?;
        assert_eq!(last(&told), plan);
        session.commit().await?;
        Ok(())
    }

    async fn hooks_see_cascaded_deletions(database: TestDatabase) -> Result<()> {
        let (_, mut session, told) = owners(&database).await?;
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        session.delete(&ann)?;
        assert_eq!(
            session.flush_plan().to_string(),
            "1. delete all rows of pl_owner_tags of 1 Owner\n2. delete 1 Owner, after looking at Owner.badge"
        );
        session.commit().await?;
        assert_eq!(
            last(&told),
            "1. delete all rows of pl_owner_tags of 1 Owner\n2. delete 1 Badge\n\
             3. delete 1 Owner, after looking at Owner.badge"
        );
        let deleted = [
            "Deleted Badge 1: id 1 -> none, owner_id 1 -> none",
            "Deleted Owner 1: id 1 -> none, name \"ann\" -> none, note NULL -> none, role \"guest\" -> none, version 1 -> none",
        ];
        assert_eq!(rows(&told), deleted);
        Ok(())
    }

    async fn hooks_hear_of_old_and_new_values(database: TestDatabase) -> Result<()> {
        let (engine, mut session, told) = owners(&database).await?;
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        let log = engine.record();
        session.edit(&ann, |owner| (owner.note, owner.name) = (Some("new".to_owned()), "anna".to_owned()))?;
        session.edit(&ann, |owner| owner.name = "ann".to_owned())?;
        session.add(Owner::draft().id(3).name("cid"));
        session.commit().await?;
        let statements: Vec<String> = shape(&log).into_iter().filter(|one| !one.starts_with("SELECT")).collect();
        assert_eq!(statements, ["UPDATE pl_owners", "INSERT pl_owners"], "{log}");
        let written = [
            "Updated Owner 1: note NULL -> \"new\", version 1 -> 2",
            "Inserted Owner 3: id none -> 3, name none -> \"cid\", note none -> NULL, role none -> \"guest\", version none -> 1",
        ];
        assert_eq!(rows(&told), written);
        Ok(())
    }

    async fn hooks_hear_of_no_secret(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Vault]).await?;
        let told = Arc::new(Told::default());
        let mut session = engine.session_with(SessionOptions::new().hooks(Listener(Arc::clone(&told))));
        let vault = session.insert(Vault::draft().id(1).pin("1234")).await?;
        assert_eq!(rows(&told), ["Inserted Vault 1: id none -> 1, pin none -> \"***\""]);
        session.edit(&vault, |vault| vault.pin = "5678".to_owned())?;
        session.flush().await?;
        assert_eq!(rows(&told), ["Updated Vault 1: pin \"***\" -> \"***\""]);
        session.commit().await?;
        Ok(())
    }

    async fn a_row_deleted_early_leaves_no_links_behind(database: TestDatabase) -> Result<()> {
        let (engine, mut session, told) = owners(&database).await?;
        let tag = session.one(select::<Tag>().filter(Tag::NAME.eq("y"))).await?;
        // The new owner is given a tag that goes, and that a new one takes the name of.
        let cid = session.add(Owner::draft().id(3).name("cid").tags([&tag]));
        session.delete(&tag)?;
        session.add(Tag::draft().id(3).name("y"));
        session.commit().await?;
        assert!(last(&told).contains("delete 1 Tag"), "{}", last(&told));
        assert_eq!(cid.entity()?.tags()?.len(), 0);
        let rows = engine.session().all(select::<Owner>().order_by(Owner::ID).with(Owner::TAGS.selectin())).await?;
        assert_eq!(rows.iter().map(|row| row.get(Owner::TAGS).len()).collect::<Vec<_>>(), [0, 1, 0]);
        Ok(())
    }
}
