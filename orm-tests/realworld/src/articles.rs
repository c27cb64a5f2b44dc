//! Single articles: writing, changing, deleting and liking them.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use orm_core::insert;
use orm_core::prelude::*;
use orm_core::write::Input;
use serde::Deserialize;

use crate::auth::Me;
use crate::failure::{Failure, filled};
use crate::model::{Article, Tag};
use crate::view::{Body, View, one};

type Answer = Result<Json<Body<View>>, Failure>;

/// `GET /api/articles/how-to-train-your-dragon`
pub async fn show(me: Option<Me>, mut session: Session, Path(slug): Path<String>) -> Answer {
    one(&mut session, me, &slug).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewArticle {
    #[serde(default)]
    tag_list: Vec<String>,
    #[serde(flatten)]
    columns: Input<Article>,
}

/// `POST /api/articles`: the article, its new tags and its links to tags, or nothing of it.
pub async fn create(
    me: Me,
    mut session: Session,
    Json(Body { article: new }): Json<Body<NewArticle>>,
) -> Result<(StatusCode, Json<Body<View>>), Failure> {
    let columns = new.columns.permit((Article::TITLE, Article::DESCRIPTION, Article::BODY))?;
    // As long as the column of `Tag` takes.
    if new.tag_list.iter().any(|name| name.trim().is_empty() || name.chars().count() > 80) {
        return Err(Failure::Invalid("tagList".to_owned(), "has a tag that is blank or too long".to_owned()));
    }
    let slug = slug(columns.get(Article::TITLE)?)?;
    let draft = columns.set(Article::SLUG, &*slug).set(Article::AUTHOR_ID, me.0).draft()?;
    let article = session
        .transaction(async |session| {
            let tags = new.tag_list.iter().map(|name| Tag::draft().name(name));
            session
                .execute(insert::<Tag>().rows(tags).on_conflict(OnConflict::nothing_on(Tag::NAME)))
                .await?;
            let article = session.insert(draft).await?;
            for name in &new.tag_list {
                session.link(Article::TAGS, article.id, name)?;
            }
            one(session, Some(me), &slug).await
        })
        .await?;
    Ok((StatusCode::CREATED, article))
}

/// `PUT /api/articles/how-to-train-your-dragon`: a new title is a new slug.
pub async fn change(
    me: Me,
    mut session: Session,
    Path(slug): Path<String>,
    Json(Body { article: sent }): Json<Body<Input<Article>>>,
) -> Answer {
    let article = own(&mut session, me, &slug).await?;
    session.patch(&article, sent.permit((Article::TITLE, Article::DESCRIPTION, Article::BODY))?)?;
    let slug = self::slug(Some(article.title.clone()))?;
    session.edit(&article, |article| article.slug = slug.clone())?;
    session.commit().await?;
    one(&mut session, Some(me), &slug).await
}

/// `DELETE /api/articles/how-to-train-your-dragon`: with its comments and links.
pub async fn remove(me: Me, mut session: Session, Path(slug): Path<String>) -> Result<StatusCode, Failure> {
    let article = own(&mut session, me, &slug).await?;
    session.delete(&article)?;
    session.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/articles/how-to-train-your-dragon/favorite`
pub async fn like(me: Me, mut session: Session, Path(slug): Path<String>) -> Answer {
    let article = session.one(select::<Article>().filter(Article::SLUG.eq(&slug))).await?;
    session.link(Article::FAVOURED_BY, article.id, me.0)?;
    session.commit().await?;
    one(&mut session, Some(me), &slug).await
}

/// `DELETE /api/articles/how-to-train-your-dragon/favorite`
pub async fn unlike(me: Me, mut session: Session, Path(slug): Path<String>) -> Answer {
    let article = session.one(select::<Article>().filter(Article::SLUG.eq(&slug))).await?;
    session.unlink(Article::FAVOURED_BY, article.id, me.0)?;
    session.commit().await?;
    one(&mut session, Some(me), &slug).await
}

/// An article that the user of the request wrote.
async fn own(session: &mut Session, Me(me): Me, slug: &str) -> Result<Entity<Article>, Failure> {
    let article = session.one(select::<Article>().filter(Article::SLUG.eq(slug))).await?;
    match article.author_id == me {
        true => Ok(article),
        false => Err(Failure::Forbidden),
    }
}

/// `how-to-train-your-dragon`
fn slug(title: Option<String>) -> Result<String, Failure> {
    let title = title.unwrap_or_default().to_lowercase();
    let words = title.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    filled("title", Some(words.collect::<Vec<_>>().join("-")))
}
