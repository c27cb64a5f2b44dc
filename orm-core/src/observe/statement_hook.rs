//! Hooks that see every statement.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use super::StatementEvent;

type Call = Arc<dyn Fn(&StatementEvent<'_>) + Send + Sync>;

/// Removes a function that [`Engine::on_execute`](crate::Engine::on_execute) registered.
///
/// Dropping it changes nothing: the function stays registered for the engine's life.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::sync::Arc;
///
/// let count = Arc::new(AtomicUsize::new(0));
/// let counter = Arc::clone(&count);
/// let hook = engine.on_execute(move |event| {
///     counter.fetch_add(usize::from(event.outcome.is_some()), Ordering::Relaxed);
/// });
/// session.count(select::<Book>()).await?;
/// hook.remove();
/// session.count(select::<Book>()).await?;
/// assert_eq!(count.load(Ordering::Relaxed), 1);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct StatementHook {
    hooks: Weak<StatementHooks>,
    id: u64,
}

/// The functions of one engine.
#[derive(Default)]
pub(super) struct StatementHooks {
    registered: RwLock<Registered>,
}

#[derive(Default)]
struct Registered {
    next: u64,
    /// Replaced as a whole, so that a function may add and remove others while it is called.
    calls: Arc<Vec<(u64, Call)>>,
}

impl StatementHook {
    /// Removes the function. It is not called for statements that begin after this.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let hook = engine.on_execute(|event| println!("{}", event.sql));
    /// session.count(select::<Book>()).await?;
    /// hook.remove();
    /// # Ok(()) }
    /// ```
    pub fn remove(self) {
        if let Some(hooks) = self.hooks.upgrade() {
            hooks.change(|registered| {
                let others = registered.calls.iter().filter(|(id, _)| *id != self.id).cloned().collect();
                registered.calls = Arc::new(others);
            });
        }
    }
}

impl StatementHooks {
    pub(super) fn add(self: &Arc<Self>, call: Call) -> StatementHook {
        let mut id = 0;
        self.change(|registered| {
            id = registered.next;
            registered.next += 1;
            Arc::make_mut(&mut registered.calls).push((id, call));
        });
        StatementHook { hooks: Arc::downgrade(self), id }
    }

    /// Calls every function. The statement continues whatever they do: one that panics is reported and called again.
    pub(super) fn call<'s>(&self, event: impl FnOnce() -> StatementEvent<'s>) {
        let calls = Arc::clone(&self.registered.read().unwrap_or_else(PoisonError::into_inner).calls);
        if calls.is_empty() {
            return;
        }
        let event = event();
        for (_, call) in calls.iter() {
            if catch_unwind(AssertUnwindSafe(|| call(&event))).is_err() {
                tracing::error!(target: "orm::hooks", sql = event.sql, "a function of `Engine::on_execute` panicked");
            }
        }
    }

    fn change(&self, change: impl FnOnce(&mut Registered)) {
        change(&mut self.registered.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for StatementHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_tuple("StatementHooks").field(&registered.calls.len()).finish()
    }
}
