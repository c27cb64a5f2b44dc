#![doc = "placeholder"]
extern crate self as orm_core;

mod ddl;
mod driver;
mod entity;
mod error;
mod graph;
mod identity;
mod load;
mod model;
mod query;
mod session;
mod sql;
mod unit_of_work;
mod value;

pub use ddl::Schema;
pub use driver::{Echo, ExecutedStatement, QueryLog};
pub use entity::{
    BelongsTo, Entity, HasMany, HasOne, IntoIter, LazyLoad, LoadedIn, Many, Marks, MarksRecursive, NotLoaded,
    Recursive, Relation, SelfReferential, ToMany, ToOne, Yes,
};
pub use error::{Constraint, Error, ErrorKind, Result};
pub use load::{Plan, PlanStep};
pub use model::{
    Cascade, Column, ColumnDef, Lazy, Model, ModelDef, OrderDef, RefersTo, RelationDef, RelationKind,
    ThroughDef,
};
pub use orm_derive::Model;
pub use query::{
    Delete, Expression, IntoColumns, IntoOperand, IntoOrder, LeaveOut, Load, LoadOption, OnConflict, OrderBy,
    Predicate, RecursionDepth, RelationExt, Returning, Rows, Select, TextExpression, Update, delete, select,
    update,
};
pub use session::{
    Engine, EngineBuilder, Getting, Loading, RepeatedLoads, Session, SessionHooks, SessionOptions,
};
pub use unit_of_work::{
    BulkOperation, CompleteDraft, Draft, EntityState, FlushPlan, FlushStep, Given, Insert, IntoLink,
    IntoLinks, Missing, Pending, insert,
};
pub use value::{
    Boolean, Bytes, ColumnType, Comparable, Float, Integer, IntoKey, IntoValue, Key, Null, Text, Value,
    ValueError, ValueKind, ValueRef,
};

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::entity::{
        BelongsTo, Entity, HasMany, HasOne, Held, LazyLoad, LoadedIn, Many, Marks, MarksRecursive, NotLoaded,
        Recursive, Relation, SelfReferential, ToMany, ToOne, Yes,
    };
    pub use crate::error::Result;
    pub use crate::graph::{CellError, Record, Seed};
    pub use crate::model::{
        Cascade, Column, ColumnDef, ErasedModel, HookTable, Lazy, Model, ModelDef, OrderDef, RelationDef,
        RelationKind, ThroughDef, check_key, check_reference, erased,
    };
    pub use crate::unit_of_work::{
        CompleteDraft, Draft, DraftData, Given, IntoLink, IntoLinks, LinkTarget, Missing, draft_link,
    };
    pub use crate::value::{Cells, ColumnType, IntoValue, Value, ValueRef};
}

/// Everything a program needs: `use orm_core::prelude::*;`.
pub mod prelude {
    pub use crate::driver::{Echo, QueryLog};
    pub use crate::entity::{BelongsTo, Entity, HasMany, HasOne, LoadedIn, Many};
    pub use crate::error::{Error, ErrorKind, Result};
    pub use crate::model::{Column, Model, ModelHooks, NewRow};
    pub use crate::query::{
        Expression, OnConflict, Predicate, RelationExt, Select, TextExpression, delete, select, update,
    };
    pub use crate::schema;
    pub use crate::session::{Engine, RepeatedLoads, Session, SessionHooks, SessionOptions};
    pub use crate::unit_of_work::{EntityState, IntoLink, IntoLinks, Pending, insert};
    pub use crate::value::{IntoValue, Null};
    pub use orm_derive::Model;
}
