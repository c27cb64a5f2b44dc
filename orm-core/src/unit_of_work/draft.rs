//! Drafts of new objects.

use std::fmt;

use super::detached::detached;
use super::links::{IntoLinks, LinkTarget};
use crate::entity::{Entity, FillsField, Relation};
use crate::error::Result;
use crate::model::{ErasedModel, Model, erased};
use crate::value::Value;

/// In a draft's type: the column is set.
///
/// ```
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Tag { #[key(auto)] id: i64, name: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Tag]).await?;
/// # let mut session = engine.session();
/// // `name(..)` changes the draft's type from one with `Missing` to one with `Given`, which `insert` accepts.
/// let tag = session.insert(Tag::draft().name("utopia")).await?;
/// # let _ = tag; Ok(()) }
/// ```
#[derive(Debug)]
pub enum Given {}

/// In a draft's type: the column is not set. The name appears in the compiler's message about an incomplete draft.
///
/// ```compile_fail,E0277
/// # use orm_core::prelude::*;
/// # #[derive(Model, Debug)] struct Tag { #[key(auto)] id: i64, name: String }
/// # async fn f(session: &mut Session) -> Result<()> {
/// session.insert(Tag::draft()).await?;      // `Tag.name` is not set
/// # Ok(()) }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub enum Missing {}

/// The state of a draft's column, which a link by the relationship `R` may fill: the field of this hash.
#[doc(hidden)]
pub trait GivenOr<R, const FIELD: u64> {}

impl<R, const FIELD: u64> GivenOr<R, FIELD> for Given {}

impl<R: FillsField<FIELD>, const FIELD: u64> GivenOr<R, FIELD> for Missing {}

/// A new row with every required column set: what `User::draft()..` builds. The derive implements it. If a column is
/// missing, the compiler lists the required columns.
///
/// Use it as the return type of a function that returns a draft, and as a bound for a function that takes any complete
/// draft:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = library().await?;
/// # let mut session = engine.session();
/// fn guest(name: &str) -> impl CompleteDraft<Model = Author> {
///     Author::draft().name(name)
/// }
///
/// let author = session.insert(guest("Anonymous")).await?;
/// assert_eq!(author.name, "Anonymous");
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a new row",
    label = "expected a draft: `User::draft().name(..)`",
    note = "an entity is in its session already; several drafts are added one by one, or in a relationship of another one; a \
            model's struct is never built by hand"
)]
pub trait CompleteDraft: Sized {
    /// The model.
    type Model: Model;

    /// The object that the draft describes, without a database or a session, for unit tests of code that takes entities.
    ///
    /// It has only columns. The draft must set every key and default that the database would generate; `default_with`
    /// functions and `before_insert` are called, and `#[column(created)]` and `#[column(updated)]` take the time of the
    /// program's clock.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model, Debug)] struct Account { #[key(auto)] id: i64, balance: i64 }
    /// fn may_withdraw(account: &Entity<Account>, amount: i64) -> bool {
    ///     account.balance >= amount
    /// }
    ///
    /// # fn main() -> Result<()> {
    /// let account = Account::draft().id(1).balance(100).detached()?;
    /// assert!(may_withdraw(&account, 100) && !may_withdraw(&account, 101));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidState`: a column that the database would fill in is not set, or a relationship is. The error of the hook.
    fn detached(self) -> Result<Entity<Self::Model>> {
        detached(self.into_data())
    }

    /// What was given; for the unit of work.
    #[doc(hidden)]
    fn into_data(self) -> DraftData;
}

/// The columns and links that a draft was given.
pub struct DraftData {
    pub(crate) model: &'static dyn ErasedModel,
    /// By column index; `None` if nothing was given.
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) links: Vec<DraftLinks>,
    /// The columns whose values are those of a client.
    pub(crate) sent: Vec<usize>,
}

/// What a draft is made of, for generated code: its fields are private, so an editor does not offer them.
#[doc(hidden)]
pub trait DraftParts {
    /// A draft of these.
    fn of(data: DraftData) -> Self;
    /// What it was given.
    fn into_parts(self) -> DraftData;
}

/// What a draft was given for one relationship.
#[derive(Debug)]
pub(crate) struct DraftLinks {
    pub(crate) relation: usize,
    pub(crate) targets: Vec<LinkTarget>,
}

impl DraftData {
    /// A draft of a model with nothing in it.
    pub fn new<M: Model>() -> DraftData {
        let values = std::iter::repeat_with(|| None).take(M::def().columns.len()).collect();
        DraftData { model: erased::<M>(), values, links: Vec::new(), sent: Vec::new() }
    }

    /// Gives a column, by index.
    pub fn set(&mut self, column: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(column) {
            *slot = Some(self.model.def().columns[column].stored(value));
        }
    }

    /// Whether it was given any relationship.
    pub(crate) fn has_links(&self) -> bool {
        !self.links.is_empty()
    }

    /// Gives a relationship its targets.
    pub fn link<R: Relation>(&mut self, relation: R, targets: impl IntoLinks<R::Target, R>) {
        let _ = relation;
        let targets = targets.into_links();
        self.links.push(DraftLinks { relation: R::INDEX, targets });
    }
}

/// Drafts may be nested as deeply as the data: they are dropped one by one, without recursion.
impl Drop for DraftData {
    fn drop(&mut self) {
        let mut inside = std::mem::take(&mut self.links);
        while let Some(links) = inside.pop() {
            for target in links.targets {
                if let LinkTarget::Draft(mut draft) = target {
                    inside.append(&mut draft.links);
                }
            }
        }
    }
}

impl fmt::Debug for DraftData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let def = self.model.def();
        let mut out = f.debug_struct(def.name);
        for (column, value) in def.columns.iter().zip(&self.values) {
            match value {
                Some(_) if column.secret => out.field(column.field, &format_args!("***")),
                Some(value) => out.field(column.field, &format_args!("{value}")),
                None => &mut out,
            };
        }
        out.finish_non_exhaustive()
    }
}
