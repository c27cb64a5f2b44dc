//! The future of a session's methods.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;

/// The future of a session's method; its output is a `Result<T>`. Nothing runs until it is awaited.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let adding: orm_core::futures::Run<'_, Entity<Tag>> = session.insert(Tag::draft().name("satire"));
/// let tag: Entity<Tag> = adding.await?;
/// assert_eq!(tag.name, "satire");
/// # Ok(()) }
/// ```
#[must_use = "nothing runs until it is awaited"]
pub struct Run<'s, T> {
    future: Pin<Box<dyn Future<Output = Result<T>> + Send + 's>>,
}

impl<'s, T> Run<'s, T> {
    pub(super) fn new(future: impl Future<Output = Result<T>> + Send + 's) -> Run<'s, T> {
        Run { future: Box::pin(future) }
    }
}

impl<T> Future for Run<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        self.future.as_mut().poll(context)
    }
}

impl<T> fmt::Debug for Run<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Run")
    }
}
