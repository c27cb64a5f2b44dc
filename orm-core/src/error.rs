//! The error of every operation.

use std::fmt;
use std::sync::Arc;

/// The result of this library's functions; its error is [`Error`] unless you name another.
///
/// ```
/// use orm_core::prelude::*;
///
/// async fn rename(session: &mut Session) -> Result<()> {
///     session.flush().await
/// }
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Everything that can go wrong, with a [`kind`](Error::kind) to match on. The message names the model and the
/// relationship, and what to write instead.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let taken = session.insert(Author::draft().name("Nelle Harper Lee").email("ursula@example.com")).await;
/// match taken {
///     Err(error) if error.kind() == ErrorKind::UniqueViolation => println!("choose another address: {error}"),
///     other => drop(other?),
/// }
/// session.rollback().await?;
/// # Ok(()) }
/// ```
///
/// No other type converts into it, so `?` inside a closure for [`Session::transaction`](crate::Session::transaction)
/// determines the closure's error type. Wrap your own errors and those of other libraries with [`Error::other`], or let
/// the closure return an error type that implements `From<Error>`.
pub struct Error {
    // Shared with the session, which remembers what its transaction failed of.
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    constraint: Option<Constraint>,
    fields: Vec<FieldError>,
    retryable: bool,
    source: Option<Arc<dyn std::error::Error + Send + Sync + 'static>>,
    /// Whether the message repeats the source's text.
    quotes: bool,
}

/// The constraint that refused a row, as far as the database names it: what [`Error::constraint`] returns.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// let draft = Author::draft().name("another").email("ursula@example.com");
/// let error = session.insert(draft).await.unwrap_err();
/// let columns = error.constraint().map(|constraint| constraint.columns.clone());
/// assert_eq!(columns, Some(vec!["email".to_owned()]));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Constraint {
    /// The constraint's own name.
    pub name: Option<String>,
    /// The table's schema.
    pub schema: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
}

/// One field of a client's input that cannot be used, in words for the client: an item of [`Error::field_errors`].
///
/// With the feature `serde` it serialises as `{"field": "fullName", "code": "required", "message": "is required"}`.
///
/// ```
/// # #[cfg(feature = "serde")]
/// # mod program {
/// # use orm_core::prelude::*;
/// use orm_core::write::{FieldErrorCode, Input};
///
/// # #[derive(Model, Debug)] pub struct Comment { #[key(auto)] pub id: i64, #[column(length = 80)] pub body: String }
/// pub fn refused(sent: Input<Comment>) {               // of {"body": null}
///     let error = sent.permit(Comment::BODY).unwrap_err();
///     let body = &error.field_errors()[0];
///     assert_eq!((body.field(), body.code(), body.message()), ("body", FieldErrorCode::Null, "must not be null"));
///     assert_eq!(body.code().as_str(), "null");
/// }
/// # }
/// # fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    field: String,
    code: FieldErrorCode,
    message: String,
}

/// Why a field of a client's input cannot be used, for programs: [`FieldError::code`].
///
/// ```
/// use orm_core::write::FieldErrorCode;
///
/// assert_eq!(FieldErrorCode::TooLong.as_str(), "too_long");
/// assert_eq!(FieldErrorCode::TooLong.to_string(), "too_long");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldErrorCode {
    /// `unknown`: the model has no such field.
    Unknown,
    /// `not_permitted`: the client may not set it.
    NotPermitted,
    /// `repeated`: the client sent it twice.
    Repeated,
    /// `required`: it is missing.
    Required,
    /// `null`: it is `null`, and must not be.
    Null,
    /// `wrong_type`: it has another type.
    WrongType,
    /// `too_long`: it has more characters than its column may have.
    TooLong,
    /// `out_of_range`: its type or the database has no such number or time.
    OutOfRange,
    /// `invalid`: the field's own type refuses it, or the database cannot store it.
    Invalid,
}

impl FieldError {
    pub(crate) fn new(
        field: impl Into<String>,
        code: FieldErrorCode,
        message: impl Into<String>,
    ) -> FieldError {
        FieldError { field: field.into(), code, message: message.into() }
    }

    /// The field under the name that the client uses; a member of a list has its position, as in `scores[2]`.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The reason, for programs.
    pub fn code(&self) -> FieldErrorCode {
        self.code
    }

    /// The reason, in words that follow the field's name: `is required`.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error of a member of the field.
    #[cfg(feature = "serde")]
    pub(crate) fn within(mut self, field: &str) -> FieldError {
        self.field.insert_str(0, field);
        self
    }
}

impl FieldErrorCode {
    /// The code as a word, which stays the same in later versions.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldErrorCode::Unknown => "unknown",
            FieldErrorCode::NotPermitted => "not_permitted",
            FieldErrorCode::Repeated => "repeated",
            FieldErrorCode::Required => "required",
            FieldErrorCode::Null => "null",
            FieldErrorCode::WrongType => "wrong_type",
            FieldErrorCode::TooLong => "too_long",
            FieldErrorCode::OutOfRange => "out_of_range",
            FieldErrorCode::Invalid => "invalid",
        }
    }
}

impl fmt::Display for FieldErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.message)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FieldError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("FieldError", 3)?;
        fields.serialize_field("field", &self.field)?;
        fields.serialize_field("code", self.code.as_str())?;
        fields.serialize_field("message", &self.message)?;
        fields.end()
    }
}

/// What went wrong: [`Error::kind`].
///
/// ```
/// use orm_core::prelude::*;
///
/// /// The status with which a web service answers.
/// fn status(error: &Error) -> u16 {
///     match error.kind() {
///         ErrorKind::NoRows => 404,
///         ErrorKind::UniqueViolation | ErrorKind::Stale => 409,
///         ErrorKind::PoolTimeout | ErrorKind::Busy => 503,
///         _ => 500,
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An unloaded relationship was read.
    NotLoaded,
    /// An unloaded relationship of a detached object was read: its session was dropped.
    Detached,
    /// A loop loads one relationship object by object, and the session's options refuse that.
    RepeatedLoad,
    /// A query that must find a row found none.
    NoRows,
    /// A query that must find at most one row found more, or a `has_one` has several.
    MultipleRows,
    /// A required relationship refers to a row that does not exist.
    DanglingKey,
    /// The query cannot be run as it is written.
    InvalidQuery,
    /// The models contradict each other.
    InvalidModel,
    /// The tables of the database do not match the models.
    SchemaMismatch,
    /// A value does not fit its column, or a cell does not fit its field.
    InvalidValue,
    /// Input from a client cannot be used. The message names its fields and the reasons, and may be shown to the
    /// client.
    InvalidInput,
    /// The object or session is in a state that does not allow the operation.
    InvalidState,
    /// A pending object has no row yet.
    NotFlushed,
    /// The transaction failed; the session needs `rollback`.
    PendingRollback,
    /// Another transaction changed the row since the session read it.
    Stale,
    /// A UNIQUE or PRIMARY KEY constraint refused the rows.
    UniqueViolation,
    /// A FOREIGN KEY constraint refused the rows.
    ForeignKeyViolation,
    /// A NOT NULL constraint refused the rows.
    NotNullViolation,
    /// A CHECK constraint refused the rows.
    CheckViolation,
    /// The database is locked by another connection, or a lock did not become free in time.
    Busy,
    /// The server stopped the statement: it took longer than the
    /// [`statement_timeout`](crate::options::EngineBuilder::statement_timeout), or an administrator cancelled it.
    StatementTimeout,
    /// The database ended this transaction because of concurrent ones: a deadlock, or an isolation level that
    /// could not be kept. The same work may succeed in a new transaction.
    Serialization,
    /// The connection was lost, or the future dropped, during COMMIT: it is unknown whether the database
    /// committed. Look for what the transaction wrote before you repeat its work; the library never repeats it.
    CommitUnknown,
    /// No connection became free in time.
    PoolTimeout,
    /// The connection could not be made or was lost.
    Connection,
    /// The URL or an option of the engine is wrong.
    Configuration,
    /// A migration failed, was changed after it was applied, is missing from its folder, or would lose data without
    /// `--allow-loss`.
    Migration,
    /// The database refused the statement for another reason.
    Database,
    /// An error of the program or of another library: [`Error::other`].
    Other,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            inner: Arc::new(Inner {
                kind,
                message: message.into(),
                constraint: None,
                fields: Vec::new(),
                retryable: false,
                source: None,
                quotes: false,
            }),
        }
    }

    /// A client's input that cannot be used for these reasons.
    pub(crate) fn of_input(fields: Vec<FieldError>) -> Error {
        let reasons: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let mut error = Error::new(ErrorKind::InvalidInput, reasons.join("; "));
        error.change().fields = fields;
        error
    }

    /// An error that does not come from this library: a reason of your own, or an error of another library.
    ///
    /// Hooks refuse with it, and `?` passes it out of a closure. Its kind is [`ErrorKind::Other`], its message is that
    /// of `source`, and `source` is its [source](std::error::Error::source). The transaction functions roll back after
    /// it, as after every error.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct User { #[key(auto)] id: i64, age: i32 }
    /// # async fn f(session: &mut Session, text: &str) -> Result<()> {
    /// session
    ///     .transaction(async |session| {
    ///         let age: i32 = text.parse().map_err(Error::other)?;
    ///         if age < 18 {
    ///             return Err(Error::other("users are adults"));
    ///         }
    ///         session.add(User::draft().age(age));
    ///         Ok(())
    ///     })
    ///     .await
    /// # }
    /// # fn main() {}
    /// ```
    pub fn other(source: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Error {
        let source = source.into();
        Error::new(ErrorKind::Other, source.to_string()).with_quoted_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Error {
        self.change().source = Some(source.into().into());
        self
    }

    fn change(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.inner)
    }

    /// The same error once more, for the session to remember.
    pub(crate) fn share(&self) -> Error {
        Error { inner: Arc::clone(&self.inner) }
    }

    /// Whether what was [shared](Self::share) is still held elsewhere.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.inner) > 1
    }

    /// With a source whose words are in the message already.
    pub(crate) fn with_quoted_source(mut self, source: impl Into<Source>) -> Error {
        self.change().quotes = true;
        self.with_source(source)
    }

    pub(crate) fn with_constraint(mut self, constraint: Constraint) -> Error {
        self.change().constraint = Some(constraint);
        self
    }

    pub(crate) fn retryable(mut self, retryable: bool) -> Error {
        self.change().retryable = retryable;
        self
    }

    /// Returns the same error with text appended to its message.
    pub(crate) fn suffixed(mut self, suffix: &str) -> Error {
        self.suffix(suffix);
        self
    }

    /// Appends text to the message.
    pub(crate) fn suffix(&mut self, suffix: &str) {
        self.change().message.push_str(suffix);
    }

    /// Returns the same error with text put before its message.
    pub(crate) fn prefixed(mut self, prefix: &str) -> Error {
        self.change().message.insert_str(0, prefix);
        self
    }

    /// The same error with another source in the place of one of this type, also in the message.
    pub(crate) fn resourced<E: std::error::Error + Send + Sync + 'static>(
        mut self,
        change: impl FnOnce(&E) -> E,
    ) -> Error {
        if let Some(old) = self.inner.source.as_deref().and_then(|source| source.downcast_ref::<E>()) {
            let new = change(old);
            let message = self.inner.message.replace(&old.to_string(), &new.to_string());
            let inner = self.change();
            inner.message = message;
            inner.source = Some(Arc::new(new));
        }
        self
    }

    /// The constraint that refused a row, if the error is a violation and the database names the constraint.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let draft = Author::draft().name("another").email("ursula@example.com");
    /// let error = session.insert(draft).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    /// assert_eq!(error.constraint().and_then(|constraint| constraint.table.as_deref()), Some("authors"));
    /// # Ok(()) }
    /// ```
    pub fn constraint(&self) -> Option<&Constraint> {
        self.inner.constraint.as_ref()
    }

    /// The fields of a client's input that cannot be used, for a response that names each; empty unless the kind is
    /// [`InvalidInput`](ErrorKind::InvalidInput).
    ///
    /// ```
    /// # #[cfg(feature = "serde")]
    /// # mod program {
    /// # use orm_core::prelude::*;
    /// use std::collections::HashMap;
    ///
    /// /// `{"errors": {"title": ["is required"]}}`, which a handler sends with the status 422.
    /// pub fn body(error: &Error) -> serde_json::Value {
    ///     let mut errors: HashMap<&str, Vec<&str>> = HashMap::new();
    ///     for wrong in error.field_errors() {
    ///         errors.entry(wrong.field()).or_default().push(wrong.message());
    ///     }
    ///     serde_json::json!({ "errors": errors })
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    pub fn field_errors(&self) -> &[FieldError] {
        &self.inner.fields
    }

    /// Whether the same unit of work may succeed if all of it is done again in a new transaction, because concurrent
    /// transactions were in its way. [`Engine::transact`](crate::Engine::transact) does that.
    ///
    /// It is true for deadlocks and for isolation that could not be kept (SQLSTATE 40001, 40P01; MySQL 1213, 1020), for
    /// locks that did not become free in time (MySQL 1205; SQLite 5, 517), and for `PendingRollback` after one of
    /// these. It is false for a violated constraint, a cancelled statement, a lost connection and `CommitUnknown`.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// session.add(Author::draft().name("another").email("ursula@example.com"));
    /// let error = session.commit().await.unwrap_err();
    /// assert!(!error.is_retryable(), "a taken address stays taken");
    /// # Ok(()) }
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.inner.retryable
    }

    /// What went wrong, to match on.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = library().await?;
    /// # let mut session = engine.session();
    /// let missing = session.one(select::<Author>().filter(Author::NAME.eq("nobody"))).await;
    /// assert_eq!(missing.unwrap_err().kind(), ErrorKind::NoRows);
    /// # Ok(()) }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The message without the kind, for the message of another error.
    pub(crate) fn message(&self) -> &str {
        &self.inner.message
    }
}

/// The message, and then the kind in brackets, under which the [page about errors](crate::guide::errors) explains it:
/// `.. [NotLoaded]`. Messages that are not the library's have none: those of [`Error::other`], and those about a client's
/// input.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, .. } = &*self.inner;
        match kind {
            ErrorKind::Other | ErrorKind::InvalidInput => f.write_str(message),
            _ if message.contains('\n') => write!(f, "{message}\n[{kind:?}]"),
            _ => write!(f, "{message} [{kind:?}]"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.inner.kind, self.inner.message)?;
        let source = self.inner.source.as_ref().filter(|_| !self.inner.quotes).map(ToString::to_string);
        match source.filter(|source| !self.inner.message.contains(source.as_str())) {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
