//! The differences that a check found.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// The differences between the models and the tables of a database: what [`Engine::check`](crate::Engine::check)
/// returns. `Display` lists them all.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let engine = Engine::connect("sqlite::memory:").await?;
/// let report = engine.check(schema![User]).await?;
/// assert!(!report.is_empty(), "the table is missing");
/// println!("{report}");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it says what differs, and nothing reads it"]
pub struct SchemaReport {
    findings: Vec<SchemaFinding>,
}

/// One difference between the models and the database: an entry of [`SchemaReport::findings`]. `Display` describes it.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// use orm_core::schema::SchemaFindingKind;
///
/// let report = engine.check(schema![User]).await?;
/// let finding = &report.findings()[0];
/// assert_eq!((&finding.kind, finding.model.as_str()), (&SchemaFindingKind::MissingTable, "User"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaFinding {
    /// What differs.
    pub kind: SchemaFindingKind,
    /// The model; of a link table the relationship.
    pub model: String,
    /// The table.
    pub table: String,
    /// The columns, where it is about some of them.
    pub columns: Vec<String>,
}

/// How a database can differ from the models.
///
/// ```
/// use orm_core::schema::{SchemaFindingKind, SchemaReport};
///
/// fn lacks_tables(report: &SchemaReport) -> bool {
///     report.findings().iter().any(|finding| finding.kind == SchemaFindingKind::MissingTable)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaFindingKind {
    /// The table does not exist.
    MissingTable,
    /// The column does not exist.
    MissingColumn,
    /// The column has another type.
    Type {
        /// What `create_all` would declare.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The native enum has other labels, or another order.
    Labels {
        /// Those of the model.
        expected: Vec<String>,
        /// Those of the database.
        found: Vec<String>,
    },
    /// The model leaves the column to the database, `#[key(auto)]` or `#[column(default)]`, and nothing there fills it in: it
    /// is NOT NULL and has no default.
    NotFilledIn,
    /// The column is generated from another expression than the model's, is not generated, or is generated although the
    /// model sets it.
    Generated {
        /// The model's expression; `None` if the model sets the column.
        expected: Option<String>,
        /// That of the database; `None` if the column is not generated.
        found: Option<String>,
    },
    /// The column may be NULL, and the field is not an `Option`.
    MayBeNull,
    /// The column is NOT NULL, and the field is an `Option`.
    NotNull,
    /// The table has a column that is NOT NULL, has no default, and is in no model: nothing can be inserted.
    UnknownRequiredColumn,
    /// The columns are not the primary key.
    PrimaryKey,
    /// Nothing makes the column unique.
    MissingUnique,
    /// Nothing makes the columns refer to the other table.
    MissingForeignKey {
        /// The table that they should refer to.
        parent: String,
        /// Its columns.
        refers_to: Vec<String>,
    },
    /// The foreign key has another action than the model declares.
    KeyAction {
        /// The model's value: `on_delete`, `on_update`, or `passive_deletes`, which needs ON DELETE CASCADE.
        expected: String,
        /// What it does.
        found: String,
    },
    /// No CHECK constraint has the model's name or concerns the same columns.
    MissingCheck {
        /// The model's expression.
        check: String,
    },
    /// No index over the columns contains exactly the rows that the model's condition chooses. Only advice if it is not unique.
    PartialIndex {
        /// Whether the rows have different values.
        unique: bool,
        /// The model's condition.
        expected: String,
        /// The condition of another index over the columns.
        found: Option<String>,
    },
    /// No index begins with the columns. Queries work without one, but get slow as the table grows.
    MissingIndex,
}

impl SchemaReport {
    pub(super) fn push(
        &mut self,
        kind: SchemaFindingKind,
        (model, table): (&str, &str),
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let columns = columns.into_iter().map(Into::into).collect();
        let finding = SchemaFinding { kind, model: model.to_owned(), table: table.to_owned(), columns };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The differences, table by table.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let report = engine.check(schema![Author, Book, Tag]).await?;
    /// assert!(report.findings().iter().all(|finding| finding.is_advice()));
    /// # Ok(()) }
    /// ```
    pub fn findings(&self) -> &[SchemaFinding] {
        &self.findings
    }

    /// Whether there are no differences.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// engine.create_all(schema![User]).await?;
    /// assert!(engine.check(schema![User]).await?.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// An error with the whole report, unless it contains only advice.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// engine.check(schema![Author, Book, Tag]).await?.into_result()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `SchemaMismatch`: the tables do not match the models.
    pub fn into_result(self) -> Result<()> {
        match self.findings.iter().all(SchemaFinding::is_advice) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::SchemaMismatch, self.to_string())),
        }
    }
}

impl SchemaFinding {
    /// Whether the program works in spite of it: an index is missing.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let report = engine.check(schema![Author, Book, Tag]).await?;
    /// for finding in report.findings().iter().filter(|finding| finding.is_advice()) {
    ///     println!("consider: {finding}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn is_advice(&self) -> bool {
        let kind = &self.kind;
        matches!(
            kind,
            SchemaFindingKind::MissingIndex | SchemaFindingKind::PartialIndex { unique: false, .. }
        )
    }
}

impl fmt::Display for SchemaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.findings.len();
        match count {
            0 => return f.write_str("the database matches the models"),
            1 => f.write_str("the database differs from the models in one place")?,
            _ => write!(f, "the database differs from the models in {count} places")?,
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SchemaFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SchemaFinding { model, table, .. } = self;
        let columns = self.columns.join(", ");
        match &self.kind {
            SchemaFindingKind::MissingTable => write!(f, "`{model}`: the table `{table}` does not exist"),
            SchemaFindingKind::MissingColumn => write!(f, "`{model}`: `{table}` has no column `{columns}`"),
            SchemaFindingKind::Type { expected, found } => {
                write!(f, "`{model}`: `{table}.{columns}` is {found}, and its field needs {expected}")
            }
            SchemaFindingKind::Labels { expected, found } => write!(
                f,
                "`{model}`: the type of `{table}.{columns}` has the labels {found:?}, but the model's enum \
                 has {expected:?}"
            ),
            SchemaFindingKind::NotFilledIn => write!(
                f,
                "`{model}`: the model expects the database to fill in `{table}.{columns}`, but the column has no \
                 default; give it one (an identity, AUTO_INCREMENT, INTEGER PRIMARY KEY), or remove `auto` or \
                 `default` from its field"
            ),
            SchemaFindingKind::Generated { expected: Some(expected), found } => {
                write!(f, "`{model}`: `{table}.{columns}` is ")?;
                match found {
                    Some(found) => write!(f, "generated as ({found})")?,
                    None => f.write_str("not a generated column")?,
                }
                write!(f, ", and the model says GENERATED ALWAYS AS ({expected})")
            }
            SchemaFindingKind::Generated { expected: None, .. } => write!(
                f,
                "`{model}`: `{table}.{columns}` is a generated column, which no statement can set; add \
                 `#[column(generated)]` to its field"
            ),
            SchemaFindingKind::MayBeNull => {
                write!(
                    f,
                    "`{model}`: `{table}.{columns}` may be NULL; add NOT NULL, or make its field an `Option`"
                )
            }
            SchemaFindingKind::NotNull => {
                write!(f, "`{model}`: `{table}.{columns}` is NOT NULL, but its field is an `Option`")
            }
            SchemaFindingKind::UnknownRequiredColumn => write!(
                f,
                "`{model}`: `{table}.{columns}` is NOT NULL without a default, and the model has no such field: no row \
                 can be inserted"
            ),
            SchemaFindingKind::PrimaryKey => {
                write!(f, "`{model}`: the primary key of `{table}` is not ({columns})")
            }
            SchemaFindingKind::MissingUnique => {
                write!(f, "`{model}`: `{table}.{columns}` has no UNIQUE constraint")
            }
            SchemaFindingKind::MissingForeignKey { parent, refers_to } => write!(
                f,
                "`{model}`: `{table}` has no foreign key ({columns}) that refers to `{parent}` ({})",
                refers_to.join(", ")
            ),
            SchemaFindingKind::KeyAction { expected, found } => write!(
                f,
                "`{model}`: the foreign key ({columns}) of `{table}` is {found}, but the model declares {expected}"
            ),
            SchemaFindingKind::MissingCheck { check } => {
                write!(f, "`{model}`: `{table}` has no constraint CHECK ({check})")
            }
            SchemaFindingKind::PartialIndex { unique, expected, found } => {
                let kind = if *unique { "unique index" } else { "index" };
                write!(
                    f,
                    "`{model}`: `{table}` has no {kind} over ({columns}) of the rows WHERE {expected}"
                )?;
                match found {
                    Some(found) => write!(f, "; it has one WHERE {found}"),
                    None => Ok(()),
                }
            }
            SchemaFindingKind::MissingIndex => {
                write!(f, "`{model}`: no index of `{table}` begins with ({columns})")
            }
        }
    }
}
