//! Work for twice as many objects may take twice as long, but not four times: the instructions of each piece of work for a
//! number of objects and for four times as many, counted by valgrind in separate processes.

use orm_core::prelude::*;
use orm_tests::instructions;

#[path = "fixtures/library.rs"]
mod library;
use library::{Author, Book};

/// Tells the process which work to do, and for how many objects.
const WORK: &str = "ORM_TESTS_GROWING_WORK";
const FEW: i64 = 400;
const MANY: i64 = 4 * FEW;

/// Each piece of work that a session does for many objects, one by one or at once.
const WORKS: [&str; 13] = [
    "edit and flush",
    "edit and discard",
    "edit and populate",
    "assign to a pending one",
    "switch rows",
    "move children",
    "move children by other keys",
    "delete children",
    "append members",
    "remove links",
    "replace links",
    "replace new links",
    "merge links",
];

/// Its members know it by its code.
#[derive(Model, Debug)]
#[model(table = "clubs")]
struct Club {
    #[key]
    id: i64,
    #[column(unique, length = 20)]
    code: String,
    #[has_many(key = "club_code", target_key = "code")]
    members: HasMany<Member>,
}

#[derive(Model, Debug)]
#[model(table = "members")]
struct Member {
    #[key]
    id: i64,
    club_code: Option<String>,
    #[belongs_to(key = "club_code", target_key = "code")]
    club: BelongsTo<Option<Club>>,
}

/// It has many labels.
#[derive(Model, Debug)]
#[model(table = "posts")]
struct Post {
    #[key]
    id: i64,
    #[many_to_many(through = "post_labels", key = "post_id", target_key = "label_id", cascade = "merge")]
    labels: HasMany<Label>,
}

#[derive(Model, Debug)]
#[model(table = "labels")]
struct Label {
    #[key]
    id: i64,
    #[many_to_many(through = "post_labels", key = "label_id", target_key = "post_id")]
    posts: HasMany<Post>,
}

#[test]
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn work_grows_as_its_objects_do() {
    let count = |work: &str, objects: i64| {
        instructions("grows", (WORK, &format!("{work},{objects}"))).map(u64::cast_signed)
    };
    let mut wrong = Vec::new();
    let counted = count("nothing", 0).and_then(|nothing| {
        for work in WORKS {
            let (few, many) = (count(work, FEW)? - nothing, count(work, MANY)? - nothing);
            println!("{work}: {} instructions for each of {FEW}, {} of {MANY}", few / FEW, many / MANY);
            // Somewhat more than four times: tables grow, and texts are as long as they are.
            if many > few * 9 / 2 {
                wrong.push(format!("{work}: {} times as much for four times as many", many / few));
            }
        }
        Ok(())
    });
    if let Err(reason) = counted {
        return orm_tests::not_run("valgrind", &reason);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is counted; nothing, unless the process was started for it.
#[test]
fn grows() -> Result<()> {
    let Ok(work) = std::env::var(WORK) else { return Ok(()) };
    let (work, objects) = work.split_once(',').expect("a work and a number");
    let objects = objects.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(work, objects))
}

fn drafts(objects: i64) -> impl Iterator<Item = impl orm_core::write::CompleteDraft<Model = Book>> {
    (1..=objects).map(|id| Book::draft().id(id).author_id(1).title("t").isbn("i").pages(1))
}

async fn run(work: &str, objects: i64) -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    engine.create_all(schema![Author, Book, Post, Label, Club, Member]).await?;
    let mut session = engine.session_with(SessionOptions::new().autoflush(false));
    session.execute(insert::<Author>().rows([1, 2].map(|id| Author::draft().id(id).name("a")))).await?;
    session.execute(insert::<Book>().rows(drafts(objects))).await?;
    session.execute(insert::<Post>().rows([1, 2].map(|id| Post::draft().id(id)))).await?;
    session.execute(insert::<Label>().rows((1..=2 * objects).map(|id| Label::draft().id(id)))).await?;
    let links = "INSERT INTO post_labels (post_id, label_id) SELECT 1, id FROM labels WHERE id <= ?";
    session.execute(sql(links).bind(objects)).await?;
    session.commit().await?;
    match work {
        "move children by other keys" => of_members(&mut session, objects).await?,
        _ if work.ends_with("links") || work == "append members" => {
            of_links(&mut session, work, objects).await?
        }
        _ => of_books(&mut session, work, objects).await?,
    }
    session.flush().await
}

/// Each member moves to the next club.
async fn of_members(session: &mut Session, objects: i64) -> Result<()> {
    let code = |id: i64| format!("c{id}");
    session
        .execute(insert::<Club>().rows((1..=objects + 1).map(|id| Club::draft().id(id).code(code(id)))))
        .await?;
    session
        .execute(insert::<Member>().rows((1..=objects).map(|id| Member::draft().id(id).club_code(code(id)))))
        .await?;
    let clubs = session.all(select::<Club>().order_by(Club::ID).with(Club::MEMBERS.selectin())).await?;
    let members = session.all(select::<Member>().order_by(Member::ID)).await?;
    for (member, club) in members.iter().zip(clubs.iter().skip(1)) {
        session.assign(member, Member::CLUB, club)?;
    }
    Ok(())
}

async fn of_books(session: &mut Session, work: &str, objects: i64) -> Result<()> {
    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    match work {
        "edit and flush" => {
            books.iter().try_for_each(|book| session.edit(book, |book| book.pages += 1))?;
        }
        "edit and discard" => {
            books.iter().try_for_each(|book| session.edit(book, |book| book.pages += 1))?;
            books.iter().try_for_each(|book| session.expire(book))?;
        }
        "edit and populate" => {
            books.iter().try_for_each(|book| session.edit(book, |book| book.author_id = 2))?;
            session.all(select::<Book>().populate_existing()).await?;
        }
        "assign to a pending one" => {
            let new = session.add(Author::draft().id(3).name("a"));
            books.iter().try_for_each(|book| session.assign(book, Book::AUTHOR, &new))?;
        }
        "switch rows" => {
            books.iter().try_for_each(|book| session.delete(book))?;
            drafts(objects).for_each(|draft| drop(session.add(draft)));
        }
        "move children" => {
            session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
            books.iter().try_for_each(|book| session.edit(book, |book| book.author_id = 2))?;
        }
        "delete children" => {
            session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
            books.iter().try_for_each(|book| session.delete(book))?;
        }
        _ => {}
    }
    Ok(())
}

/// The post has half of the labels.
async fn of_links(session: &mut Session, work: &str, objects: i64) -> Result<()> {
    let labels = session.all(select::<Label>().order_by(Label::ID)).await?;
    let all = select::<Post>().order_by(Post::ID).with(Post::LABELS.selectin());
    let posts = session.all(all).await?;
    let (post, half) = (&posts[0], usize::try_from(objects).unwrap_or_default());
    match work {
        "append members" => {
            labels[..half].iter().try_for_each(|label| session.append(post, Post::LABELS, label))?;
        }
        "remove links" => {
            labels[..half].iter().rev().try_for_each(|label| session.remove(post, Post::LABELS, label))?;
        }
        "replace links" => session.replace(post, Post::LABELS, &labels[half..])?,
        "replace new links" => {
            let new: Vec<_> = (1..=objects).map(|id| session.add(Label::draft().id(-id))).collect();
            new.iter().try_for_each(|label| session.append(post, Post::LABELS, label))?;
            session.replace(post, Post::LABELS, &new[half / 2..])?;
        }
        "merge links" => {
            let theirs = post.dynamic();
            session.replace(post, Post::LABELS, &labels[half / 2..half])?;
            session.expunge_all();
            let mine =
                session.one(select::<Post>().filter(Post::ID.eq(1)).with(Post::LABELS.selectin())).await?;
            session.merge(&theirs).await?;
            assert_eq!(mine.labels()?.len(), half - half / 2);
        }
        _ => {}
    }
    Ok(())
}
