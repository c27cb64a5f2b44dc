use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;

/// What a method of a session does when it is awaited; it gives a `T`.
///
/// A type of its own, over what it gives and not over what it was given: a wrong argument is one error then, at the
/// argument. It is boxed once, so that futures around it stay small.
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
