//! An async ORM in which reading a relationship that a query did not load does not compile.
//!
//! One struct is one model. A session loads objects, represents each row by one object, and writes the changes. What a
//! query loads is part of its type:
//!
//! ```
//! use orm_core::prelude::*;
//!
//! #[derive(Model, Debug)]
//! struct Author {
//!     #[key(auto)]
//!     id: i64,
//!     name: String,
//!     #[has_many(order_by = "id")]
//!     books: HasMany<Book>,
//! }
//!
//! #[derive(Model, Debug)]
//! struct Book {
//!     #[key(auto)]
//!     id: i64,
//!     author_id: i64,
//!     title: String,
//!     #[belongs_to]
//!     author: BelongsTo<Author>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let engine = Engine::connect("sqlite::memory:").await?;
//! engine.create_all(schema![Author, Book]).await?;
//!
//! let mut session = engine.session();
//! session.add(Author::draft().name("Le Guin").books([Book::draft().title("The Dispossessed")]));
//! session.commit().await?;
//!
//! let log = engine.record();
//! let authors = session.all(select::<Author>().with(Author::BOOKS.selectin())).await?;
//! for author in &authors {
//!     for book in author.get(Author::BOOKS) {
//!         println!("{}: {}", author.name, book.title);
//!     }
//! }
//! assert_eq!(log.count(), 2, "one statement for the authors, one for all their books");
//! # Ok(())
//! # }
//! ```
//!
//! Without the `.with(..)`, the loop does not compile: "`Author.books` is not loaded by this query". The accessor
//! `author.books()` reads what the object holds, whichever query loaded it, and returns `NotLoaded` otherwise.
//!
//! Start with [`Model`](macro@Model), [`Engine`] and [`Session`], or with the [book](guide), which has a page for each
//! subject.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` (default), `postgres`, `mysql` | a database; the URL selects one of those that are compiled in |
//! | `chrono`, `time`, `jiff`, `uuid`, `decimal`, `json` | columns with the types of `chrono`, `time`, `jiff`, `uuid`, `rust_decimal`, `serde_json` |
//! | `serde` | entities serialise what is loaded, and `write::Input` reads what clients send |
//! | `axum` | sessions as extractors, and errors as responses |
//! | `migrate` | migrations from models, and models from existing tables |
//! | `tls-rustls`, `tls-native` | TLS to servers |

#![cfg_attr(docsrs, feature(doc_cfg))]
// What only one backend or one crate's types need is unused in builds without them.
#![cfg_attr(
    not(all(
        feature = "sqlite",
        feature = "postgres",
        feature = "mysql",
        feature = "chrono",
        feature = "time",
        feature = "jiff",
        feature = "uuid",
        feature = "decimal",
        feature = "json"
    )),
    allow(dead_code, unused_imports, unused_variables)
)]

extern crate self as orm_core;

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("orm-core has no database to talk to: enable the feature `sqlite`, `postgres` or `mysql`");

// The stages of the data flow, in reading order: each imports only from those above it. A stage's public names are at the
// root, or in a public module: that of the stage, or one below.
mod error;

pub mod value;

mod sql;

pub mod observe;

mod driver;

mod graph;

pub mod model;

mod ddl;

mod entity;

pub mod query;

mod identity;

mod load;

mod unit_of_work;

mod session;

#[cfg(feature = "migrate")]
pub mod migrate;

#[cfg(feature = "axum")]
mod web;

pub use entity::{BelongsTo, Deferred, Entity, HasMany, HasOne, Many};
pub use error::{Constraint, Error, ErrorKind, Result};
pub use model::column::Column;
pub use model::model::Model;
#[doc = include_str!("guide/derives/db_enum.md")]
pub use orm_derive::DbEnum;
#[doc = include_str!("guide/derives/db_type.md")]
pub use orm_derive::DbType;
#[doc = include_str!("guide/derives/from_row.md")]
pub use orm_derive::FromRow;
#[doc = include_str!("guide/derives/model.md")]
pub use orm_derive::Model;
#[doc = include_str!("guide/derives/max_statements.md")]
pub use orm_derive::max_statements;
pub use query::alias::alias;
pub use query::bulk::{delete, update};
pub use query::from_row::FromRow;
pub use query::label::label;
pub use query::predicate::Predicate;
pub use query::raw::sql;
pub use query::select::{Select, select};
pub use query::select_columns::{SelectColumns, exists, select_columns};
pub use query::window::window;
pub use session::{Engine, Session};
pub use unit_of_work::{insert, insert_from};
#[cfg(feature = "json")]
pub use value::features::Json;

/// The families of column types: types of one family compare with each other in queries.
pub mod family {
    pub use crate::value::comparable::{
        Boolean, Bytes, Calendar, Clock, Comparable, Document, Float, Integer, Moment, Text, Textual,
    };
}

/// Loaded sets: what a query loads, as the type of its entities. [`loaded!`](macro@crate::loaded) writes one.
pub mod loaded {
    #[cfg(feature = "serde")]
    pub use crate::entity::AsHeld;
    pub use crate::entity::{Loaded, LoadedIn, Marks, MergesWith, NotLoaded, Recursive};
    pub use crate::model::loaded_set::LoadedSet;
}

/// Relationships as types, for functions that are generic over them.
pub mod relation {
    #[cfg(feature = "serde")]
    #[doc(hidden)]
    pub use crate::entity::field_stubs::SerializedAsEntity;
    #[doc(hidden)]
    pub use crate::entity::field_stubs::{
        AggregatedByFunction, AskedByCondition, ClonedAsEntity, ComparedAsEntity, MadeAsDraft,
        ReadThroughEntity,
    };
    pub use crate::entity::{
        AsEntity, FillsField, IntoIter, LazyLoad, Relation, SelfReferential, ToMany, ToOne,
    };
    // What checks generated code has a public path, because the compiler shows it where a check fails.
    #[doc(hidden)]
    pub use crate::model::column::{check_key, check_link_key, check_read_key, check_reference};
}

/// Writing rows: drafts, links, bulk statements, and the states of objects.
pub mod write {
    pub use crate::error::{FieldError, FieldErrorCode};
    pub use crate::query::bulk::{Delete, IntoColumns, OnConflict, Returning, Rows, Update, WritableColumns};
    pub use crate::session::{Expunge, Merged};
    pub use crate::unit_of_work::{
        BulkOperation, CompleteDraft, EntityState, FitsColumn, FitsColumns, Given, Insert, InsertFrom,
        IntoLink, IntoLinks, Missing, Pending,
    };
    #[cfg(feature = "serde")]
    pub use crate::unit_of_work::{Input, InputDraft, Permitted};
}

/// Functions that sessions call around inserts, updates, deletions, flushes, commits and rollbacks, and the context that they read.
pub mod hooks {
    pub use crate::model::context::Context;
    #[doc(hidden)]
    pub use crate::model::hooks::HookTable;
    pub use crate::model::hooks::{DeclaresHooks, ModelHooks, NewRow};
    pub use crate::session::SessionHooks;
}

/// What the methods of a session return: futures, some of which take options first, and streams.
pub mod futures {
    #[doc(hidden)]
    pub use crate::session::ReadInBatches;
    pub use crate::session::{
        Get, GetMany, LoadAll, LoadOne, Merge, MergeDraft, QueryStream, Run, Streamable,
    };
}

/// The settings of engines, sessions and transactions.
pub mod options {
    pub use crate::driver::{Isolation, JournalMode, Pooler, SslMode, Synchronous, TransactionOptions};
    pub use crate::session::{EngineBuilder, Repeatable, RepeatedLoads, RetryPolicy, SessionOptions};
    pub use crate::sql::backend::Backend;
}

/// The drivers' own connections, for what this library does not model, and the drivers' crates.
///
/// `orm_core::drivers::rusqlite` is the crate of SQLite, and `orm_core::drivers::sqlx` that of the servers, each in the version
/// that this library uses: what one of them exports is exported there.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use orm_core::drivers::rusqlite::Connection;
///
/// fn changes(connection: &Connection) -> u64 {
///     connection.changes()
/// }
/// # }
/// ```
pub mod drivers {
    pub use crate::driver::{DriverConnection, DriverError};

    // Hidden modules, and not the crates: where a program's dependency shows a crate, the compiler counts its names among
    // those that a path might mean. It would print `std::string::String` and `orm_core::Column` in every message, because
    // sqlx has a `String` and a `Column` too.
    #[cfg(feature = "sqlite")]
    #[doc(hidden)]
    pub mod rusqlite {
        pub use ::rusqlite::*;
    }
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[doc(hidden)]
    pub mod sqlx {
        pub use ::sqlx::*;
    }
}

/// Helpers for tests of your program. See also [`Engine::sandbox`], and
/// [`CompleteDraft::detached`](write::CompleteDraft::detached).
pub mod testing {
    pub use crate::session::TemporaryDatabase;
}

/// What would run: the statements and plans of a query, and what a flush would write.
pub mod plan {
    pub use crate::load::{Plan, PlanStep};
    pub use crate::session::Explain;
    pub use crate::unit_of_work::{FlushPlan, FlushStep, RowChange, WrittenColumn, WrittenRow};
}

/// The current state of pools and sessions.
pub mod stats {
    pub use crate::driver::{Checkout, PoolStatus};
    pub use crate::session::SessionStats;
}

/// The tables of models, and how they differ from those of the database.
pub mod schema {
    pub use crate::ddl::{Schema, SchemaFinding, SchemaFindingKind, SchemaReport};
}

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::entity::field_stubs::{Derives, DerivesNothing};
    pub use crate::entity::{
        At, BelongsTo, Deferred, Entity, FillsField, HasMany, HasOne, Held, LazyLoad, Loaded, LoadedEntity,
        LoadedIn, LoadedTree, Many, Marks, MergesWith, NotLoaded, Recursive, Relation, RelationAt,
        SelfReferential, Steps, ToMany, ToOne, Top, Whole, With, no_relation, place, place_or_any,
    };
    pub use crate::error::Result;
    pub use crate::graph::{CellError, Record, Seed};
    pub use crate::loaded;
    pub use crate::model::column::{
        Column, Present, ReadOnly, check_key, check_link_key, check_read_key, check_reference,
    };
    pub use crate::model::context::from_context;
    pub use crate::model::erased::{ErasedModel, NoTarget, Target, erased};
    pub use crate::model::hooks::{DeclaresHooks, HookTable};
    pub use crate::model::loaded_set::{LoadedSet, LoadedSetOf, LoadedShape, LoadedSlot};
    pub use crate::model::model::Model;
    pub use crate::model::{
        Cascade, ColumnDef, ComputedDef, IndexDef, KeyAction, Lazy, ModelDef, NoSuchColumn, OrderDef,
        RelationDef, RelationKind, Stamp, TableName, ThroughDef,
    };
    pub use crate::query::PartOf;
    pub use crate::query::from_row::{FromRow, RowField, StructRow};
    pub use crate::query::operand::{IntoOperand, Plain, operand};
    pub use crate::query::predicate::relation_filter;
    pub use crate::sql::Expr;
    pub use crate::unit_of_work::{
        CompleteDraft, DraftData, DraftParts, Given, GivenOr, IntoLink, IntoLinks, LinkTarget, Missing,
        draft_link,
    };
    pub use crate::value::comparable::Comparable;
    pub use crate::value::key::Cells;
    pub use crate::value::{
        ArrayElement, ColumnType, EnumDef, IntoValue, Value, ValueError, ValueKind, ValueRef,
    };
    pub use orm_derive::loaded_type;
}

/// Everything a program needs: `use orm_core::prelude::*;`.
pub mod prelude {
    pub use crate::assert_statements;
    pub use crate::ddl::schema::schema;
    pub use crate::driver::{Isolation, TransactionOptions};
    pub use crate::entity::loaded_in::loaded;
    pub use crate::entity::{
        BelongsTo, Deferred, Entity, HasMany, HasOne, Loaded, LoadedIn, Many, NotLoaded,
    };
    pub use crate::error::{Error, ErrorKind, Result};
    pub use crate::hooks::{Context, ModelHooks, NewRow};
    pub use crate::model::column::Column;
    pub use crate::model::model::Model;
    pub use crate::observe::{Echo, QueryLog, QueryScope};
    pub use crate::query::alias::alias;
    pub use crate::query::bulk::{OnConflict, delete, update};
    pub use crate::query::from_row::FromRow;
    pub use crate::query::label::label;
    pub use crate::query::predicate::Predicate;
    pub use crate::query::raw::sql;
    pub use crate::query::select::{Select, select};
    pub use crate::query::select_columns::{SelectColumns, exists, select_columns};
    pub use crate::query::window::window;
    pub use crate::query::{
        Expression, JsonExpression, Label, ModelExt, PostgresExpression, RelationConditions, RelationExt,
        RelationJoins, TextExpression, TimeUnit, func,
    };
    pub use crate::session::{
        Engine, Merged, RepeatedLoads, RetryPolicy, Session, SessionHooks, SessionOptions,
    };
    pub use crate::unit_of_work::{
        CompleteDraft, EntityState, IntoLink, IntoLinks, Pending, insert, insert_from,
    };
    pub use crate::value::{IntoKey, IntoValue, Null};
    pub use orm_derive::{DbEnum, DbType, FromRow, Model, max_statements};
}

#[cfg(any(doc, doctest))]
pub mod guide;

#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
