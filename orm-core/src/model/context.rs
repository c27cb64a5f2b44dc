//! What a session tells its hooks.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};

/// What a session tells its hooks and its columns `created_by` and `updated_by`, such as the user of a request: at most one
/// value of each type, set by [`SessionOptions::context`](crate::options::SessionOptions::context) or
/// [`Session::set_context`](crate::Session::set_context).
///
/// ```
/// use orm_core::prelude::*;
///
/// struct CurrentUser(i64);
/// struct RequestId(String);
///
/// fn who(context: &Context) -> Result<String> {
///     let user = context.require::<CurrentUser>()?;               // an error without one
///     let request = context.get::<RequestId>();                   // `None` without one
///     Ok(format!("user {} in {}", user.0, request.map_or("no request", |request| request.0.as_str())))
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// let mut session = engine.session_with(SessionOptions::new().context(CurrentUser(7)));
/// assert_eq!(who(session.context())?, "user 7 in no request");
/// session.set_context(RequestId("a1".into()));
/// assert_eq!(who(session.context())?, "user 7 in a1");
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Context(Arc<Vec<Entry>>);

#[derive(Clone)]
struct Entry {
    of: TypeId,
    name: &'static str,
    value: Arc<dyn Any + Send + Sync>,
}

impl Context {
    /// The value of this type; `None` if none was set.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// struct Tenant(i64);
    ///
    /// let mut session = engine.session();
    /// assert!(session.context().get::<Tenant>().is_none());
    /// session.set_context(Tenant(3));
    /// assert_eq!(session.context().get::<Tenant>().map(|tenant| tenant.0), Some(3));
    /// # Ok(()) }
    /// ```
    pub fn get<C: Any + Send + Sync>(&self) -> Option<&C> {
        self.0.iter().find(|entry| entry.of == TypeId::of::<C>())?.value.downcast_ref()
    }

    /// The value of this type.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// struct Tenant(i64);
    ///
    /// let session = engine.session();
    /// let missing = session.context().require::<Tenant>().err().map(|error| error.kind());
    /// assert_eq!(missing, Some(ErrorKind::InvalidState));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: none was set. The message names the type, and the calls that set it.
    pub fn require<C: Any + Send + Sync>(&self) -> Result<&C> {
        self.get().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidState,
                format!("the session's context {}", missing(type_name::<C>())),
            )
        })
    }

    /// Sets the value of a type. Clones that were made before keep theirs.
    pub(crate) fn set<C: Any + Send + Sync>(&mut self, value: C) {
        let (of, value) = (TypeId::of::<C>(), Arc::new(value));
        let entries = Arc::make_mut(&mut self.0);
        match entries.iter_mut().find(|entry| entry.of == of) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry { of, name: type_name::<C>(), value }),
        }
    }
}

/// What is wrong with a context that lacks a value of this type.
pub(crate) fn missing(name: &str) -> String {
    format!(
        "has no `{name}`: set it with `session.set_context(..)`, or `SessionOptions::context(..)`, before anything is written"
    )
}

/// What a function makes of a context's value, or the name of the type that the context lacks; for generated code.
#[doc(hidden)]
pub fn from_context<C: Any + Send + Sync, R>(
    context: &Context,
    read: fn(&C) -> R,
) -> Result<R, &'static str> {
    context.get::<C>().map(read).ok_or(type_name::<C>())
}

/// Lists the types, and no values.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|entry| entry.name)).finish()
    }
}
