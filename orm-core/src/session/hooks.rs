use super::Session;
use crate::error::Result;
use crate::unit_of_work::FlushPlan;

/// What is called around a session's flushes, commits and rollbacks; given with
/// [`SessionOptions::hooks`](super::SessionOptions::hooks). For what belongs to the rows of one model see
/// [`ModelHooks`](crate::hooks::ModelHooks).
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[derive(Model, Debug)] struct Audit { #[key(auto)] id: i64, what: String }
/// struct Auditor;
///
/// impl SessionHooks for Auditor {
///     fn before_flush(&self, session: &mut Session) -> Result<()> {
///         let plan = session.flush_plan().to_string();
///         session.add(Audit::draft().what(plan));
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User, Audit]).await?;
/// let mut session = engine.session_with(SessionOptions::new().hooks(Auditor));
/// session.add(User::draft().name("jack"));
/// session.commit().await?;
/// let audit = session.one(select::<Audit>()).await?;
/// assert_eq!(audit.what, "1. insert 1 User");
/// # Ok(()) }
/// ```
pub trait SessionHooks: Send + Sync {
    /// Before a flush that has something to write; what it adds, edits or deletes is part of the flush.
    ///
    /// # Errors
    /// An error refuses the flush before anything is sent.
    fn before_flush(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// After a flush, with what it wrote.
    fn after_flush(&self, executed: &FlushPlan) {
        let _ = executed;
    }

    /// Before a commit, after its flush.
    ///
    /// # Errors
    /// An error refuses the commit; the transaction stays open.
    fn before_commit(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// After a commit.
    fn after_commit(&self) {}

    /// After a rollback, also of one that closed the connection.
    fn after_rollback(&self) {}
}
