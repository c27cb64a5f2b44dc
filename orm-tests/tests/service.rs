//! The service example as its users run it: over HTTP, many requests at a time.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

/// The running example, stopped when the test ends.
struct Service {
    process: Child,
    address: String,
    /// Its files. A process that is killed removes none.
    _files: tempfile::TempDir,
}

/// Status, the header `x-statements`, and the body.
type Answer = (u16, String, String);

/// The example, built.
fn binary() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let build = escargot::CargoBuild::new().manifest_path(manifest).current_release().example("service");
    build.run().expect("the example builds").path().to_owned()
}

impl Service {
    fn start() -> Service {
        let files = orm_tests::directory();
        let mut command = Command::new(binary());
        command.args(["--port", "0"]).env("TMPDIR", files.path()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the example runs");
        let mut line = String::new();
        let out = process.stdout.take().expect("it has an output");
        BufReader::new(out).read_line(&mut line).expect("it prints its address");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Service { process, address, _files: files }
    }

    fn get(&self, path: &str) -> Answer {
        answer(agent().get(format!("{}{path}", self.address)).call())
    }

    fn post(&self, path: &str, body: &Json) -> Answer {
        let request = agent().post(format!("{}{path}", self.address));
        answer(request.header("content-type", "application/json").send(body.to_string()))
    }

    fn delete(&self, path: &str) -> Answer {
        answer(agent().delete(format!("{}{path}", self.address)).call())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that takes every status as an answer.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.expect("an answer");
    let statements = response.headers().get("x-statements").expect("each answer says what it cost");
    let statements = statements.to_str().expect("a number").to_owned();
    (response.status().as_u16(), statements, response.body_mut().read_to_string().expect("text"))
}

fn parsed(body: &str) -> Json {
    serde_json::from_str(body).unwrap_or_else(|_| panic!("JSON: {body}"))
}

#[test]
fn it_answers_many_clients_at_once() {
    let service = Service::start();
    let (status, statements, body) = service.get("/authors");
    assert_eq!((status, statements.as_str(), parsed(&body)), (200, "2", json!({"total": 0, "items": []})));

    // Each writes an author with two books.
    std::thread::scope(|scope| {
        for client in 0..8 {
            let service = &service;
            scope.spawn(move || {
                for number in 0..5 {
                    let name = format!("author {client}{number}");
                    let books = json!([{"title": "first", "publishedIn": 1900}, {"title": "second"}]);
                    let new = json!({"name": name, "email": format!("{client}{number}@example.com"), "books": books});
                    let (status, statements, body) = service.post("/authors", &new);
                    assert_eq!((status, statements.as_str()), (201, "2"), "{body}");
                    let author = parsed(&body);
                    assert_eq!(author["name"], json!(name));
                    assert_eq!(author.get("books"), None, "what was not loaded is not there");

                    let (status, statements, body) = service.get(&format!("/authors/{}", author["id"]));
                    assert_eq!((status, statements.as_str()), (200, "1"));
                    let titles: Vec<_> = parsed(&body)["books"].as_array().expect("a list").clone();
                    assert_eq!(titles.len(), 2, "{body}");
                    assert_eq!(titles[0]["publishedIn"], json!(1900));
                    assert_eq!(titles[1]["publishedIn"], Json::Null);
                }
            });
        }
    });

    // The pages are all of them, each once, and a page costs what a page costs.
    let pages: Vec<Json> = std::thread::scope(|scope| {
        let page = |page: usize| {
            let service = &service;
            scope.spawn(move || {
                let (status, statements, body) = service.get(&format!("/authors?page={page}&size=12"));
                assert_eq!((status, statements.as_str()), (200, if page < 4 { "3" } else { "2" }), "{body}");
                parsed(&body)
            })
        };
        let pages: Vec<_> = (0..5).map(page).collect();
        pages.into_iter().map(|page| page.join().expect("a page")).collect()
    });
    let items = |page: &Json| page["items"].as_array().expect("a list").clone();
    assert_eq!(pages.iter().map(|page| items(page).len()).collect::<Vec<_>>(), [12, 12, 12, 4, 0]);
    let names: Vec<String> = pages.iter().flat_map(items).map(|author| author["name"].to_string()).collect();
    assert!(names.is_sorted() && names.iter().collect::<HashSet<_>>().len() == 40, "{names:?}");
    assert_eq!(pages[3]["total"], json!(40));

    let (_, statements, body) = service.get("/books?size=3");
    assert_eq!(statements, "2");
    let books = parsed(&body);
    assert_eq!((&books["total"], items(&books).len()), (&json!(80), 3));
    assert!(books["items"][0]["author"]["name"].as_str().is_some_and(|name| name.starts_with("author ")));
    assert_eq!(books["items"][0].get("author_id"), None);
}

#[test]
fn what_goes_wrong_has_a_status_and_tells_nothing() {
    let service = Service::start();
    let lem = json!({"name": "Lem", "email": "lem@example.com", "books": [{"title": "Solaris"}]});
    let (status, _, body) = service.post("/authors", &lem);
    assert_eq!(status, 201);
    let id = parsed(&body)["id"].clone();

    let (status, _, body) = service.post("/authors", &lem);
    assert_eq!((status, body.as_str()), (409, "this already exists"));
    let (_, _, body) = service.get("/books");
    assert_eq!(parsed(&body)["total"], json!(1), "nothing of it was kept");

    let (status, statements, body) = service.get("/authors/99");
    assert_eq!((status, statements.as_str(), body.as_str()), (404, "1", "not found"));
    let (status, statements, _) = service.post("/authors", &json!({"email": "nobody@example.com"}));
    assert_eq!((status, statements.as_str()), (422, "0"), "no name, no statement");

    let (status, statements, body) = service.delete(&format!("/authors/{id}"));
    assert_eq!((status, statements.as_str(), body.as_str()), (204, "4", ""));
    assert_eq!(service.delete(&format!("/authors/{id}")).0, 404);
    let (_, _, body) = service.get("/books");
    assert_eq!(parsed(&body)["total"], json!(0), "the books went with their author");
}

#[test]
fn its_migrations_produce_what_its_models_define() {
    let check = Command::new(binary()).args(["migrate", "check", "--url", "sqlite::memory:"]).output();
    let check = check.expect("the example runs");
    let (out, errors) = (String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    assert!(check.status.success(), "{out}{errors}");
    assert_eq!(out, "the migrations produce what the models define\n");
}
