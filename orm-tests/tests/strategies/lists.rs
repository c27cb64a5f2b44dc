//! What a query loads, and how, never changes the list of entities: with explicit joins, DISTINCT, `unique` and pages.

use orm_core::prelude::*;
use orm_tests::{Backend, TestDatabase, on_every_backend};

#[derive(Model, Debug)]
#[model(table = "list_firms")]
struct Firm {
    #[key]
    id: i64,
    name: String,
}

#[derive(Model, Debug)]
#[model(table = "list_posts")]
struct Post {
    #[key]
    id: i64,
    firm_id: Option<i64>,
    title: String,
    #[belongs_to]
    firm: BelongsTo<Option<Firm>>,
    #[has_many(key = "post_id", order_by = "id")]
    comments: HasMany<Comment>,
    #[has_many(key = "post_id", order_by = "id")]
    marks: HasMany<Mark>,
    #[many_to_many(through = "list_post_tags", key = "post_id", target_key = "tag_id", order_by = "id")]
    tags: HasMany<Tag>,
}

/// The same posts, which load their comments by a join unless a query says otherwise.
#[derive(Model, Debug)]
#[model(table = "list_posts")]
struct Eager {
    #[key]
    id: i64,
    #[has_many(key = "post_id", order_by = "id", lazy = "joined")]
    comments: HasMany<Comment>,
    #[has_many(key = "post_id", order_by = "id")]
    marks: HasMany<Mark>,
}

#[derive(Model, Debug)]
#[model(table = "list_comments")]
struct Comment {
    #[key]
    id: i64,
    post_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "list_marks")]
struct Mark {
    #[key]
    id: i64,
    post_id: i64,
    weight: i64,
}

#[derive(Model, Debug)]
#[model(table = "list_tags")]
struct Tag {
    #[key]
    id: i64,
    name: String,
}

/// Four posts: of two firms and of none, with marks of the weights 1 to 5; posts 1 and 3 have two each.
async fn posts(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Firm, Post, Comment, Mark, Tag]).await?;
    let mut session = engine.session();
    for (id, name) in [(1, "ash"), (2, "birch")] {
        session.add(Firm::draft().id(id).name(name));
    }
    let tags: Vec<_> =
        [(1, "a"), (2, "b"), (3, "c")].map(|(id, name)| session.add(Tag::draft().id(id).name(name))).into();
    session.flush().await?;
    for (id, firm, linked) in
        [(1, Some(1), vec![0, 1]), (2, Some(1), vec![0]), (3, Some(2), vec![]), (4, None, vec![1, 2])]
    {
        let linked: Vec<_> = linked.into_iter().map(|at: usize| &tags[at]).collect();
        session.add(Post::draft().id(id).firm_id(firm).title(format!("title {id}")).tags(linked));
    }
    session.flush().await?;
    for (id, post) in [(1, 1), (2, 1), (3, 1), (4, 3), (5, 3), (6, 4)] {
        session.add(Comment::draft().id(id).post_id(post));
    }
    for (id, post, weight) in [(1, 1, 5), (2, 1, 1), (3, 2, 3), (4, 3, 4), (5, 3, 2)] {
        session.add(Mark::draft().id(id).post_id(post).weight(weight));
    }
    session.commit().await?;
    Ok(engine)
}

fn comments_of(post: i64) -> &'static [i64] {
    [&[1, 2, 3][..], &[], &[4, 5], &[6]][usize::try_from(post - 1).unwrap()]
}

fn tags_of(post: i64) -> &'static [i64] {
    [&[1, 2][..], &[1], &[], &[2, 3]][usize::try_from(post - 1).unwrap()]
}

fn firm_of(post: i64) -> Option<&'static str> {
    [Some("ash"), Some("ash"), Some("birch"), None][usize::try_from(post - 1).unwrap()]
}

/// The list of a query, whatever it loads and however it does, and its count.
macro_rules! assert_list {
    ($engine:ident, $query:expr, $expected:expr) => {{
        let expected: Vec<i64> = $expected.into();
        let query = || $query;
        let plain = $engine.session().all(query()).await?;
        assert_eq!(plain.iter().map(|post| post.id).collect::<Vec<_>>(), expected, "{}", stringify!($query));
        let counted = $engine.session().count(query()).await?;
        assert_eq!(counted, expected.len() as u64, "the count of {}", stringify!($query));
        assert_loaded!($engine, query, expected, joined, 1);
        assert_loaded!($engine, query, expected, selectin, 4);
        assert_loaded!($engine, query, expected, subquery, 4);
        assert_loaded!($engine, query, expected, auto, 4);
        let below =
            query().with(Post::FIRM.joined()).with(Post::COMMENTS.joined()).with(Post::TAGS.subquery());
        let below = $engine.session().all(below).await?;
        assert_eq!(below.iter().map(|post| post.id).collect::<Vec<_>>(), expected, "{}", stringify!($query));
        for post in &below {
            let tags: Vec<i64> = post.get(Post::TAGS).iter().map(|tag| tag.id).collect();
            assert_eq!(tags, tags_of(post.id), "below a join: {}", stringify!($query));
        }
    }};
}

macro_rules! assert_loaded {
    ($engine:ident, $query:ident, $expected:ident, $strategy:ident, $statements:expr) => {{
        let log = $engine.record();
        let loaded = $query()
            .with(Post::FIRM.$strategy())
            .with(Post::COMMENTS.$strategy())
            .with(Post::TAGS.$strategy());
        let loaded = $engine.session().all(loaded).await?;
        assert!(log.count() <= $statements, "{log}");
        assert_eq!(loaded.iter().map(|post| post.id).collect::<Vec<_>>(), $expected, "{log}");
        for post in &loaded {
            let comments: Vec<i64> = post.get(Post::COMMENTS).iter().map(|comment| comment.id).collect();
            assert_eq!(comments, comments_of(post.id), "{log}");
            let tags: Vec<i64> = post.get(Post::TAGS).iter().map(|tag| tag.id).collect();
            assert_eq!(tags, tags_of(post.id), "{log}");
            assert_eq!(
                post.get(Post::FIRM).map(|firm| firm.name.clone()).as_deref(),
                firm_of(post.id),
                "{log}"
            );
        }
    }};
}

on_every_backend! {
    async fn rows_that_a_join_repeats_stay_and_those_that_a_load_repeats_collapse(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let marked = || select::<Post>().join(Post::MARKS);
        assert_list!(engine, marked().order_by(Mark::WEIGHT), [1, 3, 2, 3, 1]);
        assert_list!(engine, marked().order_by(Mark::WEIGHT.desc()), [1, 3, 2, 3, 1]);
        assert_list!(engine, marked().order_by((Post::ID, Mark::ID)), [1, 1, 2, 3, 3]);
        assert_list!(engine, marked().order_by(Post::ID), [1, 1, 2, 3, 3]);
        assert_list!(engine, marked().filter(Mark::WEIGHT.gt(1)).order_by(Mark::WEIGHT), [3, 2, 3, 1]);
        let own = || select::<Post>().join(Post::COMMENTS).order_by(Comment::ID.desc());
        assert_list!(engine, own(), [4, 3, 3, 1, 1, 1]);
        let tagged = || select::<Post>().left_join(Post::TAGS).order_by((Post::ID, Tag::ID));
        assert_list!(engine, tagged(), [1, 1, 2, 3, 4, 4]);
        let light = || select::<Post>().left_join(Post::MARKS).filter(Mark::WEIGHT.lt(3) | Mark::ID.is_null());
        assert_list!(engine, light().order_by(Post::ID.desc()), [4, 3, 1]);
        let on = || select::<Post>().join_on::<Mark>(Mark::POST_ID.eq(Post::ID) & Mark::WEIGHT.ne(3));
        assert_list!(engine, on().order_by(Mark::WEIGHT), [1, 3, 3, 1]);
        let mark = alias::<Mark>("m");
        let aliased = || select::<Post>().join(Post::MARKS.to_alias(&mark)).order_by(mark.column(Mark::WEIGHT).desc());
        assert_list!(engine, aliased(), [1, 3, 2, 3, 1]);

        let mut session = engine.session();
        let unsorted = session.all(marked().with(Post::COMMENTS.joined())).await?;
        let mut found: Vec<i64> = unsorted.iter().map(|post| post.id).collect();
        found.sort_unstable();
        assert_eq!(found, [1, 1, 2, 3, 3]);
        Ok(())
    }

    async fn a_page_is_of_the_rows_of_the_query(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let marked = || select::<Post>().join(Post::MARKS).order_by(Mark::WEIGHT);
        assert_list!(engine, marked().limit(3).offset(1), [3, 2, 3]);
        assert_list!(engine, marked().limit(2), [1, 3]);
        assert_list!(engine, marked().offset(3), [3, 1]);
        assert_list!(engine, marked().limit(0), []);
        let light = || select::<Post>().left_join(Post::MARKS).filter(Mark::WEIGHT.lt(3) | Mark::ID.is_null());
        assert_list!(engine, light().order_by(Post::ID).limit(2).offset(1), [3, 4]);
        let of_firms = || select::<Post>().join(Post::FIRM).order_by((Firm::NAME.desc(), Post::ID));
        assert_list!(engine, of_firms(), [3, 1, 2]);
        assert_list!(engine, of_firms().limit(2), [3, 1]);
        assert_list!(engine, of_firms().limit(1).offset(1), [1]);
        let counted = || select::<Post>().order_by((Post::COMMENTS.count().desc(), Post::ID));
        assert_list!(engine, counted().limit(2), [1, 3]);
        assert_list!(engine, counted().limit(2).offset(2), [4, 2]);
        let mut session = engine.session();
        let first = session.first(marked().with(Post::COMMENTS.joined()).filter(Mark::WEIGHT.gt(1))).await?.unwrap();
        assert_eq!((first.id, first.get(Post::COMMENTS).len()), (3, 2));
        Ok(())
    }

    async fn distinct_rows_are_those_of_the_query(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let of_firms = || select::<Post>().join(Post::FIRM).distinct().order_by(Post::ID);
        assert_list!(engine, of_firms(), [1, 2, 3]);
        assert_list!(engine, of_firms().limit(2).offset(1), [2, 3]);
        let marked = || select::<Post>().join(Post::MARKS).distinct().order_by(Post::ID.desc());
        assert_list!(engine, marked(), [3, 2, 1]);
        assert_list!(engine, marked().limit(2), [3, 2]);
        assert_list!(engine, marked().filter(Mark::WEIGHT.gt(3)).limit(5).offset(1), [1]);
        let left = || select::<Post>().left_join(Post::MARKS).left_join(Post::TAGS).distinct().order_by(Post::TITLE);
        assert_list!(engine, left(), [1, 2, 3, 4]);
        assert_list!(engine, left().limit(2).offset(1), [2, 3]);
        assert_list!(engine, select::<Post>().distinct().order_by(Post::ID).limit(2), [1, 2]);
        let mark = alias::<Mark>("m");
        let aliased = || select::<Post>().join(Post::MARKS.to_alias(&mark)).filter(mark.column(Mark::WEIGHT).lt(5)).distinct();
        assert_list!(engine, aliased().order_by(Post::ID), [1, 2, 3]);
        Ok(())
    }

    async fn unique_pages_entities(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let marked = || select::<Post>().join(Post::MARKS).unique();
        assert_list!(engine, marked().order_by(Mark::WEIGHT), [1, 3, 2]);
        assert_list!(engine, marked().order_by(Mark::WEIGHT).limit(2), [1, 3]);
        assert_list!(engine, marked().order_by(Mark::WEIGHT).limit(2).offset(1), [3, 2]);
        assert_list!(engine, marked().order_by(Mark::WEIGHT).offset(2), [2]);
        assert_list!(engine, marked().order_by(Mark::WEIGHT.desc()).limit(4), [1, 3, 2]);
        assert_list!(engine, marked().order_by(Post::ID.desc()).limit(2), [3, 2]);
        assert_list!(engine, marked().order_by((Post::FIRM_ID.desc(), Mark::WEIGHT)).limit(2), [3, 1]);
        let tagged = || select::<Post>().left_join(Post::TAGS).unique();
        assert_list!(engine, tagged().order_by((Post::ID, Tag::ID.desc())).limit(3).offset(1), [2, 3, 4]);
        assert_list!(engine, tagged().filter(Tag::ID.gt(1)).order_by((Tag::NAME.desc(), Post::ID)).limit(2), [4, 1]);
        let of_firms = || select::<Post>().join(Post::FIRM).unique().order_by((Firm::NAME.desc(), Post::ID));
        assert_list!(engine, of_firms().limit(2), [3, 1]);
        let mut session = engine.session();
        let first = session.first(marked().order_by(Mark::WEIGHT.desc()).with(Post::COMMENTS.joined())).await?.unwrap();
        assert_eq!((first.id, first.get(Post::COMMENTS).len()), (1, 3));

        // The pages of each size are the whole list.
        for size in 1..=4 {
            let (mut numbered, mut behind) = (Vec::new(), Vec::new());
            for number in 1..=4 {
                let page = marked().order_by(Mark::WEIGHT).page(number, size).with(Post::COMMENTS.joined());
                numbered.extend(session.all(page).await?.iter().map(|post| post.id));
            }
            assert_eq!(numbered, [1, 3, 2], "pages of {size}");
            let mut last: Option<Entity<Post>> = None;
            loop {
                let page = session.all(marked().order_by(Post::ID.desc()).page_after(last.as_ref(), size)).await?;
                behind.extend(page.iter().map(|post| post.id));
                let Some(end) = page.last() else { break };
                assert_eq!(page.len() as u64, size.min(page.len() as u64));
                last = Some(end.clone());
            }
            assert_eq!(behind, [3, 2, 1], "pages of {size}");
        }
        Ok(())
    }

    async fn a_join_of_a_model_is_like_a_join_of_a_query(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let marked = || select::<Eager>().join(Eager::MARKS);
        for (query, expected) in [
            (marked().order_by(Mark::WEIGHT), &[1, 3, 2, 3, 1][..]),
            (marked().order_by(Mark::WEIGHT).limit(2).offset(2), &[2, 3]),
            (marked().order_by(Eager::ID).distinct(), &[1, 2, 3]),
            (marked().order_by(Mark::WEIGHT).unique().limit(2), &[1, 3]),
        ] {
            let log = engine.record();
            let found = engine.session().all(query).await?;
            assert_eq!(log.count(), 1, "{log}");
            assert_eq!(found.iter().map(|post| post.id).collect::<Vec<_>>(), expected, "{log}");
            for post in &found {
                assert_eq!(post.comments()?.iter().map(|comment| comment.id).collect::<Vec<_>>(), comments_of(post.id));
            }
        }
        let mut session = engine.session();
        let found = session.all(marked().order_by(Mark::WEIGHT).limit(2).for_update()).await?;
        assert_eq!(found.iter().map(|post| (post.id, post.comments().unwrap().len())).collect::<Vec<_>>(), [(1, 3), (3, 2)]);
        session.rollback().await
    }

    async fn numbered_rows_are_not_locked(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let marked = || select::<Post>().join(Post::MARKS).order_by(Mark::WEIGHT).for_update();
        let refused = session.all(marked().with(Post::COMMENTS.joined())).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidQuery);
        let text = refused.to_string();
        assert!(text.contains("`Post.comments`") && text.contains(".selectin()") && text.contains("locked"), "{text}");
        let refused = session.all(marked().unique().limit(2)).await.unwrap_err();
        assert!(refused.to_string().contains(".unique()") && refused.to_string().contains("`exists`"), "{refused}");
        let locked = session.all(marked().with(Post::COMMENTS.selectin()).with(Post::FIRM.joined())).await?;
        assert_eq!(locked.len(), 5);
        // The rows that it locked, and not those that are free by then.
        let skipped = session.all(marked().skip_locked().limit(2).with(Post::COMMENTS.subquery())).await?;
        assert_eq!(skipped.iter().map(|post| post.get(Post::COMMENTS).len()).collect::<Vec<_>>(), [3, 2]);
        session.rollback().await
    }

    async fn a_page_beside_a_joined_collection_is_locked(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        if database.backend() == Backend::Sqlite {
            return Ok(());
        }
        let (mut first, mut second) = (engine.session(), engine.session());
        let page = select::<Post>().order_by(Post::ID).limit(1).with(Post::COMMENTS.joined()).for_update();
        assert_eq!(first.all(page).await?[0].get(Post::COMMENTS).len(), 3);
        assert_eq!(second.get::<Post>(1).no_wait().await.unwrap_err().kind(), ErrorKind::Busy);
        second.rollback().await?;
        first.rollback().await
    }

    async fn what_a_function_of_the_database_sorts_is_sorted_once(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let sorted = || select::<Post>().order_by(func::custom::<i64>("abs", Post::ID).desc());
        assert_list!(engine, sorted(), [4, 3, 2, 1]);
        assert_list!(engine, sorted().limit(2).offset(1), [3, 2]);
        // It may be one of chance, and then the page would be another one.
        let log = engine.record();
        engine.session().all(sorted().limit(2).with(Post::COMMENTS.subquery())).await?;
        assert!(!log.statements()[1].sql.contains("abs"), "{log}");
        Ok(())
    }

    async fn a_join_that_fills_is_the_list(database: TestDatabase) -> Result<()> {
        let engine = posts(&database).await?;
        let mut session = engine.session();
        let filled = || {
            let heavy = select::<Post>().join(Post::MARKS).filter(Mark::WEIGHT.gt(1)).fill(Post::MARKS);
            heavy.with(Post::COMMENTS.joined()).order_by(Post::ID)
        };
        for query in [filled(), filled().unique(), filled().distinct()] {
            let found = session.all(query).await?;
            let found: Vec<_> = found.iter().map(|post| (post.id, post.get(Post::MARKS).len(), post.get(Post::COMMENTS).len())).collect();
            assert_eq!(found, [(1, 1, 3), (2, 1, 0), (3, 2, 2)]);
        }
        assert_eq!(session.count(filled()).await?, 3);
        Ok(())
    }
}
