//! Merging graphs: detached ones and drafts, with what is linked, in few statements.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::*;

/// Its lines are not merged with it.
#[derive(Model, Debug)]
#[model(table = "bills")]
struct Bill {
    #[key]
    id: i64,
    text: String,
    #[has_many(order_by = "id", cascade = "save-update")]
    lines: HasMany<Line>,
}

#[derive(Model, Debug)]
#[model(table = "bill_lines")]
struct Line {
    #[key]
    id: i64,
    bill_id: Option<i64>,
    text: String,
    #[belongs_to(cascade = "save-update")]
    bill: BelongsTo<Option<Bill>>,
}

/// Its entries' keys are its own and a number, and so on below them.
#[derive(Model, Debug)]
#[model(table = "receipts")]
struct Receipt {
    #[key]
    id: i64,
    text: String,
    #[has_many(key = "receipt_id", order_by = "number", cascade = "all, delete-orphan")]
    entries: HasMany<Entry>,
}

#[derive(Model, Debug)]
#[model(table = "receipt_entries")]
struct Entry {
    #[key]
    receipt_id: i64,
    #[key]
    number: i64,
    text: String,
    #[belongs_to(key = "receipt_id")]
    receipt: BelongsTo<Receipt>,
    #[has_many(key = "receipt_id, number", order_by = "place", cascade = "all, delete-orphan")]
    remarks: HasMany<Remark>,
}

#[derive(Model, Debug)]
#[model(table = "receipt_remarks")]
struct Remark {
    #[key]
    receipt_id: i64,
    #[key]
    number: i64,
    #[key]
    place: i64,
    text: String,
    #[belongs_to(key = "receipt_id, number")]
    entry: BelongsTo<Entry>,
}

/// A receipt with the entries 1 and 2, the first of which has a remark.
async fn receipts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Receipt, Entry, Remark]).await?;
    let mut session = engine.session();
    let entries = [
        Entry::draft().number(1).text("one").remarks([Remark::draft().place(1).text("old")]),
        Entry::draft().number(2).text("two").remarks([] as [Entity<Remark>; 0]),
    ];
    session.add(Receipt::draft().id(1).text("first").entries(entries));
    session.commit().await?;
    Ok(engine)
}

async fn entries(engine: &Engine) -> Result<Vec<(i64, String, Vec<(i64, String)>)>> {
    let query =
        select::<Entry>().order_by((Entry::RECEIPT_ID, Entry::NUMBER)).with(Entry::REMARKS.selectin());
    let entries = engine.session().all(query).await?;
    let all = entries.iter().map(|entry| {
        let remarks = entry.get(Entry::REMARKS).iter().map(|remark| (remark.place, remark.text.clone()));
        (entry.number, entry.text.clone(), remarks.collect())
    });
    Ok(all.collect())
}

fn with_books() -> Select<Author, impl Sized> {
    select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin())
}

async fn team(database: &TestDatabase) -> Result<Engine> {
    let engine = library_on(database).await?;
    let mut session = engine.session();
    let members = ["m1", "m2"].map(|name| {
        let task = Task::draft().name(format!("of {name}"));
        Member::draft().name(name).tasks([task])
    });
    session.add(Team::draft().name("red").members(members).badge(Badge::draft().name("old")));
    session.commit().await?;
    Ok(engine)
}

async fn names(engine: &Engine) -> Result<Vec<(String, i64)>> {
    let members = engine.session().all(select::<Member>().order_by(Member::ID)).await?;
    Ok(members.iter().map(|member| (member.name.clone(), member.team_id)).collect())
}

on_every_backend! {
    async fn a_detached_graph_is_merged_with_its_collection(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut one = engine.session();
        let theirs = one.one(with_books()).await?;
        let books = theirs.books()?.to_vec();
        one.edit(&theirs, |author| author.name = "anna".into())?;
        one.edit(&books[0], |book| book.pages = 7)?;
        one.remove(&theirs, Author::BOOKS, &books[1])?;
        let third = one.get::<Book>(3).await?.expect("the book is there");
        one.append(&theirs, Author::BOOKS, &third)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let log = engine.record();
        let mine = session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["SELECT authors", "SELECT books", "SELECT books"], "the author, its books, the new one: {log}");
        assert_eq!((mine.name.as_str(), titles(&mine.books()?)), ("anna", vec!["a1".into(), "b1".into()]));
        assert!(!session.in_transaction(), "nothing was written");
        log.clear();
        session.commit().await?;
        assert_eq!(log.count(), 3, "the author, the pages of one book, the authors of two: {log}");
        assert!(shape(&log).iter().all(|shape| shape.starts_with("UPDATE")), "{log}");
        assert_eq!(book_rows(&engine).await?.iter().map(|row| row.1).collect::<Vec<_>>(), [Some(1), None, Some(1), Some(2)]);

        log.clear();
        session.merge(&theirs).await?;
        session.commit().await?;
        assert_eq!(log.count(), 0, "equal is no change, and all of it is held: {log}");
        Ok(())
    }

    async fn options_say_how_it_is_read(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let theirs = engine.session().one(with_books()).await?;
        for joined in [false, true] {
            let mut session = engine.session();
            let log = engine.record();
            let mine = match joined {
                true => session.merge(&theirs).with(Author::BOOKS.joined()).await?.dynamic(),
                false => {
                    let mine = session.merge(&theirs).with(Author::BOOKS.selectin()).await?;
                    assert_eq!(mine.get(Author::BOOKS).iter().map(|book| book.title.clone()).collect::<Vec<_>>(), ["a1", "a2"]);
                    mine.dynamic()
                }
            };
            assert_eq!(log.count(), if joined { 1 } else { 2 }, "{log}");
            assert_eq!((titles(&mine.books()?), session.is_modified(&mine)), (vec!["a1".into(), "a2".into()], false));
            log.clear();
            let again = session.merge(&theirs).with(Author::PROFILE.selectin()).await?;
            assert_eq!((log.count(), again.get(Author::PROFILE).is_none()), (1, true), "what is missing of a held one: {log}");
        }
        Ok(())
    }

    async fn members_that_left_go_with_delete_orphan(database: TestDatabase) -> Result<()> {
        let engine = team(&database).await?;
        let mut one = engine.session();
        let theirs = one.one(select::<Team>().with(Team::MEMBERS.selectin()).with(Team::BADGE.selectin())).await?;
        let members = theirs.members()?.to_vec();
        one.remove(&theirs, Team::MEMBERS, &members[0])?;
        one.unassign(&theirs, Team::BADGE)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let log = engine.record();
        session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["SELECT teams", "SELECT members", "SELECT badges"], "{log}");
        session.commit().await?;
        assert_eq!(names(&engine).await?, [("m2".to_owned(), 1)]);
        let mut other = engine.session();
        assert_eq!((other.count(select::<Task>()).await?, other.count(select::<Badge>()).await?), (1, 0), "tasks go with their member");
        Ok(())
    }

    async fn a_draft_is_merged_with_its_nested_drafts(database: TestDatabase) -> Result<()> {
        let engine = team(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let draft = Team::draft().id(1).name("blue").members([
            Member::draft().id(2).name("kept"),
            Member::draft().name("new").tasks([Task::draft().name("of new")]),
        ]);
        let Merged::Found(team) = session.merge_draft(draft).await? else { panic!("the team is there") };
        assert_eq!(shape(&log), ["SELECT teams", "SELECT members"], "member 2 comes with the collection: {log}");
        assert_eq!((team.name.as_str(), session.new_count()), ("blue", 2));
        session.commit().await?;
        let members = team.members()?.to_vec();
        assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["kept", "new"]);
        assert_eq!(names(&engine).await?, [("kept".to_owned(), 1), ("new".to_owned(), 1)], "member 1 was not named");
        let tasks = engine.session().all(select::<Task>().order_by(Task::ID)).await?;
        let tasks: Vec<_> = tasks.iter().map(|task| (task.name.as_str(), task.member_id)).collect();
        assert_eq!(tasks, [("of m2", 2), ("of new", members[1].id)], "and of member 2 no task was named");
        Ok(())
    }

    async fn a_draft_without_a_row_is_added_beside_existing_ones(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let draft = Author::draft().id(9).name("new").books([
            Book::draft().id(1).title("a1").pages(100),
            Book::draft().id(50).title("50").pages(1),
            Book::draft().title("keyless").pages(1),
        ]);
        let Merged::Added(author) = session.merge_draft(draft).await? else { panic!("there is no author 9") };
        assert_eq!(shape(&log), ["SELECT authors", "SELECT books"], "both keys of books at once: {log}");
        session.commit().await?;
        let author = author.entity()?;
        assert_eq!(titles(&author.books()?), ["a1", "50", "keyless"]);
        let rows = book_rows(&engine).await?;
        assert_eq!(rows.iter().filter(|row| row.1 == Some(9)).count(), 3, "{rows:?}");

        log.clear();
        let keyless = Author::draft().name("keyless").books([Book::draft().title("b").pages(1)]);
        assert!(matches!(session.merge_draft(keyless).await?, Merged::Added(_)));
        assert_eq!(log.count(), 0, "no key, no statement: {log}");
        session.commit().await
    }

    async fn to_ones_are_merged(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut one = engine.session();
        let theirs = one.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::AUTHOR.selectin())).await?;
        let ben = one.get::<Author>(2).await?.expect("ben is there");
        one.edit(&ben, |author| author.name = "benno".into())?;
        one.assign(&theirs, Book::AUTHOR, &ben)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let ann = session.one(with_books()).await?;
        let log = engine.record();
        let mine = session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["SELECT authors"], "the book is held: {log}");
        let author = mine.author()?.expect("it has one");
        assert_eq!((author.id, author.name.as_str(), titles(&ann.books()?)), (2, "benno", vec!["a2".into()]));
        log.clear();
        session.commit().await?;
        assert_eq!(log.count(), 2, "{log}");

        let mut one = engine.session();
        let theirs = one.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::AUTHOR.selectin())).await?;
        one.unassign(&theirs, Book::AUTHOR)?;
        session.merge(&theirs).await?;
        assert!(mine.author()?.is_none());
        session.commit().await?;
        assert_eq!(book_rows(&engine).await?[0].1, None);

        let draft = Book::draft().id(1).title("a1").pages(100).author(Author::draft().id(1).name("ann"));
        log.clear();
        session.merge_draft(draft).await?;
        assert_eq!((log.count(), mine.author_id, titles(&ann.books()?)), (0, Some(1), vec!["a2".into(), "a1".into()]), "{log}");
        session.commit().await
    }

    async fn link_rows_are_merged(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        let book = setup.get::<Book>(1).await?.expect("the book is there");
        for name in ["x", "y"] {
            setup.append(&book, Book::TAGS, Tag::draft().name(name))?;
        }
        let spare = setup.insert(Tag::draft().name("spare")).await?;
        setup.commit().await?;
        let mut one = engine.session();
        let theirs = one.one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        let first = theirs.tags()?.first().expect("it has two");
        one.remove(&theirs, Book::TAGS, &first)?;
        let spare = one.get::<Tag>(spare.id).await?.expect("the tag is there");
        one.append(&theirs, Book::TAGS, &spare)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let log = engine.record();
        session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["SELECT books", "SELECT book_tags", "SELECT tags"], "{log}");
        log.clear();
        session.commit().await?;
        assert_eq!(shape(&log), ["DELETE book_tags", "INSERT book_tags"], "{log}");
        let row = engine.session().one(select::<Book>().filter(Book::ID.eq(1)).with(Book::TAGS.selectin())).await?;
        assert_eq!(row.get(Book::TAGS).iter().map(|tag| tag.name.clone()).collect::<Vec<_>>(), ["y", "spare"]);
        Ok(())
    }

    async fn a_relationship_without_merge_is_untouched(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Bill, Line]).await?;
        let mut one = engine.session();
        one.add(Bill::draft().id(1).text("b").lines([Line::draft().id(1).text("l")]));
        one.commit().await?;
        let theirs = one.one(select::<Bill>().with(Bill::LINES.selectin())).await?;
        let line = theirs.lines()?.first().expect("it has one");
        one.edit(&theirs, |bill| bill.text = "changed".into())?;
        one.edit(&line, |line| line.text = "changed".into())?;
        one.remove(&theirs, Bill::LINES, &line)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let log = engine.record();
        let mine = session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["SELECT bills"], "{log}");
        assert_eq!(mine.lines().unwrap_err().kind(), ErrorKind::NotLoaded);
        session.commit().await?;
        let line = session.get::<Line>(1).await?.expect("the line is there");
        assert_eq!((mine.text.as_str(), line.text.as_str(), line.bill_id), ("changed", "l", Some(1)));
        let draft = Bill::draft().id(1).text("b").lines([Line::draft().id(1).text("l")]);
        let error = session.merge_draft(draft).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidQuery && error.to_string().contains("`Bill.lines`"), "{error}");
        Ok(())
    }

    async fn a_child_that_moved_is_not_an_orphan(database: TestDatabase) -> Result<()> {
        let engine = team(&database).await?;
        let mut setup = engine.session();
        setup.add(Team::draft().name("blue"));
        setup.commit().await?;
        let mut one = engine.session();
        let teams = one.all(select::<Team>().order_by(Team::ID).with(Team::MEMBERS.selectin().with(Member::TEAM.selectin()))).await?;
        let second = teams[0].members()?.to_vec()[1].clone();
        one.append(&teams[1], Team::MEMBERS, &second)?;
        let second = second.dynamic();
        drop(one);

        // From the child: its team follows its key.
        let mut session = engine.session();
        let mine = session.all(select::<Team>().order_by(Team::ID).with(Team::MEMBERS.selectin())).await?;
        session.merge(&second).await?;
        assert_eq!((mine[0].members()?.len(), mine[1].members()?.len()), (1, 1));
        session.rollback().await?;
        // From the old team, and then from the new one, which takes it in.
        session.merge(&teams[1]).await?;
        session.merge(&teams[0]).await?;
        session.commit().await?;
        assert_eq!(names(&engine).await?.iter().map(|member| member.1).collect::<Vec<_>>(), [1, teams[1].id]);
        Ok(())
    }

    async fn self_references_and_circles_come_to_an_end(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut setup = engine.session();
        setup.add(Node::draft().name("root").children([
            Node::draft().name("a").children([Node::draft().name("a1")]),
            Node::draft().name("b"),
        ]));
        setup.commit().await?;
        let mut one = engine.session();
        let query = select::<Node>().filter(Node::NAME.eq("root"));
        let theirs = one.one(query.with(Node::CHILDREN.selectin().recursive(2)).with(Node::PARENT.selectin())).await?;
        let a = theirs.children()?.first().expect("it has two");
        one.load(&a, Node::PARENT).await?;
        let leaf = a.children()?.first().expect("it has one");
        one.edit(&leaf, |node| node.name.push('!'))?;
        one.append(&theirs, Node::CHILDREN, &leaf)?;
        let theirs = theirs.dynamic();
        drop(one);

        let mut session = engine.session();
        let log = engine.record();
        let mine = session.merge(&theirs).await?;
        assert_eq!(log.count(), 4, "the root, its children, the one that is new there, and their children: {log}");
        session.commit().await?;
        assert_eq!(mine.children()?.iter().map(|node| node.name.clone()).collect::<Vec<_>>(), ["a", "b", "a1!"]);
        let rows = engine.session().all(select::<Node>().order_by(Node::ID)).await?;
        let root = mine.id;
        assert!(rows.iter().all(|node| node.name == "root" || node.parent_id == Some(root)), "{rows:?}");
        Ok(())
    }

    async fn what_cannot_be_merged_changes_nothing(database: TestDatabase) -> Result<()> {
        let engine = team(&database).await?;
        let mut one = engine.session();
        let theirs = one.one(select::<Member>().filter(Member::ID.eq(1)).with(Member::TASKS.selectin())).await?;
        one.edit(&theirs, |member| member.name = "changed".into())?;
        let task = theirs.tasks()?.first().expect("it has one");
        one.edit(&task, |task| task.name = "changed".into())?;
        let mut behind = engine.session();
        behind.execute(delete::<Task>().filter(Task::ID.eq(task.id))).await?;
        behind.commit().await?;

        let mut session = engine.session();
        let mine = session.get::<Member>(1).await?.expect("the member is there");
        let error = session.merge(&theirs).await.unwrap_err();
        assert!(error.kind() == ErrorKind::NoRows && error.to_string().contains("`Task`"), "{error}");
        assert!(!session.is_modified(&mine) && mine.name == "m1");

        // Member.tasks has no rule for a task that is left out, and the key is NOT NULL.
        let draft = Member::draft().id(2).team_id(1).name("changed").tasks([] as [Entity<Task>; 0]);
        let error = session.merge_draft(draft).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidState && error.to_string().contains("`Member.tasks`"), "{error}");
        assert_eq!(session.get::<Member>(2).await?.expect("the member is there").name, "m2");
        assert_eq!((session.new_count(), session.in_transaction()), (0, false));
        Ok(())
    }

    async fn versions_of_all_objects_are_compared(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut one = engine.session();
        let theirs = one.insert(Account::draft().id(1).owner("ann").balance(1)).await?;
        one.commit().await?;
        let mut behind = engine.session();
        let account = behind.get::<Account>(1).await?.expect("the account is there");
        behind.edit(&account, |account| account.balance = 2)?;
        behind.commit().await?;
        let mut session = engine.session();
        let log = engine.record();
        for merged in [
            session.merge(&theirs).await.map(drop),
            session.merge_draft(Account::draft().id(1).owner("ann").balance(3).version(1)).await.map(drop),
        ] {
            let error = merged.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Stale);
            assert!(error.to_string().contains("version 1 and its row the version 2"), "{error}");
        }
        assert_eq!(log.count(), 1, "{log}");
        session.merge_draft(Account::draft().id(1).owner("ann").balance(3)).await?;
        session.commit().await?;
        assert_eq!(engine.session().get::<Account>(1).await?.map(|account| (account.balance, account.version)), Some((3, 3)));
        Ok(())
    }

    async fn it_flushes_first_and_not_in_between(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let theirs = engine.session().one(with_books()).await?.dynamic();
        let mut session = engine.session();
        session.add(Book::draft().title("pending").pages(1));
        let log = engine.record();
        session.merge(&theirs).await?;
        assert_eq!(shape(&log), ["INSERT books", "SELECT authors", "SELECT books"], "{log}");
        session.rollback().await?;
        let mut session = engine.session_with(SessionOptions::new().autoflush(false));
        session.add(Book::draft().title("pending").pages(1));
        log.clear();
        session.merge(&theirs).await?;
        assert_eq!((shape(&log), session.new_count()), (vec!["SELECT authors".to_owned(), "SELECT books".to_owned()], 1), "{log}");
        Ok(())
    }

    async fn without_loading_a_graph_is_believed(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let query = select::<Author>().filter(Author::ID.eq(1)).with(Author::PROFILE.selectin());
        let cached = engine.session().one(query.with(Author::BOOKS.selectin())).await?;
        let mut session = engine.session();
        let log = engine.record();
        let mine = session.merge_without_loading(&cached)?;
        assert_eq!((titles(&mine.books()?), mine.profile()?.is_none()), (vec!["a1".into(), "a2".into()], true));
        let first = mine.books()?.first().expect("two");
        assert!(!session.is_modified(&mine) && !session.is_modified(&first));
        assert!(Entity::same(&session.get::<Book>(1).await?.expect("it is held"), &first));
        assert_eq!(log.count(), 0, "{log}");
        session.append(&mine, Author::BOOKS, Book::draft().title("new").pages(1))?;
        let error = session.merge_without_loading(&cached).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidState && error.to_string().contains("unsaved links"), "{error}");
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT books"], "{log}");
        Ok(())
    }

    async fn objects_of_ones_own_are_merged_already(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let mine = session.one(with_books()).await?;
        session.edit(&mine, |author| author.name = "anna".into())?;
        session.flush().await?;
        let log = engine.record();
        assert!(Entity::same(&session.merge(&mine).await?, &mine));
        assert_eq!(log.count(), 0, "{log}");
        session.expunge(&mine)?;
        let again = session.merge(&mine).await?;
        assert!(!Entity::same(&again, &mine) && again.name == "anna");
        session.delete(&again)?;
        assert_eq!(session.merge(&again).await.unwrap_err().kind(), ErrorKind::InvalidState);
        assert_eq!(session.merge(&mine).await.unwrap_err().kind(), ErrorKind::NoRows, "flushed first, its row is gone");
        Ok(())
    }

    async fn drafts_take_their_keys_from_what_they_belong_to(database: TestDatabase) -> Result<()> {
        let engine = receipts(&database).await?;
        let mut session = engine.session();
        let remarks = [Remark::draft().place(1).text("new"), Remark::draft().place(2).text("more")];
        let given = [
            Entry::draft().number(1).text("changed").remarks(remarks),
            Entry::draft().number(3).text("three").remarks([] as [Entity<Remark>; 0]),
        ];
        let log = engine.record();
        let merged = session.merge_draft(Receipt::draft().id(1).text("first").entries(given)).await?;
        assert!(matches!(merged, Merged::Found(_)), "{merged:?}");
        let read = ["SELECT receipts", "SELECT receipt_entries", "SELECT receipt_entries", "SELECT receipt_remarks", "SELECT receipt_remarks"];
        assert_eq!(shape(&log), read, "the collections, and one statement for the rest of each model: {log}");
        session.commit().await?;
        let remarks = vec![(1, "new".to_owned()), (2, "more".to_owned())];
        let expected = [(1, "changed".to_owned(), remarks), (3, "three".to_owned(), vec![])];
        assert_eq!(entries(&engine).await?, expected);

        // What belongs to a new row is new, and nothing asks for it.
        let given = [Entry::draft().number(1).text("one").remarks([Remark::draft().place(1).text("first")])];
        let log = engine.record();
        let merged = session.merge_draft(Receipt::draft().id(2).text("second").entries(given)).await?;
        assert!(matches!(merged, Merged::Added(_)), "{merged:?}");
        assert_eq!(shape(&log), ["SELECT receipts"], "{log}");
        session.commit().await?;
        assert_eq!(entries(&engine).await?.len(), 3);
        Ok(())
    }

    async fn a_draft_takes_its_key_from_its_parent(database: TestDatabase) -> Result<()> {
        let engine = receipts(&database).await?;
        let mut session = engine.session();
        let receipt = session.get::<Receipt>(1).await?.expect("the receipt is there");
        let log = engine.record();
        let merged = session.merge_draft(Entry::draft().number(2).text("mine").receipt(&receipt)).await?;
        let Merged::Found(entry) = merged else { panic!("{merged:?}") };
        assert_eq!((entry.receipt_id, entry.number, entry.text.as_str()), (1, 2, "mine"));
        assert_eq!(shape(&log), ["SELECT receipt_entries"], "{log}");
        // Through two levels of drafts.
        let of = Entry::draft().number(1).text("other").receipt(Receipt::draft().id(1).text("renamed"));
        let merged = session.merge_draft(Remark::draft().place(1).text("changed").entry(of)).await?;
        assert!(matches!(&merged, Merged::Found(remark) if remark.text == "changed"), "{merged:?}");
        let merged = session.merge_draft(Entry::draft().number(9).text("nine").receipt(&receipt)).await?;
        assert!(matches!(merged, Merged::Added(_)), "{merged:?}");
        session.commit().await?;
        let expected = [
            (1, "other".to_owned(), vec![(1, "changed".to_owned())]),
            (2, "mine".to_owned(), vec![]),
            (9, "nine".to_owned(), vec![]),
        ];
        assert_eq!(entries(&engine).await?, expected);
        let receipt = engine.session().get::<Receipt>(1).await?.expect("the receipt is there");
        assert_eq!(receipt.text, "renamed");
        Ok(())
    }

    async fn of_a_pending_parent_and_a_merged_key_the_later_counts(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let theirs = engine.session().get::<Book>(1).await?.expect("the book is there");
        for merges_last in [true, false] {
            let mut session = engine.session_with(SessionOptions::new().autoflush(false));
            let mine = session.get::<Book>(1).await?.expect("the book is there");
            let cid = session.add(Author::draft().name("cid"));
            if !merges_last {
                session.merge(&theirs).await?;
            }
            session.assign(&mine, Book::AUTHOR, &cid)?;
            if merges_last {
                session.merge(&theirs).await?;
            }
            session.flush().await?;
            let expected = if merges_last { theirs.author_id } else { Some(cid.entity()?.id) };
            assert_eq!(mine.author_id, expected);
            let edited = session.add(Author::draft().name("dan"));
            session.assign(&mine, Book::AUTHOR, &edited)?;
            session.edit(&mine, |book| book.author_id = None)?;
            session.flush().await?;
            assert_eq!(mine.author_id, None, "an edit, too");
            session.rollback().await?;
        }
        Ok(())
    }

    async fn a_new_row_that_is_in_a_draft_twice_is_one(database: TestDatabase) -> Result<()> {
        let engine = library_on(&database).await?;
        let mut session = engine.session();
        let book = |title: &str| {
            Book::draft().title(title).pages(1).author(Author::draft().id(77).name(format!("by {title}")))
        };
        let tag = Tag::draft().name("t").books([book("x"), book("y")]);
        session.merge_draft(tag).await?;
        session.commit().await?;
        let author = engine.session().one(select::<Author>().filter(Author::ID.eq(77)).with(Author::BOOKS.selectin())).await?;
        assert_eq!((author.name.as_str(), author.get(Author::BOOKS).len()), ("by y", 2));
        Ok(())
    }
}
