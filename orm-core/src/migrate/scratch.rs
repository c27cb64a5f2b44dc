//! Scratch databases.

use crate::error::{Error, ErrorKind, Result};
use crate::session::Engine;

use super::runner::run_script;

/// A database that is made to try something in, and dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    pub(super) engine: Engine,
    /// The engine that made it, and its name; `None` on SQLite, where it is in memory and removed with its engine.
    made_by: Option<(Engine, String)>,
}

impl Scratch {
    /// Makes one beside the database of a URL, which is not touched.
    ///
    /// # Errors
    /// `Connection`: the server does not answer. `Configuration`: it does not let the user create databases.
    pub(super) async fn create(url: &str, schemas: &[String]) -> Result<Scratch> {
        let Some((scheme, _)) = url.split_once(':') else {
            let engine = Engine::connect(url).await?;
            return Ok(Scratch { engine, made_by: None });
        };
        if scheme == "sqlite" {
            let attach =
                |builder: crate::session::EngineBuilder, schema: &String| builder.attach(schema, ":memory:");
            let builder = schemas.iter().fold(Engine::builder("sqlite::memory:"), attach);
            return Ok(Scratch { engine: builder.pool_size(2).connect().await?, made_by: None });
        }
        let is_postgres = scheme.starts_with("postgres");
        let server = match Engine::builder(url).pool_size(1).connect().await {
            Ok(server) => server,
            // The database of the URL need not exist yet.
            Err(error) => {
                let other = with_database(url, if is_postgres { "postgres" } else { "" });
                Engine::builder(&other).pool_size(1).connect().await.map_err(|_| error)?
            }
        };
        let name = format!("orm_scratch_{}_{:08x}", std::process::id(), fastrand::u32(..));
        if let Err(error) = administrate(&server, &format!("CREATE DATABASE {name}")).await {
            server.close().await;
            return Err(not_allowed(is_postgres, error));
        }
        let made = Engine::builder(&with_database(url, &name)).pool_size(2).connect().await;
        match made {
            Ok(engine) => Ok(Scratch { engine, made_by: Some((server, name)) }),
            Err(error) => {
                drop_database(&server, &name, is_postgres).await?;
                Err(error)
            }
        }
    }

    /// Drops it.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) async fn remove(self) -> Result<()> {
        self.engine.close().await;
        let Some((server, name)) = self.made_by else { return Ok(()) };
        let is_postgres = self.engine.database().dialect() == crate::sql::Dialect::Postgres;
        let dropped = drop_database(&server, &name, is_postgres).await;
        server.close().await;
        dropped
    }
}

async fn drop_database(server: &Engine, name: &str, is_postgres: bool) -> Result<()> {
    let force = if is_postgres { " WITH (FORCE)" } else { "" };
    administrate(server, &format!("DROP DATABASE {name}{force}")).await.map_err(|error| {
        let message = format!("the scratch database `{name}` could not be dropped: {error}; drop it by hand");
        Error::new(ErrorKind::Database, message).with_source(error)
    })
}

/// Runs one statement outside any transaction.
async fn administrate(server: &Engine, sql: &str) -> Result<()> {
    let mut connection = server.database().raw_connection().await?;
    let done = run_script(&mut connection, sql).await;
    connection.close().await;
    done.map_err(|failed| failed.into_error())
}

fn not_allowed(is_postgres: bool, error: Error) -> Error {
    let grant = match is_postgres {
        true => "`ALTER ROLE .. CREATEDB` allows it",
        false => "``GRANT ALL ON `orm\\_scratch\\_%`.* TO ..`` allows it",
    };
    let message = format!(
        "`new` compares the migrations with the models in scratch databases, but the server does not create \
         one: {error}; {grant}, or name another server of the same kind with `--scratch URL`. Running \
         migrations does not need one"
    );
    Error::new(ErrorKind::Configuration, message).with_source(error)
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').map_or((url, None), |(place, query)| (place, Some(query)));
    let start = place.find("://").map_or(0, |at| at + 3);
    let end = place[start..].find('/').map_or(place.len(), |at| start + at);
    let settings: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.starts_with("dbname="))
        .collect();
    match settings.is_empty() {
        true => format!("{}/{name}", &place[..end]),
        false => format!("{}/{name}?{}", &place[..end], settings.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            ("postgres://orm@host:1/app?sslmode=disable", "postgres://orm@host:1/x?sslmode=disable"),
            ("postgres://orm@host/?dbname=app&sslmode=disable", "postgres://orm@host/x?sslmode=disable"),
            ("postgres:///app?dbname=app", "postgres:///x"),
            ("mysql://orm@host", "mysql://orm@host/x"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
