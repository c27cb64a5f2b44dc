//! Fields of deferred columns.

use std::fmt;
use std::sync::OnceLock;

use crate::error::{Error, ErrorKind, Result};
use crate::graph::CellError;
use crate::model::ModelDef;
use crate::value::{ColumnType, ValueRef};

/// A column that is read only when a query asks for it, such as a long text or a picture.
///
/// ```
/// # use orm_core::prelude::*;
/// #[derive(Model, Debug)]
/// struct Post {
///     #[key(auto)]
///     id: i64,
///     title: String,
///     #[column(deferred)]
///     body: Deferred<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Post]).await?;
/// # let mut session = engine.session();
/// session.add(Post::draft().title("first").body("a long text"));
/// session.commit().await?;
///
/// for post in engine.session().all(select::<Post>().undefer(Post::BODY)).await? {
///     println!("{}: {}", post.title, post.body.get()?);
/// }
/// # Ok(()) }
/// ```
///
/// Everywhere except in the struct the column has its bare type: `Post::BODY` filters and sorts, and a draft takes a
/// `String`. A value stays loaded even if later queries do not select it. [`refresh`](crate::Session::refresh) reloads
/// it with the row; after `populate_existing`, or after `expire` once a query returns the row, it is unloaded until you
/// load it again.
pub struct Deferred<T> {
    value: OnceLock<T>,
    /// Of what row it is; none of a value that was made by hand.
    of: Option<Of>,
}

/// A column of a model.
#[derive(Clone, Copy)]
struct Of {
    model: fn() -> &'static ModelDef,
    column: usize,
}

impl<T> Deferred<T> {
    /// A value to write, for a struct that you build yourself. Drafts take the value without the wrapper.
    ///
    /// ```
    /// use orm_core::prelude::*;
    ///
    /// let body = Deferred::new("a long text".to_owned());
    /// assert!(body.is_loaded());
    /// ```
    pub fn new(value: T) -> Deferred<T> {
        Deferred { value: OnceLock::from(value), of: None }
    }

    /// The value.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Post { #[key(auto)] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Post]).await?;
    /// # let mut session = engine.session();
    /// # session.add(Post::draft().body("a long text"));
    /// # session.commit().await?;
    /// # let mut session = engine.session();
    /// let post = session.one(select::<Post>()).await?;
    /// assert_eq!(post.body.get().unwrap_err().kind(), ErrorKind::NotLoaded);
    ///
    /// session.load_column(&post, Post::BODY).await?;             // one statement
    /// assert_eq!(post.body.get()?, "a long text");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `NotLoaded`: no query has read the column. The message names the ways to read it.
    pub fn get(&self) -> Result<&T> {
        self.value.get().ok_or_else(|| not_loaded(self.of))
    }

    /// Changes the value, inside [`Session::edit`](crate::Session::edit). The old value need not be loaded.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Post { #[key(auto)] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Post]).await?;
    /// # let mut session = engine.session();
    /// # session.add(Post::draft().body("a long text"));
    /// # session.commit().await?;
    /// # let mut session = engine.session();
    /// let post = session.one(select::<Post>()).await?;
    /// session.edit(&post, |post| post.body.set("a new text".into()))?;
    /// session.commit().await?;
    /// assert_eq!(post.body.get()?, "a new text");
    /// # Ok(()) }
    /// ```
    pub fn set(&mut self, value: T) {
        self.value = OnceLock::from(value);
    }

    /// Whether the value was read or set.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)]
    /// # struct Post { #[key(auto)] id: i64, #[column(deferred)] body: Deferred<String> }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Post]).await?;
    /// # let mut session = engine.session();
    /// # session.add(Post::draft().body("a long text"));
    /// # session.commit().await?;
    /// # let mut session = engine.session();
    /// assert!(!session.one(select::<Post>()).await?.body.is_loaded());
    /// assert!(session.one(select::<Post>().undefer(Post::BODY)).await?.body.is_loaded());
    /// # Ok(()) }
    /// ```
    pub fn is_loaded(&self) -> bool {
        self.value.get().is_some()
    }
}

impl<T: ColumnType> Deferred<T> {
    /// The field of a row, as far as the row has it; for generated code.
    ///
    /// # Errors
    /// The cell does not hold the type.
    #[doc(hidden)]
    pub fn read(
        cell: ValueRef<'_>,
        model: fn() -> &'static ModelDef,
        column: usize,
    ) -> Result<Self, CellError> {
        let field = Deferred { value: OnceLock::new(), of: Some(Of { model, column }) };
        field.fill(cell, column)?;
        Ok(field)
    }

    /// Takes the value of a row, where it has none; for generated code.
    ///
    /// # Errors
    /// The cell does not hold the type.
    #[doc(hidden)]
    pub fn fill(&self, cell: ValueRef<'_>, column: usize) -> Result<(), CellError> {
        if cell != ValueRef::NotLoaded && !self.is_loaded() {
            let value = T::read(cell).map_err(|error| CellError { column, error })?;
            // A value set concurrently is also the row's.
            let _ = self.value.set(value);
        }
        Ok(())
    }

    /// The value as a cell; for generated code.
    #[doc(hidden)]
    pub fn view(&self) -> ValueRef<'_> {
        self.value.get().map_or(ValueRef::NotLoaded, T::view)
    }
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Deferred<T> {
        Deferred::new(value)
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Deferred<T> {
        Deferred { value: self.value.clone(), of: self.of }
    }
}

impl<T: fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.get() {
            Some(value) => value.fmt(f),
            None => f.write_str("(not loaded)"),
        }
    }
}

fn not_loaded(of: Option<Of>) -> Error {
    let named = of.and_then(|of| Some(((of.model)().name, (of.model)().columns.get(of.column)?.field)));
    let (model, field) = named.unwrap_or(("?", "?"));
    let constant = format!("{model}::{}", field.to_ascii_uppercase());
    Error::new(
        ErrorKind::NotLoaded,
        format!(
            "`{model}.{field}` is deferred and was not read; add `.undefer({constant})` to the query, or read it later with \
             `session.load_column(&object, {constant})`"
        ),
    )
}
