//! Deferred columns: read when requested, never in between, and never with a value that was not read.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "writers")]
pub struct Writer {
    #[key(auto)]
    pub id: i64,
    pub name: String,
    #[has_many(key = "writer_id", order_by = "id")]
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug)]
#[model(table = "deferred_posts")]
pub struct Post {
    #[key(auto)]
    pub id: i64,
    #[column(deferred, name = "text")]
    pub body: Deferred<String>,
    pub writer_id: i64,
    pub title: String,
    #[column(deferred, secret)]
    pub note: Deferred<Option<String>>,
    #[column(version)]
    pub version: i64,
    #[belongs_to]
    pub writer: BelongsTo<Writer>,
}

/// Two writers and four posts; every second post has a note.
async fn posts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Writer, Post]).await?;
    let mut session = engine.session();
    for id in 1..=2 {
        session.add(Writer::draft().name(format!("w{id}")));
    }
    for id in 1..=4 {
        let note = (id % 2 == 0).then(|| format!("note {id}"));
        let post = Post::draft().writer_id((id + 1) / 2).title(format!("t{id}"));
        session.add(post.body(format!("body {}", 5 - id)).note(note));
    }
    session.commit().await?;
    Ok(engine)
}

/// How often the statements of a log name the column.
fn reads(log: &QueryLog) -> usize {
    log.statements().iter().filter(|statement| statement.sql.contains("text")).count()
}

fn not_loaded<T: std::fmt::Debug>(found: Result<T>) -> String {
    let error = found.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotLoaded);
    error.to_string()
}

on_every_backend! {
    async fn a_query_leaves_them_out(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let found = session.all(select::<Post>().order_by(Post::ID)).await?;
        assert_eq!((log.count(), reads(&log)), (1, 0), "{log}");
        assert_eq!(found.iter().map(|post| post.title.as_str()).collect::<Vec<_>>(), ["t1", "t2", "t3", "t4"]);
        let message = not_loaded(found[0].body.get());
        assert!(message.contains("`Post.body`") && message.contains(".undefer(Post::BODY)"), "{message}");
        assert!(message.contains("session.load_column(&object, Post::BODY)"), "{message}");
        not_loaded(found[0].note.get());
        assert_eq!(format!("{:?}", found[0].body), "(not loaded)");

        // Conditions and orders are of the row.
        let log = engine.record();
        let query = select::<Post>().filter(Post::BODY.gt("body 1")).order_by(Post::BODY);
        let ids: Vec<i64> = session.all(query).await?.iter().map(|post| post.id).collect();
        assert_eq!(ids, [3, 2, 1]);
        assert_eq!((log.count(), log.statements()[0].sql.matches("text").count()), (1, 2), "{log}");
        let bodies: Vec<String> = session.rows(select_columns(Post::BODY).order_by(Post::ID)).await?;
        assert_eq!(bodies[3], "body 1");
        not_loaded(found[3].body.get());
        Ok(())
    }

    async fn they_are_read_when_asked_for(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let first = session.get::<Post>(1).await?.unwrap();
        not_loaded(first.body.get());
        let found = session.all(select::<Post>().undefer(Post::BODY).order_by(Post::ID)).await?;
        assert_eq!(first.body.get()?, "body 4", "the object that was there has it too");
        assert_eq!(found[3].body.get()?, "body 1");
        not_loaded(found[3].note.get());

        // A loaded value stays, whatever other queries leave out.
        session.all(select::<Post>()).await?;
        assert_eq!(first.body.get()?, "body 4");

        let log = engine.record();
        assert_eq!(session.load_column(&found[1], Post::NOTE).await?.as_deref(), Some("note 2"));
        assert_eq!(session.load_column(&found[1], Post::NOTE).await?.as_deref(), Some("note 2"));
        assert_eq!(found[1].note.get()?.as_deref(), Some("note 2"));
        assert_eq!(log.count(), 1, "{log}");
        let log = engine.record();
        session.load_column_all(&found, Post::NOTE).await?;
        assert_eq!((log.count(), !log.statements()[0].params.is_empty()), (1, true), "{log}");
        assert_eq!(found[0].note.get()?, &None, "NULL is a value");
        assert!(!session.is_modified(&found[0]));
        Ok(())
    }

    async fn relationships_leave_them_out_too(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        for query in 0..3 {
            for asked in [false, true] {
                let mut session = engine.session();
                let log = engine.record();
                let load = match query {
                    0 => Writer::POSTS.selectin(),
                    1 => Writer::POSTS.joined(),
                    _ => Writer::POSTS.subquery(),
                };
                let load = if asked { load.undefer(Post::BODY) } else { load };
                let writers = session.all(select::<Writer>().order_by(Writer::ID).with(load)).await?;
                assert_eq!(reads(&log), usize::from(asked), "{log}");
                let post = writers[1].get(Writer::POSTS).first().unwrap();
                assert_eq!((post.id, &*post.title, post.writer_id), (3, "t3", 2));
                match asked {
                    true => assert_eq!(post.body.get()?, "body 2"),
                    false => drop(not_loaded(post.body.get())),
                }
                let held = writers[1].posts()?;
                let post = held.first().unwrap();
                assert_eq!(post.body.is_loaded(), asked);
            }
        }
        let mut session = engine.session();
        let load = Writer::POSTS.selectin().order_by(Post::BODY).limit(1);
        let writers = session.all(select::<Writer>().order_by(Writer::ID).with(load)).await?;
        let first: Vec<i64> = writers.iter().map(|writer| writer.get(Writer::POSTS).first().unwrap().id).collect();
        assert_eq!(first, [2, 4], "the order of a part is by a column that is not read");
        Ok(())
    }

    async fn a_target_that_is_held_without_is_asked_for(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let second = session.get::<Post>(2).await?.unwrap();
        let log = engine.record();
        let page = select::<Post>().order_by(Post::BODY).limit(2).with(Post::WRITER.joined());
        let posts = session.all(page).await?;
        assert_eq!(posts.iter().map(|post| post.id).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(posts[0].get(Post::WRITER).name, "w2");
        assert_eq!(log.count(), 1, "{log}");
        let writers = session.all(select::<Writer>().limit(1).order_by(Writer::ID).with(Writer::POSTS.joined())).await?;
        assert!(Entity::same(&writers[0].get(Writer::POSTS).last().unwrap(), &second));
        not_loaded(second.body.get());
        let again = select::<Writer>().with(Writer::POSTS.selectin().undefer(Post::BODY)).order_by(Writer::ID);
        session.all(again).await?;
        assert_eq!(second.body.get()?, "body 3");
        Ok(())
    }

    async fn pages_of_joined_collections_sort_by_them(database: TestDatabase) -> Result<()> {
        #[derive(Model, Debug)]
        #[model(table = "deferred_posts", module = "titled")]
        struct Titled {
            #[key]
            id: i64,
            #[column(deferred, name = "text")]
            body: Deferred<String>,
            title: String,
            #[has_many(key = "writer_id")]
            siblings: HasMany<Post>,
        }
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let page = select::<Titled>().order_by(Titled::BODY).limit(3).with(Titled::SIBLINGS.joined());
        let found = session.all(page).await?;
        assert_eq!(found.iter().map(|one| (one.id, one.get(Titled::SIBLINGS).len())).collect::<Vec<_>>(), [(4, 0), (3, 0), (2, 2)]);
        assert_eq!(log.count(), 1, "{log}");
        assert!(!found[0].body.is_loaded());
        assert_eq!(found[0].title, "t4");
        Ok(())
    }

    async fn changes_need_no_reading(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).await?.unwrap();
        session.edit(&post, |post| post.title = "new".into())?;
        let log = engine.record();
        session.flush().await?;
        assert_eq!((log.count(), reads(&log)), (1, 0), "{log}");
        not_loaded(post.body.get());

        session.edit(&post, |post| post.body.set("mine".into()))?;
        assert_eq!(post.body.get()?, "mine");
        assert!(session.is_modified(&post));
        let log = engine.record();
        session.commit().await?;
        let update = log.statements()[0].sql.clone();
        assert!(update.starts_with("UPDATE") && update.contains("text") && !update.contains("title"), "{update}");

        // Read while something else is changed: reading does not count as a change.
        let mut other = engine.session();
        let theirs = other.get::<Post>(1).await?.unwrap();
        assert_eq!(other.load_column(&theirs, Post::BODY).await?, "mine");
        other.edit(&theirs, |post| post.note = Some("kept".to_owned()).into())?;
        assert_eq!(other.load_column(&theirs, Post::BODY).await?, "mine");
        let log = engine.record();
        other.commit().await?;
        assert_eq!((log.count() >= 1, reads(&log)), (true, 0), "{log}");
        assert!(!log.to_string().contains("kept"), "{log}");
        assert_eq!(theirs.note.get()?.as_deref(), Some("kept"));
        Ok(())
    }

    async fn an_unsaved_change_outlives_what_is_read(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session_with(SessionOptions::default().autoflush(false));
        let post = session.get::<Post>(2).await?.unwrap();
        session.edit(&post, |post| post.body.set("mine".into()))?;
        session.edit(&post, |post| post.title = "t".into())?;
        session.all(select::<Post>().undefer(Post::BODY).undefer(Post::NOTE)).await?;
        assert_eq!((post.body.get()?.as_str(), post.note.get()?.as_deref()), ("mine", Some("note 2")));
        let log = engine.record();
        session.flush().await?;
        let update = log.statements()[0].sql.clone();
        assert!(update.contains("text") && update.contains("title") && !update.contains("note"), "{update}");
        session.rollback().await?;
        assert_eq!(post.body.get()?, "body 3", "what the row had, which the query read");
        assert_eq!(post.title, "t2");
        Ok(())
    }

    async fn rows_that_are_reloaded(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let post = session.one(select::<Post>().filter(Post::ID.eq(1)).undefer(Post::BODY)).await?;
        let mut other = engine.session();
        other.execute(update::<Post>().set(Post::BODY, "theirs").filter(Post::ID.eq(1))).await?;
        other.commit().await?;
        session.rollback().await?;

        session.refresh(&post).await?;
        assert_eq!(post.body.get()?, "theirs", "refresh reads what the object holds");
        not_loaded(post.note.get());
        session.all(select::<Post>().populate_existing()).await?;
        not_loaded(post.body.get());
        session.load_column(&post, Post::BODY).await?;
        session.expire(&post)?;
        assert_eq!(post.body.get()?, "theirs", "as it was until the row is read");
        session.all(select::<Post>()).await?;
        not_loaded(post.body.get());
        session.load_column(&post, Post::BODY).await?;
        session.expire(&post)?;
        let log = engine.record();
        assert_eq!(session.load_column(&post, Post::BODY).await?, "theirs");
        assert_eq!(log.count(), 1, "an expired one is read again: {log}");
        Ok(())
    }

    async fn new_rows(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let draft = Post::draft().writer_id(1).title("new").body("given");
        let log = engine.record();
        let post = session.insert(draft).await?;
        assert_eq!((post.body.get()?.as_str(), post.note.get()?), ("given", &None));
        assert!(log.statements().iter().all(|statement| !statement.sql.contains("SELECT")), "{log}");
        session.commit().await?;
        let rows = (0..3).map(|n| Post::draft().writer_id(1).title("bulk").body(format!("b{n}")));
        let made = session.execute(insert::<Post>().rows(rows).returning()).await?;
        assert_eq!(made.len(), 3);
        not_loaded(made[0].body.get());
        session.load_column_all(&made, Post::BODY).await?;
        assert_eq!(made[2].body.get()?, "b2");
        Ok(())
    }

    async fn bulk_changes_are_followed(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let posts = session.all(select::<Post>().undefer(Post::BODY).order_by(Post::ID)).await?;
        session.execute(update::<Post>().set(Post::TITLE, "all")).await?;
        assert_eq!((posts[0].title.as_str(), posts[0].body.get()?.as_str()), ("all", "body 4"));
        session.execute(update::<Post>().set(Post::BODY, "same").filter(Post::ID.eq(1))).await?;
        assert_eq!((posts[0].body.get()?.as_str(), posts[1].body.get()?.as_str()), ("same", "body 3"));
        session.rollback().await?;
        assert_eq!(session.load_column(&posts[0], Post::BODY).await?, "body 4");
        let mut fresh = engine.session();
        let changed = fresh
            .execute(update::<Post>().set(Post::NOTE, "n").filter(Post::ID.eq(3)).returning())
            .await?;
        assert_eq!(changed[0].note.get()?.as_deref(), Some("n"));
        not_loaded(changed[0].body.get());
        let gone = fresh.execute(delete::<Post>().filter(Post::ID.eq(4)).returning()).await?;
        assert_eq!(gone[0].title, "t4");
        not_loaded(gone[0].body.get());
        Ok(())
    }

    async fn merging(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut other = engine.session();
        let bare = other.get::<Post>(1).await?.unwrap();
        let full = other.one(select::<Post>().filter(Post::ID.eq(2)).undefer(Post::BODY)).await?;
        let mut session = engine.session();
        let mine = session.merge(&bare).await?;
        not_loaded(mine.body.get());
        let mine = session.merge(&full).await?;
        assert_eq!(mine.body.get()?, "body 3");
        assert!(!session.is_modified(&mine), "the row has the same");
        let mut cache = engine.session();
        let cached = cache.merge_without_loading(&full)?;
        assert_eq!(cached.body.get()?, "body 3");
        not_loaded(cached.note.get());
        Ok(())
    }

    async fn streams(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        for asked in [false, true] {
            let query = select::<Post>().order_by(Post::BODY).yield_per(2).with(Post::WRITER.selectin());
            let query = if asked { query.undefer(Post::BODY) } else { query };
            let (mut stream, mut found) = (session.stream(query), Vec::new());
            while let Some(batch) = stream.next_batch().await? {
                found.extend(batch);
            }
            drop(stream);
            let seen: Vec<(i64, i64)> = found.iter().map(|post| (post.id, post.get(Post::WRITER).id)).collect();
            assert_eq!(seen, [(4, 2), (3, 2), (2, 1), (1, 1)]);
            match asked {
                true => assert_eq!(found[3].body.get()?, "body 4"),
                false => drop(not_loaded(found[3].body.get())),
            }
        }
        Ok(())
    }

    async fn beside_other_things_in_rows(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let log = engine.record();
        let query = select_columns((Post::entity(), Writer::entity(), Post::BODY)).join(Post::WRITER).order_by(Post::ID);
        let rows: Vec<(Entity<Post>, Entity<Writer>, String)> = session.rows(query).await?;
        assert_eq!((rows[2].0.id, &*rows[2].1.name, &*rows[2].2), (3, "w2", "body 2"));
        assert_eq!(log.statements()[0].sql.matches("text").count(), 1, "{log}");
        not_loaded(rows[2].0.body.get());
        let rows: Vec<Entity<Post>> =
            session.rows(select_columns(Post::entity().undefer(Post::BODY)).order_by(Post::ID)).await?;
        assert_eq!(rows[2].body.get()?, "body 2");

        let mut fresh = engine.session();
        let sql_rows = fresh
            .rows(sql("SELECT title, writer_id, id, version FROM deferred_posts ORDER BY id").entities::<Post>())
            .await?;
        not_loaded(sql_rows[0].body.get());
        let all = sql("SELECT * FROM deferred_posts ORDER BY id").entities::<Post>();
        assert_eq!(fresh.rows(all).await?[0].body.get()?, "body 4");

        let union = select_columns(Post::entity()).filter(Post::ID.eq(1));
        let union = union.union_all(select_columns(Post::entity()).filter(Post::ID.eq(4)));
        let found = engine.session().rows(union).await?;
        assert_eq!(found.len(), 2);
        not_loaded(found[0].body.get());
        Ok(())
    }
}
