/// What a foreign key does when the row that it refers to is deleted, or its key changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyAction {
    /// It refuses that, at the end of the statement.
    #[default]
    NoAction,
    /// It refuses that at once.
    Restrict,
    /// The rows that refer to it are deleted, or their keys follow.
    Cascade,
    /// Their keys become NULL.
    SetNull,
    /// Their keys get the defaults of their columns.
    SetDefault,
}

impl KeyAction {
    /// As SQL has it: `ON DELETE SET NULL`.
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
