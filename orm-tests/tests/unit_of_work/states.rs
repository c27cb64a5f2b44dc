use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// Everything that takes an object, each refused with the same kind.
fn refused(
    session: &mut Session,
    book: &Entity<Book>,
    author: &Entity<Author>,
    tag: &Entity<Tag>,
) -> Vec<ErrorKind> {
    [
        session.edit(book, |book| book.pages = 0),
        session.append(book, Book::TAGS, tag),
        session.append(book, Book::TAGS, Tag::draft().name("new")),
        session.assign(book, Book::AUTHOR, author),
        session.remove(book, Book::TAGS, tag),
        session.unassign(book, Book::AUTHOR),
        session.delete(book),
        session.expire(book),
        session.append(author, Author::BOOKS, book),
        session.append(tag, Tag::BOOKS, book),
    ]
    .into_iter()
    .map(|done| done.map_or_else(|error| error.kind(), |()| unreachable!("it was accepted")))
    .collect()
}

async fn objects(
    engine: &Engine,
    session: &mut Session,
) -> Result<(Entity<Book>, Entity<Author>, Entity<Tag>)> {
    let mut setup = engine.session();
    setup.add(
        Book::draft().title("b").pages(1).author(Author::draft().name("ann")).tags([Tag::draft().name("x")]),
    );
    setup.commit().await?;
    let book =
        session.one(select::<Book>().with(Book::AUTHOR.selectin()).with(Book::TAGS.selectin())).await?;
    let (author, tag) = (book.author()?.expect("held"), book.tags()?.first().expect("held"));
    Ok((book.dynamic(), author, tag))
}

#[tokio::test]
async fn an_object_passes_through_its_states() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let pending = session.add(Book::draft().title("b").pages(1));
    assert_eq!(session.new_count(), 1);
    assert_eq!(pending.entity().unwrap_err().kind(), ErrorKind::NotFlushed);
    session.flush().await?;
    let book = pending.entity()?;
    assert_eq!((session.new_count(), session.state(&book)), (0, EntityState::Persistent));
    assert!(session.contains(&book));
    session.commit().await?;
    assert_eq!(session.state(&book), EntityState::Persistent);
    session.delete(&book)?;
    assert_eq!(session.state(&book), EntityState::Deleted, "marked");
    session.flush().await?;
    assert_eq!(session.state(&book), EntityState::Deleted, "written");
    assert!(!session.contains(&book));
    assert!(session.get::<Book>(book.id).await?.is_none());
    session.commit().await?;
    assert_eq!(book.title, "b", "a handle stays readable");
    assert_ne!(session.state(&book), EntityState::Persistent);
    drop(session);
    assert_eq!(engine.session().state(&book), EntityState::Detached);
    Ok(())
}

#[tokio::test]
async fn what_is_marked_for_deletion_is_not_found_any_more() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.delete(&book)?;
    let log = engine.record();
    assert!(session.get::<Book>(1).await?.is_none());
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn what_is_deleted_takes_no_change() -> Result<()> {
    for flushed in [false, true] {
        let engine = engine().await?;
        let mut session = engine.session();
        let (book, author, tag) = objects(&engine, &mut session).await?;
        session.delete(&book)?;
        if flushed {
            session.flush().await?;
        }
        assert_eq!(
            refused(&mut session, &book, &author, &tag),
            [ErrorKind::InvalidState; 10],
            "flushed: {flushed}"
        );
        assert_eq!(session.refresh(&book).await.unwrap_err().kind(), ErrorKind::InvalidState);
        session.commit().await?;
        let mut other = engine.session();
        assert_eq!((other.count(select::<Book>()).await?, other.count(select::<Tag>()).await?), (0, 1));
    }
    Ok(())
}

#[tokio::test]
async fn another_sessions_object_is_refused() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let (book, author, tag) = objects(&engine, &mut session).await?;
    let mut other = engine.session();
    let mine = other.get::<Book>(book.id).await?.expect("the book is there");
    assert_eq!(refused(&mut other, &book, &author, &tag), [ErrorKind::InvalidState; 10]);
    assert_eq!(other.refresh(&book).await.unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(other.expunge(&book).unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(
        other.append(&mine, Book::TAGS, &tag).unwrap_err().kind(),
        ErrorKind::InvalidState,
        "as a target too"
    );
    assert_eq!(other.assign(&mine, Book::AUTHOR, &author).unwrap_err().kind(), ErrorKind::InvalidState);
    assert!(!other.is_modified(&mine) && !other.is_modified(&book));
    let log = engine.record();
    other.commit().await?;
    assert_eq!(log.count(), 0, "{log}");

    // The flush refuses a draft with one, and writes nothing of it.
    other.add(Book::draft().title("c").pages(1).author(&author));
    assert_eq!(other.flush().await.unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(other.new_count(), 0);
    other.rollback().await?;
    assert_eq!(other.count(select::<Book>()).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_pending_of_another_session_is_refused() -> Result<()> {
    let engine = library().await?;
    let (mut one, mut two) = (engine.session(), engine.session());
    let book = two.get::<Book>(1).await?.expect("the book is there");
    let pending = one.add(Author::draft().name("cid"));
    let error = two.assign(&book, Book::AUTHOR, &pending).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    assert_eq!(book.author_id, Some(1));
    one.rollback().await?;
    let error = one.flush().await.and_then(|()| pending.entity().map(drop)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "and one that was rolled back is gone");
    let mine = one.get::<Book>(1).await?.expect("the book is there");
    assert_eq!(one.assign(&mine, Book::AUTHOR, &pending).unwrap_err().kind(), ErrorKind::InvalidState);
    Ok(())
}

#[tokio::test]
async fn two_objects_of_one_identity_cannot_be() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(Account::draft().id(1).owner("ann").balance(1));
    session.add(Account::draft().id(1).owner("ben").balance(1));
    let error = session.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(error.to_string().contains("Account.id"), "{error}");
    session.rollback().await?;
    let ann = session.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    session.commit().await?;
    session.add(Account::draft().id(1).owner("ben").balance(1));
    assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
    session.rollback().await?;
    let found = session.get::<Account>(1).await?.expect("ann is there");
    assert!(Entity::same(&found, &ann));
    assert_eq!(found.owner, "ann");
    Ok(())
}

#[tokio::test]
async fn an_expunged_object_is_detached_and_readable() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let (book, author, tag) = objects(&engine, &mut session).await?;
    session.edit(&book, |book| book.pages = 9)?;
    session.expunge(&book)?;
    assert_eq!(session.state(&book), EntityState::Detached);
    assert_eq!(book.pages, 1, "what was unsaved is dropped");
    assert_eq!(refused(&mut session, &book, &author, &tag), [ErrorKind::InvalidState; 10]);
    assert_eq!(session.expunge(&book).unwrap_err().kind(), ErrorKind::InvalidState);
    let log = engine.record();
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    let again = session.get::<Book>(book.id).await?.expect("the row is there");
    assert!(!Entity::same(&again, &book), "the session has a new object of the row");
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_rollback_does_not_bring_an_expunged_object_back() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(Account::draft().id(1).owner("ann").balance(1));
    session.add(Account::draft().id(2).owner("ben").balance(1));
    session.commit().await?;
    let ann = session.get::<Account>(1).await?.expect("the account is there");
    let ben = session.get::<Account>(2).await?.expect("the account is there");
    session.delete(&ann)?;
    session.edit(&ben, |account| account.id = 3)?;
    session.flush().await?;
    session.expunge(&ann)?;
    session.expunge(&ben)?;
    session.rollback().await?;
    for (id, old) in [(1, ann), (2, ben)] {
        let log = engine.record();
        let found = session.get::<Account>(id).await?.expect("the row is there again");
        assert_eq!(log.count(), 1, "read anew: {log}");
        assert!(!Entity::same(&found, &old));
        assert_eq!(
            (session.state(&found), session.state(&old)),
            (EntityState::Persistent, EntityState::Detached)
        );
    }
    Ok(())
}

#[tokio::test]
async fn expunge_all_leaves_nothing() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 9)?;
    let pending = session.add(Book::draft().title("new").pages(1));
    session.expunge_all();
    assert_eq!((session.state(&book), session.new_count()), (EntityState::Detached, 0));
    assert_eq!(pending.entity().unwrap_err().kind(), ErrorKind::InvalidState);
    let log = engine.record();
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    assert!(!Entity::same(&session.get::<Book>(1).await?.expect("the row is there"), &book));
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn expire_forgets_changes_and_relationships() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
    session.edit(&ann, |author| author.name = "x".into())?;
    session.expire(&ann)?;
    assert_eq!(ann.name, "ann", "until it is read again it shows what was read");
    assert_eq!(ann.books().unwrap_err().kind(), ErrorKind::NotLoaded);
    assert!(!session.is_modified(&ann));

    let mut other = engine.session();
    other.execute(update::<Author>().set(Author::NAME, "anna").filter(Author::ID.eq(1))).await?;
    other.commit().await?;
    let log = engine.record();
    let found = session.get::<Author>(1).await?.expect("ann is there");
    assert_eq!((log.count(), found.name.as_str()), (1, "anna"), "{log}");
    assert!(Entity::same(&found, &ann));
    session.get::<Author>(1).await?;
    assert_eq!(log.count(), 1, "read once: {log}");
    Ok(())
}

#[tokio::test]
async fn expired_objects_are_filled_by_any_query() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    session.expire_all();
    let mut other = engine.session();
    other.execute(update::<Book>().set(Book::PAGES, 7)).await?;
    other.commit().await?;
    let log = engine.record();
    session.all(select::<Book>().filter(Book::ID.le(2))).await?;
    assert_eq!(books.iter().map(|book| book.pages).collect::<Vec<_>>(), [7, 7, 100, 100]);
    assert_eq!(log.count(), 1, "{log}");
    session.get::<Book>(1).await?;
    assert_eq!(log.count(), 1, "nothing of it is expired any more: {log}");
    session.get::<Book>(3).await?;
    assert_eq!((log.count(), books[2].pages), (2, 7), "{log}");
    Ok(())
}

#[tokio::test]
async fn an_expired_object_whose_row_is_gone() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    session.expire_all();
    let mut other = engine.session();
    other.execute(delete::<Book>().filter(Book::ID.le(2))).await?;
    other.commit().await?;
    let log = engine.record();
    assert!(session.get::<Book>(1).await?.is_none());
    assert_eq!(log.count(), 1, "{log}");
    assert_ne!(session.state(&books[0]), EntityState::Persistent, "it is evicted");
    let error = session.refresh(&books[1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRows);
    assert!(error.to_string().contains("Book"), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_edit_of_an_expired_object_is_not_lost() -> Result<()> {
    for autoflush in [true, false] {
        let engine = library().await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(autoflush));
        let book = session.get::<Book>(1).await?.expect("the book is there");
        session.expire(&book)?;
        session.edit(&book, |book| book.pages = 9)?;
        session.all(select::<Book>()).await?;
        assert_eq!(book.pages, 9, "autoflush: {autoflush}");
        session.commit().await?;
        let mut other = engine.session();
        let row = other.get::<Book>(1).await?.expect("the book is there");
        assert_eq!((row.pages, row.title.as_str()), (9, "a1"), "autoflush: {autoflush}");
    }
    Ok(())
}

#[tokio::test]
async fn a_delete_outlives_expire_all() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    session.delete(&books[0])?;
    session.add(Book::draft().title("new").pages(1));
    session.edit(&books[1], |book| book.pages = 9)?;
    session.expire_all();
    assert_eq!((session.state(&books[0]), session.new_count()), (EntityState::Deleted, 1));
    session.commit().await?;
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.iter().map(|row| row.2.as_str()).collect::<Vec<_>>(), ["a2", "b1", "b2", "new"]);
    assert_eq!(books[1].pages, 100);
    Ok(())
}

#[tokio::test]
async fn expiring_an_object_takes_its_unsaved_links_back_on_both_sides() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let (book, ann, tag) = objects(&engine, &mut session).await?;
    let ben = session.insert(Author::draft().name("ben").books([] as [Entity<Book>; 0])).await?;
    let other = session.insert(Tag::draft().name("y").books([] as [Entity<Book>; 0])).await?;
    session.commit().await?;
    session.load(&ann, Author::BOOKS).await?;
    session.load(&tag, Tag::BOOKS).await?;
    for all in [false, true] {
        session.assign(&book, Book::AUTHOR, &ben)?;
        session.append(&other, Tag::BOOKS, &book)?;
        session.remove(&tag, Tag::BOOKS, &book)?;
        session.assign(&book, Book::AUTHOR, Author::draft().name("cid"))?;
        match all {
            false => session.expire(&book)?,
            true => session.expire_all(),
        }
        assert_eq!(book.author_id, Some(ann.id), "all: {all}");
        let mut held = Vec::new();
        for author in [&ann, &ben] {
            held.push(titles(&session.load(author, Author::BOOKS).await?));
        }
        for tag in [&tag, &other] {
            held.push(titles(&session.load(tag, Tag::BOOKS).await?));
        }
        assert_eq!(held, [vec!["b".to_owned()], vec![], vec!["b".to_owned()], vec![]], "all: {all}");
        session.commit().await?;
        assert_eq!(session.load(&book, Book::AUTHOR).await?.map(|author| author.id), Some(ann.id));
        let mut fresh = engine.session();
        let row = fresh.one(select::<Book>().with(Book::TAGS.selectin())).await?;
        assert_eq!((row.author_id, row.get(Book::TAGS).len()), (Some(ann.id), 1), "all: {all}");
    }
    Ok(())
}

#[tokio::test]
async fn refresh_reads_one_row_and_drops_its_changes() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    let mut other = engine.session();
    other.execute(update::<Book>().set(Book::PAGES, 7)).await?;
    other.commit().await?;
    session.edit(&books[0], |book| book.title = "mine".into())?;
    let log = engine.record();
    session.refresh(&books[0]).await?;
    assert_eq!(shape(&log), ["SELECT books"], "{log}");
    assert_eq!((books[0].title.as_str(), books[0].pages, books[1].pages), ("a1", 7, 100));
    session.commit().await?;
    assert_eq!(log.count(), 1, "nothing is left to write: {log}");
    Ok(())
}

#[tokio::test]
async fn expire_on_commit_reads_again() -> Result<()> {
    let engine = library().await?;
    for expire in [false, true] {
        let mut session = engine.session_with(SessionOptions::new().expire_on_commit(expire));
        let ann =
            session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        session.commit().await?;
        let mut other = engine.session();
        let name = format!("name {expire}");
        other.execute(update::<Author>().set(Author::NAME, name.clone()).filter(Author::ID.eq(1))).await?;
        other.commit().await?;
        let log = engine.record();
        let found = session.get::<Author>(1).await?.expect("ann is there");
        assert_eq!(log.count(), usize::from(expire), "{log}");
        assert_eq!(found.name == name, expire);
        assert_eq!(ann.books().is_err(), expire);
        assert_eq!(ann.get(Author::BOOKS).len(), 2, "what the query proved stays");
    }
    Ok(())
}

#[tokio::test]
async fn populate_existing_overwrites_what_is_unsaved() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let book = session.get::<Book>(1).await?.expect("the book is there");
    session.edit(&book, |book| book.pages = 9)?;
    session.all(select::<Book>()).await?;
    assert_eq!(book.pages, 9, "a query does not overwrite what the session holds");
    session.all(select::<Book>().populate_existing()).await?;
    assert_eq!((book.pages, session.is_modified(&book)), (100, false));
    let log = engine.record();
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn merge_copies_a_detached_object_onto_the_sessions_own() -> Result<()> {
    let engine = library().await?;
    let mut one = engine.session();
    let theirs = one.get::<Book>(1).await?.expect("the book is there");
    one.edit(&theirs, |book| book.pages = 9)?;
    drop(one);

    let mut session = engine.session();
    let log = engine.record();
    let mine = session.merge(&theirs).await?;
    assert_eq!(shape(&log), ["SELECT books"], "{log}");
    assert_eq!(
        (mine.pages, session.is_modified(&mine), session.state(&mine)),
        (9, true, EntityState::Persistent)
    );
    assert!(!Entity::same(&mine, &theirs));
    log.clear();
    let again = session.merge(&theirs).await?;
    assert!(Entity::same(&again, &mine));
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE books"], "{log}");
    assert_eq!(columns_set(&log.statements()[0].sql), ["pages"], "{log}");
    log.clear();
    session.merge(&theirs).await?;
    session.commit().await?;
    assert_eq!(log.count(), 0, "equal is no change: {log}");
    Ok(())
}

#[tokio::test]
async fn merge_without_loading_trusts_the_object() -> Result<()> {
    let engine = library().await?;
    let mut one = engine.session();
    let theirs = one.get::<Book>(1).await?.expect("the book is there");
    let mut session = engine.session();
    let log = engine.record();
    let mine = session.merge_without_loading(&theirs)?;
    assert_eq!((mine.title.as_str(), session.is_modified(&mine)), (theirs.title.as_str(), false));
    assert!(Entity::same(&session.get::<Book>(1).await?.expect("it is held"), &mine));
    assert!(Entity::same(&session.merge_without_loading(&theirs)?, &mine));
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");

    session.edit(&mine, |book| book.pages = 9)?;
    assert_eq!(session.merge_without_loading(&theirs).unwrap_err().kind(), ErrorKind::InvalidState);
    session.rollback().await?;
    session.delete(&mine)?;
    assert_eq!(session.merge_without_loading(&theirs).unwrap_err().kind(), ErrorKind::InvalidState);
    Ok(())
}

#[tokio::test]
async fn a_merged_draft_changes_the_existing_row_or_is_added() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let log = engine.record();
    let Merged::Found(book) = session.merge_draft(Book::draft().id(1).title("merged").pages(9)).await? else {
        panic!("the row is there")
    };
    assert_eq!((book.title.as_str(), book.pages, session.is_modified(&book)), ("merged", 9, true));
    assert_eq!(shape(&log), ["SELECT books"], "{log}");
    session.commit().await?;
    assert_eq!(shape(&log), ["SELECT books", "UPDATE books"], "{log}");

    log.clear();
    assert!(matches!(
        session.merge_draft(Book::draft().id(99).title("new").pages(1)).await?,
        Merged::Added(_)
    ));
    assert_eq!(shape(&log), ["SELECT books"], "{log}");
    log.clear();
    assert!(matches!(session.merge_draft(Book::draft().title("keyless").pages(1)).await?, Merged::Added(_)));
    assert_eq!(log.count(), 0, "{log}");
    session.commit().await?;
    Ok(())
}

#[tokio::test]
async fn merge_onto_an_expired_object_reads_it_first() -> Result<()> {
    let engine = library().await?;
    let mut one = engine.session();
    let theirs = one.get::<Book>(1).await?.expect("the book is there");
    let mut session = engine.session();
    let mine = session.get::<Book>(1).await?.expect("the book is there");
    session.expire(&mine)?;
    let mut third = engine.session();
    third.execute(update::<Book>().set(Book::PAGES, 7)).await?;
    third.commit().await?;
    session.merge(&theirs).await?;
    assert_eq!((mine.pages, session.is_modified(&mine)), (100, true), "what was merged counts");
    session.commit().await?;
    let mut other = engine.session();
    assert_eq!(other.get::<Book>(1).await?.expect("the book is there").pages, 100);
    Ok(())
}

#[tokio::test]
async fn merge_refuses_what_is_gone_or_stale() -> Result<()> {
    let engine = library().await?;
    let mut one = engine.session();
    let book = one.get::<Book>(1).await?.expect("the book is there");
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    let mine = session.get::<Book>(1).await?.expect("the book is there");
    session.delete(&mine)?;
    assert_eq!(
        session.merge(&book).await.unwrap_err().kind(),
        ErrorKind::InvalidState,
        "marked for deletion"
    );
    session.commit().await?;
    assert_eq!(session.merge(&book).await.unwrap_err().kind(), ErrorKind::NoRows);

    let account = one.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
    one.commit().await?;
    let mut session = engine.session();
    session.execute(update::<Account>().set(Account::VERSION, 5)).await?;
    session.commit().await?;
    let error = session.merge(&account).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert!(
        error.to_string().contains('1') && error.to_string().contains('5'),
        "names both versions: {error}"
    );
    Ok(())
}

on_every_backend! {
    async fn loaded_objects_follow_the_cascade(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        let member = |name: &str| Member::draft().name(name).tasks([Task::draft().name(name)]);
        setup.add(Team::draft().name("red").members([member("m1"), member("m2")]).badge(Badge::draft().name("b")));
        setup.commit().await?;
        let query = || {
            let members = Team::MEMBERS.selectin().with(Member::TASKS.selectin());
            select::<Team>().with(members).with(Team::BADGE.selectin())
        };

        let mut session = engine.session();
        let team = session.one(query()).await?;
        let members = team.members()?.to_vec();
        let task = members[0].tasks()?.first().expect("it has one");
        session.edit(&task, |task| task.name = "lost".into())?;
        session.expire(&team)?;
        assert_eq!((task.name.as_str(), session.is_modified(&task)), ("m1", false));
        for error in [team.members().unwrap_err(), members[0].tasks().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::NotLoaded);
        }
        let log = engine.record();
        session.get::<Task>(task.id).await?;
        assert_eq!(log.count(), 1, "it is expired as well: {log}");

        let team = session.one(query()).await?;
        session.append(&team, Team::MEMBERS, Member::draft().name("new"))?;
        session.expunge(&team)?;
        assert_eq!(
            [session.state(&team), session.state(&members[1])].into_iter().chain([session.state(&task)]).collect::<Vec<_>>(),
            [EntityState::Detached; 3]
        );
        assert_eq!((session.new_count(), team.members()?.len()), (0, 2), "and stays readable");
        log.clear();
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");

        // Without `expunge` in its cascade a relationship keeps what it leads to.
        let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        let book = ann.books()?.first().expect("ann wrote two");
        session.expire(&ann)?;
        assert!(session.get::<Book>(book.id).await?.is_some_and(|found| Entity::same(&found, &book)));
        session.expunge(&ann)?;
        assert_eq!(session.state(&book), EntityState::Persistent);
        Ok(())
    }

    async fn a_pending_object_is_expunged(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        let team = session.add(Team::draft().name("red").members([Member::draft().name("m")]));
        let tag = session.add(Tag::draft().name("t"));
        session.append(&book, Book::TAGS, &tag)?;
        session.expunge(&team)?;
        session.expunge(&tag)?;
        assert_eq!(session.new_count(), 0);
        assert_eq!(tag.entity().unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!(session.expunge(&tag).unwrap_err().kind(), ErrorKind::InvalidState);
        let log = engine.record();
        session.commit().await?;
        assert_eq!(log.count(), 0, "{log}");

        let tag = session.add(Tag::draft().name("t"));
        assert_eq!(engine.session().expunge(&tag).unwrap_err().kind(), ErrorKind::InvalidState);
        session.flush().await?;
        session.expunge(&tag)?;
        assert_eq!(session.state(&tag.entity()?), EntityState::Detached);
        session.rollback().await?;
        assert_eq!(engine.session().count(select::<Tag>()).await?, 0);
        Ok(())
    }
}

on_every_backend! {
    async fn expunge_all_detaches_what_was_flushed_as_it_is(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        session.edit(&book, |book| book.pages = 9)?;
        let new = session.add(Book::draft().title("new").pages(1));
        session.flush().await?;
        let made = new.entity()?;
        let waits = session.add(Book::draft().title("waits").pages(1));
        session.edit(&book, |book| book.pages = 10)?;
        session.expunge_all();
        assert_eq!((book.pages, made.title.as_str()), (10, "new"), "they stay as they are");
        assert_eq!((session.state(&book), session.state(&made)), (EntityState::Detached, EntityState::Detached));
        assert!(Entity::same(&new.entity()?, &made), "it has a row, so nobody has to add it again");
        assert_eq!(waits.entity().unwrap_err().kind(), ErrorKind::InvalidState);
        session.commit().await?;
        assert_eq!((book.pages, made.title.as_str()), (10, "new"));
        let mut other = engine.session();
        let kept = other.get::<Book>(1).await?.expect("the book is there");
        assert_eq!((kept.pages, other.count(select::<Book>()).await?), (9, 5), "what was flushed is kept");
        Ok(())
    }

    async fn what_is_read_after_expunge_all_goes_with_a_rollback(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let new = session.insert(Book::draft().title("new").pages(1)).await?;
        let kept: Result<()> = session
            .nested(async |session| {
                session.expunge_all();
                session.get::<Book>(new.id).await?.expect("its row is there");
                session.one(select::<Book>().filter(Book::ID.eq(-1))).await.map(drop)
            })
            .await;
        assert_eq!(kept.unwrap_err().kind(), ErrorKind::NoRows);
        session.get::<Book>(new.id).await?.expect("its row is there");
        session.rollback().await?;
        assert!(session.get::<Book>(new.id).await?.is_none());
        Ok(())
    }

    async fn the_child_of_an_expunged_pending_parent_stays_with_its_own(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        let book = ann.books()?.first().expect("she wrote some");
        let cid = session.add(Author::draft().name("cid"));
        session.assign(&book, Book::AUTHOR, &cid)?;
        assert_eq!(titles(&ann.books()?), ["a2"]);
        session.expunge(&cid)?;
        assert_eq!(titles(&ann.books()?).len(), 2);
        let log = engine.record();
        session.commit().await?;
        assert_eq!((log.count(), book.author_id), (0, Some(1)), "{log}");
        Ok(())
    }
}
