//! ```text
//! cargo run -p realworld                       on port 3000, in a SQLite file beside it
//! cargo run -p realworld -- migrate new NAME   writes the next migration from the models
//! ```
//!
//! The environment: `DATABASE_URL`, `PORT`, and `SECRET`, which signs the tokens; without it they end with the process.

use std::env;
use std::process::ExitCode;

use orm_core::Engine;
use orm_core::options::JournalMode;
use realworld::auth::{Rounds, Signer};
use realworld::model::schema;
use realworld::{App, database, router};
use thiserror::Error;
use tokio::net::TcpListener;

/// Why the service does not start.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] orm_core::Error),
    #[error("the server: {0}")]
    Server(#[from] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    let url = env::var("DATABASE_URL").unwrap_or("sqlite:realworld.db".into());
    let words: Vec<String> = env::args().skip(1).collect();
    if let Some(("migrate", words)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return migrate(&url, words).await;
    }
    match serve(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn migrate(url: &str, words: &[String]) -> ExitCode {
    let backend = match Engine::connect(url).await {
        Ok(engine) => engine.backend(),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let words = words.iter().map(String::as_str).chain(["--url", url]);
    orm_core::migrate::command(schema(), &database::folder(backend), words).await
}

async fn serve(url: &str) -> Result<(), Failure> {
    // On SQLite, requests that read do not wait for one that writes.
    let engine = Engine::builder(url).journal_mode(JournalMode::Wal).connect().await?;
    database::prepare(&engine).await?;
    let signer = match env::var("SECRET") {
        Ok(secret) => Signer::new(secret.as_bytes()),
        Err(_) => Signer::random(),
    };
    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}/api", listener.local_addr()?);
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    let app = App { engine: engine.clone(), signer, rounds: Rounds::SAFE };
    axum::serve(listener, router(app)).with_graceful_shutdown(stopped).await?;
    engine.close().await;
    Ok(())
}
