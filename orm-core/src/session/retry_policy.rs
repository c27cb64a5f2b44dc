//! Repeats units of work.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard};

use super::session::Ends;
use super::transaction::Attempt;
use super::{Engine, Session, SessionOptions};
use crate::driver::TransactionOptions;
use crate::error::{Error, Result};

/// How often and for how long [`Engine::transact`] repeats a unit of work.
///
/// By default it makes up to 30 attempts within 30 seconds, and waits for a random time before each repetition. The
/// first wait is at most 5 ms, or as long as the attempt took; each further one may be twice as long, up to half a
/// second, and is never shorter than half its limit. A unit that has failed six times gets priority in its engine: it
/// makes two attempts in a row, while others that would begin wait for at most a tenth of a second.
///
/// ```
/// # use orm_core::prelude::*;
/// # use std::time::Duration;
/// let policy = RetryPolicy::new()
///     .attempts(10)
///     .deadline(Duration::from_secs(2))
///     .session(SessionOptions::new().transactions(TransactionOptions::new().isolation(Isolation::Serializable)));
/// # let _ = policy;
/// ```
#[derive(Clone)]
#[must_use = "a policy is for `engine.transact`"]
pub struct RetryPolicy {
    attempts: u32,
    deadline: Duration,
    first_wait: Duration,
    longest_wait: Duration,
    seed: Option<u64>,
    also: Option<Condition>,
    session: Option<SessionOptions>,
}

/// From how many failed attempts on a unit goes first. New units meet no wait, so that without this one that
/// waits loses to them again and again.
const GOES_FIRST: u32 = 6;

/// The longest that an attempt waits for one that goes first: its rows may be others.
const LETS_PASS: Duration = Duration::from_millis(100);

type Condition = Arc<dyn Fn(&Error) -> bool + Send + Sync>;

/// What was tried of one unit of work.
struct Attempts<'p> {
    policy: &'p RetryPolicy,
    random: fastrand::Rng,
    started: Instant,
    made: u32,
}

impl RetryPolicy {
    /// The default: 30 attempts within 30 seconds.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let count = engine.transact(RetryPolicy::new(), async |session| session.count(select::<Book>()).await).await?;
    /// assert_eq!(count, 4);
    /// # Ok(()) }
    /// ```
    pub fn new() -> RetryPolicy {
        RetryPolicy {
            attempts: 30,
            deadline: Duration::from_secs(30),
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(500),
            seed: None,
            also: None,
            session: None,
        }
    }

    /// The largest number of attempts, including the first; 1 never repeats.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let once = RetryPolicy::new().attempts(1);
    /// # let _ = once;
    /// ```
    pub fn attempts(mut self, attempts: u32) -> RetryPolicy {
        self.attempts = attempts.max(1);
        self
    }

    /// How long after the start of the first attempt another one may begin. It does not interrupt an attempt.
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::new().deadline(Duration::from_secs(2));
    /// # let _ = policy;
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> RetryPolicy {
        self.deadline = deadline;
        self
    }

    /// The limit of the first wait, which doubles with each further wait, and the limit it grows to. If attempts take
    /// longer than `first`, the duration of the last attempt replaces it.
    ///
    /// ```
    /// use orm_core::prelude::*;
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::new().backoff(Duration::from_millis(20), Duration::from_secs(1));
    /// # let _ = policy;
    /// ```
    pub fn backoff(mut self, first: Duration, longest: Duration) -> RetryPolicy {
        self.first_wait = first;
        self.longest_wait = longest;
        self
    }

    /// Makes the random waits reproducible, for tests.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let policy = RetryPolicy::new().seed(1);
    /// # let _ = policy;
    /// ```
    pub fn seed(mut self, seed: u64) -> RetryPolicy {
        self.seed = Some(seed);
        self
    }

    /// Repeats after other errors too: `ErrorKind::Stale` if the unit reads what it changes, or `ErrorKind::Connection`
    /// to survive the replacement of a server. The function is never called for `CommitUnknown`. If the unit returns
    /// its own error type, the function gets the database error that made the transaction fail.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let policy = RetryPolicy::new().also_when(|error| error.kind() == ErrorKind::Stale);
    /// # let _ = policy;
    /// ```
    pub fn also_when(mut self, again: impl Fn(&Error) -> bool + Send + Sync + 'static) -> RetryPolicy {
        self.also = Some(Arc::new(again));
        self
    }

    /// The settings of the sessions; those of the engine by default.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let serializable = TransactionOptions::new().isolation(Isolation::Serializable);
    /// let policy = RetryPolicy::new().session(SessionOptions::new().transactions(serializable));
    /// # let _ = policy;
    /// ```
    pub fn session(mut self, options: SessionOptions) -> RetryPolicy {
        self.session = Some(options);
        self
    }
}

impl Engine {
    /// Runs `work` in a transaction of a new session, and repeats all of it with another new session if concurrent
    /// transactions were in its way: after each error that [is retryable](Error::is_retryable).
    ///
    /// `work` may return any error type that [`Error`] converts into, as in
    /// [`Session::transaction`](super::Session::transaction). If it is `Error`, or a boxed error with an `Error` among
    /// its sources, that error decides whether to repeat; otherwise the database error that made the transaction fail
    /// decides. Your own errors are returned after the first attempt.
    ///
    /// Anything that `work` does outside the database is repeated too. `work` is cloned for each attempt, so it may
    /// borrow, or own what can be cloned. Entities that it returns stay readable.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let book = engine
    ///     .transact(RetryPolicy::new(), async |session| {
    ///         let book = session.one(select::<Book>().filter(Book::ID.eq(1))).await?;
    ///         session.edit(&book, |book| book.year += 1)?;
    ///         Ok(book)
    ///     })
    ///     .await?;
    /// assert_eq!(book.year, 1969);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of the last attempt; an [`Error`] also states the number of attempts and the time they took.
    /// `CommitUnknown` ends it at once, since the work may be done.
    ///
    /// # Cancel safety
    /// If the future is dropped, the attempt is rolled back, unless it was in its COMMIT.
    pub async fn transact<T, E: From<Error> + 'static>(
        &self,
        policy: RetryPolicy,
        work: impl AsyncFnOnce(&mut Session) -> Result<T, E> + Repeatable,
    ) -> Result<T, E> {
        let mut attempts = Attempts::of(&policy);
        let mut turn = None;
        loop {
            let follows = turn.is_some();
            if !follows {
                turn = attempts.turn(&self.turns).await;
            }
            let mut session = match &policy.session {
                Some(options) => self.session_with(options.clone()),
                None => self.session(),
            };
            session.ends.push(Ends::Transact);
            let began = Instant::now();
            let failed = match session.attempt(TransactionOptions::new(), work.clone()).await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
            let took = began.elapsed();
            // Its connection must not be held while this waits.
            drop(session);
            let wait = match failed {
                Attempt::Transaction(error) => attempts.failed(error, took)?,
                Attempt::Work(error, cause) => attempts.work_failed(error, cause, took)?,
            };
            // The transactions that were in the way had begun before, and are over: the next attempt competes with none
            // of this engine.
            if turn.is_some() && !follows {
                continue;
            }
            // Nothing waits for a unit that waits itself.
            turn = None;
            tokio::time::sleep(wait).await;
        }
    }
}

impl Attempts<'_> {
    fn of(policy: &RetryPolicy) -> Attempts<'_> {
        let random = policy.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Attempts { policy, random, started: Instant::now(), made: 0 }
    }

    /// Lets an attempt that goes first pass, or is one itself until the guard is dropped.
    async fn turn<'t>(&self, turns: &'t Mutex<()>) -> Option<MutexGuard<'t, ()>> {
        let turn = match turns.try_lock() {
            Ok(turn) => Some(turn),
            // The other one may be the unit around this one, which ends after it.
            Err(_) => tokio::time::timeout(LETS_PASS, turns.lock()).await.ok(),
        };
        turn.filter(|_| self.made >= GOES_FIRST)
    }

    /// Counts a failed attempt; returns how long to wait before the next one, or the error if there is none.
    fn failed(&mut self, error: Error, took: Duration) -> Result<Duration> {
        let again = self.policy.tries_again_after(&error);
        self.next(again, took).map_err(|said| error.suffixed(&said))
    }

    /// The same of an error of any type; `cause` is that of the database.
    fn work_failed<E: 'static>(
        &mut self,
        error: E,
        cause: Option<Error>,
        took: Duration,
    ) -> Result<Duration, E> {
        let again = match found_in(&error) {
            Some(found) => self.policy.tries_again_after(found),
            None => cause.is_some_and(|cause| self.policy.tries_again_after(&cause)),
        };
        self.next(again, took).map_err(|said| {
            let mut error = error;
            if let Some(own) = (&mut error as &mut dyn Any).downcast_mut::<Error>() {
                own.suffix(&said);
            }
            error
        })
    }

    /// How long to wait before the next attempt, or the text to append to the last error.
    fn next(&mut self, again: bool, took: Duration) -> Result<Duration, String> {
        self.made += 1;
        let (policy, elapsed) = (self.policy, self.started.elapsed());
        let wait = self.wait(took);
        if again && self.made < policy.attempts && elapsed + wait < policy.deadline {
            return Ok(wait);
        }
        if self.made == 1 && !again {
            return Err(String::new());
        }
        let times = if self.made == 1 { "attempt" } else { "attempts" };
        let (made, seconds) = (self.made, elapsed.as_secs_f64());
        Err(format!("\n(the last of {made} {times} in {seconds:.1} s; `RetryPolicy` sets the limit)"))
    }

    /// Some time of the upper half below a limit that doubles: those who met once must not meet again, and have to be gone
    /// for as long as the others' attempts take.
    fn wait(&mut self, took: Duration) -> Duration {
        let doublings = self.made.saturating_sub(1).min(20);
        let first = self.policy.first_wait.max(took);
        let most = first.saturating_mul(1 << doublings).min(self.policy.longest_wait);
        most.mul_f64(0.5 + self.random.f64() / 2.0)
    }
}

/// The error of this library that one of any type is or comes from, where that can be seen.
fn found_in<E: 'static>(error: &E) -> Option<&Error> {
    type Boxed = Box<dyn std::error::Error>;
    type BoxedToSend = Box<dyn std::error::Error + Send + Sync>;
    let error: &dyn Any = error;
    if let Some(own) = error.downcast_ref() {
        return Some(own);
    }
    let boxed = error.downcast_ref::<Boxed>().map(|boxed| &**boxed);
    let to_send =
        || error.downcast_ref::<BoxedToSend>().map(|boxed| &**boxed as &(dyn std::error::Error + 'static));
    let chain = std::iter::successors(boxed.or_else(to_send), |error| error.source());
    chain.into_iter().find_map(|error| error.downcast_ref())
}

impl RetryPolicy {
    fn tries_again_after(&self, error: &Error) -> bool {
        use crate::error::ErrorKind::CommitUnknown;
        error.kind() != CommitUnknown
            && (error.is_retryable() || self.also.as_ref().is_some_and(|also| also(error)))
    }
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy::new()
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("attempts", &self.attempts)
            .field("deadline", &self.deadline)
            .field("first_wait", &self.first_wait)
            .field("longest_wait", &self.longest_wait)
            .field("seed", &self.seed)
            .field("also_when", &self.also.is_some())
            .field("session", &self.session)
            .finish()
    }
}

/// Work that can be repeated: a closure whose captures can all be cloned.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let name = "satire".to_owned();      // a `String` can be cloned; a draft cannot, so it is made inside
/// engine
///     .transact(RetryPolicy::new(), async move |session| {
///         session.add(Tag::draft().name(name.clone()));
///         Ok::<_, Error>(())
///     })
///     .await?;
/// assert_eq!(session.count(select::<Tag>()).await?, 2);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "this work cannot be done again: something that it captures cannot be cloned",
    label = "each attempt runs a clone of this closure",
    note = "make drafts, and whatever else is used up, inside the closure"
)]
pub trait Repeatable: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Repeatable for T {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn refused() -> Error {
        Error::new(ErrorKind::Serialization, "a deadlock").retryable(true)
    }

    #[test]
    fn waits_grow_to_their_limit_and_repeat_with_their_seed() {
        let policy = RetryPolicy::new().seed(7);
        let waits = || -> Vec<Duration> {
            let mut attempts = Attempts::of(&policy);
            (0..29).filter_map(|_| attempts.failed(refused(), Duration::ZERO).ok()).collect()
        };
        let first = waits();
        assert_eq!(first, waits());
        assert_eq!(first.len(), 29);
        for (doublings, wait) in first.iter().enumerate().take(7) {
            let most = Duration::from_millis(5 << doublings);
            assert!(most / 2 <= *wait && *wait <= most, "{doublings}: {wait:?}");
        }
        assert!(first.iter().all(|wait| *wait <= Duration::from_millis(500)), "{first:?}");
    }

    #[test]
    fn long_attempts_are_waited_for_longer() {
        let policy = RetryPolicy::new().seed(7);
        let mut attempts = Attempts::of(&policy);
        let waits =
            [1, 2, 3].map(|_| attempts.failed(refused(), Duration::from_millis(100)).unwrap_or_default());
        for (wait, most) in waits.into_iter().zip([100, 200, 400].map(Duration::from_millis)) {
            assert!(most / 2 <= wait && wait <= most, "{waits:?}");
        }
    }

    #[tokio::test]
    async fn a_unit_that_failed_often_goes_first_and_others_do_not_starve() {
        let (policy, turns) = (RetryPolicy::new().seed(1), Mutex::new(()));
        let mut late = Attempts::of(&policy);
        let fresh = Attempts::of(&policy);
        assert!(fresh.turn(&turns).await.is_none() && turns.try_lock().is_ok());
        for _ in 0..GOES_FIRST {
            assert!(late.turn(&turns).await.is_none());
            assert!(late.failed(refused(), Duration::ZERO).is_ok());
        }
        let turn = late.turn(&turns).await;
        assert!(turn.is_some());
        let began = Instant::now();
        assert!(fresh.turn(&turns).await.is_none());
        assert!(began.elapsed() >= LETS_PASS);
        drop(turn);
        assert!(fresh.turn(&turns).await.is_none() && turns.try_lock().is_ok());
    }

    #[test]
    fn the_last_error_has_the_attempts_and_the_time() {
        let policy = RetryPolicy::new().attempts(2).seed(1);
        let mut attempts = Attempts::of(&policy);
        assert!(attempts.failed(refused(), Duration::ZERO).is_ok());
        let error =
            attempts.failed(refused(), Duration::ZERO).map_err(|error| (error.kind(), error.to_string()));
        let Err((ErrorKind::Serialization, text)) = error else { return assert!(error.is_err()) };
        assert!(text.starts_with("a deadlock\n(the last of 2 attempts in 0.0 s"), "{text}");
    }

    #[test]
    fn what_may_have_happened_is_never_done_again() {
        let policy = RetryPolicy::new().also_when(|_| true);
        let unknown = Error::new(ErrorKind::CommitUnknown, "lost");
        assert!(Attempts::of(&policy).failed(unknown, Duration::ZERO).is_err());
        let stale = || Error::new(ErrorKind::Stale, "changed");
        assert!(Attempts::of(&policy).failed(stale(), Duration::ZERO).is_ok());
        let error = Attempts::of(&RetryPolicy::new()).failed(stale(), Duration::ZERO);
        assert_eq!(error.map_err(|error| error.to_string()), Err("changed [Stale]".to_owned()));
        let late = RetryPolicy::new().deadline(Duration::ZERO);
        assert!(Attempts::of(&late).failed(refused(), Duration::ZERO).is_err());
    }
}
