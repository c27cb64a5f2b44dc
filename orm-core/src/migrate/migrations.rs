//! Migrations for programs and tests.

use std::path::PathBuf;

use sqlx::migrate::Migrator;

use super::folder;
use super::goal::Goal;
use super::plan::{Plan, plan};
use super::runner::{self, MigrationStatus};
use super::script::Backfill;
use crate::ddl::Schema;
use crate::driver::DatabaseUrl;
use crate::error::{Error, ErrorKind, Result};
use crate::session::Engine;

/// The models and the folder of their migrations: what the [command](super::main) does, for programs and tests.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::migrate::Migrations;
/// # #[derive(Model, Debug)] #[model(table = "users")] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let folder = std::env::temp_dir().join(format!("orm-core-doc-migrations-{}", std::process::id()));
/// # let _ = std::fs::remove_dir_all(&folder);
///
/// let migrations = Migrations::new(schema![User], &folder);
/// let written = migrations.write("sqlite:app.db", "users").await?;
/// assert!(written[0].to_string_lossy().ends_with("_users.up.sql"));
///
/// let engine = Engine::connect("sqlite::memory:").await?;
/// assert_eq!(migrations.run(&engine).await?.len(), 1);
/// engine.check(schema![User]).await?.into_result()?;
/// assert!(migrations.plan("sqlite:app.db").await?.is_empty(), "the models define what the migrations produce");
/// # std::fs::remove_dir_all(&folder).ok(); Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "it does nothing until one of its methods is awaited"]
pub struct Migrations {
    schema: Schema,
    folder: PathBuf,
    scratch: Option<DatabaseUrl>,
    allow_loss: bool,
    online: bool,
    renames: Vec<(String, String)>,
    backfills: Vec<Backfill>,
    ignored: Vec<String>,
}

impl Migrations {
    /// The migrations of some models, in a folder. It reads nothing yet.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64 }
    /// # fn main() {
    /// use orm_core::migrate::Migrations;
    ///
    /// let migrations = Migrations::new(schema![User], "migrations");
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn new(schema: Schema, folder: impl Into<PathBuf>) -> Migrations {
        Migrations {
            schema,
            folder: folder.into(),
            scratch: None,
            allow_loss: false,
            online: false,
            renames: Vec::new(),
            backfills: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// Allows migrations that lose data: drops, narrower types, and zeros where a NOT NULL column has no value.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64 }
    /// # fn main() {
    /// # use orm_core::migrate::Migrations;
    /// let migrations = Migrations::new(schema![User], "migrations").allow_loss();
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn allow_loss(mut self) -> Self {
        self.allow_loss = true;
        self
    }

    /// Lets others write to existing tables of PostgreSQL while they change: indexes are built CONCURRENTLY, and constraints are
    /// added NOT VALID and validated afterwards. That takes several migrations, which are written together: an index is built
    /// outside transactions, and a constraint is validated in another transaction than the one that adds it.
    pub fn online(mut self) -> Self {
        self.online = true;
        self
    }

    /// Declares that a table or a column was renamed: `rename("people", "users")`, `rename("users.name", "full_name")`.
    ///
    /// `#[model(renamed_from = "..")]` and `#[column(renamed_from = "..")]` declare the same in the model.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(table = "users")] struct User { #[key(auto)] id: i64, full_name: String }
    /// # fn main() {
    /// # use orm_core::migrate::Migrations;
    /// let migrations = Migrations::new(schema![User], "migrations").rename("users.name", "full_name");
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn rename(mut self, from: &str, to: &str) -> Self {
        self.renames.push((from.to_owned(), to.to_owned()));
        self
    }

    /// The value of existing rows in a column that is new or becomes NOT NULL, as SQL.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(table = "users")] struct User { #[key(auto)] id: i64, name: String, full_name: String }
    /// # fn main() {
    /// # use orm_core::migrate::Migrations;
    /// let migrations = Migrations::new(schema![User], "migrations").backfill("users", "full_name", "name || ' ?'");
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn backfill(mut self, table: &str, column: &str, sql: &str) -> Self {
        self.backfills.push(Backfill {
            table: table.to_owned(),
            column: column.to_owned(),
            sql: sql.to_owned(),
        });
        self
    }

    /// Ignores tables without a model, by name or pattern. Without it they are dropped, since a removed model looks the
    /// same.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64 }
    /// # fn main() {
    /// # use orm_core::migrate::Migrations;
    /// let migrations = Migrations::new(schema![User], "migrations").ignore("audit_*");
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn ignore(mut self, pattern: &str) -> Self {
        self.ignored.push(pattern.to_owned());
        self
    }

    /// The server on which scratch databases are created, if the server of the URL does not allow it. It must be of the
    /// same kind and version.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64 }
    /// # fn main() {
    /// # use orm_core::migrate::Migrations;
    /// let migrations = Migrations::new(schema![User], "migrations").scratch("postgres://postgres@localhost");
    /// # let _ = migrations;
    /// # }
    /// ```
    pub fn scratch(mut self, url: &str) -> Self {
        self.scratch = Some(DatabaseUrl::new(url));
        self
    }

    /// What a new migration would be.
    ///
    /// What the existing migrations produce is found by running them: on SQLite in memory, on a server in a database that is
    /// created for it and dropped. The database of the URL is never touched, and need not exist.
    ///
    /// # Errors
    /// `InvalidModel`, as for [`Engine::create_all`]; `Migration`: a migration fails, the folder is missing, or a rename
    /// leads nowhere; `Configuration`: the server does not create databases, or [`online`](Self::online) is for another one.
    pub async fn plan(&self, url: &str) -> Result<Plan> {
        self.plan_from(&folder::read(&self.folder).await?, url).await
    }

    async fn plan_from(&self, migrator: &Migrator, url: &str) -> Result<Plan> {
        let goal = Goal::new(&self.schema, &self.renames, &self.ignored)?;
        let url = self.scratch.as_ref().map_or(url, DatabaseUrl::as_str);
        Box::pin(plan(&goal, migrator, url, &self.backfills, self.online)).await
    }

    /// Writes `<time>_<name>.up.sql` and `.down.sql`, and returns their paths; where nothing differs it writes nothing, and
    /// there are none. With [`online`](Self::online) there may be several of each, which are called `<name>_2` and so on.
    ///
    /// # Errors
    /// As for [`plan`](Self::plan); `Migration`: data would be lost, and that was not allowed. Nothing is written then.
    pub async fn write(&self, url: &str, name: &str) -> Result<Vec<PathBuf>> {
        let migrator = match self.folder.exists() {
            true => folder::read(&self.folder).await?,
            // The first migration makes it.
            false => Migrator::with_migrations(Vec::new()),
        };
        let place = folder::place(&migrator, name)?;
        let plan = self.plan_from(&migrator, url).await?;
        if plan.is_empty() {
            return Ok(Vec::new());
        }
        if !self.allow_loss && !plan.losses.is_empty() {
            return Err(lossy(&plan));
        }
        folder::write(&self.folder, &place, &plan.files)
    }

    /// Runs the pending migrations on a database, and returns them.
    ///
    /// # Errors
    /// As for [`Engine::migrate`]; `Migration`: the folder is missing.
    pub async fn run(&self, engine: &Engine) -> Result<Vec<MigrationStatus>> {
        engine.migrate(&folder::read(&self.folder).await?).await
    }

    /// The state of every migration on a database: pending, applied, changed since, or missing from the folder. It writes nothing.
    ///
    /// # Errors
    /// `Migration`: the folder is missing. The database does not answer.
    pub async fn status(&self, engine: &Engine) -> Result<Vec<MigrationStatus>> {
        let migrator = folder::read(&self.folder).await?;
        let mut connection = engine.database().raw_connection().await?;
        let status = runner::status(&mut connection, &migrator).await;
        connection.close().await;
        status
    }

    /// Records the pending migrations as applied without running them, and returns them: for a database whose tables were created
    /// in another way, and equal what the migrations would create.
    ///
    /// # Errors
    /// `Migration`: the folder is missing, or what the database has recorded does not fit it.
    pub async fn stamp(&self, engine: &Engine) -> Result<Vec<MigrationStatus>> {
        let migrator = folder::read(&self.folder).await?;
        let mut connection = engine.database().raw_connection().await?;
        let stamped = runner::stamp(&mut connection, &migrator).await;
        connection.close().await;
        stamped
    }

    /// Reverts the last migrations that were applied to a database, and returns them.
    ///
    /// # Errors
    /// `Migration`: one has no `.down.sql`, and then none is reverted; or one fails.
    pub async fn revert(&self, engine: &Engine, count: usize) -> Result<Vec<MigrationStatus>> {
        let migrator = folder::read(&self.folder).await?;
        let mut connection = engine.database().raw_connection().await?;
        let reverted = runner::revert(&mut connection, &migrator, count).await;
        connection.close().await;
        reverted
    }
}

fn lossy(plan: &Plan) -> Error {
    let mut message = "the migration would lose data, so it was not written:".to_owned();
    for loss in &plan.losses {
        message.push_str(&format!("\n  {loss}"));
    }
    for suggestion in &plan.suggestions {
        message.push_str(&format!("\n  {suggestion}"));
    }
    for place in &plan.needs_values {
        message.push_str(&format!("\n  `--backfill '{place}=SQL'` gives `{place}` a value"));
    }
    message.push_str("\n  `--allow-loss` writes it anyway");
    Error::new(ErrorKind::Migration, message)
}

impl Engine {
    /// Runs the pending migrations of sqlx, `sqlx::migrate!()` or a folder's, and returns them; sqlx's own table records
    /// them.
    ///
    /// All instances of a program may call it at startup: on PostgreSQL, MySQL and MariaDB one of them runs the migrations
    /// while the others wait. A migration is applied as a whole or not at all, except on MySQL and MariaDB, whose DDL
    /// statements commit one by one; there the error names the statement that failed.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # async fn start(url: &str) -> Result<Engine> {
    /// # let folder = std::path::Path::new("migrations");
    /// # let migrations = sqlx::migrate::Migrator::new(folder).await.map_err(|_| ()).ok();
    /// # let Some(migrations) = migrations else { return Engine::connect(url).await };
    /// let engine = Engine::connect(url).await?;
    /// engine.migrate(&migrations).await?; // static MIGRATIONS: Migrator = sqlx::migrate!();
    /// # Ok(engine) }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `Migration`: one fails, was changed after it was applied, or is not in the list though the database has it; nothing
    /// is run in the last two cases. `Connection`: the database does not answer.
    ///
    /// # Cancel safety
    /// Dropped, it leaves the migration that runs unfinished, which is as if it had failed.
    pub async fn migrate(&self, migrations: &Migrator) -> Result<Vec<MigrationStatus>> {
        let mut connection = self.database().raw_connection().await?;
        let done = runner::run(&mut connection, migrations).await;
        connection.close().await;
        done
    }
}
