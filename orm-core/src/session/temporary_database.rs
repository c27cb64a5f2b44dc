//! A database for one test.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime;

use super::{Engine, EngineBuilder};
use crate::driver::DatabaseUrl;
use crate::error::{Error, ErrorKind, Result};

/// A database for one test, so tests can commit and run concurrently.
///
/// It is removed when it is dropped, even if the test panics. Declare it before engines and sessions, so they are dropped
/// first.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::testing::TemporaryDatabase;
///
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let database = TemporaryDatabase::create("sqlite::memory:").await?;
/// let engine = database.builder().pool_size(2).connect().await?;
/// engine.create_all(schema![User]).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TemporaryDatabase {
    url: DatabaseUrl,
    home: Home,
}

#[derive(Debug)]
enum Home {
    /// The first engine of a database in memory, which exists for as long as this.
    Memory { _engine: Engine },
    /// The URL that it was created through, and its name.
    Server { url: DatabaseUrl, name: String },
}

/// How long the removal may take.
const REMOVAL: Duration = Duration::from_secs(10);

impl TemporaryDatabase {
    /// Creates an empty database on the server of a URL, beside the database that the URL names. The URL's user must be
    /// allowed to create databases. With a URL of SQLite it is a database in memory.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::testing::TemporaryDatabase;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let url = std::env::var("TEST_DATABASE_URL").unwrap_or("sqlite::memory:".to_owned());
    /// let database = TemporaryDatabase::create(&url).await?;
    /// # let _ = database;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`EngineBuilder::connect`]. `Configuration`: the URL names its database by `dbname`. The user may not create
    /// databases.
    pub async fn create(url: &str) -> Result<TemporaryDatabase> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("orm_test_{}_{number}_{:04x}", process::id(), fastrand::u16(..));
        if url.starts_with("sqlite:") {
            let url = format!("sqlite:file:{name}?mode=memory&cache=shared");
            let home = Home::Memory { _engine: Engine::connect(&url).await? };
            return Ok(TemporaryDatabase { url: DatabaseUrl::new(&url), home });
        }
        let beside = with_database(url, &name)?;
        let engine = Engine::builder(url).pool_size(1).connect().await?;
        let created = engine.administrate(format!("CREATE DATABASE {name}")).await;
        engine.close().await;
        created?;
        let home = Home::Server { url: DatabaseUrl::new(url), name };
        Ok(TemporaryDatabase { url: DatabaseUrl::new(&beside), home })
    }

    /// The URL of the database.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::testing::TemporaryDatabase;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let database = TemporaryDatabase::create("sqlite::memory:").await?;
    /// let engine = Engine::connect(database.url()).await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A builder for an engine on it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::testing::TemporaryDatabase;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let database = TemporaryDatabase::create("sqlite::memory:").await?;
    /// let engine = database.builder().pool_size(2).connect().await?;
    /// # let _ = engine;
    /// # Ok(()) }
    /// ```
    pub fn builder(&self) -> EngineBuilder {
        Engine::builder(self.url())
    }

    /// An engine on it, with the default settings.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::testing::TemporaryDatabase;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let database = TemporaryDatabase::create("sqlite::memory:").await?;
    /// let mut session = database.engine().await?.session();
    /// assert_eq!(session.row(sql("SELECT 1").rows::<i64>()).await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`EngineBuilder::connect`].
    pub async fn engine(&self) -> Result<Engine> {
        self.builder().connect().await
    }

    /// Removes it and reports errors; dropping it removes it too, and ignores them.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// use orm_core::testing::TemporaryDatabase;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let database = TemporaryDatabase::create("sqlite::memory:").await?;
    /// let engine = database.engine().await?;
    /// engine.close().await;
    /// database.remove().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Busy`: on MySQL and MariaDB, an open session still uses its tables. Those of [`EngineBuilder::connect`].
    pub async fn remove(mut self) -> Result<()> {
        match std::mem::replace(
            &mut self.home,
            Home::Server { url: DatabaseUrl::default(), name: String::new() },
        ) {
            Home::Memory { .. } => Ok(()),
            Home::Server { url, name } => remove(&url, &name).await,
        }
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        let Home::Server { url, name } = &mut self.home else { return };
        if name.is_empty() {
            return;
        }
        let (url, name) = (std::mem::take(url), std::mem::take(name));
        // The runtime of the test may be this thread's, and may be at its end.
        let removed = thread::Builder::new().spawn(move || {
            if let Ok(runtime) = runtime::Builder::new_current_thread().enable_all().build() {
                // What cannot be removed is left on the server.
                let _ = runtime.block_on(remove(&url, &name));
            }
        });
        // If the system cannot start another thread, the database also stays on the server.
        let _ = removed.map(JoinHandle::join);
    }
}

async fn remove(url: &DatabaseUrl, name: &str) -> Result<()> {
    let removal = async {
        let engine = Engine::builder(url.as_str()).pool_size(1).pool_timeout(REMOVAL).connect().await?;
        let removed = engine.administrate(engine.dialect().drop_database(name));
        let removed = removed.await;
        engine.close().await;
        removed
    };
    tokio::time::timeout(REMOVAL, removal).await.unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Busy, format!("the database `{name}` is in use, and was not removed")))
    })
}

/// A URL with another database in its path.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (before, settings) = match url.find(['?', '#']) {
        Some(at) => url.split_at(at),
        None => (url, ""),
    };
    if settings.split(['?', '&']).any(|setting| setting.starts_with("dbname=")) {
        return Err(Error::new(
            ErrorKind::Configuration,
            "the `dbname` of this URL would be used instead of the temporary database; write the database in the path: \
             `postgres://user@host/database`",
        ));
    }
    match before.split_once("://") {
        Some((scheme, place)) => {
            let server = place.rsplit_once('/').map_or(place, |(server, _)| server);
            Ok(format!("{scheme}://{server}/{name}{settings}"))
        }
        None => Err(Error::new(
            ErrorKind::Configuration,
            "a server URL has `//` after the colon: `postgres://user@host/database`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        for (url, with) in [
            ("postgres://jack@db:5432/app?sslmode=require", "postgres://jack@db:5432/t?sslmode=require"),
            ("mysql://jack:p%40ss@db/app", "mysql://jack:p%40ss@db/t"),
            ("postgres:///app", "postgres:///t"),
            ("postgres://jack@db", "postgres://jack@db/t"),
        ] {
            assert_eq!(with_database(url, "t").unwrap_or_default(), with);
        }
        assert!(with_database("postgres:app", "t").is_err());
        assert!(with_database("postgres://jack@db?sslmode=require&dbname=app", "t").is_err());
    }
}
