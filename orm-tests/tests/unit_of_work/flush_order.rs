use orm_core::prelude::*;

use crate::models::*;

#[tokio::test]
async fn parents_come_first_whatever_the_order_of_adding() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let team = session.add(Team::draft().name("red"));
    let member = session.add(Member::draft().name("mia").team(&team));
    session.add(Task::draft().name("sweep").member(&member));
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT teams", "INSERT members", "INSERT tasks"], "{log}");

    // Children are added before their parents, and given them as drafts.
    log.clear();
    let task = session
        .add(Task::draft().name("cook").member(Member::draft().name("max").team(Team::draft().name("blue"))));
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT teams", "INSERT members", "INSERT tasks"], "{log}");
    let task = task.entity()?;
    assert_eq!((task.member()?.name.as_str(), task.member()?.team()?.name.as_str()), ("max", "blue"));
    assert_eq!(task.member_id, task.member()?.id);
    session.commit().await
}

#[tokio::test]
async fn rows_of_unrelated_objects_are_ordered_by_their_tables() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    session.add(Task::draft().id(1).member_id(1).name("sweep"));
    session.add(Member::draft().id(1).team_id(1).name("mia"));
    session.add(Team::draft().id(1).name("red"));
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT teams", "INSERT members", "INSERT tasks"], "{log}");
    Ok(())
}

#[tokio::test]
async fn inserts_of_one_shape_are_one_statement() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let books: Vec<_> =
        (0..50).map(|n| session.add(Book::draft().title(format!("book {n}")).pages(n))).collect();
    session.flush().await?;
    assert_eq!(log.count(), 1, "{log}");
    // RETURNING does not guarantee an order; each object must still get the key of its own row.
    let mut other = engine.session();
    session.commit().await?;
    for book in other.all(select::<Book>()).await? {
        let mine = books[usize::try_from(book.pages).expect("pages are the index")].entity()?;
        assert_eq!((mine.id, mine.title.as_str()), (book.id, book.title.as_str()));
    }

    // A row with a given key has another shape than those whose key is generated.
    let mut session = engine.session();
    log.clear();
    session.add(Book::draft().title("x").pages(1));
    session.add(Book::draft().id(1000).title("y").pages(1));
    session.add(Book::draft().title("z").pages(1));
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT books", "INSERT books"], "{log}");
    Ok(())
}

#[tokio::test]
async fn batches_stay_within_the_bind_limit() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    // Three values a row, 32,766 at most in one statement.
    for n in 0..11_000_i64 {
        session.add(Book::draft().title(format!("book {n}")).pages(n));
    }
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT books", "INSERT books"], "{} statements", log.count());
    let rows: u64 = log.statements().iter().map(|statement| statement.rows).sum();
    assert_eq!((rows, session.count(select::<Book>()).await?), (11_000, 11_000));
    Ok(())
}

#[tokio::test]
async fn rows_of_one_table_are_ordered_by_their_links() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    // The leaves are added first, and siblings share a statement: one a level.
    let root = session.add(Node::draft().name("root"));
    let left = session.add(Node::draft().name("left").parent(&root));
    let right = session.add(Node::draft().name("right").parent(&root));
    for (name, parent) in [("l1", &left), ("r1", &right), ("l2", &left)] {
        session.add(Node::draft().name(name).parent(parent));
    }
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT nodes"; 3], "{log}");
    let left = left.entity()?;
    assert_eq!(left.parent_id, Some(root.entity()?.id));
    session.commit().await?;

    let mut other = engine.session();
    let nodes = other.all(select::<Node>().order_by(Node::ID).with(Node::PARENT.selectin())).await?;
    let family: Vec<_> =
        nodes.iter().map(|n| (n.name.clone(), n.get(Node::PARENT).map(|p| p.name.clone()))).collect();
    let expected = [
        ("root", None),
        ("left", Some("root")),
        ("right", Some("root")),
        ("l1", Some("left")),
        ("r1", Some("right")),
        ("l2", Some("left")),
    ];
    assert_eq!(family, expected.map(|(name, parent)| (name.to_owned(), parent.map(str::to_owned))));
    Ok(())
}

#[tokio::test]
async fn a_circle_is_closed_through_a_key_that_may_be_null() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let pet = session.add(Pet::draft().name("rex"));
    let person = session.add(Person::draft().name("eve").favourite(&pet).pets([&pet]));
    session.flush().await?;
    assert_eq!(log.count(), 3, "two INSERTs, and the key that had to wait: {log}");
    assert!(log.statements()[2].sql.starts_with("UPDATE"), "{log}");
    let (person, pet) = (person.entity()?, pet.entity()?);
    assert_eq!((person.favourite_id, pet.owner_id), (Some(pet.id), Some(person.id)));
    assert!(Entity::same(&person.favourite()?.expect("the pet is held"), &pet));
    assert!(Entity::same(&pet.owner()?.expect("the owner is held"), &person));
    session.commit().await?;

    let mut other = engine.session();
    let person = other
        .one(select::<Person>().with(Person::FAVOURITE.selectin()).with(Person::PETS.selectin()))
        .await?;
    assert_eq!(person.get(Person::FAVOURITE).map(|pet| pet.name.clone()).as_deref(), Some("rex"));
    assert_eq!(person.get(Person::PETS).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_node_may_be_its_own_parent() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let node = session.insert(Node::draft().name("ouroboros")).await?;
    let log = engine.record();
    session.assign(&node, Node::PARENT, &node)?;
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE nodes"], "{log}");
    let mut other = engine.session();
    let found = other.one(select::<Node>()).await?;
    assert_eq!(found.parent_id, Some(found.id));
    Ok(())
}

#[tokio::test]
async fn rows_that_refer_to_each_other_are_deleted_together() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let pet = session.add(Pet::draft().name("rex"));
    let person = session.add(Person::draft().name("eve").favourite(&pet).pets([&pet]));
    session.commit().await?;
    session.delete(&person.entity()?)?;
    session.delete(&pet.entity()?)?;
    session.commit().await?;
    let mut other = engine.session();
    assert_eq!((other.count(select::<Person>()).await?, other.count(select::<Pet>()).await?), (0, 0));
    Ok(())
}

#[tokio::test]
async fn children_are_deleted_before_their_parents_in_one_statement_a_table() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let teams: Vec<_> = ["red", "blue"]
        .map(|name| {
            session.add(Team::draft().name(name).members([
                Member::draft().name(format!("{name} 1")).tasks([Task::draft().name("t")]),
                Member::draft().name(format!("{name} 2")).tasks([Task::draft().name("t")]),
            ]))
        })
        .into();
    session.commit().await?;
    let log = engine.record();
    for team in teams {
        session.delete(&team.entity()?)?;
    }
    session.flush().await?;
    let written: Vec<String> = shape(&log).into_iter().filter(|line| !line.starts_with("SELECT")).collect();
    assert_eq!(written, ["DELETE tasks", "DELETE members", "DELETE teams"], "{log}");
    let rows: Vec<u64> =
        log.statements().iter().filter(|s| s.sql.starts_with("DELETE")).map(|s| s.rows).collect();
    assert_eq!(rows, [4, 4, 2], "{log}");
    Ok(())
}

#[tokio::test]
async fn link_rows_of_one_table_are_one_statement_and_never_rewritten() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let log = engine.record();
    let tags: Vec<_> = ["x", "y", "z"].map(|name| session.add(Tag::draft().name(name))).into();
    let book = session.add(Book::draft().title("b").pages(1).tags(&tags));
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT tags", "INSERT books", "INSERT book_tags"], "{log}");

    log.clear();
    let book = book.entity()?;
    let (x, more) = (tags[0].entity()?, session.add(Tag::draft().name("more")));
    session.remove(&book, Book::TAGS, &x)?;
    session.append(&book, Book::TAGS, &more)?;
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT tags", "DELETE book_tags", "INSERT book_tags"], "{log}");
    assert_eq!(log.statements().iter().map(|s| s.rows).collect::<Vec<_>>(), [1, 1, 1], "{log}");

    // Given from both sides, and given twice, a link is one row.
    log.clear();
    session.append(&book, Book::TAGS, &x)?;
    session.append(&x, Tag::BOOKS, &book)?;
    session.append(&book, Book::TAGS, &x)?;
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT book_tags"], "{log}");

    // What comes and goes between two flushes is never written.
    log.clear();
    session.remove(&book, Book::TAGS, &x)?;
    session.append(&book, Book::TAGS, &x)?;
    session.flush().await?;
    assert_eq!(log.count(), 0, "{log}");
    session.commit().await
}

#[tokio::test]
async fn a_deleted_row_and_a_new_one_with_its_key_are_one_update() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(Account::draft().id(1).owner("ann").balance(5));
    session.commit().await?;
    let old = session.get::<Account>(1).await?.expect("the account is there");
    let log = engine.record();
    session.delete(&old)?;
    let new = session.add(Account::draft().id(1).owner("ben").balance(7));
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE accounts"], "{log}");
    assert_eq!(new.entity()?.owner, "ben");
    let mut other = engine.session();
    let row = other.one(select::<Account>()).await?;
    assert_eq!((row.owner.as_str(), row.balance, row.version), ("ben", 7, 2));

    // Deleted by an earlier flush the row is gone, and the new one is inserted.
    let mut session = engine.session();
    let old = session.get::<Account>(1).await?.expect("the account is there");
    log.clear();
    session.delete(&old)?;
    session.flush().await?;
    session.add(Account::draft().id(1).owner("cid").balance(9));
    session.commit().await?;
    assert_eq!(shape(&log), ["DELETE accounts", "INSERT accounts"], "{log}");
    Ok(())
}
