use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

#[tokio::test]
async fn children_of_a_deleted_parent_lose_their_key() -> Result<()> {
    let engine = library().await?;
    for loaded in [true, false] {
        let mut session = engine.session();
        let ann = match loaded {
            true => session
                .one(
                    select::<Author>()
                        .filter(Author::ID.eq(1))
                        .with(Author::BOOKS.selectin())
                        .with(Author::PROFILE.selectin()),
                )
                .await?
                .dynamic(),
            false => session.get::<Author>(1).await?.expect("ann is there"),
        };
        let log = engine.record();
        session.delete(&ann)?;
        session.flush().await?;
        match loaded {
            true => assert_eq!(shape(&log), ["UPDATE books", "DELETE authors"], "{log}"),
            false => assert_eq!(
                shape(&log),
                ["SELECT books", "SELECT profiles", "UPDATE books", "DELETE authors"],
                "what is not loaded is looked at: {log}"
            ),
        }
        let update = log.statements().into_iter().find(|s| s.sql.starts_with("UPDATE")).expect("one UPDATE");
        assert_eq!((columns_set(&update.sql), update.rows), (vec!["author_id".to_owned()], 2), "{log}");
        assert_eq!(session.state(&ann), EntityState::Deleted);
        // The next round deletes her again.
        session.rollback().await?;
        assert_eq!(session.state(&ann), EntityState::Persistent);
    }
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    session.delete(&ann)?;
    session.commit().await?;
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [None, None, Some(2), Some(2)]);
    Ok(())
}

#[tokio::test]
async fn delete_reaches_grandchildren_that_are_not_loaded() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(
        Team::draft()
            .name("red")
            .members([Member::draft().name("mia").tasks([Task::draft().name("a"), Task::draft().name("b")])]),
    );
    session.add(
        Team::draft().name("blue").members([Member::draft().name("max").tasks([Task::draft().name("c")])]),
    );
    session.commit().await?;

    let mut session = engine.session();
    let red = session.one(select::<Team>().filter(Team::NAME.eq("red"))).await?;
    session.delete(&red)?;
    let log = engine.record();
    session.commit().await?;
    assert_eq!(
        shape(&log),
        ["SELECT members", "SELECT badges", "SELECT tasks", "DELETE tasks", "DELETE members", "DELETE teams"],
        "{log}"
    );
    let mut other = engine.session();
    let left: Vec<String> = other.all(select::<Task>()).await?.iter().map(|task| task.name.clone()).collect();
    assert_eq!(left, ["c"]);
    assert_eq!((other.count(select::<Team>()).await?, other.count(select::<Member>()).await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn an_orphan_is_deleted() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let team = session.add(Team::draft().name("red").members([
        Member::draft().name("mia").tasks([Task::draft().name("t")]),
        Member::draft().name("max"),
        Member::draft().name("moe"),
    ]));
    session.commit().await?;
    let team = team.entity()?;
    let members = team.members()?.to_vec();
    session.remove(&team, Team::MEMBERS, &members[0])?;
    assert_eq!(session.state(&members[0]), EntityState::Deleted);
    assert_eq!(team.members()?.len(), 2);
    session.replace(&team, Team::MEMBERS, [&members[1]])?;
    session.commit().await?;
    let mut other = engine.session();
    let left: Vec<String> =
        other.all(select::<Member>()).await?.iter().map(|member| member.name.clone()).collect();
    assert_eq!(left, ["max"]);
    assert_eq!(other.count(select::<Task>()).await?, 0, "the orphan's own children went with it");
    Ok(())
}

#[tokio::test]
async fn a_child_that_moves_is_not_an_orphan() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let red = session.add(Team::draft().name("red").members([Member::draft().name("mia")]));
    let blue = session.add(Team::draft().name("blue").members([] as [Entity<Member>; 0]));
    session.commit().await?;
    let (red, blue) = (red.entity()?, blue.entity()?);
    let mia = red.members()?.first().expect("held");
    session.append(&blue, Team::MEMBERS, &mia)?;
    session.delete(&red)?;
    session.commit().await?;
    let mut other = engine.session();
    assert_eq!(other.one(select::<Member>()).await?.team_id, blue.id);
    assert_eq!((blue.members()?.len(), session.state(&mia)), (1, EntityState::Persistent));
    Ok(())
}

#[tokio::test]
async fn a_pending_orphan_is_never_written() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let team = session.insert(Team::draft().name("red")).await?;
    let mia = session.add(Member::draft().name("mia"));
    session.append(&team, Team::MEMBERS, &mia)?;
    session.remove(&team, Team::MEMBERS, &mia)?;
    assert_eq!(session.new_count(), 0);
    let log = engine.record();
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    assert_eq!(mia.entity().unwrap_err().kind(), ErrorKind::InvalidState);
    Ok(())
}

#[tokio::test]
async fn passive_deletes_leave_the_children_to_the_database() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    for name in ["loaded", "unloaded"] {
        session.add(Site::draft().name(name).pages([Page::draft().name("p"), Page::draft().name("q")]));
    }
    session.commit().await?;
    let mut session = engine.session();
    let sites = session.all(select::<Site>().order_by(Site::ID)).await?;
    let page = session.load(&sites[0], Site::PAGES).await?.first().expect("the site has pages");
    let log = engine.record();
    for site in &sites {
        session.delete(site)?;
    }
    session.commit().await?;
    assert_eq!(shape(&log), ["DELETE sites"], "no child is looked at: {log}");
    assert_eq!(session.state(&page), EntityState::Deleted, "a page that is held went with its row");
    assert!(session.get::<Page>(page.id).await?.is_none());
    assert_eq!(engine.session().count(select::<Page>()).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_no_rule_covers_is_an_error_before_any_sql() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let person = session.add(Person::draft().name("eve").pets([Pet::draft().name("rex")]));
    let team = session.add(Team::draft().name("red"));
    let member = session.add(Member::draft().name("mia").team(&team));
    session.commit().await?;
    let (person, team, member) = (person.entity()?, team.entity()?, member.entity()?);

    // An orphan's key cannot be NULL, and `tasks` cascades deletions but keeps no orphans away.
    session.edit(&person, |person| person.name.push('!'))?;
    session.append(&member, Member::TASKS, Task::draft().name("t"))?;
    session.commit().await?;
    let task = session.load(&member, Member::TASKS).await?.first().expect("it was added");
    let log = engine.record();
    session.delete(&team)?;
    session.delete(&task)?;
    session.flush().await?;
    assert!(!log.statements().iter().any(|s| s.sql.starts_with("UPDATE")), "{log}");
    session.rollback().await?;

    // `deleting_a_parent_needs_a_rule` of the contract has the shop's case; here nothing at all may be written.
    let shop = crate::shop::shop().await?;
    let mut session = shop.session();
    let jack = session
        .one(
            select::<crate::shop::User>()
                .filter(crate::shop::User::ID.eq(7))
                .with(crate::shop::User::ORDERS.selectin())
                .with(crate::shop::User::ADDRESSES.selectin()),
        )
        .await?;
    let other = session.get::<crate::shop::User>(8).await?.expect("ed is there");
    let log = shop.record();
    session.edit(&other, |user| user.name.push('!'))?;
    session.delete(&jack)?;
    let error = session.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    assert!(error.to_string().contains("User.addresses") && error.to_string().contains("user_id"), "{error}");
    assert_eq!(log.count(), 0, "neither the edit nor the deletion was written: {log}");
    session.rollback().await?;
    assert_eq!((session.state(&jack), other.name.as_str()), (EntityState::Persistent, "ed"));
    Ok(())
}

#[tokio::test]
async fn children_that_go_too_or_go_elsewhere_need_no_rule() -> Result<()> {
    use crate::shop::{Address, Order, User};
    let shop = crate::shop::shop().await?;
    let mut session = shop.session();
    let users = session
        .all(
            select::<User>()
                .order_by(User::ID)
                .with(User::ADDRESSES.selectin())
                .with(User::ORDERS.selectin()),
        )
        .await?;
    // Ed's addresses are needed by fred's orders; fred's own address is not.
    let fred = users[2].clone();
    for order in fred.orders()? {
        session.append(&users[0], User::ORDERS, &order)?;
    }
    for address in fred.addresses()? {
        session.delete(&address)?;
    }
    session.delete(&fred)?;
    session.commit().await?;
    let mut other = shop.session();
    assert_eq!(other.count(select::<User>()).await?, 3);
    assert_eq!(other.count(select::<Order>().filter(Order::USER_ID.eq(7))).await?, 5);
    assert_eq!(other.count(select::<Address>()).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_deleted_object_takes_its_link_rows_with_it() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let tags: Vec<_> = ["x", "y"].map(|name| session.add(Tag::draft().name(name))).into();
    let books: Vec<_> =
        ["b", "c"].map(|title| session.add(Book::draft().title(title).pages(1).tags(&tags))).into();
    session.commit().await?;
    let (x, b) = (tags[0].entity()?, books[0].entity()?);
    let log = engine.record();
    session.delete(&x)?;
    session.flush().await?;
    assert_eq!(shape(&log), ["DELETE book_tags", "DELETE tags"], "{log}");
    assert_eq!(
        b.tags()?.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>(),
        ["y"],
        "nobody holds it any more"
    );
    session.delete(&b)?;
    session.commit().await?;
    let mut other = engine.session();
    let left = other.all(select::<Book>().with(Book::TAGS.selectin())).await?;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect::<Vec<_>>(), ["y"]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_child_leaves_the_collection_that_held_it() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    let book = ann.books()?.first().expect("held");
    session.delete(&book)?;
    session.flush().await?;
    assert_eq!(titles(&ann.books()?), ["a2"]);
    session.rollback().await?;
    assert_eq!(titles(&ann.books()?), ["a1", "a2"], "the deletion is undone, and so is its effect");
    Ok(())
}

#[tokio::test]
async fn a_tree_without_cascade_keeps_its_branches() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let root = session.add(
        Node::draft().name("root").children([Node::draft().name("a").children([Node::draft().name("b")])]),
    );
    session.commit().await?;
    let root = root.entity()?;
    let a = root.children()?.first().expect("held");
    let log = engine.record();
    session.delete(&root)?;
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE nodes", "DELETE nodes"], "{log}");
    assert_eq!(a.parent_id, None);
    let mut other = engine.session();
    let left: Vec<_> = other
        .all(select::<Node>().order_by(Node::ID))
        .await?
        .iter()
        .map(|node| (node.name.clone(), node.parent_id))
        .collect();
    assert_eq!(left, [("a".to_owned(), None), ("b".to_owned(), Some(a.id))]);
    Ok(())
}

on_every_backend! {
    async fn a_child_without_any_parent_is_refused(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        session.add(Member::draft().name("nobody's"));
        let log = engine.record();
        let error = session.flush().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotNullViolation);
        assert!(error.to_string().contains("`Member.team_id`"), "{error}");
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;
        session.add(Member::draft().name("elsewhere").team_id(99));
        assert_eq!(session.flush().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        session.rollback().await?;
        assert_eq!(session.new_count(), 0);
        Ok(())
    }

    async fn the_database_may_refuse_its_own_default(database: TestDatabase) -> Result<()> {
        // `create_all` declares ON DELETE CASCADE for such a key, so the table is made by hand.
        let engine = database.engine().await?;
        engine.create_all(schema![Site, Page]).await?;
        let mut session = engine.session();
        let made = "CREATE TABLE pages (id BIGINT PRIMARY KEY, site_id BIGINT NOT NULL, name TEXT NOT NULL, \
                    FOREIGN KEY (site_id) REFERENCES sites (id))";
        session.execute(sql("DROP TABLE pages")).await?;
        session.execute(sql(made)).await?;
        session.commit().await?;
        let site = session.insert(Site::draft().name("s").pages([Page::draft().id(1).name("p")])).await?;
        session.commit().await?;
        session.expire(&site)?;
        session.delete(&site)?;
        let log = engine.record();
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(shape(&log), ["DELETE sites"], "the pages were not asked for: {log}");
        Ok(())
    }

    async fn replacing_a_collection_deletes_its_orphans(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let members = ["a", "b", "c"].map(|name| Member::draft().name(name));
        let team = session.insert(Team::draft().name("red").members(members)).await?;
        session.commit().await?;
        let held = team.members()?.to_vec();
        session.append(&team, Team::MEMBERS, Member::draft().name("pending"))?;
        let log = engine.record();
        session.replace(&team, Team::MEMBERS, [&held[2]])?;
        session.append(&team, Team::MEMBERS, Member::draft().name("d"))?;
        session.commit().await?;
        assert!(shape(&log).contains(&"DELETE members".to_owned()), "{log}");
        let names: Vec<_> = team.members()?.iter().map(|member| member.name.clone()).collect();
        assert_eq!(names, ["c", "d"], "what was pending was replaced too");
        let rows = engine.session().all(select::<Member>().order_by(Member::ID)).await?;
        assert_eq!(rows.iter().map(|member| member.name.clone()).collect::<Vec<_>>(), ["c", "d"]);
        Ok(())
    }

    async fn orphans_are_decided_at_the_flush(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        create(&engine).await?;
        let mut session = engine.session();
        for (name, members) in [("red", ["a", "b"]), ("blue", ["c", "d"])] {
            session.add(Team::draft().name(name).members(members.map(|name| Member::draft().name(name))));
        }
        session.commit().await?;
        let teams = session.all(select::<Team>().order_by(Team::ID).with(Team::MEMBERS.selectin())).await?;
        let (red, blue) = (teams[0].dynamic(), teams[1].dynamic());
        let names = |team: &Entity<Team>| -> Result<Vec<String>> {
            let mut names: Vec<_> = team.members()?.iter().map(|member| member.name.clone()).collect();
            names.sort();
            Ok(names)
        };
        let (reds, blues) = (red.members()?.to_vec(), blue.members()?.to_vec());
        // To another parent, from either side; and back.
        session.remove(&red, Team::MEMBERS, &reds[0])?;
        assert_eq!(session.state(&reds[0]), EntityState::Deleted);
        session.append(&blue, Team::MEMBERS, &reds[0])?;
        session.remove(&red, Team::MEMBERS, &reds[1])?;
        session.assign(&reds[1], Member::TEAM, &blue)?;
        assert_eq!((names(&red)?.len(), names(&blue)?.len()), (0, 4));
        assert_eq!(session.state(&reds[1]), EntityState::Persistent);
        let log = engine.record();
        session.flush().await?;
        assert_eq!(shape(&log), ["UPDATE members"], "{log}");
        log.clear();
        session.remove(&blue, Team::MEMBERS, &reds[0])?;
        session.append(&blue, Team::MEMBERS, &reds[0])?;
        session.replace(&blue, Team::MEMBERS, [&blues[0]])?;
        session.replace(&blue, Team::MEMBERS, [&reds[0], &reds[1], &blues[0], &blues[1]])?;
        session.flush().await?;
        assert_eq!((log.count(), names(&blue)?.len()), (0, 4), "{log}");
        session.rollback().await?;

        // The children of two parents are swapped.
        session.replace(&red, Team::MEMBERS, &blues)?;
        session.replace(&blue, Team::MEMBERS, &reds)?;
        session.commit().await?;
        assert_eq!((names(&red)?, names(&blue)?), (vec!["c".into(), "d".into()], vec!["a".into(), "b".into()]));
        let mut other = engine.session();
        assert_eq!(other.count(select::<Member>().filter(Member::TEAM_ID.eq(1))).await?, 2);

        // A new parent takes one, and what stays an orphan goes; one that is deleted outright takes no parent.
        session.remove(&red, Team::MEMBERS, &blues[0])?;
        session.add(Team::draft().name("green").members([&blues[0]]));
        session.remove(&red, Team::MEMBERS, &blues[1])?;
        session.delete(&reds[0])?;
        assert_eq!(session.append(&red, Team::MEMBERS, &reds[0]).unwrap_err().kind(), ErrorKind::InvalidState);
        session.commit().await?;
        let rows = engine.session().all(select::<Member>().order_by(Member::NAME)).await?;
        let rows: Vec<_> = rows.iter().map(|member| (member.name.clone(), member.team_id)).collect();
        assert_eq!(rows, [("b".to_owned(), 2), ("c".to_owned(), 3)]);
        Ok(())
    }
}
