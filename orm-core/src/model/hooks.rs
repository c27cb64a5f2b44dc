use std::fmt;
use std::marker::PhantomData;

use super::{Column, Model};
use crate::error::Result;
use crate::value::{ColumnType, IntoValue, Value, ValueRef};

/// What a model does with its own rows before a flush writes them: timestamps, audit columns, checks. Asked for with
/// `#[model(hooks)]`.
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
///     fn before_update(&mut self) -> Result<()> {
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
pub trait ModelHooks: Model + HasHooks {
    /// Called with each new row before it is inserted.
    ///
    /// # Errors
    /// An error refuses the row: the flush fails with it before anything of the row is sent.
    fn before_insert(row: &mut NewRow<'_, Self>) -> Result<()> {
        let _ = row;
        Ok(())
    }

    /// Called with each changed object before it is updated; what it changes is written too.
    ///
    /// # Errors
    /// An error refuses the change: the flush fails with it.
    fn before_update(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Models whose hooks are called; for generated code, which has it of `#[model(hooks)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the hooks of `{Self}` would never be called",
    label = "add `#[model(hooks)]` to the struct `{Self}`"
)]
pub trait HasHooks {}

/// A row that is about to be inserted.
pub struct NewRow<'r, M> {
    values: &'r mut [Option<Value>],
    of: PhantomData<fn() -> M>,
}

impl<'r, M: Model> NewRow<'r, M> {
    pub(crate) fn new(values: &'r mut [Option<Value>]) -> NewRow<'r, M> {
        NewRow { values, of: PhantomData }
    }

    /// Gives a column, whether the draft gave it or not.
    pub fn set<T: ColumnType>(&mut self, column: Column<M, T>, value: impl IntoValue<T>) {
        if let Some(slot) = self.values.get_mut(column.index()) {
            *slot = Some(value.into_value());
        }
    }

    /// What the draft gave for a column; none where it gave nothing.
    pub fn get<T: ColumnType>(&self, column: Column<M, T>) -> Option<ValueRef<'_>> {
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
    pub(crate) before_update: fn(&mut M) -> Result<()>,
}

impl<M: ModelHooks> HookTable<M> {
    /// The hooks that the model implements.
    #[allow(clippy::new_without_default)]
    pub fn new() -> HookTable<M> {
        HookTable { before_insert: M::before_insert, before_update: M::before_update }
    }
}
