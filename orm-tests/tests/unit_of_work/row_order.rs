//! The order of rows in one flush: what a row needs is written before it, and a unique value is given up before it is
//! taken again.

use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::models::shape;

/// A question needs nothing, and may name the answer that was accepted.
#[derive(Model, Debug)]
#[model(table = "questions")]
struct Question {
    #[key]
    id: i64,
    accepted_id: Option<i64>,
    #[belongs_to(key = "accepted_id")]
    accepted: BelongsTo<Option<Answer>>,
    #[has_many(key = "question_id", order_by = "id", cascade = "all, delete-orphan")]
    answers: HasMany<Answer>,
}

/// An answer always has a question.
#[derive(Model, Debug)]
#[model(table = "answers")]
struct Answer {
    #[key]
    id: i64,
    question_id: i64,
    #[belongs_to(key = "question_id")]
    question: BelongsTo<Question>,
}

/// A page has a place that no other one has, and an optional short name.
#[derive(Model, Debug)]
#[model(table = "pages")]
struct Page {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    place: i64,
    #[column(unique)]
    short: Option<String>,
}

#[derive(Model, Debug)]
#[model(table = "owners")]
struct Owner {
    #[key(auto)]
    id: i64,
    name: String,
    #[has_one(key = "owner_id", cascade = "all, delete-orphan")]
    badge: HasOne<Badge>,
    #[has_many(key = "owner_id", order_by = "id", cascade = "all, delete-orphan")]
    plates: HasMany<Plate>,
}

#[derive(Model, Debug)]
#[model(table = "badges")]
struct Badge {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    owner_id: i64,
    #[belongs_to(key = "owner_id")]
    owner: BelongsTo<Owner>,
}

#[derive(Model, Debug)]
#[model(table = "plates")]
struct Plate {
    #[key(auto)]
    id: i64,
    owner_id: i64,
    #[column(unique)]
    number: String,
    #[belongs_to(key = "owner_id")]
    owner: BelongsTo<Owner>,
}

/// A unit of an organisation, by keys that the program gives.
#[derive(Model, Debug)]
#[model(table = "units")]
struct Unit {
    #[key]
    id: i64,
    parent_id: Option<i64>,
    #[belongs_to(key = "parent_id")]
    parent: BelongsTo<Option<Unit>>,
}

async fn questions(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Question, Answer]).await?;
    let mut session = engine.session();
    for id in [1, 2] {
        session.add(Question::draft().id(id));
        session.add(Answer::draft().id(id).question_id(id));
    }
    session.flush().await?;
    let first = session.get::<Question>(1).await?.expect("the question is there");
    session.edit(&first, |question| question.accepted_id = Some(1))?;
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn a_circle_of_tables_is_cut_where_its_key_can_be_null(database: TestDatabase) -> Result<()> {
        let engine = questions(&database).await?;
        let mut session = engine.session();
        let first = session.get::<Question>(1).await?.expect("the question is there");
        session.delete(&first)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(
            shape(&log),
            ["SELECT answers", "UPDATE questions", "DELETE answers", "DELETE questions"],
            "the accepted answer is let go of first: {log}"
        );

        // A row outside the circle needs no such statement.
        let mut session = engine.session();
        let second = session.get::<Question>(2).await?.expect("the question is there");
        session.delete(&second)?;
        log.clear();
        session.commit().await?;
        assert_eq!(shape(&log), ["SELECT answers", "DELETE answers", "DELETE questions"], "{log}");
        let mut session = engine.session();
        assert_eq!((session.count(select::<Question>()).await?, session.count(select::<Answer>()).await?), (0, 0));
        Ok(())
    }
}

on_every_backend! {
    async fn rows_of_a_circle_are_inserted_together(database: TestDatabase) -> Result<()> {
        let engine = questions(&database).await?;
        let mut session = engine.session();
        // Keys that are values, and the child added first.
        session.add(Answer::draft().id(7).question_id(7));
        session.add(Answer::draft().id(8).question_id(8));
        session.add(Question::draft().id(7).accepted_id(7));
        session.add(Question::draft().id(8).accepted_id(8));
        let log = engine.record();
        let plan = session.flush_plan();
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT questions", "INSERT answers", "UPDATE questions"], "{log}");
        assert_eq!(
            plan.to_string(),
            "1. insert 2 Question\n2. insert 2 Answer\n3. update accepted_id of 2 Question",
            "the plan shows the statement that closes the circle"
        );
        let held = session.get::<Question>(7).await?.expect("the question is there");
        assert_eq!((held.accepted_id, session.is_modified(&held)), (Some(7), false));
        let rows = engine.session().all(select::<Question>().filter(Question::ID.gt(6)).order_by(Question::ID)).await?;
        assert_eq!(rows.iter().map(|row| row.accepted_id).collect::<Vec<_>>(), [Some(7), Some(8)]);
        Ok(())
    }
}

on_every_backend! {
    async fn children_with_given_keys_follow_their_parents(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Unit]).await?;
        let mut session = engine.session();
        for (id, parent) in [(4, Some(3)), (3, Some(2)), (2, Some(1)), (1, None)] {
            session.add(Unit::draft().id(id).parent_id(parent));
        }
        let log = engine.record();
        session.commit().await?;
        assert!(log.count() <= 2, "rows of one table are one statement for each list of columns: {log}");
        let rows = engine.session().all(select::<Unit>().order_by(Unit::ID)).await?;
        assert_eq!(rows.iter().map(|row| row.parent_id).collect::<Vec<_>>(), [None, Some(1), Some(2), Some(3)]);
        Ok(())
    }
}

async fn pages(database: &TestDatabase, places: &[i64]) -> Result<(Engine, Vec<Entity<Page>>)> {
    let engine = database.engine().await?;
    engine.create_all(schema![Page]).await?;
    let mut session = engine.session();
    for place in places {
        session.add(Page::draft().place(*place).short(format!("p{place}")));
    }
    session.commit().await?;
    let pages = session.all(select::<Page>().order_by(Page::ID)).await?;
    Ok((engine, pages))
}

async fn places(engine: &Engine) -> Result<Vec<(i64, i64)>> {
    let pages = engine.session().all(select::<Page>().order_by(Page::ID)).await?;
    Ok(pages.iter().map(|page| (page.id, page.place)).collect())
}

on_every_backend! {
    async fn a_unique_value_that_an_edit_gives_up_is_free_for_a_new_row(database: TestDatabase) -> Result<()> {
        let (engine, _) = pages(&database, &[1, 2]).await?;
        let mut session = engine.session();
        let first = session.get::<Page>(1).await?.expect("the page is there");
        session.add(Page::draft().place(1).short("new".to_owned()));
        session.edit(&first, |page| page.place = 9)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["UPDATE pages", "INSERT pages"], "{log}");
        assert_eq!(places(&engine).await?, [(1, 9), (2, 2), (3, 1)]);
        Ok(())
    }
}

on_every_backend! {
    async fn what_is_deleted_frees_its_unique_values(database: TestDatabase) -> Result<()> {
        let (engine, _) = pages(&database, &[1, 2, 3]).await?;
        let mut session = engine.session();
        let all = session.all(select::<Page>().order_by(Page::ID)).await?;
        session.add(Page::draft().place(1).short("p1".to_owned()));
        session.edit(&all[1], |page| page.place = 3)?;
        session.delete(&all[0])?;
        session.delete(&all[2])?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["DELETE pages", "UPDATE pages", "INSERT pages"], "{log}");
        // SQLite gives the key of a row that is gone again.
        let places: Vec<i64> = places(&engine).await?.into_iter().map(|(_, place)| place).collect();
        assert_eq!(places, [3, 1]);
        Ok(())
    }
}

on_every_backend! {
    async fn shifting_unique_values_writes_the_last_row_first(database: TestDatabase) -> Result<()> {
        let (engine, _) = pages(&database, &[1, 2, 3]).await?;
        let mut session = engine.session();
        for page in session.all(select::<Page>().order_by(Page::ID)).await? {
            session.edit(&page, |page| page.place += 1)?;
        }
        session.commit().await?;
        assert_eq!(places(&engine).await?, [(1, 2), (2, 3), (3, 4)]);
        Ok(())
    }
}

on_every_backend! {
    async fn swapped_values_that_can_be_null_are_swapped(database: TestDatabase) -> Result<()> {
        let (engine, _) = pages(&database, &[1, 2]).await?;
        let mut session = engine.session();
        let all = session.all(select::<Page>().order_by(Page::ID)).await?;
        session.edit(&all[0], |page| page.short = Some("p2".into()))?;
        session.edit(&all[1], |page| page.short = Some("p1".into()))?;
        session.commit().await?;
        assert!(!session.is_modified(&all[0]) && !session.is_modified(&all[1]));
        let rows = engine.session().all(select::<Page>().order_by(Page::ID)).await?;
        assert_eq!(rows.iter().map(|page| page.short.as_deref()).collect::<Vec<_>>(), [Some("p2"), Some("p1")]);
        Ok(())
    }
}

on_every_backend! {
    async fn an_impossible_swap_names_both_rows_and_the_fix(database: TestDatabase) -> Result<()> {
        let (engine, _) = pages(&database, &[1, 2]).await?;
        let mut session = engine.session();
        let all = session.all(select::<Page>().order_by(Page::ID)).await?;
        session.edit(&all[0], |page| page.place = 2)?;
        session.edit(&all[1], |page| page.place = 1)?;
        let error = session.commit().await.expect_err("no order of statements swaps them");
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        let message = error.to_string();
        for part in ["the `Page` with the key 1", "the `Page` with the key 2", "give one of them another value", "flush()"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        session.rollback().await?;

        // The result.
        let all = session.all(select::<Page>().order_by(Page::ID)).await?;
        session.edit(&all[0], |page| page.place = -1)?;
        session.flush().await?;
        session.edit(&all[1], |page| page.place = 1)?;
        session.flush().await?;
        session.edit(&all[0], |page| page.place = 2)?;
        session.commit().await?;
        assert_eq!(places(&engine).await?, [(1, 2), (2, 1)]);
        Ok(())
    }
}

async fn owners(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Owner, Badge, Plate]).await?;
    let mut session = engine.session();
    session.add(Owner::draft().name("ann").badge(Badge::draft()).plates([Plate::draft().number("A1")]));
    session.add(Owner::draft().name("ben").plates([Plate::draft().number("B1")]));
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn the_old_target_of_a_has_one_goes_before_the_new_one_comes(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        session.load(&ann, Owner::BADGE).await?;
        session.assign(&ann, Owner::BADGE, Badge::draft())?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(shape(&log), ["DELETE badges", "INSERT badges"], "{log}");
        // SQLite gives the key of a row that is gone again.
        let badges = engine.session().all(select::<Badge>()).await?;
        let rows: Vec<_> = badges.iter().map(|badge| (badge.id, badge.owner_id)).collect();
        assert_eq!(rows, [(ann.badge()?.expect("ann has a badge").id, 1)]);
        Ok(())
    }
}

on_every_backend! {
    async fn a_child_is_replaced_by_one_with_its_unique_value(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        session.load(&ann, Owner::PLATES).await?;
        session.replace(&ann, Owner::PLATES, [Plate::draft().number("A1"), Plate::draft().number("A2")])?;
        session.commit().await?;
        let plates = engine.session().all(select::<Plate>().order_by(Plate::NUMBER)).await?;
        let rows: Vec<_> = plates.iter().map(|plate| (plate.number.as_str(), plate.owner_id)).collect();
        assert_eq!(rows, [("A1", 1), ("A2", 1), ("B1", 2)]);
        assert_eq!(ann.plates()?.len(), 2);
        Ok(())
    }
}

#[derive(Model, Debug)]
#[model(table = "songs")]
struct Song {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    title: String,
    /// The labels do not know their songs.
    #[many_to_many(through = "song_labels")]
    labels: HasMany<Label>,
}

#[derive(Model, Debug)]
#[model(table = "labels")]
struct Label {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    name: String,
}

async fn songs(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Song, Label]).await?;
    let mut session = engine.session();
    session.add(Song::draft().title("one").labels([Label::draft().name("a"), Label::draft().name("b")]));
    session.commit().await?;
    Ok(engine)
}

on_every_backend! {
    async fn link_rows_are_deleted_first(database: TestDatabase) -> Result<()> {
        let engine = songs(&database).await?;
        let mut session = engine.session();
        let song = session.one(select::<Song>()).await?;
        let label = session.one(select::<Label>().filter(Label::NAME.eq("a"))).await?;
        session.delete(&song)?;
        session.delete(&label)?;
        session.commit().await?;
        let mut session = engine.session();
        assert_eq!((session.count(select::<Song>()).await?, session.count(select::<Label>()).await?), (0, 1));
        Ok(())
    }
}

on_every_backend! {
    async fn a_row_deleted_early_takes_its_links_along(database: TestDatabase) -> Result<()> {
        let engine = songs(&database).await?;
        let mut session = engine.session();
        let song = session.one(select::<Song>().with(Song::LABELS.selectin())).await?;
        let labels = song.labels()?.to_vec();
        session.remove(&song, Song::LABELS, &labels[0])?;
        session.delete(&labels[0])?;
        session.delete(&song)?;
        session.add(Song::draft().title("one").labels([Label::draft().name("a")]));
        session.commit().await?;
        let mut session = engine.session();
        let songs = session.all(select::<Song>().with(Song::LABELS.selectin())).await?;
        let shown: Vec<_> = songs
            .iter()
            .map(|song| (song.title.as_str(), song.get(Song::LABELS).iter().map(|label| label.name.clone()).collect()))
            .collect();
        assert_eq!(shown, [("one", vec!["a".to_owned()])]);
        assert_eq!(session.count(select::<Label>()).await?, 2);
        Ok(())
    }
}

on_every_backend! {
    async fn a_child_that_waits_for_another_parent_is_not_an_orphan(database: TestDatabase) -> Result<()> {
        let engine = owners(&database).await?;
        let mut session = engine.session();
        let ann = session.get::<Owner>(1).await?.expect("ann is there");
        let badge = session.load(&ann, Owner::BADGE).await?.expect("ann has a badge");
        session.add(Owner::draft().name("cid").badge(&badge));
        session.assign(&ann, Owner::BADGE, Badge::draft())?;
        session.commit().await?;
        let badges = engine.session().all(select::<Badge>().order_by(Badge::OWNER_ID)).await?;
        assert_eq!(badges.iter().map(|badge| badge.owner_id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(badges[1].id, badge.id, "the badge moved to its new owner");
        Ok(())
    }
}

/// An owner that is identified by a unique name, and its things.
#[derive(Model, Debug)]
#[model(table = "keepers")]
struct Keeper {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    name: String,
}

#[derive(Model, Debug)]
#[model(table = "kept_things")]
struct Kept {
    #[key(auto)]
    id: i64,
    keeper_id: Option<i64>,
    #[belongs_to(key = "keeper_id")]
    keeper: BelongsTo<Option<Keeper>>,
}

on_every_backend! {
    async fn a_row_that_waits_for_a_new_parent_leaves_the_old_one(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        engine.create_all(schema![Keeper, Kept]).await?;
        let mut session = engine.session();
        session.add(Kept::draft().keeper(Keeper::draft().name("k")));
        session.commit().await?;
        let kept = session.one(select::<Kept>()).await?;
        let old = session.one(select::<Keeper>()).await?;
        let new = session.add(Keeper::draft().name("k"));
        session.assign(&kept, Kept::KEEPER, &new)?;
        session.delete(&old)?;
        let log = engine.record();
        session.commit().await?;
        assert_eq!(
            shape(&log),
            ["UPDATE kept_things", "DELETE keepers", "INSERT keepers", "UPDATE kept_things"],
            "{log}"
        );
        let rows = engine.session().all(select::<Kept>().with(Kept::KEEPER.selectin())).await?;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].keeper_id, Some(new.entity()?.id));
        Ok(())
    }
}
