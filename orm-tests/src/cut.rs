use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is dropped after a number of polls, unless it has finished: cancelled at a chosen point.
#[derive(Debug)]
pub struct Cut<F> {
    future: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Cut<F> {
    /// Polls `future` at most this many times.
    pub fn after(polls: usize, future: F) -> Cut<F> {
        Cut { future: Some(Box::pin(future)), polls }
    }
}

impl<F: Future> Future for Cut<F> {
    /// What the future gave; none if it was dropped before.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let this = &mut *self;
        let Some(future) = &mut this.future else { return Poll::Ready(None) };
        if this.polls > 0 {
            this.polls -= 1;
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
        }
        if this.polls > 0 {
            return Poll::Pending;
        }
        this.future = None;
        Poll::Ready(None)
    }
}
