//! Comments. A deleted comment keeps its row, and no query finds it.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use orm_core::prelude::*;
use orm_core::write::Input;
use serde::{Deserialize, Serialize};

use crate::auth::Me;
use crate::failure::{Failure, filled};
use crate::model::{Article, Comment};
use crate::profiles::{Profile, is_followed_by};

/// `{"comment": ..}`, in requests and responses.
#[derive(Serialize, Deserialize)]
pub struct Body<T> {
    comment: T,
}

#[derive(Serialize)]
pub struct Comments {
    comments: Vec<View>,
}

#[derive(Serialize)]
pub struct View {
    #[serde(flatten)]
    columns: Entity<Comment>,
    author: Profile,
}

/// A comment with its author.
type Authored = loaded!(Comment { author });

impl View {
    fn new((comment, following): (Authored, bool)) -> View {
        View { author: Profile::new(&comment.get(Comment::AUTHOR), following), columns: comment.dynamic() }
    }
}

/// The comments on an article.
fn on(slug: &str) -> Predicate {
    Comment::ARTICLE.has(Article::SLUG.eq(slug))
}

/// `POST /api/articles/how-to-train-your-dragon/comments`
pub async fn create(
    Me(me): Me,
    mut session: Session,
    Path(slug): Path<String>,
    Json(Body { comment: sent }): Json<Body<Input<Comment>>>,
) -> Result<(StatusCode, Json<Body<View>>), Failure> {
    let columns = sent.permit(Comment::BODY)?;
    filled("body", columns.get(Comment::BODY)?)?;
    let article = session.one(select::<Article>().filter(Article::SLUG.eq(slug))).await?;
    let draft = columns.set(Comment::ARTICLE_ID, article.id).set(Comment::AUTHOR_ID, me).draft()?;
    let comment = session.insert(draft).await?;
    session.commit().await?;
    let comment = session.load_all([comment], Comment::AUTHOR.selectin()).await?.remove(0);
    Ok((StatusCode::CREATED, Json(Body { comment: View::new((comment, false)) })))
}

/// `GET /api/articles/how-to-train-your-dragon/comments`
pub async fn list(
    me: Option<Me>,
    mut session: Session,
    Path(slug): Path<String>,
) -> Result<Json<Comments>, Failure> {
    session.one(select::<Article>().filter(Article::SLUG.eq(&slug))).await?;
    let query = select_columns((
        Comment::entity().with(Comment::AUTHOR.joined()),
        Comment::AUTHOR.has(is_followed_by(me)),
    ))
    .filter(on(&slug))
    .order_by(Comment::ID);
    let rows = session.rows(query).await?;
    Ok(Json(Comments { comments: rows.into_iter().map(View::new).collect() }))
}

/// `DELETE /api/articles/how-to-train-your-dragon/comments/7`
pub async fn remove(
    Me(me): Me,
    mut session: Session,
    Path((slug, id)): Path<(String, i64)>,
) -> Result<StatusCode, Failure> {
    let comment = session.one(select::<Comment>().filter(Comment::ID.eq(id)).filter(on(&slug))).await?;
    if comment.author_id != me {
        return Err(Failure::Forbidden);
    }
    session.delete(&comment)?;
    session.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
