//! Models of which some keep deleted rows, and the rows of a blog.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use orm_core::prelude::*;
use orm_tests::TestDatabase;

/// Deleted for good, with its posts.
#[derive(Model, Debug)]
#[model(table = "blog_authors")]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub posts: HasMany<Post>,
}

#[derive(Model, Debug)]
#[model(table = "blog_posts")]
pub struct Post {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub title: String,
    #[column(version)]
    pub version: i64,
    #[column(updated)]
    pub updated_at: Option<DateTime<Utc>>,
    #[column(deleted)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    pub author: BelongsTo<Author>,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub comments: HasMany<Comment>,
    /// Rows of a model that keeps none.
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub files: HasMany<File>,
    /// Neither deleted with the post nor in need of it.
    #[has_many(order_by = "id")]
    pub notes: HasMany<Note>,
    #[many_to_many(through = "blog_post_tags", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "blog_comments")]
pub struct Comment {
    #[key]
    pub id: i64,
    pub post_id: i64,
    pub parent_id: Option<i64>,
    pub body: String,
    #[column(deleted)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    pub post: BelongsTo<Post>,
    #[has_many(key = "parent_id", order_by = "id", cascade = "all")]
    pub replies: HasMany<Comment>,
}

#[derive(Model, Debug)]
#[model(table = "blog_files")]
pub struct File {
    #[key]
    pub id: i64,
    pub post_id: i64,
}

#[derive(Model, Debug)]
#[model(table = "blog_notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub post_id: Option<i64>,
    #[belongs_to]
    pub post: BelongsTo<Option<Post>>,
}

#[derive(Model, Debug)]
#[model(table = "blog_tags")]
pub struct Tag {
    #[key]
    pub id: i64,
    #[column(deleted)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[many_to_many(through = "blog_post_tags", order_by = "id")]
    pub posts: HasMany<Post>,
}

pub const FIRST: u64 = 1_700_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn time(seconds: u64) -> DateTime<Utc> {
    at(seconds).into()
}

/// The options of a session whose clock stands still.
pub fn clock(seconds: u64) -> SessionOptions {
    SessionOptions::new().clock(move || at(seconds))
}

/// An author of two posts. The first one has the comments 1 and 2, 3 that answers 1, a file, a note and two tags; the second one
/// the comment 4 and a tag.
pub async fn blog(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![Author, Post, Comment, File, Note, Tag]).await?;
    let mut session = engine.session();
    session.add(Author::draft().id(1).name("ann"));
    for id in [1, 2] {
        session.add(Post::draft().id(id).author_id(1).title(format!("post {id}")));
        session.add(Tag::draft().id(id));
    }
    session.flush().await?;
    for (id, post) in [(1, 1), (2, 1), (4, 2)] {
        session.add(Comment::draft().id(id).post_id(post).body("text"));
    }
    session.flush().await?;
    session.add(Comment::draft().id(3).post_id(1).parent_id(1).body("answer"));
    session.add(File::draft().id(1).post_id(1));
    session.add(Note::draft().id(1).post_id(1));
    for (post, tag) in [(1, 1), (1, 2), (2, 1)] {
        session.link(Post::TAGS, post, tag)?;
    }
    session.commit().await?;
    Ok(engine)
}
