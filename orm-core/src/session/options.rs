/// The settings of a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionOptions {
    pub(super) autoflush: bool,
}

impl SessionOptions {
    /// The default: autoflush on.
    pub fn new() -> SessionOptions {
        SessionOptions { autoflush: true }
    }

    /// Whether a query first writes what is pending, so that it sees it; on by default.
    #[must_use]
    pub fn autoflush(mut self, on: bool) -> SessionOptions {
        self.autoflush = on;
        self
    }
}

impl Default for SessionOptions {
    fn default() -> SessionOptions {
        SessionOptions::new()
    }
}
