use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// Both authors with their books loaded, in one session.
async fn loaded(session: &mut Session) -> Result<[Entity<Author>; 2]> {
    let authors = session.all(select::<Author>().order_by(Author::ID).with(Author::BOOKS.selectin())).await?;
    Ok([authors[0].dynamic(), authors[1].dynamic()])
}

#[tokio::test]
async fn append_takes_drafts_pendings_and_entities() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let pending = session.add(Book::draft().title("pending").pages(1));
    let entity = ben.books()?.first().expect("ben has books");
    let log = engine.record();
    session.append(&ann, Author::BOOKS, Book::draft().title("draft").pages(1))?;
    session.append(&ann, Author::BOOKS, &pending)?;
    session.append(&ann, Author::BOOKS, &entity)?;
    assert_eq!(log.count(), 0, "nothing is written or read before the flush: {log}");
    assert_eq!(titles(&ann.books()?), ["a1", "a2", "b1"], "the entity is there at once");
    assert_eq!(titles(&ben.books()?), ["b2"], "and not where it was");
    assert!(Entity::same(&entity.author()?.expect("held"), &ann));

    session.flush().await?;
    assert_eq!(shape(&log), ["UPDATE books", "INSERT books"], "{log}");
    let mut shown = titles(&ann.books()?);
    shown.sort();
    assert_eq!(shown, ["a1", "a2", "b1", "draft", "pending"]);
    assert!(Entity::same(&pending.entity()?.author()?.expect("held"), &ann));
    session.commit().await?;
    let rows: Vec<_> =
        book_rows(&engine).await?.into_iter().map(|(_, author, title)| (author, title)).collect();
    let expected = [("a1", 1), ("a2", 1), ("b1", 1), ("b2", 2), ("pending", 1), ("draft", 1)];
    for (title, author) in expected {
        assert!(rows.contains(&(Some(author), title.to_owned())), "{title}: {rows:?}");
    }
    assert_eq!(rows.len(), 6);
    Ok(())
}

#[tokio::test]
async fn an_unloaded_collection_takes_members_without_being_loaded() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    let moved = session.get::<Book>(3).await?.expect("the book is there");
    let log = engine.record();
    session.append(&ann, Author::BOOKS, Book::draft().title("new").pages(1))?;
    session.append(&ann, Author::BOOKS, &moved)?;
    session.flush().await?;
    assert_eq!(shape(&log), ["UPDATE books", "INSERT books"], "no SELECT: {log}");
    assert_eq!(ann.books().unwrap_err().kind(), ErrorKind::NotLoaded);
    log.clear();
    assert_eq!(titles(&session.load(&ann, Author::BOOKS).await?), ["a1", "a2", "b1", "new"]);
    assert_eq!(log.count(), 1, "{log}");
    Ok(())
}

#[tokio::test]
async fn assign_and_unassign_keep_both_sides_in_step() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let book = ann.books()?.first().expect("ann has books");
    let log = engine.record();
    session.assign(&book, Book::AUTHOR, &ben)?;
    assert_eq!(book.author_id, Some(2), "the key is set at once");
    assert_eq!(
        (titles(&ann.books()?), titles(&ben.books()?)),
        (vec!["a2".into()], vec!["b1".into(), "b2".into(), "a1".into()])
    );

    session.unassign(&book, Book::AUTHOR)?;
    assert_eq!(book.author_id, None);
    assert!(book.author()?.is_none(), "nobody, which is not the same as not loaded");
    assert_eq!(titles(&ben.books()?), ["b1", "b2"]);

    session.flush().await?;
    assert_eq!(shape(&log), ["UPDATE books"], "{log}");
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?[0], (1, None, "a1".into()));
    Ok(())
}

#[tokio::test]
async fn assign_takes_drafts_and_pendings() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, _] = loaded(&mut session).await?;
    let books = ann.books()?.to_vec();
    let pending = session.add(Author::draft().name("cid"));
    let log = engine.record();
    session.assign(&books[0], Book::AUTHOR, &pending)?;
    session.assign(&books[1], Book::AUTHOR, Author::draft().name("dan"))?;
    assert!(ann.books()?.is_empty(), "they left their old author at once");
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT authors", "UPDATE books"], "{log}");
    let names: Vec<_> =
        books.iter().map(|book| book.author().map(|a| a.map(|a| a.name.clone()))).collect::<Result<_>>()?;
    assert_eq!(names, [Some("cid".to_owned()), Some("dan".to_owned())]);
    session.commit().await?;
    let mut other = engine.session();
    let rows = other.all(select::<Book>().order_by(Book::ID).with(Book::AUTHOR.selectin())).await?;
    let names: Vec<_> =
        rows.iter().map(|book| book.get(Book::AUTHOR).map(|author| author.name.clone())).collect();
    assert_eq!(names, ["cid", "dan", "ben", "ben"].map(|name| Some(name.to_owned())));
    Ok(())
}

#[tokio::test]
async fn a_later_assignment_wins_over_a_pending_one() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let book = ann.books()?.first().expect("ann has books");
    session.assign(&book, Book::AUTHOR, Author::draft().name("cid"))?;
    session.assign(&book, Book::AUTHOR, &ben)?;
    session.flush().await?;
    assert!(Entity::same(&book.author()?.expect("held"), &ben));
    assert_eq!(book.author_id, Some(2), "what was assigned last");
    session.assign(&book, Book::AUTHOR, Author::draft().name("dan"))?;
    session.unassign(&book, Book::AUTHOR)?;
    session.flush().await?;
    assert!(book.author()?.is_none());
    assert_eq!(book.author_id, None);
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?[0], (1, None, "a1".into()));
    Ok(())
}

#[tokio::test]
async fn a_child_moves_between_parents_in_every_order() -> Result<()> {
    // Which calls move the book, and whether a flush comes between them.
    for steps in [
        "append",
        "assign",
        "remove append",
        "append remove-old",
        "remove assign",
        "unassign append",
        "unassign assign",
    ] {
        for flush_between in [false, true] {
            let case = format!("{steps}, flush between: {flush_between}");
            let engine = library().await?;
            let mut session = engine.session();
            let [ann, ben] = loaded(&mut session).await?;
            let book = ann.books()?.first().expect("ann has books");
            for step in steps.split(' ') {
                match step {
                    "append" => session.append(&ben, Author::BOOKS, &book)?,
                    "assign" => session.assign(&book, Book::AUTHOR, &ben)?,
                    "remove" => session.remove(&ann, Author::BOOKS, &book)?,
                    "unassign" => session.unassign(&book, Book::AUTHOR)?,
                    "remove-old" => {
                        let error = session.remove(&ann, Author::BOOKS, &book).expect_err(&case);
                        assert_eq!(error.kind(), ErrorKind::InvalidState, "{case}: it left already");
                    }
                    other => unreachable!("{other}"),
                }
                if flush_between {
                    session.flush().await?;
                }
            }
            assert_eq!(titles(&ann.books()?), ["a2"], "{case}");
            assert_eq!(titles(&ben.books()?), ["b1", "b2", "a1"], "{case}");
            assert!(Entity::same(&book.author()?.expect("held"), &ben), "{case}");
            let log = engine.record();
            session.commit().await?;
            assert_eq!(log.count(), usize::from(!flush_between), "{case}: {log}");
            assert_eq!(book_rows(&engine).await?[0], (1, Some(2), "a1".into()), "{case}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_child_that_comes_back_is_not_a_change() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let book = ann.books()?.first().expect("ann has books");
    let log = engine.record();
    session.append(&ben, Author::BOOKS, &book)?;
    session.append(&ann, Author::BOOKS, &book)?;
    assert_eq!(titles(&ben.books()?), ["b1", "b2"]);
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn remove_makes_the_key_null() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, _] = loaded(&mut session).await?;
    let books = ann.books()?.to_vec();
    let log = engine.record();
    for book in &books {
        session.remove(&ann, Author::BOOKS, book)?;
    }
    assert!(ann.books()?.is_empty());
    assert!(books[0].author()?.is_none());
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE books"], "both in one: {log}");
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [None, None, Some(2), Some(2)]);
    Ok(())
}

#[tokio::test]
async fn only_members_can_be_removed() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let book = ben.books()?.first().expect("ben has books");
    let error = session.remove(&ann, Author::BOOKS, &book).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState);
    assert!(error.to_string().contains("Author.books"), "{error}");
    assert_eq!((titles(&ben.books()?), book.author_id), (vec!["b1".into(), "b2".into()], Some(2)));
    session.commit().await?;
    Ok(())
}

#[tokio::test]
async fn replace_appends_what_is_missing_and_removes_the_rest() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let (a1, b1) = (ann.books()?.first().expect("a1"), ben.books()?.first().expect("b1"));
    let log = engine.record();
    session.replace(&ann, Author::BOOKS, [&a1, &b1])?;
    assert_eq!(
        (titles(&ann.books()?), titles(&ben.books()?)),
        (vec!["a1".into(), "b1".into()], vec!["b2".into()])
    );
    session.commit().await?;
    assert_eq!(shape(&log), ["UPDATE books"], "a1 stays as it is: {log}");
    let rows = book_rows(&engine).await?;
    assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [Some(1), None, Some(1), Some(2)]);

    let nobody: [&Entity<Book>; 0] = [];
    session.replace(&ann, Author::BOOKS, nobody)?;
    session.commit().await?;
    assert!(ann.books()?.is_empty());
    assert_eq!(book_rows(&engine).await?.iter().filter(|row| row.1 == Some(1)).count(), 0);

    session.replace(&ben, Author::BOOKS, [Book::draft().title("new").pages(1)])?;
    session.commit().await?;
    assert_eq!(titles(&ben.books()?), ["new"]);
    Ok(())
}

#[tokio::test]
async fn replace_needs_a_loaded_collection() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    let error = session.replace(&ann, Author::BOOKS, [Book::draft().title("x").pages(1)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    assert!(error.to_string().contains("Author::BOOKS"), "says what to load: {error}");
    session.commit().await?;
    assert_eq!(book_rows(&engine).await?.len(), 4, "and nothing was added");
    Ok(())
}

#[tokio::test]
async fn many_to_many_is_in_step_on_both_sides() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let book =
        session.add(Book::draft().title("b").pages(1).tags([Tag::draft().name("x"), Tag::draft().name("y")]));
    session.flush().await?;
    let book = book.entity()?;
    let tags = book.tags()?.to_vec();
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    session.load_all(tags.clone(), Tag::BOOKS.selectin()).await?;
    assert_eq!(titles(&tags[0].books()?), ["b"]);

    session.remove(&book, Book::TAGS, &tags[0])?;
    assert!(tags[0].books()?.is_empty());
    session.append(&tags[0], Tag::BOOKS, Book::draft().title("c").pages(1))?;
    session.remove(&tags[1], Tag::BOOKS, &book)?;
    assert!(book.tags()?.is_empty());
    session.commit().await?;
    assert_eq!(titles(&tags[0].books()?), ["c"]);

    let mut other = engine.session();
    let books = other.all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
    let links: Vec<Vec<String>> =
        books.iter().map(|book| book.get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect()).collect();
    assert_eq!(links, [vec![], vec!["x".to_owned()]]);
    Ok(())
}

#[tokio::test]
async fn a_draft_shows_what_it_was_given() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let profile = session.add(Profile::draft().text("hi"));
    let author = session.add(Author::draft().name("ann").profile(&profile).books([] as [Entity<Book>; 0]));
    session.flush().await?;
    let (author, profile) = (author.entity()?, profile.entity()?);
    let log = engine.record();
    assert!(author.books()?.is_empty(), "given as empty, so it is loaded");
    assert!(Entity::same(&author.profile()?.expect("held"), &profile));
    assert!(Entity::same(&profile.author()?.expect("held"), &author));
    assert_eq!(profile.author_id, Some(author.id));
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_has_one_displaces_what_it_held() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let author = session.add(Author::draft().name("ann").profile(Profile::draft().text("old")));
    session.commit().await?;
    let author = author.entity()?;
    let old = author.profile()?.expect("held");
    session.assign(&author, Author::PROFILE, Profile::draft().text("new"))?;
    session.commit().await?;
    assert_eq!(author.profile()?.map(|profile| profile.text.clone()).as_deref(), Some("new"));
    assert_eq!(old.author_id, None);
    let mut other = engine.session();
    let rows = other.all(select::<Profile>().order_by(Profile::ID)).await?;
    assert_eq!(rows.iter().map(|row| row.author_id).collect::<Vec<_>>(), [None, Some(author.id)]);

    // The session does not know the old one, so it is looked for; otherwise there would be two.
    let mut session = engine.session();
    let author = session.get::<Author>(author.id).await?.expect("the author is there");
    session.assign(&author, Author::PROFILE, Profile::draft().text("third"))?;
    session.commit().await?;
    let mut other = engine.session();
    let found = other.one(select::<Author>().with(Author::PROFILE.selectin())).await?;
    assert_eq!(found.get(Author::PROFILE).map(|profile| profile.text.clone()).as_deref(), Some("third"));

    session.unassign(&author, Author::PROFILE)?;
    assert!(author.profile()?.is_none());
    session.commit().await?;
    let mut other = engine.session();
    assert_eq!(other.count(select::<Profile>().filter(Profile::AUTHOR_ID.is_not_null())).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_has_one_under_delete_orphan_deletes_what_it_held() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let team = session.add(Team::draft().name("red").badge(Badge::draft().name("old")));
    session.commit().await?;
    let team = team.entity()?;
    session.assign(&team, Team::BADGE, Badge::draft().name("new"))?;
    session.commit().await?;
    let mut other = engine.session();
    let names: Vec<String> =
        other.all(select::<Badge>()).await?.iter().map(|badge| badge.name.clone()).collect();
    assert_eq!(names, ["new"]);
    session.unassign(&team, Team::BADGE)?;
    session.commit().await?;
    assert_eq!(engine.session().count(select::<Badge>()).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_pending_child_may_change_its_parent_before_it_is_written() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let [ann, ben] = loaded(&mut session).await?;
    let pending = session.add(Book::draft().title("new").pages(1));
    session.append(&ann, Author::BOOKS, &pending)?;
    session.append(&ben, Author::BOOKS, &pending)?;
    let log = engine.record();
    session.flush().await?;
    assert_eq!(shape(&log), ["INSERT books"], "{log}");
    let book = pending.entity()?;
    assert_eq!((titles(&ann.books()?), book.author_id), (vec!["a1".into(), "a2".into()], Some(2)));
    assert_eq!(titles(&ben.books()?), ["b1", "b2", "new"]);
    assert!(Entity::same(&book.author()?.expect("held"), &ben));

    let pending = session.add(Book::draft().title("lost").pages(1));
    session.append(&ann, Author::BOOKS, &pending)?;
    session.remove(&ann, Author::BOOKS, &pending)?;
    session.flush().await?;
    assert_eq!(pending.entity()?.author_id, None);
    assert_eq!(titles(&ann.books()?), ["a1", "a2"]);
    session.commit().await
}

#[tokio::test]
async fn required_links_cannot_be_ended_and_nothing_changes() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    let member = session.add(
        Member::draft().name("mia").team(Team::draft().name("red")).tasks([Task::draft().name("sweep")]),
    );
    session.commit().await?;
    let member = member.entity()?;
    let task = member.tasks()?.first().expect("held");
    for error in [
        session.unassign(&member, Member::TEAM).unwrap_err(),
        session.remove(&member, Member::TASKS, &task).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(
            error.to_string().contains("Member.te") || error.to_string().contains("Member.tasks"),
            "{error}"
        );
    }
    assert_eq!(member.team()?.name, "red");
    assert_eq!(member.tasks()?.len(), 1);
    let log = engine.record();
    session.commit().await?;
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}

on_every_backend! {
    async fn replace_takes_pending_members_out(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        let ann = session.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        let book = session.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        let kept = session.add(Book::draft().title("kept").pages(1).author(&ann));
        session.append(&ann, Author::BOOKS, Book::draft().title("replaced").pages(1))?;
        let tag = session.add(Tag::draft().name("kept"));
        session.append(&book, Book::TAGS, &tag)?;
        session.append(&book, Book::TAGS, Tag::draft().name("replaced"))?;
        session.replace(&ann, Author::BOOKS, [&kept])?;
        session.replace(&book, Book::TAGS, [&tag])?;
        session.commit().await?;
        let mut other = engine.session();
        let row = other.one(select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())).await?;
        assert_eq!(titles(&row.books()?), ["kept"]);
        assert_eq!(titles(&ann.books()?), ["kept"]);
        let row = other.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        assert_eq!(row.get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect::<Vec<_>>(), ["kept"]);
        assert_eq!(other.count(select::<Tag>()).await?, 2, "what leaves a collection without delete-orphan is still added");
        Ok(())
    }

    async fn deleted_link_rows_are_one_statement(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let books = session.all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
        let tags: Vec<_> = (0..40).map(|n| session.add(Tag::draft().name(format!("t{n}")))).collect();
        session.flush().await?;
        for tag in &tags {
            session.append(&books[0], Book::TAGS, tag)?;
            session.append(&books[1], Book::TAGS, tag)?;
        }
        session.commit().await?;
        let log = engine.record();
        session.replace(&books[0], Book::TAGS, [] as [Entity<Tag>; 0])?;
        for tag in &tags[..20] {
            session.remove(&tag.entity()?, Tag::BOOKS, &books[1])?;
        }
        session.commit().await?;
        assert_eq!((shape(&log), log.statements()[0].rows), (vec!["DELETE book_tags".to_owned()], 60), "{log}");
        let left = engine.session().all(select::<Book>().order_by(Book::ID).with(Book::TAGS.selectin())).await?;
        assert_eq!((left[0].get(Book::TAGS).len(), left[1].get(Book::TAGS).len()), (0, 20));
        Ok(())
    }

    async fn a_link_that_another_session_ended_is_stale(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        let book = setup.get::<Book>(1).await?.expect("the book is there");
        for name in ["x", "y"] {
            setup.append(&book, Book::TAGS, Tag::draft().name(name))?;
        }
        setup.commit().await?;
        let mut session = engine.session();
        let book = session.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        let tags = book.tags()?.to_vec();
        setup.execute(sql("DELETE FROM book_tags WHERE tag_id = 1")).await?;
        setup.commit().await?;
        tags.iter().try_for_each(|tag| session.remove(&book, Book::TAGS, tag))?;
        let error = session.commit().await.unwrap_err();
        assert!(error.kind() == ErrorKind::Stale && error.to_string().contains("Book.tags"), "{error}");
        session.rollback().await?;
        assert_eq!(book.tags()?.len(), 2, "nothing was done");
        // Collections that are not loaded did not show whether the link existed.
        let mut other = engine.session();
        let book = other.get::<Book>(1).await?.expect("the book is there");
        let tag = other.get::<Tag>(1).await?.expect("the tag is there");
        other.remove(&book, Book::TAGS, &tag)?;
        other.commit().await
    }

    async fn an_existing_link_stays(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        let book = setup.get::<Book>(1).await?.expect("the book is there");
        setup.append(&book, Book::TAGS, Tag::draft().name("x"))?;
        setup.add(Tag::draft().name("y"));
        setup.commit().await?;
        let mut session = engine.session();
        let book = session.get::<Book>(1).await?.expect("the book is there");
        let tags = session.all(select::<Tag>().order_by(Tag::ID)).await?;
        let log = engine.record();
        for tag in &tags {
            session.append(&book, Book::TAGS, tag)?;
            session.append(tag, Tag::BOOKS, &book)?;
        }
        session.commit().await?;
        let asked = database.is_mysql().then_some("SELECT book_tags".to_owned());
        let expected: Vec<String> = asked.into_iter().chain(["INSERT book_tags".to_owned()]).collect();
        // If the server reports how many rows were inserted, only missing ones are looked for.
        assert_eq!(shape(&log)[..expected.len()], expected, "{log}");
        let row = engine.session().one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        assert_eq!(row.get(Book::TAGS).len(), 2);
        Ok(())
    }
}
