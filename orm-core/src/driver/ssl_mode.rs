//! How connections are encrypted.

/// Whether a connection to a server is encrypted, and what is verified: PostgreSQL's `sslmode`. It is the argument of
/// [`EngineBuilder::ssl_mode`](crate::options::EngineBuilder::ssl_mode).
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::options::SslMode;
///
/// let builder = Engine::builder("postgres://app@db.example.com/shop").ssl_mode(SslMode::VerifyFull);
/// # let _ = builder;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS if the server and this build support it; the default.
    Prefer,
    /// TLS, without verifying the server.
    Require,
    /// TLS with a server whose certificate is signed by a known authority.
    VerifyCa,
    /// Like `VerifyCa`, and the certificate must be for the host of the URL.
    VerifyFull,
}
