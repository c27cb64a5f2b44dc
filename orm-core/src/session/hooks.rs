//! Hooks of sessions.

use super::Session;
use crate::error::Result;
use crate::model::Context;
use crate::unit_of_work::FlushPlan;

/// Functions that are called around a session's flushes, commits and rollbacks; set them with
/// [`SessionOptions::hooks`](super::SessionOptions::hooks). For the rows of one model use
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no hooks of a session",
    label = "expected a type with `impl SessionHooks for {Self}`"
)]
pub trait SessionHooks: Send + Sync {
    /// Called before a flush that has something to write. What it adds, edits or deletes is part of the flush.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// struct Limit;
    ///
    /// impl SessionHooks for Limit {
    ///     fn before_flush(&self, session: &mut Session) -> Result<()> {
    ///         match session.new_count() {
    ///             0..=1000 => Ok(()),
    ///             many => Err(Error::other(format!("{many} rows in one flush"))),
    ///         }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// An error refuses the flush before anything is sent.
    fn before_flush(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// Called after a flush with what it executed, and the session's context; [`FlushPlan::rows`] lists the rows with their old and new values.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// struct Log;
    ///
    /// impl SessionHooks for Log {
    ///     fn after_flush(&self, executed: &orm_core::plan::FlushPlan, context: &Context) {
    ///         println!("{executed}, by {:?}", context.get::<&str>());
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    fn after_flush(&self, executed: &FlushPlan, context: &Context) {
        let _ = (executed, context);
    }

    /// Called before a commit, after its flush. What it changes is flushed before the commit.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// struct OnlyReads;
    ///
    /// impl SessionHooks for OnlyReads {
    ///     fn before_commit(&self, session: &mut Session) -> Result<()> {
    ///         match session.in_transaction() {
    ///             false => Ok(()),
    ///             true => Err(Error::other("this session is for reading")),
    ///         }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// An error refuses the commit; the transaction stays open.
    fn before_commit(&self, session: &mut Session) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// Called after a commit: the place to send messages that must not be sent for a transaction that is rolled back.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// struct Notify(tokio::sync::mpsc::UnboundedSender<&'static str>);
    ///
    /// impl SessionHooks for Notify {
    ///     fn after_commit(&self, _context: &Context) {
    ///         let _ = self.0.send("committed");
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    fn after_commit(&self, context: &Context) {
        let _ = context;
    }

    /// Called after a rollback, including one that closed the connection.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// struct Rollbacks(Arc<AtomicU64>);
    ///
    /// impl SessionHooks for Rollbacks {
    ///     fn after_rollback(&self, _context: &Context) {
    ///         self.0.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    fn after_rollback(&self, context: &Context) {
        let _ = context;
    }
}
