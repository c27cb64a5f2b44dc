//! The tables, and what clients see of them.

use chrono::{DateTime, Utc};
use orm_core::prelude::*;
use orm_core::schema::Schema;

#[derive(Model)]
#[model(table = "users", debug)]
pub struct User {
    #[key(auto)]
    #[serde(skip)]
    pub id: i64,
    #[column(unique, length = 80)]
    pub username: String,
    #[column(unique, length = 200)]
    pub email: String,
    #[column(secret)]
    pub password: String,
    pub bio: Option<String>,
    pub image: Option<String>,
    #[many_to_many(through = "follows", key = "follower_id", target_key = "followed_id")]
    pub following: HasMany<User>,
    #[many_to_many(through = "follows", key = "followed_id", target_key = "follower_id")]
    pub followers: HasMany<User>,
}

#[derive(Model, Debug)]
#[model(table = "articles")]
#[serde(rename_all = "camelCase")]
pub struct Article {
    #[key(auto)]
    #[serde(skip)]
    pub id: i64,
    #[column(unique, length = 200)]
    pub slug: String,
    #[column(length = 200)]
    pub title: String,
    pub description: String,
    /// Lists are without it.
    #[column(deferred)]
    pub body: Deferred<String>,
    #[column(index)]
    #[serde(skip)]
    pub author_id: i64,
    #[column(created, index)]
    pub created_at: DateTime<Utc>,
    #[column(updated)]
    pub updated_at: DateTime<Utc>,
    #[belongs_to]
    pub author: BelongsTo<User>,
    #[has_many(cascade = "all")]
    pub comments: HasMany<Comment>,
    #[many_to_many(through = "article_tags", key = "article_id", target_key = "tag", order_by = "name")]
    pub tags: HasMany<Tag>,
    #[many_to_many(through = "favourites", key = "article_id", target_key = "user_id")]
    pub favoured_by: HasMany<User>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key]
    #[column(length = 80)]
    pub name: String,
}

#[derive(Model, Debug)]
#[model(table = "comments")]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    #[key(auto)]
    pub id: i64,
    #[column(index)]
    #[serde(skip)]
    pub article_id: i64,
    #[serde(skip)]
    pub author_id: i64,
    pub body: String,
    #[column(created)]
    pub created_at: DateTime<Utc>,
    #[column(updated)]
    pub updated_at: DateTime<Utc>,
    /// Deleted comments keep their row.
    #[column(deleted)]
    #[serde(skip)]
    pub deleted_at: Option<DateTime<Utc>>,
    #[belongs_to]
    pub article: BelongsTo<Article>,
    #[belongs_to]
    pub author: BelongsTo<User>,
}

pub fn schema() -> Schema {
    schema![User, Article, Tag, Comment]
}
