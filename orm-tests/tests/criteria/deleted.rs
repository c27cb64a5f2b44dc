//! `#[column(deleted)]`: deleted rows stay, and no query finds them.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use super::blog::{Author, Comment, FIRST, File, Note, Post, Tag, blog, clock, time};

async fn posts(session: &mut Session) -> Result<Vec<i64>> {
    session.rows(select_columns(Post::ID).order_by(Post::ID)).await
}

/// The ids of all comments, and whether each is deleted.
async fn comments(engine: &Engine) -> Result<Vec<(i64, bool)>> {
    let all = select_columns((Comment::ID, Comment::DELETED_AT)).with_deleted().order_by(Comment::ID);
    let all = engine.session().rows(all).await?;
    Ok(all.into_iter().map(|(id, deleted)| (id, deleted.is_some())).collect())
}

on_every_backend! {
    async fn delete_marks_the_row(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(clock(FIRST));
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        let log = engine.record();
        session.delete(&comment)?;
        assert_eq!(session.get::<Comment>(2).await?.map(|comment| comment.id), None, "before the flush too");
        assert!(session.flush_plan().to_string().contains("deleted_at"), "{}", session.flush_plan());
        session.commit().await?;
        assert_eq!(log.count(), 2, "answers are looked for: {log}");
        assert!(log.statements()[1].sql.starts_with("UPDATE"), "{log}");
        assert_eq!(comment.deleted_at, Some(time(FIRST)));
        assert_eq!(session.state(&comment), EntityState::Persistent);
        assert!(session.get::<Comment>(2).await?.is_none());
        assert_eq!(session.count(select::<Comment>()).await?, 3);
        assert_eq!(session.count(select::<Comment>().with_deleted()).await?, 4);
        let trash = select::<Comment>().with_deleted().filter(Comment::DELETED_AT.is_not_null());
        assert_eq!(session.one(trash).await?.id, 2);
        Ok(())
    }

    async fn it_is_hidden_wherever_it_is_read(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        engine.session().transaction(async |session| {
            session.execute(delete::<Comment>().filter(Comment::ID.eq(2))).await?;
            session.execute(delete::<Tag>().filter(Tag::ID.eq(2))).await
        }).await?;
        let mut session = engine.session();
        for query in [
            select::<Post>().with(Post::COMMENTS.selectin()).with(Post::TAGS.selectin()),
            select::<Post>().with(Post::COMMENTS.joined()).with(Post::TAGS.joined()),
            select::<Post>().with(Post::COMMENTS.subquery()).with(Post::TAGS.subquery()),
            select::<Post>().with(Post::COMMENTS.auto()).with(Post::TAGS.auto()),
        ] {
            // Plans are kept, and queries that see deleted rows have others.
            for _ in 0..2 {
                let found = engine.session().all(query.clone().order_by(Post::ID)).await?;
                let ids: Vec<Vec<i64>> = found.iter().map(|post| post.get(Post::COMMENTS).iter().map(|c| c.id).collect()).collect();
                assert_eq!(ids, [vec![1, 3], vec![4]]);
                assert_eq!(found[0].get(Post::TAGS).len(), 1);
                assert_eq!(found[0].comments()?.len(), 2);
                let all = engine.session().all(query.clone().with_deleted().order_by(Post::ID)).await?;
                assert_eq!((all[0].get(Post::COMMENTS).len(), all[0].get(Post::TAGS).len()), (3, 2));
                assert!(all[0].comments().is_err(), "the object holds what the session sees");
            }
        }
        assert_eq!(session.count(select::<Post>().filter(Post::COMMENTS.any(Comment::ID.eq(2)))).await?, 0);
        assert_eq!(session.rows(select::<Post>().order_by(Post::ID).with_count(Post::COMMENTS)).await?[0].1, 2);
        assert_eq!(session.rows(select_columns(Comment::ID).join(Comment::POST)).await?.len(), 3);
        assert_eq!(session.rows(select_columns(Comment::ID.optional()).from::<Post>().left_join(Post::COMMENTS)).await?.len(), 3);
        assert_eq!(session.count(select::<Post>().filter(Post::ID.in_query(select_columns(Comment::POST_ID).filter(Comment::ID.eq(2))))).await?, 0);
        assert_eq!(session.get_many::<Comment>([1, 2]).await?.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
        assert_eq!(session.get_many::<Comment>([1, 2]).with_deleted().await?.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true]);
        assert!(session.get::<Comment>(2).with_deleted().await?.is_some());
        assert!(session.get::<Comment>(2).await?.is_none());
        let mut stream = session.stream(select::<Comment>().order_by(Comment::ID));
        let mut streamed = Vec::new();
        while let Some(batch) = stream.next_batch().await? {
            streamed.extend(batch.iter().map(|comment| comment.id));
        }
        drop(stream);
        assert_eq!(streamed, [1, 3, 4]);
        let mut trash = engine.session_with(SessionOptions::new().with_deleted());
        assert_eq!(trash.count(select::<Comment>()).await?, 4);
        assert!(trash.get::<Comment>(2).await?.is_some());
        let mut all = engine.session_with(SessionOptions::new().without_criteria());
        assert_eq!(all.count(select::<Comment>()).await?, 4);
        Ok(())
    }

    async fn other_criteria_hold_beside_it(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        engine.session().transaction(async |session| session.execute(delete::<Comment>().filter(Comment::ID.is_in([2, 4]))).await).await?;
        let first = || SessionOptions::new().criteria::<Comment>(Comment::POST_ID.eq(1));
        assert_eq!(engine.session_with(first()).count(select::<Comment>()).await?, 2);
        assert_eq!(engine.session_with(first()).count(select::<Comment>().with_deleted()).await?, 3, "not comment 4");
        assert_eq!(engine.session_with(first()).count(select::<Comment>().without_criteria()).await?, 4);
        assert_eq!(engine.session_with(first().with_deleted()).count(select::<Comment>()).await?, 3);
        assert!(engine.session_with(first()).get::<Comment>(4).with_deleted().await?.is_none());
        let mut session = engine.session_with(first());
        assert_eq!(session.execute(update::<Comment>().set(Comment::BODY, "new").with_deleted()).await?, 3);
        assert_eq!(session.execute(delete::<Comment>().filter(Comment::ID.ne(1)).purge()).await?, 2);
        session.commit().await?;
        assert_eq!(comments(&engine).await?, [(1, false), (4, true)]);
        Ok(())
    }

    async fn cascades_mark_what_marks_and_leave_the_rest(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(clock(FIRST));
        let author = session.get::<Author>(1).with(Author::POSTS.selectin()).await?.expect("an author");
        let post = session.get::<Post>(1).await?.expect("a post");
        let log = engine.record();
        session.delete(&post)?;
        let plan = session.flush_plan().to_string();
        assert_eq!(plan, "1. look for the old Post.comments of 1\n2. update deleted_at, updated_at, version of 1 Post");
        session.commit().await?;
        assert!(log.statements().iter().all(|statement| !statement.sql.starts_with("DELETE")), "{log}");
        assert_eq!(log.count(), 4, "comments, answers, and an UPDATE of each table: {log}");
        assert_eq!((post.version, post.deleted_at, post.updated_at), (2, Some(time(FIRST)), Some(time(FIRST))));
        assert_eq!(comments(&engine).await?, [(1, true), (2, true), (3, true), (4, false)]);
        assert_eq!(author.posts()?.iter().map(|post| post.id).collect::<Vec<_>>(), [2], "it left the collection");
        let mut session = engine.session();
        assert_eq!(session.count(select::<File>()).await?, 1, "rows of a model that marks none stay");
        assert_eq!(session.one(select::<Note>()).await?.post_id, Some(1), "and keep their key");
        let links = session.get::<Post>(1).with(Post::TAGS.selectin()).with_deleted().await?.expect("the post");
        assert_eq!(links.get(Post::TAGS).len(), 2);
        let note = session.one(select::<Note>().with(Note::POST.selectin())).await?;
        assert!(note.get(Note::POST).is_none());
        Ok(())
    }

    async fn an_edit_restores_it(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        session.commit().await?;
        session.edit(&comment, |comment| comment.deleted_at = None)?;
        session.commit().await?;
        assert!(session.get::<Comment>(2).await?.is_some());
        assert_eq!(session.count(select::<Comment>()).await?, 4);
        session.delete(&comment)?;
        session.commit().await?;
        let restored = update::<Comment>().set(Comment::DELETED_AT, Null).filter(Comment::ID.eq(2)).with_deleted();
        assert_eq!(session.execute(restored).await?, 1);
        session.commit().await?;
        assert!(session.get::<Comment>(2).await?.is_some());
        Ok(())
    }

    async fn the_last_of_an_edit_and_a_deletion_counts(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(clock(FIRST));
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        session.commit().await?;
        session.edit(&comment, |comment| comment.deleted_at = None)?;
        session.delete(&comment)?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?[1], (2, true), "it was restored and deleted again");
        let other = session.get::<Comment>(3).await?.expect("a comment");
        session.edit(&other, |comment| comment.deleted_at = Some(time(FIRST - 5)))?;
        session.delete(&other)?;
        session.commit().await?;
        assert_eq!(other.deleted_at, Some(time(FIRST - 5)), "a time that is given counts");
        assert!(session.get::<Comment>(3).await?.is_none());
        Ok(())
    }

    async fn what_is_to_be_marked_can_be_purged(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        let error = session.edit(&comment, |comment| comment.deleted_at = None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(error.to_string().contains("the next flush marks this `Comment` as deleted; flush first"), "{error}");
        session.purge(&comment)?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?.len(), 3);
        let error = session.purge(&comment).unwrap_err();
        assert!(error.to_string().contains("only a rollback brings it back"), "{error}");
        Ok(())
    }

    async fn what_leads_to_an_object_is_unknown_after_an_edit_marks_or_restores_it(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let query = select::<Post>().with(Post::COMMENTS.selectin()).with(Post::TAGS.selectin()).order_by(Post::ID);
        let posts: Vec<Entity<Post>> = session.all(query).await?.into_iter().map(|post| post.dynamic()).collect();
        let notes = session.all(select::<Note>().with(Note::POST.selectin()).order_by(Note::ID)).await?;
        let note = notes.iter().find(|note| note.post_id == Some(1)).expect("a note").dynamic();
        let is_unknown = |kind: Option<ErrorKind>| kind == Some(ErrorKind::NotLoaded);
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        session.commit().await?;
        assert_eq!(posts[0].comments()?.len(), 2);
        session.edit(&comment, |comment| comment.deleted_at = None)?;
        assert!(is_unknown(posts[0].comments().err().map(|error| error.kind())));
        assert_eq!(session.load(&posts[0], Post::COMMENTS).await?.len(), 3);
        session.edit(&comment, |comment| comment.deleted_at = Some(time(FIRST)))?;
        assert!(is_unknown(posts[0].comments().err().map(|error| error.kind())));
        assert_eq!(session.load(&posts[0], Post::COMMENTS).await?.len(), 2);
        let tag = session.load(&posts[0], Post::TAGS).await?.first().expect("a tag");
        let tags = posts[0].tags()?.len();
        session.edit(&tag, |tag| tag.deleted_at = Some(time(FIRST)))?;
        assert!(is_unknown(posts[0].tags().err().map(|error| error.kind())));
        assert_eq!(session.load(&posts[0], Post::TAGS).await?.len(), tags - 1);
        session.edit(&posts[0], |post| post.deleted_at = Some(time(FIRST)))?;
        assert!(is_unknown(note.post().err().map(|error| error.kind())));
        assert!(session.load(&note, Note::POST).await?.is_none());
        session.edit(&posts[0], |post| post.deleted_at = None)?;
        assert!(is_unknown(note.post().err().map(|error| error.kind())));
        assert!(session.load(&note, Note::POST).await?.is_some());
        session.rollback().await?;
        Ok(())
    }

    async fn a_merge_or_a_bulk_statement_that_restores_unloads_too(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).with(Post::COMMENTS.selectin()).await?.expect("a post").dynamic();
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        for by_merge in [true, false] {
            session.delete(&comment)?;
            session.commit().await?;
            assert_eq!(post.comments()?.len(), 2);
            if by_merge {
                session.merge_draft(Comment::draft().id(2).post_id(1).body("back").deleted_at(Null)).await?;
            } else {
                let restored = update::<Comment>().set(Comment::DELETED_AT, Null).filter(Comment::ID.eq(2)).with_deleted();
                session.execute(restored).await?;
            }
            assert_eq!(post.comments().unwrap_err().kind(), ErrorKind::NotLoaded, "by merge: {by_merge}");
            assert_eq!(session.load(&post, Post::COMMENTS).await?.len(), 3);
            session.commit().await?;
        }
        session.merge_draft(Comment::draft().id(2).post_id(1).body("gone").deleted_at(time(FIRST))).await?;
        assert_eq!(post.comments().unwrap_err().kind(), ErrorKind::NotLoaded);
        assert_eq!(session.load(&post, Post::COMMENTS).await?.len(), 2);
        Ok(())
    }

    async fn a_rollback_takes_it_back(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).with(Post::COMMENTS.selectin()).await?.expect("a post");
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        session.flush().await?;
        assert_eq!(post.comments()?.len(), 2);
        session.rollback().await?;
        assert_eq!(comment.deleted_at, None);
        assert_eq!(post.comments()?.len(), 3);
        assert!(session.get::<Comment>(2).await?.is_some());
        let failed = session.nested(async |session| {
            session.delete(&comment)?;
            session.flush().await?;
            Err::<(), _>(Error::other(std::io::Error::other("no")))
        }).await;
        assert!(failed.is_err());
        assert_eq!((comment.deleted_at, post.comments()?.len()), (None, 3));
        session.delete(&comment)?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?[1], (2, true));
        Ok(())
    }

    async fn what_is_deleted_keeps_its_time(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(clock(FIRST));
        session.execute(delete::<Comment>().filter(Comment::ID.eq(2))).await?;
        session.commit().await?;
        let mut later = engine.session_with(clock(FIRST + 9));
        let comment = later.get::<Comment>(2).with_deleted().await?.expect("a comment");
        let log = engine.record();
        later.delete(&comment)?;
        let plan = later.flush_plan().to_string();
        assert!(plan.contains("look for") && !plan.contains("update"), "{plan}");
        later.commit().await?;
        assert_eq!(log.count(), 1, "only the answers are looked for: {log}");
        assert_eq!(later.execute(delete::<Comment>()).await?, 3);
        assert_eq!(later.execute(delete::<Comment>().without_criteria()).await?, 0);
        let post = later.get::<Post>(1).await?.expect("a post");
        later.delete(&post)?;
        later.commit().await?;
        let all = select_columns(Comment::DELETED_AT).with_deleted().order_by(Comment::ID);
        assert_eq!(later.rows(all).await?, [FIRST + 9, FIRST, FIRST + 9, FIRST + 9].map(|at| Some(time(at))));
        Ok(())
    }

    async fn purge_deletes_for_good(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let comment = session.get::<Comment>(1).await?.expect("a comment");
        session.delete(&comment)?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?, [(1, true), (2, false), (3, true), (4, false)], "with its answer");
        session.purge(&comment)?;
        session.commit().await?;
        assert_eq!(session.state(&comment), EntityState::Deleted);
        assert_eq!(comments(&engine).await?, [(2, false), (4, false)], "and its answer, which was marked already");
        let post = session.get::<Post>(1).await?.expect("a post");
        session.purge(&post)?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?, [(4, false)]);
        assert_eq!(session.count(select::<File>()).await?, 0);
        assert_eq!(session.one(select::<Note>()).await?.post_id, None);
        Ok(())
    }

    async fn a_parent_that_goes_takes_its_children_for_good(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).await?.expect("a post");
        session.delete(&post)?;
        session.commit().await?;
        let author = session.get::<Author>(1).await?.expect("an author");
        // Followed as one that stays, before it is known that its author goes.
        let other = session.get::<Post>(2).await?.expect("a post");
        session.delete(&other)?;
        session.delete(&author)?;
        session.commit().await?;
        let mut all = engine.session_with(SessionOptions::new().without_criteria());
        assert_eq!(all.count(select::<Author>()).await?, 0);
        assert_eq!(all.count(select::<Post>()).await?, 0);
        assert_eq!(comments(&engine).await?, []);
        Ok(())
    }

    async fn a_child_that_is_taken_out_is_marked(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).with(Post::COMMENTS.selectin()).await?.expect("a post");
        let comments_of: Vec<_> = post.get(Post::COMMENTS).iter().collect();
        session.remove(&post, Post::COMMENTS, &comments_of[1])?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?, [(1, false), (2, true), (3, false), (4, false)]);
        let other = session.get::<Post>(2).await?.expect("a post");
        session.remove(&post, Post::COMMENTS, &comments_of[0])?;
        session.append(&other, Post::COMMENTS, &comments_of[0])?;
        session.commit().await?;
        assert_eq!(comments(&engine).await?[0], (1, false), "it has another parent");
        session.append(&other, Post::COMMENTS, Comment::draft().id(9).body("new"))?;
        session.delete(&other)?;
        session.commit().await?;
        assert_eq!(posts(&mut engine.session()).await?, [1]);
        assert_eq!(comments(&engine).await?, [(1, true), (2, true), (3, true), (4, true)], "the new one is not written");
        Ok(())
    }

    async fn a_to_one_no_longer_leads_to_it(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let note = session.one(select::<Note>().with(Note::POST.selectin())).await?;
        let answer = session.get::<Comment>(3).await?.expect("an answer");
        let comment = session.get::<Comment>(2).with(Comment::POST.selectin()).await?.expect("a comment");
        let post = session.get::<Post>(1).await?.expect("a post");
        session.delete(&post)?;
        session.flush().await?;
        assert!(note.post()?.is_none() && note.post_id == Some(1), "as a query finds it");
        assert_eq!(comment.post()?.id, 1, "one that is never empty keeps its target");
        let log = engine.record();
        let again = session.one(select::<Note>().with(Note::POST.selectin())).await?;
        assert!(again.get(Note::POST).is_none());
        assert_eq!(log.count(), 2, "{log}");
        session.rollback().await?;
        assert_eq!(note.post()?.map(|post| post.id), Some(1));
        assert_eq!((comment.deleted_at, answer.deleted_at), (None, None));

        // By a statement too, and not in a session that sees deleted rows.
        session.execute(delete::<Post>().filter(Post::ID.eq(1))).await?;
        assert!(note.post()?.is_none());
        session.edit(&post, |post| post.deleted_at = None)?;
        session.flush().await?;
        session.refresh(&note).await?;
        assert_eq!(session.load(&note, Note::POST).await?.map(|post| post.id), Some(1), "it is back once it is reloaded");
        session.rollback().await?;
        let mut all = engine.session_with(SessionOptions::new().with_deleted());
        let note = all.one(select::<Note>().with(Note::POST.selectin())).await?;
        let post = all.get::<Post>(1).await?.expect("a post");
        all.delete(&post)?;
        all.flush().await?;
        assert_eq!(note.post()?.map(|post| post.id), Some(1));
        all.rollback().await
    }

    async fn bulk_deletes_mark_and_return(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(clock(FIRST));
        let held = session.get::<Post>(1).with(Post::COMMENTS.selectin()).await?.expect("a post");
        let marked = session.execute(delete::<Comment>().filter(Comment::ID.le(2)).returning()).await?;
        let mut ids: Vec<_> = marked.iter().map(|comment| (comment.id, comment.deleted_at)).collect();
        ids.sort();
        assert_eq!(ids, [(1, Some(time(FIRST))), (2, Some(time(FIRST)))]);
        assert_eq!(held.comments()?.len(), 1, "held collections show them no more");
        assert!(session.get::<Comment>(1).await?.is_none());
        assert_eq!(session.execute(delete::<Post>().filter(Post::COMMENTS.any(Comment::ID.eq(1)))).await?, 0);
        assert_eq!(session.execute(delete::<Post>().filter(Post::ID.eq(1))).await?, 1);
        session.commit().await?;
        assert_eq!((held.version, held.deleted_at), (2, Some(time(FIRST))));
        Ok(())
    }

    async fn a_deletion_is_of_the_row_as_it_was_read(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(1).await?.expect("a post");
        session.rollback().await?;
        engine.session().transaction(async |other| other.execute(update::<Post>().set(Post::TITLE, "new")).await).await?;
        session.delete(&post)?;
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::Stale);
        session.rollback().await?;
        session.expire(&post)?;
        session.delete(&post)?;
        session.commit().await?;
        assert_eq!(posts(&mut session).await?, [2]);
        Ok(())
    }
}
