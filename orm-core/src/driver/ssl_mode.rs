/// Whether a connection to a server is encrypted, and what the server has to prove: PostgreSQL's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SslMode {
    /// No TLS.
    Disable,
    /// TLS where the server and this build have it; the default.
    Prefer,
    /// TLS, with whoever answers.
    Require,
    /// TLS with a server whose certificate is signed by a known authority.
    VerifyCa,
    /// The same, and the certificate is for the host of the URL.
    VerifyFull,
}
