//! The program as its users run it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use orm_core::Result;
use orm_core::migrate::Migrations;
use orm_core::options::Backend;
use orm_tests::{TestDatabase, on_every_backend};
use realworld::{database, model};
use serde_json::json;

use crate::client::Client;

const BINARY: &str = env!("CARGO_BIN_EXE_realworld");

on_every_backend! {
    async fn its_migrations_produce_what_its_models_define(on: TestDatabase) -> Result<()> {
        let folder = database::folder(on.engine().await?.backend());
        let plan = Migrations::new(model::schema(), folder).plan(on.url()).await?;
        assert!(plan.is_empty(), "{}", plan.up);
        Ok(())
    }
}

/// No server of MySQL is needed to see what it is given.
#[test]
fn the_migrations_of_mysql_are_those_of_mariadb_by_its_names() {
    let read = |backend: Backend, file: &str| {
        let path = format!("{}/20261130110000_blog.{file}.sql", database::folder(backend));
        std::fs::read_to_string(path).expect("the migration exists")
    };
    for file in ["up", "down"] {
        let mariadb = read(Backend::MariaDb, file);
        let expected =
            mariadb.replace("utf8mb4_nopad_bin", "utf8mb4_0900_bin").replace("bigint(20)", "bigint");
        assert_eq!(read(Backend::MySql, file), expected);
    }
}

/// The running program, stopped when the test ends.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(url: &str) -> (Program, Client) {
    let mut command = Command::new(BINARY);
    command.env("DATABASE_URL", url).env("PORT", "0").env("SECRET", "kept").stdout(Stdio::piped());
    let mut program = Program(command.spawn().expect("it runs"));
    let mut line = String::new();
    let out = program.0.stdout.take().expect("it has an output");
    BufReader::new(out).read_line(&mut line).expect("it prints its address");
    (program, Client::at(line.trim().strip_prefix("listening on ").expect("an address")))
}

#[tokio::test]
async fn it_serves_and_keeps_a_file() {
    let files = orm_tests::directory();
    let url = format!("sqlite:{}", files.path().join("blog.db").display());
    let (program, anyone) = start(&url);
    let jake = anyone.register("jake").await;
    jake.write("dragons").await;
    drop(program);

    let (_program, anyone) = start(&url);
    assert_eq!(anyone.get("/articles").await.is(200, 3)["articlesCount"], json!(1));
    let body = jake.at_address_of(&anyone).get("/user").await.is(200, 1);
    assert_eq!(body["user"]["username"], json!("jake"), "the token is still valid");
}
