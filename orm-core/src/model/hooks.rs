//! Hooks of models.

use std::fmt;
use std::marker::PhantomData;

use super::{Column, Context, Model, Writable};
use crate::error::Result;
use crate::value::{ColumnType, IntoValue, Value, ValueRef};

/// Code that a model runs on its own rows before a flush writes them, for derived columns and checks. Enable it with
/// `#[model(hooks)]`.
///
/// The [`Context`] is what the session tells them. For columns that hold who wrote a row, see `created_by` and `updated_by` of
/// [`Model`](macro@crate::Model).
///
/// ```
/// use orm_core::prelude::*;
///
/// #[derive(Model, Debug)]
/// #[model(hooks)]
/// struct Note {
///     #[key(auto)]
///     id: i64,
///     text: String,
///     #[column(default = "0")]
///     edits: i64,
/// }
///
/// impl ModelHooks for Note {
///     fn before_insert(row: &mut NewRow<'_, Note>) -> Result<()> {
///         row.set(Note::EDITS, 0);
///         Ok(())
///     }
///
///     fn before_update(&mut self, _context: &Context) -> Result<()> {
///         self.edits += 1;
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Note]).await?;
/// let mut session = engine.session();
/// let note = session.insert(Note::draft().text("milk")).await?;
/// session.edit(&note, |note| note.text.push_str(", eggs"))?;
/// session.commit().await?;
/// assert_eq!(note.edits, 1);
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `#[model(hooks)]` and has no `impl ModelHooks`",
    label = "write `impl ModelHooks for {Self}`, or remove `hooks`"
)]
pub trait ModelHooks: Model + DeclaresHooks {
    /// Called with each new row before it is inserted.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Tag { #[key(auto)] id: i64, name: String }
    /// impl ModelHooks for Tag {
    ///     fn before_insert(row: &mut NewRow<'_, Tag>) -> Result<()> {
    ///         if row.get(Tag::NAME) == Some(orm_core::value::ValueRef::Text("")) {
    ///             return Err(Error::other("a tag has a name"));
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// An error refuses the row: the flush fails with it before it sends the row.
    fn before_insert(row: &mut NewRow<'_, Self>) -> Result<()> {
        let _ = row;
        Ok(())
    }

    /// Called with each changed object before its row is updated. Changes that it makes are written too.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Tag { #[key(auto)] id: i64, name: String }
    /// impl ModelHooks for Tag {
    ///     fn before_update(&mut self, _context: &Context) -> Result<()> {
    ///         self.name = self.name.to_lowercase();
    ///         Ok(())
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// An error refuses the change: the flush fails with it.
    fn before_update(&mut self, context: &Context) -> Result<()> {
        let _ = context;
        Ok(())
    }

    /// Called with each object that a flush is about to delete, including those that are deleted with their parents by
    /// `cascade`, and before the flush writes anything. It is not called for rows that the database deletes by itself
    /// (`passive_deletes`), nor where a draft with the same key replaces the row. Where the model has `#[column(deleted)]`,
    /// [`before_update`](Self::before_update) follows.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Invoice { #[key(auto)] id: i64, paid: bool }
    /// struct Accountant;
    ///
    /// impl ModelHooks for Invoice {
    ///     fn before_delete(&self, context: &Context) -> Result<()> {
    ///         match self.paid && context.get::<Accountant>().is_none() {
    ///             true => Err(Error::other("only an accountant deletes paid invoices")),
    ///             false => Ok(()),
    ///         }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// An error refuses the deletion: the flush fails with it, and has written nothing.
    fn before_delete(&self, context: &Context) -> Result<()> {
        let _ = context;
        Ok(())
    }
}

/// A model whose hooks are called: one with `#[model(hooks)]`, which implements it.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::hooks::DeclaresHooks;
///
/// #[derive(Model, Debug)]
/// #[model(hooks)]
/// struct Tag {
///     #[key(auto)]
///     id: i64,
///     name: String,
/// }
///
/// impl ModelHooks for Tag {}
///
/// fn has_hooks<M: DeclaresHooks>() {}
/// # fn main() {
/// has_hooks::<Tag>();
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never be called",
    label = "add `#[model(hooks)]` to the struct `{Self}`"
)]
pub trait DeclaresHooks {}

/// A row that is about to be inserted: the argument of [`ModelHooks::before_insert`].
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] #[model(hooks)] struct Page { #[key(auto)] id: i64, title: String, slug: Option<String> }
/// impl ModelHooks for Page {
///     fn before_insert(row: &mut NewRow<'_, Page>) -> Result<()> {
///         if let (Some(orm_core::value::ValueRef::Text(title)), None) = (row.get(Page::TITLE), row.get(Page::SLUG)) {
///             let slug = title.to_lowercase().replace(' ', "-");
///             row.set(Page::SLUG, slug);
///         }
///         Ok(())
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Page]).await?;
/// let page = engine.session().insert(Page::draft().title("Hello World")).await?;
/// assert_eq!(page.slug.as_deref(), Some("hello-world"));
/// # Ok(()) }
/// ```
pub struct NewRow<'r, M> {
    values: &'r mut [Option<Value>],
    context: &'r Context,
    of: PhantomData<fn() -> M>,
}

impl<'r, M: Model> NewRow<'r, M> {
    pub(crate) fn new(values: &'r mut [Option<Value>], context: &'r Context) -> NewRow<'r, M> {
        NewRow { values, context, of: PhantomData }
    }

    /// What the session tells its hooks; empty for [`detached`](crate::write::CompleteDraft::detached) objects.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Note { #[key(auto)] id: i64, tenant_id: Option<i64> }
    /// struct Tenant(i64);
    ///
    /// impl ModelHooks for Note {
    ///     fn before_insert(row: &mut NewRow<'_, Note>) -> Result<()> {
    ///         let tenant = row.context().require::<Tenant>()?.0;
    ///         row.set(Note::TENANT_ID, tenant);
    ///         Ok(())
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// # let engine = Engine::connect("sqlite::memory:").await?;
    /// # engine.create_all(schema![Note]).await?;
    /// let mut session = engine.session_with(SessionOptions::new().context(Tenant(3)));
    /// assert_eq!(session.insert(Note::draft()).await?.tenant_id, Some(3));
    /// # Ok(()) }
    /// ```
    pub fn context(&self) -> &'r Context {
        self.context
    }

    /// Sets a column, replacing the draft's value if there is one.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Note { #[key(auto)] id: i64, #[column(default = "0")] edits: i64 }
    /// impl ModelHooks for Note {
    ///     fn before_insert(row: &mut NewRow<'_, Note>) -> Result<()> {
    ///         row.set(Note::EDITS, 0);
    ///         Ok(())
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub fn set<T: ColumnType, A: Writable>(&mut self, column: Column<M, T, A>, value: impl IntoValue<T>) {
        if let Some(slot) = self.values.get_mut(column.index()) {
            *slot = Some(column.def().stored(value.into_value()));
        }
    }

    /// The draft's value for a column; `None` if the draft leaves the column out.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] #[model(hooks)] struct Note { #[key(auto)] id: i64, #[column(default = "0")] edits: i64 }
    /// impl ModelHooks for Note {
    ///     fn before_insert(row: &mut NewRow<'_, Note>) -> Result<()> {
    ///         match row.get(Note::EDITS) {
    ///             Some(_) => Err(Error::other("edits are counted, not set")),
    ///             None => Ok(()),
    ///         }
    ///     }
    /// }
    /// # fn main() {}
    /// ```
    pub fn get<T: ColumnType, A>(&self, column: Column<M, T, A>) -> Option<ValueRef<'_>> {
        self.values.get(column.index())?.as_ref().map(Value::as_ref)
    }
}

impl<M: Model> fmt::Debug for NewRow<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewRow<{}>", M::def().name)
    }
}

/// The hooks of a model as functions; for generated code.
#[doc(hidden)]
pub struct HookTable<M: Model> {
    pub(crate) before_insert: fn(&mut NewRow<'_, M>) -> Result<()>,
    pub(crate) before_update: fn(&mut M, &Context) -> Result<()>,
    pub(crate) before_delete: fn(&M, &Context) -> Result<()>,
}

impl<M: ModelHooks> HookTable<M> {
    /// The hooks that the model implements.
    #[allow(clippy::new_without_default)]
    pub fn new() -> HookTable<M> {
        HookTable {
            before_insert: M::before_insert,
            before_update: M::before_update,
            before_delete: M::before_delete,
        }
    }
}
