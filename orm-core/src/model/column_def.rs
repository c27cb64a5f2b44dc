//! Columns as data.

use super::Context;
use super::descriptor::descriptor;
use crate::sql::{Expr, Function, NamedColumn, Source, TimeFunction};
use crate::value::{Value, ValueKind};

/// When a column takes the time of the session's or the database's clock, or a value of the session's context.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[cfg(feature = "chrono")] fn f() {
/// use orm_core::model::Stamp;
///
/// #[derive(Model, Debug)]
/// struct Article {
///     #[key(auto)]
///     id: i64,
///     #[column(updated)]
///     updated_at: chrono::DateTime<chrono::Utc>,
/// }
///
/// assert_eq!(Article::UPDATED_AT.def().stamp(), Some(Stamp::Updated));
/// # }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// `#[column(created)]` and `created_by`: when its row is inserted.
    Created,
    /// `#[column(updated)]` and `updated_by`: when its row is inserted or updated; a nullable one is NULL until the first
    /// update.
    Updated,
    /// `#[column(deleted)]`: when its row is deleted, which leaves it in the table.
    Deleted,
}

/// Reads a column's value from the session's context; an error is the name of the type that the context lacks.
type FromContext = fn(&Context) -> Result<Value, &'static str>;

descriptor! {
    /// What makes the values of a generated column: `#[column(generated = "..")]`.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// #[derive(Model, Debug)]
    /// struct Line {
    ///     #[key(auto)]
    ///     id: i64,
    ///     price: i64,
    ///     #[column(generated = "price * 2", virtual)]
    ///     double: i64,
    /// }
    ///
    /// # fn main() {
    /// let computed = Line::DOUBLE.def().computed().expect("`double` is computed by the database");
    /// assert_eq!((computed.sql(), computed.stored()), ("price * 2", false));
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ComputedDef {
        /// The expression.
        sql: &'static str,
        /// Whether the value is stored with the row; otherwise it is computed when it is read.
        stored: bool,
    }
}

impl ComputedDef {
    /// For generated code.
    #[doc(hidden)]
    pub const fn new(sql: &'static str, stored: bool) -> ComputedDef {
        ComputedDef { sql, stored }
    }
}

descriptor! {
    /// One column of a model, as data.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// let required: Vec<&str> =
    ///     Book::def().columns().iter().filter(|column| !column.nullable() && !column.generated()).map(|column| column.name()).collect();
    /// assert_eq!(required, ["author_id", "title", "year"]);
    /// # }
    /// ```
    #[derive(Debug, Clone, Copy)]
    pub struct ColumnDef {
        /// The name in the database.
        name: &'static str,
        /// The field of the struct.
        field: &'static str,
        /// The declared type.
        kind: ValueKind,
        /// Whether the column may hold NULL.
        nullable: bool,
        /// Whether it is part of the primary key.
        key => with_key: bool,
        /// Whether the database generates the key: `#[key(auto)]`.
        auto => with_auto: bool,
        /// `#[column(unique)]`.
        unique => with_unique: bool,
        /// `#[column(index)]`.
        index => with_index: bool,
        /// `#[column(default)]`: the database fills it in; with a text, the SQL of the default.
        default => with_default: Option<&'static str>,
        /// Whether the database fills the column in when a draft leaves it out.
        generated => with_generated: bool,
        /// `#[column(default_with = "..")]`: makes the value of a new row whose draft leaves the column out.
        default_with => with_default_with: Option<fn() -> Value>,
        /// `#[column(generated)]`: only the database fills it in.
        read_only => with_read_only: bool,
        /// `#[column(generated = "..")]`: what the database computes it from; `None` if a trigger fills it in.
        computed => with_computed: Option<ComputedDef>,
        /// Whether a trigger may change what is written into it: `#[column(read_back)]`, and `generated` without SQL.
        read_back => with_read_back: bool,
        /// `#[column(version)]`: the counter of optimistic locking.
        version => with_version: bool,
        /// `#[column(created)]`, `updated`, `deleted`, `created_by` or `updated_by`: when the library fills it in.
        stamp => with_stamp: Option<Stamp>,
        /// `#[column(created = "database")]` and `updated = "database"`: whether the database's clock tells the time.
        database_clock => with_database_clock: bool,
        /// `#[column(created_by = "..")]` and `updated_by`: reads the value from the session's context. An error is the name
        /// of the type that the context lacks.
        from_context => with_from_context: Option<FromContext>,
        /// `#[column(secret)]`: never shown in logs, errors or Debug.
        secret => with_secret: bool,
        /// `#[column(deferred)]`: read only when a query asks for it.
        deferred => with_deferred: bool,
        /// `#[column(length = n)]`: the largest number of characters.
        length => with_length: Option<u32>,
        /// `#[column(precision = n)]`: the digits of a time behind the second; `None` stands for microseconds.
        precision => with_precision: Option<u8>,
        /// `#[column(check = "..")]`: SQL that every value must satisfy.
        check => with_check: Option<&'static str>,
        /// `#[column(renamed_from = "..")]`: the column's earlier name, for migrations.
        renamed_from => with_renamed_from: Option<&'static str>,
        /// The field's doc comment, which [`Schema::with_comments`](crate::schema::Schema::with_comments) makes a comment of the column.
        docs => with_docs: Option<&'static str>,
        /// Its name when it is serialised; `None` if it is left out, as `secret` columns are.
        serialized => with_serialized: Option<&'static str>,
    }
}

impl ColumnDef {
    /// A plain column; for generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str, field: &'static str, kind: ValueKind, nullable: bool) -> ColumnDef {
        ColumnDef {
            name,
            field,
            kind,
            nullable,
            key: false,
            auto: false,
            unique: false,
            index: false,
            default: None,
            generated: false,
            default_with: None,
            read_only: false,
            computed: None,
            read_back: false,
            version: false,
            stamp: None,
            database_clock: false,
            from_context: None,
            secret: false,
            deferred: false,
            length: None,
            precision: None,
            check: None,
            renamed_from: None,
            docs: None,
            serialized: Some(field),
        }
    }

    /// A value as the column stores it: a time has as many digits behind the second as the column keeps.
    pub(crate) fn stored(&self, value: Value) -> Value {
        value.cut_to(self.precision)
    }

    /// An expression as the column stores its values.
    pub(crate) fn assigned(&self, value: Expr) -> Expr {
        match (self.precision, value) {
            (digits, value @ Expr::Bind(_)) => value.in_precision(digits),
            (Some(digits), value) if value.precision().is_none_or(|of| of > digits) => {
                Expr::Call(Function::Time(TimeFunction::Keep(digits), self.kind), vec![value])
            }
            (_, value) if self.kind.is_integer() && value.calculates() => {
                Expr::Call(Function::Whole, vec![value])
            }
            (_, value) => value,
        }
    }

    /// The time of the database's clock, as the column stores it.
    pub(crate) fn database_now(&self) -> Expr {
        self.assigned(Expr::Call(Function::Time(TimeFunction::Now, self.kind), Vec::new()))
    }

    /// Whether a new row takes the time of the database's clock where its draft gave nothing.
    pub(crate) fn is_stamped_by_database(&self) -> bool {
        self.database_clock && self.is_stamped_on_insert()
    }

    /// Whether the database may store another value than was written.
    pub(crate) fn comes_back(&self) -> bool {
        self.read_only || self.read_back
    }

    /// Whether a new row takes the time, or a value of the context, where its draft gave nothing.
    pub(crate) fn is_stamped_on_insert(&self) -> bool {
        match self.stamp {
            Some(Stamp::Created) => true,
            Some(Stamp::Updated) => !self.nullable,
            Some(Stamp::Deleted) | None => false,
        }
    }

    /// The column in a statement that has its table under this name.
    pub(crate) fn expr(&self, source: &Source) -> Expr {
        Expr::column_of(source, self.name, self.secret).with_precision(self.precision)
    }

    /// The column as one that a statement sets or gives back.
    pub(crate) fn named(&self) -> NamedColumn {
        NamedColumn { name: self.name, secret: self.secret }
    }
}
