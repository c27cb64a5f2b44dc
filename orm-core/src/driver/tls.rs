//! Settings of TLS.

use std::path::{Path, PathBuf};

use super::SslMode;
use crate::error::{Error, ErrorKind, Result};

/// TLS settings of an engine's builder; the URL has the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsOptions {
    pub(crate) mode: Option<SslMode>,
    /// The authorities that may sign the server's certificate.
    pub(crate) root_cert: Option<PathBuf>,
    /// The certificate and the key that the program proves itself with.
    pub(crate) client_cert: Option<(PathBuf, PathBuf)>,
}

impl TlsOptions {
    /// Whether anything is set.
    pub(super) fn is_given(&self) -> bool {
        self.mode.is_some() || self.root_cert.is_some() || self.client_cert.is_some()
    }

    /// Whether the files are there.
    pub(super) fn check(&self) -> Result<()> {
        let client = self.client_cert.iter().flat_map(|(cert, key)| [cert, key]);
        match self.root_cert.iter().chain(client).find(|path| !path.is_file()) {
            Some(path) => Err(no_file(path)),
            None => Ok(()),
        }
    }
}

fn no_file(path: &Path) -> Error {
    let message = format!("no certificate or key found at `{}`", path.display());
    Error::new(ErrorKind::Configuration, message)
}

/// Refuses what only TLS can do in a build that has none; `mode` is as the URL or the builder gave it.
pub(super) fn available(mode: &dyn std::fmt::Debug, needs: bool) -> Result<()> {
    refuse(mode, needs && !cfg!(any(feature = "tls-rustls", feature = "tls-native")))
}

fn refuse(mode: &dyn std::fmt::Debug, refuse: bool) -> Result<()> {
    if !refuse {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the SSL mode {mode:?} needs TLS, which is not in this build; enable the feature `tls-rustls` or `tls-native` \
             of orm-core"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::{SslMode, refuse};
    use crate::error::ErrorKind;

    #[test]
    fn a_build_without_tls_names_the_missing_feature() {
        let refused = refuse(&SslMode::Require, true).err().map(|error| (error.kind(), error.to_string()));
        let expected = "the SSL mode Require needs TLS, which is not in this build; enable the feature `tls-rustls` or \
                        `tls-native` of orm-core [Configuration]";
        assert_eq!(refused, Some((ErrorKind::Configuration, expected.to_owned())));
        assert!(refuse(&SslMode::Prefer, false).is_ok());
    }
}
