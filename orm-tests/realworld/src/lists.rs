//! Lists of articles, and of tags.

use axum::Json;
use axum::extract::Query;
use orm_core::prelude::*;
use serde::{Deserialize, Serialize};

use crate::auth::Me;
use crate::failure::Failure;
use crate::model::{Article, Tag, User};
use crate::profiles::is_followed_by;
use crate::view::{View, seen_by};

/// `?tag=rust&author=jake&favorited=jane`
#[derive(Deserialize)]
pub struct Asked {
    tag: Option<String>,
    author: Option<String>,
    favorited: Option<String>,
}

/// `?limit=20&offset=40`
#[derive(Deserialize)]
#[serde(default)]
pub struct Page {
    limit: u64,
    offset: u64,
}

impl Default for Page {
    fn default() -> Page {
        Page { limit: 20, offset: 0 }
    }
}

impl Page {
    /// At most this many articles, whatever the client asks for.
    const LARGEST: u64 = 100;
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Articles {
    articles: Vec<View>,
    /// On all pages.
    articles_count: u64,
}

/// `GET /api/articles`
pub async fn all(
    me: Option<Me>,
    mut session: Session,
    Query(asked): Query<Asked>,
    Query(page): Query<Page>,
) -> Result<Json<Articles>, Failure> {
    let tagged = asked.tag.map(|tag| Article::TAGS.any(Tag::NAME.eq(tag)));
    let written = asked.author.map(|name| Article::AUTHOR.has(User::USERNAME.eq(name)));
    let favoured = asked.favorited.map(|name| Article::FAVOURED_BY.any(User::USERNAME.eq(name)));
    let which = Predicate::all([tagged, written, favoured].into_iter().flatten());
    list(&mut session, me, which, page).await
}

/// `GET /api/articles/feed`: articles of the authors that the user follows.
pub async fn feed(me: Me, mut session: Session, Query(page): Query<Page>) -> Result<Json<Articles>, Failure> {
    let followed = Article::AUTHOR.has(is_followed_by(Some(me)));
    list(&mut session, Some(me), followed, page).await
}

/// A page, the newest first: one statement counts, one reads the articles, one their tags.
async fn list(
    session: &mut Session,
    me: Option<Me>,
    which: Predicate,
    page: Page,
) -> Result<Json<Articles>, Failure> {
    let articles = select::<Article>()
        .filter(which)
        .order_by((Article::CREATED_AT.desc(), Article::ID.desc()))
        .limit(page.limit.min(Page::LARGEST))
        .offset(page.offset);
    let (rows, articles_count) = session.rows_and_total(seen_by(me, articles)).await?;
    Ok(Json(Articles { articles: rows.into_iter().map(View::new).collect(), articles_count }))
}

#[derive(Serialize)]
pub struct Tags {
    tags: Vec<String>,
}

/// `GET /api/tags`
pub async fn tags(mut session: Session) -> Result<Json<Tags>, Failure> {
    Ok(Json(Tags { tags: session.rows(select_columns(Tag::NAME).order_by(Tag::NAME)).await? }))
}
