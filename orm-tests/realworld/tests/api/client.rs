//! A client of the service, which runs in this process on a port of its own.

use std::num::NonZeroU32;

use orm_core::Result;
use orm_tests::TestDatabase;
use realworld::auth::{Rounds, Signer};
use realworld::{App, database, router};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use ureq::http::Request;

/// Someone who sends requests: anyone, or a user with a token.
#[derive(Clone)]
pub struct Client {
    address: String,
    token: Option<String>,
    /// How many more statements a new link takes: MySQL and MariaDB look first whether it exists.
    looks: usize,
}

/// What the service answers, and how many statements it took.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub statements: usize,
    pub body: Json,
    looks: usize,
}

impl Answer {
    /// As [`is`](Self::is), for a request that adds links.
    pub fn links(self, status: u16, statements: usize) -> Json {
        let looks = self.looks;
        self.is(status, statements + looks)
    }

    /// The body of an answer with this status, which took so many statements.
    pub fn is(self, status: u16, statements: usize) -> Json {
        assert_eq!((self.status, self.statements), (status, statements), "{}", self.body);
        self.body
    }
}

/// The service on a migrated database.
pub async fn start(on: &TestDatabase) -> Result<Client> {
    let engine = on.builder().connect().await?;
    database::prepare(&engine).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = format!("http://{}/api", listener.local_addr().expect("it has an address"));
    let signer = Signer::new(b"secret of the tests");
    let router = router(App { engine, signer, rounds: Rounds(NonZeroU32::MIN) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Client { address, token: None, looks: usize::from(on.is_mysql()) })
}

impl Client {
    pub fn at(address: &str) -> Client {
        Client { address: address.to_owned(), token: None, looks: 0 }
    }

    pub fn with_token(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same user at another server.
    pub fn at_address_of(&self, other: &Client) -> Client {
        Client { address: other.address.clone(), ..self.clone() }
    }

    /// Registers a user.
    pub async fn register(&self, name: &str) -> Client {
        let user = json!({"username": name, "email": format!("{name}@example.com"), "password": "sesame"});
        let body = self.post("/users", json!({ "user": user })).await.is(201, 1);
        self.with_token(body["user"]["token"].as_str().expect("a token"))
    }

    /// Writes an article without tags.
    pub async fn write(&self, title: &str) {
        let article = json!({"title": title, "description": "about it", "body": "all of it"});
        self.post("/articles", json!({ "article": article })).await.is(201, 3);
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Json) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    async fn send(&self, method: &'static str, path: &str, body: Option<Json>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Token {token}"));
        }
        let looks = self.looks;
        let call = move || {
            let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
            let response = match body {
                Some(body) => {
                    let request = request.header("content-type", "application/json").body(body.to_string());
                    agent.run(request.expect("a request"))
                }
                None => agent.run(request.body(()).expect("a request")),
            };
            let mut response = response.expect("an answer");
            let statements = response.headers().get("x-statements").expect("each answer says what it cost");
            let statements = statements.to_str().ok().and_then(|count| count.parse().ok()).expect("a number");
            let text = response.body_mut().read_to_string().expect("text");
            let body = serde_json::from_str(&text).unwrap_or(Json::String(text));
            Answer { status: response.status().as_u16(), statements, body, looks }
        };
        spawn_blocking(call).await.expect("the request is sent")
    }
}
