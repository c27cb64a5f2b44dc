//! Articles as clients see them, and the query that all of them come from.

use axum::Json;
use orm_core::prelude::*;
use orm_core::query::RowQuery;
use serde::{Deserialize, Serialize};

use crate::auth::Me;
use crate::failure::Failure;
use crate::model::{Article, Tag, User};
use crate::profiles::{Profile, is_followed_by};

/// An article; whether the reader likes it; how many do; whether the reader follows its author.
pub type Row = (loaded!(Article { author, tags }), bool, i64, bool);

/// Adds to articles all that a client sees of them. It takes two statements, however many there are.
pub fn seen_by(me: Option<Me>, articles: Select<Article>) -> impl RowQuery<Row = Row> {
    articles
        .with(Article::AUTHOR.joined())
        .with(Article::TAGS.selectin())
        .add_column(Predicate::any(me.map(|Me(me)| Article::FAVOURED_BY.any(User::ID.eq(me)))))
        .add_column(Article::FAVOURED_BY.count())
        .add_column(Article::AUTHOR.has(is_followed_by(me)))
}

/// One article, with its text.
pub async fn one(session: &mut Session, me: Option<Me>, slug: &str) -> Result<Json<Body<View>>, Failure> {
    let article = select::<Article>().filter(Article::SLUG.eq(slug)).undefer(Article::BODY);
    Ok(Json(Body { article: View::new(session.row(seen_by(me, article)).await?) }))
}

/// `{"article": ..}`, in requests and responses.
#[derive(Serialize, Deserialize)]
pub struct Body<T> {
    pub article: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[serde(flatten)]
    columns: Entity<Article>,
    tag_list: Vec<String>,
    favorited: bool,
    favorites_count: i64,
    author: Profile,
}

impl View {
    pub fn new((article, favorited, favorites_count, following): Row) -> View {
        View {
            tag_list: article.get(Article::TAGS).iter().map(|tag: Entity<Tag>| tag.name.clone()).collect(),
            favorited,
            favorites_count,
            author: Profile::new(&article.get(Article::AUTHOR), following),
            columns: article.dynamic(),
        }
    }
}
