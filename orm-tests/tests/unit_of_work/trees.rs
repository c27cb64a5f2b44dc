//! Models that refer to themselves, by a key and through a link table.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::{Node, create, shape};

/// A branch is deleted with its parent.
#[derive(Model, Debug)]
#[model(table = "branches")]
struct Branch {
    #[key(auto)]
    id: i64,
    parent_id: Option<i64>,
    name: String,
    #[belongs_to(key = "parent_id")]
    parent: BelongsTo<Option<Branch>>,
    #[has_many(key = "parent_id", order_by = "id", cascade = "all, delete-orphan")]
    children: HasMany<Branch>,
}

#[derive(Model, Debug)]
#[model(table = "members_of_club")]
struct Fan {
    #[key(auto)]
    id: i64,
    name: String,
    #[many_to_many(
        through = "follows",
        key = "fan_id",
        target_key = "star_id",
        order_by = "id",
        inverse = "fans"
    )]
    stars: HasMany<Fan>,
    #[many_to_many(
        through = "follows",
        key = "star_id",
        target_key = "fan_id",
        order_by = "id",
        inverse = "stars"
    )]
    fans: HasMany<Fan>,
}

/// A folder is always in one, and the root in itself.
#[derive(Model, Debug)]
#[model(table = "folders")]
struct Folder {
    #[key]
    id: i64,
    folder_id: i64,
    #[belongs_to(key = "folder_id", inverse = "folders")]
    folder: BelongsTo<Folder>,
    #[has_many(key = "folder_id", order_by = "id", cascade = "all", inverse = "folder")]
    folders: HasMany<Folder>,
}

async fn tree(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Branch, Fan]).await?;
    let mut session = engine.session();
    session.add(Branch::draft().name("root").children([
        Branch::draft().name("a").children([Branch::draft().name("a1"), Branch::draft().name("a2")]),
        Branch::draft().name("b"),
    ]));
    session.commit().await?;
    Ok(engine)
}

async fn names(engine: &Engine) -> Result<Vec<String>> {
    let rows = engine.session().all(select::<Branch>().order_by(Branch::ID)).await?;
    Ok(rows.iter().map(|branch| branch.name.clone()).collect())
}

fn of(fans: &Many<Fan>) -> Vec<String> {
    fans.iter().map(|fan| fan.name.clone()).collect()
}

on_every_backend! {
    async fn a_tree_is_deleted_from_its_root(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let root = session.get::<Branch>(1).await?.expect("the root is there");
        let log = engine.record();
        session.delete(&root)?;
        session.commit().await?;
        let cut: &[&str] = if database.is_mysql() { &["UPDATE branches"] } else { &[] };
        let levels = ["SELECT branches"; 3].into_iter().chain(cut.iter().copied()).chain(["DELETE branches"]);
        assert_eq!(shape(&log), levels.collect::<Vec<_>>(), "a level is one query, and all go at once: {log}");
        assert_eq!(names(&engine).await?, [] as [String; 0]);
        Ok(())
    }

    async fn a_tree_whose_key_cannot_be_null_is_deleted(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Folder]).await?;
        let mut session = engine.session();
        // The deepest has the smallest key, or the largest.
        let folders = [(5, 5), (3, 5), (7, 5), (1, 3), (2, 3), (9, 7), (8, 9)];
        for (id, folder_id) in folders {
            session.add(Folder::draft().id(id).folder_id(folder_id));
            session.flush().await?;
        }
        session.commit().await?;
        let part = session.get::<Folder>(3).await?.expect("the folder is there");
        session.delete(&part)?;
        session.commit().await?;
        assert_eq!(session.count(select::<Folder>()).await?, 4);

        let part = session.get::<Folder>(7).await?.expect("the folder is there");
        let log = engine.record();
        session.delete(&part)?;
        session.commit().await?;
        // MySQL checks the keys row by row, so that the rows of a level are a statement.
        let deletes = if database.is_mysql() { 3 } else { 1 };
        let written = shape(&log);
        assert_eq!(written.iter().filter(|statement| *statement == "DELETE folders").count(), deletes, "{log}");
        assert!(!written.contains(&"UPDATE folders".to_owned()), "{log}");

        let root = session.get::<Folder>(5).await?.expect("the root is there");
        session.delete(&root)?;
        match session.commit().await {
            Ok(()) => assert_eq!(session.count(select::<Folder>()).await?, 0),
            Err(error) => {
                assert!(database.is_mysql() && error.kind() == ErrorKind::ForeignKeyViolation, "{error}");
                assert!(error.to_string().contains("a row of `Folder` refers to itself"), "{error}");
            }
        }
        Ok(())
    }

    async fn a_branch_of_itself_is_deleted(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let root = session.get::<Branch>(1).await?.expect("the root is there");
        session.edit(&root, |root| root.parent_id = Some(1))?;
        session.commit().await?;
        let log = engine.record();
        session.delete(&root)?;
        session.commit().await?;
        let cut = if database.is_mysql() { 1 } else { 0 };
        let written = shape(&log);
        assert_eq!(written.iter().filter(|statement| *statement == "UPDATE branches").count(), cut, "{log}");
        assert_eq!(names(&engine).await?, [] as [String; 0]);
        Ok(())
    }

    async fn a_removed_branch_takes_its_children_along(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let query = select::<Branch>().filter(Branch::NAME.eq("root"));
        let root = session.one(query.with(Branch::CHILDREN.selectin())).await?;
        let a = root.children()?.first().expect("it has two");
        session.replace(&root, Branch::CHILDREN, [Branch::draft().name("c")])?;
        assert_eq!(session.state(&a), EntityState::Deleted);
        session.commit().await?;
        assert_eq!(names(&engine).await?, ["root", "c"]);
        assert_eq!(root.children()?.iter().map(|branch| branch.name.clone()).collect::<Vec<_>>(), ["c"]);
        Ok(())
    }

    async fn a_branch_moves_up(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let query = select::<Branch>().filter(Branch::NAME.eq("root"));
        let root = session.one(query.with(Branch::CHILDREN.selectin().recursive(2))).await?;
        let a = root.children()?.first().expect("it has two");
        let a1 = a.children()?.first().expect("it has two");
        session.append(&root, Branch::CHILDREN, &a1)?;
        session.delete(&a)?;
        session.commit().await?;
        assert_eq!(names(&engine).await?, ["root", "b", "a1"], "what moved before is not deleted");
        assert_eq!(root.children()?.iter().map(|branch| branch.name.clone()).collect::<Vec<_>>(), ["b", "a1"]);
        Ok(())
    }

    async fn branches_without_cascade_stay(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        create(&engine).await?;
        let mut session = engine.session();
        session.add(Node::draft().name("root").children([Node::draft().name("a"), Node::draft().name("b")]));
        session.commit().await?;
        let root = session.one(select::<Node>().filter(Node::NAME.eq("root"))).await?;
        session.expunge_all();
        let root = session.get::<Node>(root.id).await?.expect("the root is there");
        let log = engine.record();
        session.delete(&root)?;
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT nodes", "UPDATE nodes", "DELETE nodes"], "{log}");
        let rows = engine.session().all(select::<Node>()).await?;
        assert!(rows.len() == 2 && rows.iter().all(|node| node.parent_id.is_none()), "{rows:?}");
        Ok(())
    }

    async fn links_between_rows_of_one_table_have_two_sides(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let ann = session.insert(Fan::draft().name("ann").fans([] as [Entity<Fan>; 0]).stars([Fan::draft().name("ben")])).await?;
        session.commit().await?;
        let ben = ann.stars()?.first().expect("it has one");
        assert_eq!(of(&session.load(&ben, Fan::FANS).await?), ["ann"]);
        assert_eq!(of(&session.load(&ben, Fan::STARS).await?), [] as [String; 0]);
        session.append(&ann, Fan::FANS, &ben)?;
        session.append(&ann, Fan::STARS, &ann)?;
        assert_eq!((of(&ben.stars()?), of(&ann.fans()?), of(&ann.stars()?)), (vec!["ann".into()], vec!["ben".into(), "ann".into()], vec!["ben".into(), "ann".into()]));
        session.commit().await?;
        session.remove(&ann, Fan::STARS, &ben)?;
        assert_eq!((of(&ben.fans()?), of(&ben.stars()?)), (vec![], vec!["ann".into()]), "the other direction stays");
        session.commit().await?;
        let mut other = engine.session();
        let rows = other.all(select::<Fan>().order_by(Fan::ID).with(Fan::STARS.selectin()).with(Fan::FANS.selectin())).await?;
        let held: Vec<_> = rows.iter().map(|fan| (of(&fan.stars().expect("loaded")), of(&fan.fans().expect("loaded")))).collect();
        assert_eq!(held, [(vec!["ann".into()], vec!["ann".into(), "ben".into()]), (vec!["ann".into()], vec![])]);

        let log = engine.record();
        session.delete(&ann)?;
        session.commit().await?;
        assert_eq!(engine.session().count(select::<Fan>()).await?, 1, "{log}");
        assert_eq!((of(&ben.stars()?), of(&ben.fans()?)), (vec![], vec![]));
        Ok(())
    }

    async fn the_same_graph_is_merged(database: TestDatabase) -> Result<()> {
        let engine = tree(&database).await?;
        let mut session = engine.session();
        let sent = Branch::draft().id(1).name("root").children([
            Branch::draft().id(2).name("A").children([Branch::draft().id(5).name("b below a")]),
            Branch::draft().name("new"),
        ]);
        session.merge_draft(sent).await?;
        session.commit().await?;
        let rows = engine.session().all(select::<Branch>().order_by(Branch::ID)).await?;
        let rows: Vec<_> = rows.iter().map(|branch| (branch.name.as_str(), branch.parent_id)).collect();
        assert_eq!(rows, [("root", None), ("A", Some(1)), ("b below a", Some(2)), ("new", Some(1))], "b moved, a1 and a2 are orphans");
        Ok(())
    }
}
