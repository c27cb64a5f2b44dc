//! Loads that see more than their query.

use super::Load;
use crate::entity::Relation;
use crate::sql::Sees;

impl<R: Relation, S> Load<R, S> {
    /// Loads targets that are marked as deleted too, here and in what is loaded below; other criteria still hold. See
    /// [`without_criteria`](Self::without_criteria) for where to read it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[cfg(feature = "chrono")] mod program {
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] pub struct Post { #[key(auto)] id: i64, #[has_many] comments: HasMany<Comment> }
    /// # #[derive(Model, Debug)] pub struct Comment {
    /// #   #[key(auto)] id: i64, post_id: i64, #[column(deleted)] deleted_at: Option<chrono::DateTime<chrono::Utc>> }
    /// # pub async fn f(session: &mut Session) -> Result<()> {
    /// for post in session.all(select::<Post>().with(Post::COMMENTS.selectin().with_deleted())).await? {
    ///     let deleted = post.get(Post::COMMENTS).iter().filter(|comment| comment.deleted_at.is_some()).count();
    ///     println!("{deleted} deleted comments");
    /// }
    /// # Ok(()) } }
    /// # fn main() {}
    /// ```
    pub fn with_deleted(self) -> Load<R, S> {
        self.map(|spec| spec.sees = spec.sees.max(Sees::Deleted))
    }

    /// Loads targets, and reads link tables, as if the session had no criteria, here and in what is loaded below. The query's
    /// own rows are still restricted.
    ///
    /// Read it with `get`: where criteria could hide a target, the objects do not hold what it finds, so the accessors and
    /// later loads without it show what the session sees. It runs no further statements.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// let recent = SessionOptions::new().criteria::<Book>(Book::YEAR.ge(1970));
    /// let mut session = engine.session_with(recent);
    /// let query = select::<Author>().filter(Author::ID.eq(1)).with(Author::BOOKS.selectin().without_criteria());
    /// let author = session.one(query).await?;
    /// assert_eq!(author.get(Author::BOOKS).len(), 3);
    /// assert_eq!(session.load(&author, Author::BOOKS).await?.len(), 2, "the books that the session sees");
    /// # Ok(()) }
    /// ```
    pub fn without_criteria(self) -> Load<R, S> {
        self.map(|spec| spec.sees = Sees::Everything)
    }
}
