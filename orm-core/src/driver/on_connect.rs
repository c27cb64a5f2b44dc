//! Functions that set up each new connection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::DriverConnection;
use crate::error::Result;

type Call = dyn for<'c> Fn(&'c mut DriverConnection<'_>) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>
    + Send
    + Sync;

/// The functions that get each new connection before a session does, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct OnConnect {
    calls: Vec<Arc<Call>>,
}

impl OnConnect {
    pub(crate) fn add(
        &mut self,
        call: impl for<'c> Fn(
            &'c mut DriverConnection<'_>,
        ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'c>>
        + Send
        + Sync
        + 'static,
    ) {
        self.calls.push(Arc::new(call));
    }

    pub(super) fn is_given(&self) -> bool {
        !self.calls.is_empty()
    }

    /// # Errors
    /// That of the first function that fails.
    pub(super) async fn run(&self, mut connection: DriverConnection<'_>) -> Result<()> {
        for call in &self.calls {
            call(&mut connection).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for OnConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnConnect").field("calls", &self.calls.len()).finish()
    }
}
