//! The command line of migrations.

use std::process::ExitCode;

use super::{Introspection, MigrationState, MigrationStatus, Migrations};
use crate::ddl::Schema;
use crate::error::{Error, ErrorKind, Result};
use crate::session::Engine;

const USAGE: &str = "\
Usage: COMMAND [OPTIONS]

Commands:
  new NAME   writes the migration that leads from the existing ones to the models
  sql        prints what `new` would write
  check      exits with 1 if the models and the migrations differ
  run        runs the pending migrations on the database
  status     lists the migrations: pending, applied, changed since, missing
  revert     reverts the last migration; `revert 3` the last three
  stamp      records the pending migrations as applied without running them
  models     prints Rust models for the existing tables; `models URL` for those of another database

Options:
  --url URL                      the database; without it DATABASE_URL
  --scratch URL                  the server for scratch databases, if that of the database allows none
  --allow-loss                   writes what loses data
  --online                       lets others write to tables of PostgreSQL meanwhile, which takes several migrations
  --rename TABLE.COLUMN=NEW      declares that a column was renamed; `TABLE=NEW` a table
  --backfill TABLE.COLUMN=SQL    the value of existing rows in a column that needs one
  --ignore TABLE                 ignores a table without a model; `*` stands for anything. `models` leaves
                                 it out, and `--ignore TABLE.COLUMN` a column
  --table TABLE                  the tables that `models` prints, by name or pattern; all without it
  --schema SCHEMA                a schema that `models` reads as well, on PostgreSQL
";

/// The command line of migrations, for a binary of your own: it needs your models.
///
/// ```no_run
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// fn main() {
///     orm_core::migrate::main(schema![User], "migrations")
/// }
/// ```
///
/// With that as `src/bin/migrate.rs`, `cargo run --bin migrate -- new add_email` writes a migration; the other commands are
/// `run`, `status`, `revert`, `check` and `sql`. The exit status is 0, or 1 after an error or if `check` finds a difference.
pub fn main(schema: Schema, folder: &str) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    };
    let arguments = arguments.iter().map(String::as_str);
    if runtime.block_on(command(schema, folder, arguments)) != ExitCode::SUCCESS {
        std::process::exit(1);
    }
}

/// What [`main`] does, for a program that has a runtime and a command line already.
pub async fn command<'a>(
    schema: Schema,
    folder: &str,
    arguments: impl IntoIterator<Item = &'a str>,
) -> ExitCode {
    let arguments: Vec<&str> = arguments.into_iter().collect();
    match Box::pin(run(schema, folder, &arguments)).await {
        Ok(Answer { text, success }) => {
            print!("{text}");
            if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a command prints, and whether the process ends well.
struct Answer {
    text: String,
    success: bool,
}

impl From<String> for Answer {
    fn from(text: String) -> Answer {
        Answer { text, success: true }
    }
}

async fn run(schema: Schema, folder: &str, arguments: &[&str]) -> Result<Answer> {
    let asked = Asked::read(arguments)?;
    let migrations = asked.migrations(schema, folder);
    match (asked.words.as_slice(), asked.help) {
        ([], _) | (_, true) => Ok(USAGE.to_owned().into()),
        (["new", name], _) => {
            let written = migrations.write(&asked.url()?, name).await?;
            if written.is_empty() {
                return Ok("nothing differs: the migrations produce what the models define\n"
                    .to_owned()
                    .into());
            }
            let lines: Vec<String> =
                written.iter().map(|path| format!("wrote {}\n", path.display())).collect();
            Ok(lines.concat().into())
        }
        (["new", ..], _) => Err(wrong("`new` takes one name: `new add_email`")),
        (["sql"], _) => {
            let plan = migrations.plan(&asked.url()?).await?;
            if plan.is_empty() {
                return Ok("-- nothing differs: the migrations produce what the models define\n"
                    .to_owned()
                    .into());
            }
            let suggested: Vec<String> = plan.suggestions.iter().map(|line| format!("-- {line}\n")).collect();
            Ok(format!("{}-- up\n\n{}\n-- down\n\n{}", suggested.concat(), plan.up, plan.down).into())
        }
        (["check"], _) => {
            let plan = migrations.plan(&asked.url()?).await?;
            Ok(match plan.is_empty() {
                true => "the migrations produce what the models define\n".to_owned().into(),
                false => Answer {
                    text: format!(
                        "the models define something else than the migrations produce; `new NAME` would write:\n\n{}",
                        plan.up
                    ),
                    success: false,
                },
            })
        }
        (["run"], _) => {
            let engine = connect(&asked.url()?).await?;
            Ok(applied(&migrations.run(&engine).await?))
        }
        (["status"], _) => {
            let engine = connect(&asked.url()?).await?;
            let states = migrations.status(&engine).await?;
            let fits =
                |state: &MigrationState| matches!(state, MigrationState::Pending | MigrationState::Applied);
            let success = states.iter().all(|status| fits(&status.state));
            Ok(Answer { text: lines(&states), success })
        }
        (["stamp"], _) => {
            let engine = connect(&asked.url()?).await?;
            Ok(applied(&migrations.stamp(&engine).await?))
        }
        (["revert"], _) => revert(&migrations, &asked, 1).await,
        (["revert", count], _) => {
            let count = count.parse().ok().filter(|count| *count > 0);
            let count = count.ok_or_else(|| wrong("`revert` takes a number above 0: `revert 2`"))?;
            revert(&migrations, &asked, count).await
        }
        (["models"], _) => models(&asked, &asked.url()?).await,
        (["models", url], _) => models(&asked, url).await,
        ([word @ ("sql" | "check" | "run" | "status" | "stamp" | "revert" | "models"), ..], _) => {
            Err(wrong(&format!("too many arguments for `{word}`\n\n{USAGE}")))
        }
        ([word, ..], _) => Err(wrong(&format!("`{word}` is not a command\n\n{USAGE}"))),
    }
}

async fn connect(url: &str) -> Result<Engine> {
    Engine::builder(url).pool_size(1).connect().await
}

fn applied(done: &[MigrationStatus]) -> Answer {
    match done.is_empty() {
        true => "nothing is pending\n".to_owned().into(),
        false => lines(done).into(),
    }
}

fn lines(migrations: &[MigrationStatus]) -> String {
    migrations.iter().map(|status| format!("{status}\n")).collect()
}

async fn revert(migrations: &Migrations, asked: &Asked<'_>, count: usize) -> Result<Answer> {
    let engine = connect(&asked.url()?).await?;
    let reverted = migrations.revert(&engine, count).await?;
    if reverted.is_empty() {
        return Ok("nothing is applied\n".to_owned().into());
    }
    Ok(reverted
        .iter()
        .map(|status| format!("{} {}: reverted\n", status.version, status.name))
        .collect::<String>()
        .into())
}

async fn models(asked: &Asked<'_>, url: &str) -> Result<Answer> {
    let engine = connect(url).await?;
    let introspection = Introspection::new();
    let introspection = asked.tables.iter().fold(introspection, |all, pattern| all.table(pattern));
    let introspection = asked.ignored.iter().fold(introspection, |all, pattern| all.ignore(pattern));
    let introspection = asked.schemas.iter().fold(introspection, |all, schema| all.schema(schema));
    Ok(introspection.models(&engine).await?.into())
}

/// A command line.
#[derive(Default)]
struct Asked<'a> {
    words: Vec<&'a str>,
    help: bool,
    url: Option<&'a str>,
    scratch: Option<&'a str>,
    allow_loss: bool,
    online: bool,
    renames: Vec<(&'a str, &'a str)>,
    backfills: Vec<(&'a str, &'a str, &'a str)>,
    ignored: Vec<&'a str>,
    tables: Vec<&'a str>,
    schemas: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(arguments: &[&'a str]) -> Result<Asked<'a>> {
        let mut asked = Asked::default();
        let mut rest = arguments.iter().copied();
        while let Some(argument) = rest.next() {
            if !argument.starts_with('-') {
                asked.words.push(argument);
                continue;
            }
            let (option, value) = match argument.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (argument, None),
            };
            match option {
                "--help" | "-h" => asked.help = true,
                "--allow-loss" => asked.allow_loss = true,
                "--online" => asked.online = true,
                "--url" | "--scratch" | "--rename" | "--backfill" | "--ignore" | "--table" | "--schema" => {
                    let value = value.or_else(|| rest.next());
                    let value = value.ok_or_else(|| wrong(&format!("`{option}` needs a value")))?;
                    asked.option(option, value)?;
                }
                _ => return Err(wrong(&format!("`{option}` is not an option\n\n{USAGE}"))),
            }
        }
        Ok(asked)
    }

    fn option(&mut self, option: &str, value: &'a str) -> Result<()> {
        match option {
            "--url" => self.url = Some(value),
            "--scratch" => self.scratch = Some(value),
            "--ignore" => self.ignored.push(value),
            "--table" => self.tables.push(value),
            "--schema" => self.schemas.push(value),
            "--rename" => {
                let pair = value.split_once('=').filter(|(from, to)| !from.is_empty() && !to.is_empty());
                self.renames.push(pair.ok_or_else(|| wrong("write `--rename table.column=new_name`"))?);
            }
            _ => {
                let parts = value.split_once('=').and_then(|(place, sql)| {
                    let (table, column) = place.rsplit_once('.')?;
                    Some((table, column, sql))
                });
                self.backfills.push(parts.ok_or_else(|| wrong("write `--backfill table.column=SQL`"))?);
            }
        }
        Ok(())
    }

    fn migrations(&self, schema: Schema, folder: &str) -> Migrations {
        let mut migrations = Migrations::new(schema, folder);
        if self.allow_loss {
            migrations = migrations.allow_loss();
        }
        if self.online {
            migrations = migrations.online();
        }
        if let Some(url) = self.scratch {
            migrations = migrations.scratch(url);
        }
        for (from, to) in &self.renames {
            migrations = migrations.rename(from, to);
        }
        for (table, column, sql) in &self.backfills {
            migrations = migrations.backfill(table, column, sql);
        }
        self.ignored.iter().fold(migrations, |migrations, pattern| migrations.ignore(pattern))
    }

    fn url(&self) -> Result<String> {
        let given = self.url.map(str::to_owned).or_else(|| std::env::var("DATABASE_URL").ok());
        given.ok_or_else(|| wrong("no database is named: set DATABASE_URL, or add `--url URL`"))
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
