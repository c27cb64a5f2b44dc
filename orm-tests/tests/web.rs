//! The session of a request, and the responses of errors, through a server of axum on a free port.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use orm_core::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

#[derive(Model, Debug)]
#[model(table = "notes")]
struct Note {
    #[key(auto)]
    id: i64,
    #[column(unique)]
    text: String,
    #[column(version)]
    version: i64,
}

/// A table that does not exist.
#[derive(Model, Debug)]
struct Missing {
    #[key]
    id: i64,
}

#[derive(Clone)]
struct App {
    engine: Engine,
    waits: Arc<Notify>,
}

impl FromRef<App> for Engine {
    fn from_ref(app: &App) -> Engine {
        app.engine.clone()
    }
}

async fn keep(mut session: Session) -> Result<String> {
    session.insert(Note::draft().text("kept")).await?;
    session.commit().await?;
    Ok("kept".to_owned())
}

async fn forget(mut session: Session) -> Result<String> {
    session.insert(Note::draft().text("forgotten")).await?;
    Ok("forgotten".to_owned())
}

async fn panic(mut session: Session) -> Result<()> {
    session.insert(Note::draft().text("panicked")).await?;
    panic!("on purpose");
}

async fn wait(State(app): State<App>, mut session: Session) -> Result<()> {
    session.insert(Note::draft().text("never")).await?;
    app.waits.notify_one();
    std::future::pending().await
}

async fn count(mut session: Session) -> Result<String> {
    Ok(session.count(select::<Note>()).await?.to_string())
}

async fn missing(mut session: Session) -> Result<String> {
    Ok(session.one(select::<Note>().filter(Note::ID.eq(99))).await?.text.clone())
}

/// The server's address, and its state. One connection serves all requests.
async fn serve() -> Result<(String, App)> {
    let engine = Engine::builder("sqlite::memory:")
        .pool_size(1)
        .pool_timeout(Duration::from_secs(20))
        .connect()
        .await?;
    engine.create_all(schema![Note]).await?;
    let app = App { engine, waits: Arc::default() };
    let router = Router::new()
        .route("/count", get(count))
        .route("/missing", get(missing))
        .route("/keep", post(keep))
        .route("/forget", post(forget))
        .route("/panic", post(panic))
        .route("/wait", post(wait))
        .with_state(app.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, app))
}

async fn connect(address: &str, method: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server is there");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("it listens");
    stream
}

/// Status and body; nothing where the server closed the connection instead of answering.
async fn ask(address: &str, method: &str, path: &str) -> Option<(u16, String)> {
    let mut answer = String::new();
    connect(address, method, path).await.read_to_string(&mut answer).await.expect("text");
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

#[tokio::test]
async fn what_is_not_committed_is_rolled_back() -> Result<()> {
    let (address, app) = serve().await?;
    let count = async || ask(&address, "GET", "/count").await.expect("an answer");
    assert_eq!(ask(&address, "POST", "/forget").await, Some((200, "forgotten".into())));
    assert_eq!(count().await, (200, "0".into()));
    assert_eq!(ask(&address, "POST", "/keep").await, Some((200, "kept".into())));
    assert_eq!(count().await, (200, "1".into()));
    assert_eq!(ask(&address, "POST", "/panic").await, None);
    assert_eq!(count().await, (200, "1".into()));

    // A client that goes away takes its transaction with it, and the connection serves the next one.
    let client = connect(&address, "POST", "/wait").await;
    app.waits.notified().await;
    drop(client);
    assert_eq!(count().await, (200, "1".into()));
    Ok(())
}

#[tokio::test]
async fn a_request_without_statements_takes_no_connection() -> Result<()> {
    let (_, app) = serve().await?;
    let mut writer = app.engine.session();
    writer.begin().await?;
    let request = axum::http::Request::new(axum::body::Body::empty());
    let (mut parts, _) = request.into_parts();
    let session = <Session as FromRequestParts<App>>::from_request_parts(&mut parts, &app).await;
    let Ok(session) = session;
    assert_eq!((session.stats().statements, session.in_transaction()), (0, false));
    Ok(())
}

#[tokio::test]
async fn an_error_is_a_response_that_shows_no_sql() -> Result<()> {
    let (address, app) = serve().await?;
    assert_eq!(ask(&address, "GET", "/missing").await, Some((404, "not found".into())));
    ask(&address, "POST", "/keep").await;
    assert_eq!(ask(&address, "POST", "/keep").await, Some((409, "this already exists".into())));

    let mut session = app.engine.session();
    let note = session.one(select::<Note>()).await?;
    session.commit().await?;
    let mut other = app.engine.session();
    let same = other.one(select::<Note>()).await?;
    other.edit(&same, |note| note.text = "theirs".into())?;
    other.commit().await?;
    session.edit(&note, |note| note.text = "mine".into())?;
    assert_eq!(
        answer(session.commit().await.unwrap_err()).await,
        (409, "this was changed concurrently".into())
    );
    session.rollback().await?;
    let error = session.all(select::<Missing>()).await.unwrap_err();
    assert!(error.to_string().contains("SELECT"), "{error}");
    assert_eq!(answer(error).await, (500, "internal error".into()));
    session.rollback().await?;

    let engine = Engine::builder("sqlite::memory:").pool_size(1).pool_timeout(Duration::from_millis(10));
    let engine = engine.connect().await?;
    let mut first = engine.session();
    first.begin().await?;
    let error = engine.session().begin().await.unwrap_err();
    assert_eq!(answer(error).await, (503, "busy, try again".into()));
    Ok(())
}

async fn answer(error: Error) -> (u16, String) {
    let response = error.into_response();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}
