//! The URL of a database, which may contain a password.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use super::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};

/// The URL of a database, which may have a password in it: what is shown of it has none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL as it was given.
    pub fn new(url: &str) -> DatabaseUrl {
        DatabaseUrl(url.to_owned())
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL's scheme, which names the kind of database; `None` if it is not a scheme.
    pub(super) fn scheme(&self) -> Option<&str> {
        let (scheme, _) = self.0.split_once(':')?;
        let is_word = scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
        (is_word && !scheme.is_empty()).then_some(scheme)
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    /// How a driver connects to a server.
    ///
    /// # Errors
    /// `Configuration`: the URL cannot be read, or the end of its password is ambiguous.
    pub(super) fn read<T: FromStr<Err = sqlx::Error>>(&self) -> Result<T> {
        if !self.0.contains("://") {
            return Err(self.wrong("a server URL has `//` after the colon: `postgres://user@host/database`"));
        }
        if self.may_end_early() {
            return Err(self.wrong(
                "it has an `@` after a `?` or `#`; write `?` and `#` in a password as `%3F` and `%23`, and \
                 an `@` after the `?` as `%40`",
            ));
        }
        T::from_str(&self.0).map_err(|error| self.wrong(&error.to_string()).with_source(error))
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    /// Whether a `?` or `#` may be one of the password, so that a part of that would be read as something else.
    fn may_end_early(&self) -> bool {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split_once(['?', '#'])
            .is_some_and(|(before, after)| !before.contains('/') && after.contains('@'))
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn wrong(&self, why: &str) -> Error {
        Error::new(ErrorKind::Configuration, format!("`{self}` is not a database URL: {why}"))
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    /// The first connection, which proves that the database is there.
    pub(super) async fn first<C>(
        &self,
        options: &ConnectOptions,
        connecting: impl Future<Output = sqlx::Result<C>>,
    ) -> Result<C> {
        match tokio::time::timeout(options.pool_timeout, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => {
                // What a library of TLS refuses comes as an error of the socket.
                let advice = match error.to_string().contains("certificate") {
                    true => {
                        "; the server's certificate must be signed by an authority of `ssl_root_cert`, and with `VerifyFull` \
                         be for the host of the URL"
                    }
                    false => "",
                };
                let message = format!("cannot connect to `{self}`: {error}{advice}");
                Err(Error::new(ErrorKind::Connection, message).with_source(error))
            }
            Err(_) => Err(Error::new(
                ErrorKind::Connection,
                format!("cannot connect to `{self}`: no answer in time"),
            )),
        }
    }
}

/// Where it leads, without a user, a password and settings. What cannot be told apart from these is left out too.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(scheme) = self.scheme() else { return f.write_str("..") };
        let rest = &self.0[scheme.len() + 1..];
        let (place, settings) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
        if scheme == "sqlite" {
            return write!(f, "{scheme}:{place}");
        }
        let Some(place) = place.strip_prefix("//").filter(|_| !settings.contains('@')) else {
            return write!(f, "{scheme}:..");
        };
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let server = place.split_once('/').map_or(place, |(server, _)| server);
        // What follows the last colon of `[::1]` is not a port.
        let port = server.rsplit_once(':').map_or("", |(_, port)| port);
        match server.ends_with(']') || port.chars().all(|char| char.is_ascii_digit()) {
            true => write!(f, "{scheme}://{place}"),
            false => write!(f, "{scheme}:.."),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://jack:s3cret@db:5432/app?password=s3cret", "postgres://db:5432/app"),
            ("mysql://jack:p@ss@db/app", "mysql://db/app"),
            ("postgres:///app", "postgres:///app"),
            ("postgres://jack:pa/s3cret@[::1]/app", "postgres://[::1]/app"),
            ("postgres://jack:pa?s3cret@db/app", "postgres:.."),
            ("postgres://jack:12?s3cret@db/app", "postgres:.."),
            ("postgres://jack:pa#s3cret@db/app", "postgres:.."),
            ("postgres:jack:s3cret@db/app", "postgres:.."),
            ("postgres://jack:s3cret", "postgres:.."),
            ("postgres://db/app?password=p@s3cret", "postgres:.."),
            ("jack s3cret:5", ".."),
            ("s3cret", ".."),
            ("sqlite:a.db?key=s3cret", "sqlite:a.db"),
            ("sqlite::memory:", "sqlite::memory:"),
        ] {
            let url = DatabaseUrl::new(url);
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), format!("\"{shown}\"")));
        }
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn a_password_that_may_end_early_is_refused() {
        assert!(DatabaseUrl::new("postgres://jack:12?s3cret@db/app").may_end_early());
        assert!(DatabaseUrl::new("postgres://jack:12#s3cret@db/app").may_end_early());
        assert!(!DatabaseUrl::new("postgres://jack:s3cret@db/app?user=a@b").may_end_early());
        assert!(!DatabaseUrl::new("postgres://db/app").may_end_early());
    }
}
