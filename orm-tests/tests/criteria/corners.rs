//! Corners of `#[column(deleted)]`: other relationships, other ways to write, and what the rest of the library sees.

use chrono::{DateTime, Utc};
use orm_core::plan::FlushPlan;
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};
use std::sync::{Arc, Mutex};

use super::blog::{Author, Comment, FIRST, File, Note, Post, Tag, blog, clock, time};

/// A person has one seat and belongs to teams by memberships, which are objects with columns of their own.
#[derive(Model, Debug)]
#[model(table = "corner_people")]
struct Person {
    #[key]
    id: i64,
    #[has_one(cascade = "all, delete-orphan")]
    seat: HasOne<Seat>,
    #[has_many(order_by = "team_id", cascade = "all")]
    memberships: HasMany<Membership>,
    #[many_to_many(
        through = "corner_memberships",
        key = "person_id",
        target_key = "team_id",
        order_by = "id",
        view_only
    )]
    teams: HasMany<Team>,
}

#[derive(Model, Debug)]
#[model(table = "corner_seats")]
struct Seat {
    #[key(auto)]
    id: i64,
    person_id: i64,
    #[column(deleted)]
    deleted_at: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
#[model(table = "corner_memberships")]
struct Membership {
    #[key]
    person_id: i64,
    #[key]
    team_id: i64,
    #[column(deleted)]
    left_at: Option<DateTime<Utc>>,
    #[belongs_to(lazy = "joined")]
    team: BelongsTo<Team>,
}

#[derive(Model, Debug)]
#[model(table = "corner_teams")]
struct Team {
    #[key]
    id: i64,
}

/// Its relationship writes rows of a model that keeps them.
#[derive(Model, Debug)]
#[model(table = "corner_clubs")]
struct Club {
    #[key]
    id: i64,
    #[many_to_many(through = "corner_club_members", key = "club_id", target_key = "person_id")]
    people: HasMany<Person>,
    #[has_many]
    members: HasMany<ClubMember>,
}

#[derive(Model, Debug)]
#[model(table = "corner_club_members")]
struct ClubMember {
    #[key]
    club_id: i64,
    #[key]
    person_id: i64,
    #[column(deleted)]
    left_at: Option<DateTime<Utc>>,
}

/// Who may delete it, and what counts as its change.
#[derive(Model, Debug)]
#[model(table = "corner_pages", hooks)]
struct Page {
    #[key]
    id: i64,
    locked: bool,
    changes: i64,
    #[column(deleted)]
    deleted_at: Option<DateTime<Utc>>,
}

impl ModelHooks for Page {
    fn before_update(&mut self, _: &Context) -> Result<()> {
        self.changes += 1;
        Ok(())
    }

    fn before_delete(&self, _: &Context) -> Result<()> {
        match self.locked || self.deleted_at.is_some() {
            true => Err(Error::other("locked")),
            false => Ok(()),
        }
    }
}

/// Its parts need it, and are not deleted with it.
#[derive(Model, Debug)]
#[model(table = "corner_wholes")]
struct Whole {
    #[key]
    id: i64,
    #[has_many]
    parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(table = "corner_parts")]
struct Part {
    #[key]
    id: i64,
    whole_id: i64,
    #[column(deleted)]
    deleted_at: Option<DateTime<Utc>>,
}

async fn teams(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Person, Seat, Membership, Team]).await?;
    let mut session = engine.session();
    for id in [1, 2] {
        session.add(Team::draft().id(id));
    }
    session.add(Person::draft().id(1));
    session.flush().await?;
    for team in [1, 2] {
        session.add(Membership::draft().person_id(1).team_id(team));
    }
    session.add(Seat::draft().person_id(1));
    session.commit().await?;
    Ok(engine)
}

#[derive(Clone, Default)]
struct Audit(Arc<Mutex<Vec<String>>>);

impl SessionHooks for Audit {
    fn after_flush(&self, executed: &FlushPlan, _: &Context) {
        let rows = executed.rows().iter().map(|row| format!("{:?} {}", row.change(), row.model()));
        self.0.lock().unwrap().extend(rows);
    }
}

on_every_backend! {
    async fn links_of_a_model_that_marks_are_not_read(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let mut session = engine.session();
        let membership = session.get::<Membership>((1, 2)).await?.expect("a membership");
        session.delete(&membership)?;
        session.commit().await?;
        for query in [
            select::<Person>().with(Person::TEAMS.selectin()).with(Person::MEMBERSHIPS.selectin()),
            select::<Person>().with(Person::TEAMS.joined()).with(Person::MEMBERSHIPS.joined()),
            select::<Person>().with(Person::TEAMS.subquery()).with(Person::MEMBERSHIPS.subquery()),
        ] {
            let person = engine.session().one(query.clone()).await?;
            assert_eq!((person.get(Person::TEAMS).len(), person.get(Person::MEMBERSHIPS).len()), (1, 1));
            let person = engine.session().one(query.with_deleted()).await?;
            assert_eq!((person.get(Person::TEAMS).len(), person.get(Person::MEMBERSHIPS).len()), (2, 2));
        }
        assert_eq!(session.count(select::<Person>().filter(Person::TEAMS.any(Team::ID.eq(2)))).await?, 0);
        assert_eq!(session.rows(select_columns(Team::ID).from::<Person>().join(Person::TEAMS)).await?, [1]);
        let person = session.get::<Person>(1).await?.expect("a person");
        assert_eq!(session.load(&person, Person::TEAMS).await?.len(), 1);
        assert_eq!(session.count(select::<Team>()).await?, 2, "the team itself is there");
        Ok(())
    }

    async fn links_of_a_model_that_marks_are_not_written(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let error = engine.session().all(select::<Club>()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.to_string().contains("`Club.people` goes through `corner_club_members`, the table of `ClubMember`"), "{error}");
        Ok(())
    }

    async fn another_target_takes_the_place_of_a_marked_one(database: TestDatabase) -> Result<()> {
        let engine = teams(&database).await?;
        let mut session = engine.session();
        let person = session.get::<Person>(1).await?.expect("a person");
        session.assign(&person, Person::SEAT, Seat::draft())?;
        session.commit().await?;
        assert_eq!(session.count(select::<Seat>()).await?, 1);
        assert_eq!(session.count(select::<Seat>().with_deleted()).await?, 2);
        for query in [
            select::<Person>().with(Person::SEAT.selectin()),
            select::<Person>().with(Person::SEAT.joined()),
            select::<Person>().with(Person::SEAT.subquery()),
        ] {
            let person = engine.session().one(query).await?;
            assert!(person.get(Person::SEAT).is_some_and(|seat| seat.deleted_at.is_none()));
        }
        let seat = session.load(&person, Person::SEAT).await?.expect("a seat");
        session.delete(&seat)?;
        session.commit().await?;
        assert!(person.seat()?.is_none(), "what it holds follows");
        Ok(())
    }

    async fn a_new_row_with_the_key_of_a_marked_one_is_refused(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let tag = session.get::<Tag>(1).await?.expect("a tag");
        session.delete(&tag)?;
        session.add(Tag::draft().id(1));
        assert_eq!(session.commit().await.unwrap_err().kind(), ErrorKind::UniqueViolation);
        session.rollback().await?;
        session.delete(&tag)?;
        session.commit().await?;
        let restored = insert::<Tag>().rows([Tag::draft().id(1)]).on_conflict(OnConflict::update(Tag::ID, Tag::DELETED_AT));
        session.execute(restored).await?;
        session.commit().await?;
        assert!(session.get::<Tag>(1).await?.is_some());
        Ok(())
    }

    async fn a_row_of_a_purged_object_becomes_a_new_one(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let comment = session.get::<Comment>(4).await?.expect("a comment");
        session.purge(&comment)?;
        session.add(Comment::draft().id(4).post_id(2).body("new"));
        session.commit().await?;
        assert_eq!(engine.session().get::<Comment>(4).await?.map(|comment| comment.body.clone()).as_deref(), Some("new"));
        Ok(())
    }

    async fn edits_go_with_the_mark(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let audit = Audit::default();
        let mut session = engine.session_with(clock(FIRST).hooks(audit.clone()));
        let comment = session.get::<Comment>(4).await?.expect("a comment");
        session.edit(&comment, |comment| comment.body = "spam".to_owned())?;
        session.delete(&comment)?;
        assert!(session.edit(&comment, |comment| comment.body = String::new()).is_err(), "it is deleted");
        session.commit().await?;
        assert_eq!((&*comment.body, comment.deleted_at), ("spam", Some(time(FIRST))));
        assert_eq!(*audit.0.lock().unwrap(), ["Updated Comment"]);
        let pending = session.add(Comment::draft().id(8).post_id(2).body("text"));
        session.flush().await?;
        session.delete(&pending.entity()?)?;
        session.commit().await?;
        assert_eq!(session.count(select::<Comment>().with_deleted().filter(Comment::ID.eq(8))).await?, 1);
        Ok(())
    }

    async fn links_go_with_the_mark(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let comment = session.get::<Comment>(1).await?.expect("a comment");
        let new = session.add(Post::draft().id(7).author_id(1).title("new"));
        session.assign(&comment, Comment::POST, &new)?;
        session.delete(&comment)?;
        session.commit().await?;
        let row = select_columns((Comment::POST_ID, Comment::DELETED_AT)).with_deleted().filter(Comment::ID.eq(1));
        let (post, deleted) = engine.session().row(row).await?;
        assert_eq!((post, deleted.is_some()), (7, true));
        Ok(())
    }

    async fn objects_that_are_held_stay_readable(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        let post = session.get::<Post>(2).with(Post::AUTHOR.selectin()).await?.expect("a post");
        session.delete(&post)?;
        session.commit().await?;
        assert_eq!(post.author()?.id, 1);
        session.refresh(&post).await?;
        assert!(post.deleted_at.is_some());
        assert_eq!(session.load(&post, Post::COMMENTS).await?.len(), 0, "its comments are deleted too");
        session.expire(&post)?;
        assert!(session.get::<Post>(2).await?.is_none());
        let error = session.all(select::<Comment>().with(Comment::POST.selectin()).with_deleted()).await;
        assert_eq!(error?.len(), 4);
        // A comment that is restored alone has a post that is not seen.
        let restored = update::<Comment>().set(Comment::DELETED_AT, Null).filter(Comment::ID.eq(4)).with_deleted();
        session.execute(restored).await?;
        let refused = engine.session().all(select::<Comment>().with(Comment::POST.selectin())).await;
        session.commit().await?;
        drop(refused);
        let error = engine.session().all(select::<Comment>().with(Comment::POST.selectin())).await.unwrap_err();
        assert!(error.to_string().contains("`.with_deleted()`"), "{error}");
        Ok(())
    }

    async fn a_session_that_shows_deleted_rows_keeps_them_in_collections(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session_with(SessionOptions::new().with_deleted());
        let post = session.get::<Post>(1).with(Post::COMMENTS.selectin()).await?.expect("a post");
        let comment = session.get::<Comment>(2).await?.expect("a comment");
        session.delete(&comment)?;
        session.commit().await?;
        assert_eq!(post.comments()?.len(), 3);
        assert!(session.get::<Comment>(2).await?.is_some());
        assert_eq!(session.load(&post, Post::COMMENTS).await?.len(), 3);
        session.delete(&post)?;
        session.commit().await?;
        let author = session.get::<Author>(1).with(Author::POSTS.joined()).await?.expect("an author");
        assert_eq!(author.get(Author::POSTS).len(), 2);
        Ok(())
    }

    async fn plans_are_kept_apart(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let query = || select::<Tag>().filter(Tag::ID.eq(1));
        engine.session().transaction(async |session| session.execute(delete::<Tag>().filter(Tag::ID.eq(1))).await).await?;
        for _ in 0..3 {
            let mut session = engine.session();
            assert!(session.one_or_none(query()).await?.is_none());
            assert!(session.one_or_none(query().with_deleted()).await?.is_some());
            assert!(session.get::<Tag>(1).await?.is_none());
            assert!(engine.session().get::<Tag>(1).await?.is_none());
            assert!(engine.session().get::<Tag>(1).without_criteria().await?.is_some());
            let mut all = engine.session_with(SessionOptions::new().without_criteria());
            assert!(all.get::<Tag>(1).await?.is_some());
            assert!(all.one_or_none(query()).await?.is_some());
        }
        assert!(engine.plan(&query())?.to_string().contains("IS NULL"));
        assert!(!engine.plan(&query().with_deleted())?.to_string().contains("IS NULL"));
        engine.check(schema![Author, Post, Comment, File, Note, Tag]).await?.into_result()
    }

    async fn many_rows_are_few_statements(database: TestDatabase) -> Result<()> {
        let engine = blog(&database).await?;
        let mut session = engine.session();
        for id in 100..300 {
            session.add(Tag::draft().id(id));
        }
        session.commit().await?;
        let tags = session.all(select::<Tag>()).await?;
        let log = engine.record();
        for tag in &tags {
            session.delete(tag)?;
        }
        session.commit().await?;
        assert_eq!(log.count(), 1, "{log}");
        assert_eq!(session.count(select::<Tag>()).await?, 0);
        Ok(())
    }

    async fn hooks_are_asked(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Page]).await?;
        let mut session = engine.session();
        let locked = session.insert(Page::draft().id(1).locked(true).changes(0)).await?;
        let open = session.insert(Page::draft().id(2).locked(false).changes(0)).await?;
        session.commit().await?;
        session.delete(&open)?;
        session.delete(&locked)?;
        assert!(session.commit().await.unwrap_err().to_string().contains("locked"));
        session.rollback().await?;
        assert_eq!((open.deleted_at, locked.deleted_at), (None, None));
        session.delete(&open)?;
        session.commit().await?;
        assert_eq!(open.changes, 1);
        assert_eq!(session.count(select::<Page>()).await?, 1);
        Ok(())
    }

    async fn a_marked_child_still_needs_its_parent(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Whole, Part]).await?;
        let mut session = engine.session();
        let whole = session.insert(Whole::draft().id(1)).await?;
        let part = session.insert(Part::draft().id(1).whole_id(1)).await?;
        session.commit().await?;
        let log = engine.record();
        session.delete(&part)?;
        session.delete(&whole)?;
        let error = session.commit().await.unwrap_err();
        assert!(error.to_string().contains("`Whole.parts`"), "{error}");
        assert!(log.statements().iter().all(|statement| !statement.sql.starts_with("UPDATE")), "{log}");
        session.rollback().await?;
        session.delete(&part)?;
        session.commit().await?;
        session.delete(&whole)?;
        assert!(session.commit().await.is_err(), "its part is hidden, and refers to it");
        session.rollback().await?;
        session.purge(&part)?;
        session.delete(&whole)?;
        session.commit().await?;
        assert_eq!(session.count(select::<Whole>()).await?, 0);
        Ok(())
    }
}
