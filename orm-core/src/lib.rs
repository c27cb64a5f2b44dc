//! An async ORM in which reading a relationship that a query did not load does not compile.
//!
//! One struct is one model; a session loads objects, keeps each row as one object, and writes what changed. What a query
//! loads is part of its type:
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
//! Without the `.with(..)` that loop does not compile: "`Books` is not loaded by this query". The dynamic tier,
//! `author.books()`, is a `Result`: what the object holds, or `NotLoaded` with what to write.
//!
//! Start with [`Model`](macro@Model), [`Engine`] and [`Session`]; the [book](guide) shows all of it.
//!
//! # Features
//!
//! `sqlite` (default), `postgres` and `mysql`, each a backend; the URL chooses among those that are compiled in.
//!
//! `chrono`, `time`, `jiff`, `uuid`, `decimal` (of `rust_decimal`) and `json` (of `serde_json`), each the types of a crate
//! as columns; they need a backend and nothing else.
//! `serde`: entities serialise what is loaded. `axum`: sessions and errors in handlers. `migrate`: migrations from the
//! models.

#![cfg_attr(docsrs, feature(doc_cfg))]
// What one backend or the types of one crate alone need is unused in builds without them.
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

// The stages of the data flow, in reading order: each imports from those above it alone.
mod error;

mod value;

mod sql;

mod observe;

mod driver;

mod graph;

mod model;

mod ddl;

mod entity;

mod query;

mod identity;

mod load;

mod unit_of_work;

mod session;

#[cfg(feature = "migrate")]
pub mod migrate;

#[cfg(feature = "axum")]
mod web;

pub use ddl::{Schema, SchemaFinding, SchemaFindingKind, SchemaReport};
pub use driver::{Checkout, Isolation, PoolStatus, Pooler, SslMode, TransactionOptions};
pub use entity::{
    AsEntity, BelongsTo, Deferred, Entity, Fills, HasMany, HasOne, IntoIter, IsField, LazyLoad, Loaded,
    LoadedIn, Many, Marks, MergesWith, NotLoaded, Recursive, Relation, SelfReferential, ToMany, ToOne,
};
pub use error::{Constraint, Error, ErrorKind, Result};
pub use load::{Plan, PlanStep};
pub use model::{
    Cascade, Column, ColumnDef, IndexDef, KeyAction, Lazy, LoadedSet, Model, ModelDef, ModelHooks, NewRow,
    OrderDef, RefersTo, RelationDef, RelationKind, ThroughDef,
};
pub use observe::{
    Echo, ExecutedStatement, QueryLog, QueryScope, ScopeReport, StatementEvent, StatementGroup,
    StatementHook, StatementOutcome,
};
/// Fails a test that runs more statements than it should, and lists them by what they load.
///
/// It stands on an `async fn`, above or below the attribute that makes it a test, and counts what a
/// [`QueryScope`] around the function counts.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, name: String }
/// #[max_statements(3)]
/// async fn the_list_of_users_costs_one_statement(engine: &Engine) -> Result<()> {
///     engine.session().all(select::<User>()).await?;
///     Ok(())
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// # the_list_of_users_costs_one_statement(&engine).await
/// # }
/// ```
pub use orm_derive::max_statements;
pub use orm_derive::{DbEnum, DbType, FromRow, Model};
pub use query::{
    Aggregate, Alias, Append, Case, ColumnName, Comparand, Computed, Delete, Derived, DynamicLoad,
    EntityColumns, Expression, FromRow, IntoColumns, IntoExpressions, IntoFill, IntoJoin, IntoJsonStep,
    IntoLabel, IntoOperand, IntoOrder, IntoPredicate, IntoTable, JoinPath, JsonExpression, JsonPath, Label,
    Labeled, LeaveOut, Load, LoadOption, ModelExt, Number, OnConflict, OptionalEntity, OrderBy, PartColumns,
    PartOf, Predicate, RawRow, Reader, RecursionDepth, RelationConditions, RelationExt, RelationJoins,
    Returning, RowQuery, Rows, Select, SelectColumns, Selectable, Sql, SqlEntities, SqlRows, TextExpression,
    Update, Window, WindowFunction, alias, delete, exists, func, label, select, select_columns, sql, update,
    window,
};
pub use session::{
    Engine, EngineBuilder, Explain, Expunge, Getting, GettingMany, Loading, LoadingAll, Merged, Merging,
    MergingDraft, QueryStream, RepeatedLoads, RetryPolicy, Run, Session, SessionHooks, SessionOptions,
    SessionStats, Streamable,
};
pub use sql::{TableName, TimeUnit};
pub use unit_of_work::{
    BulkOperation, CompleteDraft, EntityState, FlushPlan, FlushStep, Given, Insert, IntoLink, IntoLinks,
    Missing, Pending, insert,
};
#[cfg(feature = "json")]
pub use value::Json;
pub use value::{
    ArrayElement, Boolean, Bytes, Calendar, Clock, ColumnType, Comparable, Composite, Date, DateTime,
    Decimal, Document, EnumDef, Float, Integer, IntoKey, IntoValue, Key, Moment, Null, Text, Textual, Time,
    Timestamp, Uuid, Value, ValueError, ValueKind, ValueRef,
};

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::entity::{
        At, BelongsTo, Deferred, Entity, Fills, HasMany, HasOne, Held, IsField, LazyLoad, Loaded, LoadedIn,
        Many, Marks, MergesWith, NotLoaded, Recursive, Relation, RelationNamed, SelfReferential, ToMany,
        ToOne, With,
    };
    pub use crate::error::Result;
    pub use crate::graph::{CellError, Record, Seed};
    pub use crate::model::{
        Cascade, Column, ColumnDef, ErasedModel, HasHooks, HookTable, IndexDef, KeyAction, Lazy, LoadedSet,
        LoadedSetOf, LoadedShape, LoadedSlot, Model, ModelDef, OrderDef, RelationDef, RelationKind, Stamp,
        ThroughDef, check_key, check_reference, erased,
    };
    pub use crate::query::{FromRow, IntoOperand, PartOf, Plain, RowField, StructRow, operand};
    pub use crate::sql::{Expr, TableName};
    pub use crate::unit_of_work::{
        CompleteDraft, DraftData, Given, GivenOr, IntoLink, IntoLinks, LinkTarget, Missing, draft_link,
    };
    pub use orm_derive::loaded_type;

    pub use crate::value::{
        ArrayElement, Cells, ColumnType, Comparable, EnumDef, IntoValue, Value, ValueError, ValueKind,
        ValueRef,
    };
}

/// Everything a program needs: `use orm_core::prelude::*;`.
pub mod prelude {
    pub use crate::driver::{Isolation, TransactionOptions};
    pub use crate::entity::{
        BelongsTo, Deferred, Entity, HasMany, HasOne, Loaded, LoadedIn, Many, NotLoaded,
    };
    pub use crate::error::{Error, ErrorKind, Result};
    pub use crate::model::{Column, Model, ModelHooks, NewRow};
    pub use crate::observe::{Echo, QueryLog, QueryScope};
    pub use crate::query::{
        Expression, FromRow, JsonExpression, Label, ModelExt, OnConflict, Predicate, RelationConditions,
        RelationExt, RelationJoins, Select, SelectColumns, TextExpression, alias, delete, exists, func,
        label, select, select_columns, sql, update, window,
    };
    pub use crate::session::{
        Engine, Merged, RepeatedLoads, RetryPolicy, Session, SessionHooks, SessionOptions,
    };
    pub use crate::sql::TimeUnit;
    pub use crate::unit_of_work::{CompleteDraft, EntityState, IntoLink, IntoLinks, Pending, insert};
    pub use crate::value::{IntoKey, IntoValue, Null};
    pub use crate::{assert_statements, loaded, schema};
    pub use orm_derive::{DbEnum, DbType, FromRow, Model, max_statements};
}

#[cfg(any(doc, doctest))]
pub mod guide;

#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
