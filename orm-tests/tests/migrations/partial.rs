//! Indexes of some of the rows, at random.

use crate::blueprint::{Blueprint, Column, Kind, Table};
use crate::dice::Dice;

/// An index of some of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    pub unique: bool,
    pub columns: Vec<String>,
    parts: Vec<(String, Part)>,
    /// Whether one of the parts is enough.
    any: bool,
}

/// What a column has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Null,
    NotNull,
    /// SQL behind the column.
    Compared(&'static str),
}

impl Partial {
    /// The condition as a model has it.
    pub fn condition(&self) -> String {
        let parts = self.parts.iter().map(|(column, part)| match part {
            Part::Null => format!("{column} is null"),
            Part::NotNull => format!("not {column} is null"),
            Part::Compared(with) => format!("{column} {with}"),
        });
        parts.collect::<Vec<String>>().join(if self.any { " or " } else { " and " })
    }

    pub fn mentions(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
            || self.parts.iter().any(|(column, _)| column == name)
    }

    /// Whether its condition depends on the type of a column.
    pub fn compares(&self, name: &str) -> bool {
        self.parts.iter().any(|(column, part)| column == name && matches!(part, Part::Compared(_)))
    }

    pub fn rename(&mut self, from: &str, to: &str) {
        let names = self.parts.iter_mut().map(|(column, _)| column).chain(&mut self.columns);
        names.filter(|name| *name == from).for_each(|name| to.clone_into(name));
    }
}

/// Adds, removes or changes one.
pub fn change(made: &mut Blueprint, dice: &mut Dice) {
    let at = dice.below(made.tables.len());
    change_of(&mut made.tables[at], dice);
}

pub fn change_of(table: &mut Table, dice: &mut Dice) {
    if !table.partial.is_empty() && dice.one_in(3) {
        table.partial.remove(0);
        return;
    }
    let Some((parts, any)) = parts(table, dice) else { return };
    if let Some(first) = table.partial.first_mut().filter(|_| dice.one_in(2)) {
        (first.parts, first.any) = (parts, any);
        return;
    }
    let fits = |column: &&Column| {
        let is_plain = column.refers_to.is_none() && column.computed.is_none();
        let can_be_unique = column.kind.can_be_unique() && is_plain;
        can_be_unique && column.nullable && column.default.is_none() && !column.mixed
    };
    let mut columns: Vec<String> =
        table.columns.iter().filter(fits).map(|column| column.name.clone()).collect();
    columns.truncate(1 + dice.below(2));
    if !columns.is_empty() {
        table.partial.push(Partial { unique: dice.one_in(2), columns, parts, any });
    }
}

fn parts(table: &Table, dice: &mut Dice) -> Option<(Vec<(String, Part)>, bool)> {
    let mut parts = Vec::new();
    for _ in 0..1 + dice.below(3) {
        if table.columns.is_empty() {
            return None;
        }
        let column = dice.pick(&table.columns);
        let compared: &[&'static str] = match column.kind {
            Kind::Bool => &["", "= false", "<> false"],
            Kind::Enum => &["= 'sad'", "<> 'glad'", "in ('sad', 'glad')"],
            Kind::Text => &["= 'it''s [] \\ \"'", "<> '1'", "not in ('1', '2')"],
            Kind::Int16 | Kind::Int32 | Kind::Int64 | Kind::Float32 | Kind::Float64
                if column.refers_to.is_none() =>
            {
                &["= 1", "> -1", "<= 100", "in (1, 2)"]
            }
            _ => &[],
        };
        let part = match dice.below(3) {
            0 => Part::NotNull,
            1 if !compared.is_empty() => Part::Compared(compared[dice.below(compared.len())]),
            _ => Part::Null,
        };
        if parts.iter().all(|(name, _)| *name != column.name) {
            parts.push((column.name.clone(), part));
        }
    }
    Some((parts, dice.one_in(2)))
}
