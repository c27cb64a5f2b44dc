//! A small web service: authors and their books, as JSON, on axum and SQLite.
//!
//! ```text
//! cargo run --example service                      on port 3000, in a temporary file
//! cargo run --example service -- --db library.db   keep the database
//! cargo run --example service -- --port 0          on a free port, which it prints
//!
//! cargo run --example service -- migrate new NAME --url sqlite:library.db   write the next migration from the models
//! ```

mod authors;
mod books;
mod database;
mod failure;
mod model;
mod page;
mod router;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use orm_core::schema;
use tokio::net::TcpListener;

use failure::Failure;
use model::{Author, Book};

/// Authors and their books, over HTTP.
#[derive(Parser)]
#[command(name = "service")]
struct Arguments {
    /// The port; 0 for one that is free
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Keeps the database in a file
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("migrate", words)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        let words = words.iter().map(String::as_str);
        return orm_core::migrate::command(schema![Author, Book], database::FOLDER, words).await;
    }
    match serve(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    // It is removed with the process and its directory.
    let temporary = tempfile::tempdir()?;
    let file = arguments.db.clone().unwrap_or_else(|| temporary.path().join("library.db"));
    let engine = database::open(&file).await?;
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, router::router(engine.clone())).with_graceful_shutdown(stopped).await?;
    engine.close().await;
    Ok(())
}
