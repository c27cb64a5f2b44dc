//! Actions of foreign keys.

/// What happens to rows whose foreign key refers to a row that is deleted, or whose key changes: `on_delete = ".."` and
/// `on_update = ".."` of a `belongs_to`.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::model::KeyAction;
/// use orm_core::relation::Relation;
///
/// #[derive(Model, Debug)]
/// struct Team {
///     #[key(auto)]
///     id: i64,
/// }
///
/// #[derive(Model, Debug)]
/// struct Player {
///     #[key(auto)]
///     id: i64,
///     team_id: Option<i64>,
///     #[belongs_to(on_delete = "set null")]
///     team: BelongsTo<Option<Team>>,
/// }
///
/// fn on_delete<R: Relation>(_: R) -> Option<KeyAction> {
///     R::def().on_delete()
/// }
///
/// # fn main() {
/// assert_eq!(on_delete(Player::TEAM), Some(KeyAction::SetNull));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyAction {
    /// The change is refused, at the end of the statement.
    #[default]
    NoAction,
    /// The change is refused at once.
    Restrict,
    /// The referring rows are deleted, or their keys follow.
    Cascade,
    /// The keys of the referring rows become NULL.
    SetNull,
    /// The keys of the referring rows get the defaults of their columns.
    SetDefault,
}

impl KeyAction {
    /// The action in SQL.
    ///
    /// ```
    /// use orm_core::model::KeyAction;
    ///
    /// assert_eq!(KeyAction::SetNull.sql(), "SET NULL");
    /// ```
    pub fn sql(self) -> &'static str {
        match self {
            KeyAction::NoAction => "NO ACTION",
            KeyAction::Restrict => "RESTRICT",
            KeyAction::Cascade => "CASCADE",
            KeyAction::SetNull => "SET NULL",
            KeyAction::SetDefault => "SET DEFAULT",
        }
    }
}
