//! What the tables say about the models to write.

use super::inflection::singular;
use super::names::{Names, field_name, snake, struct_name};
use super::rust_type::{Family, RustType};
use crate::ddl::{LiveColumn, LiveIndex, LiveKey, LiveTable};
use crate::migrate::structure::{Structure, mentions, primary_key};
use crate::model::condition::{Condition, Literal};
use crate::value::ValueKind;

/// The most columns of a key that the derive takes.
const MOST_KEY_COLUMNS: usize = 8;

/// A table that becomes a struct.
#[derive(Debug)]
pub(super) struct Described<'t> {
    pub(super) table: &'t LiveTable,
    pub(super) name: String,
    pub(super) fields: Vec<Field<'t>>,
    /// SQL that every row must satisfy.
    pub(super) check: Option<String>,
    /// Lists of fields that are unique together, and those with an index.
    pub(super) unique: Vec<FieldList>,
    pub(super) indexes: Vec<FieldList>,
    /// What the struct does not express, and why.
    pub(super) notes: Vec<String>,
    /// What its fields are called.
    pub(super) names: Names,
}

/// Fields of an index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldList {
    pub(super) fields: Vec<usize>,
    /// Which rows it contains, as the model says it.
    pub(super) condition: Option<String>,
}

/// A column that becomes a field.
#[derive(Debug)]
pub(super) struct Field<'t> {
    pub(super) column: &'t LiveColumn,
    pub(super) name: String,
    pub(super) ty: RustType,
    pub(super) key: bool,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) check: Option<String>,
}

impl Field<'_> {
    /// Whether the database computes it. Of a key the program gives the value, to find the row by it.
    pub(super) fn is_generated(&self) -> bool {
        self.column.computed.is_some() && !self.key
    }
}

impl<'t> Described<'t> {
    /// The struct of a table, without relationships, or why it cannot be one.
    pub(super) fn of(
        structure: &Structure,
        table: &'t LiveTable,
        ignored: &dyn Fn(&str) -> bool,
        taken: &mut Names,
    ) -> std::result::Result<Described<'t>, String> {
        let dialect = structure.dialect;
        let Some(key) = primary_key(table) else {
            return Err(match table.keys.len() {
                2 => "it has no primary key; with one over the columns of both its foreign keys it links two models"
                    .to_owned(),
                _ => "it has no primary key, and a model is found again by one".to_owned(),
            });
        };
        let is_key = |column: &LiveColumn| {
            key.columns.iter().flatten().any(|name| dialect.is_same_name(name, &column.name))
        };
        if key.columns.len() > MOST_KEY_COLUMNS {
            return Err(format!("its primary key has more than {MOST_KEY_COLUMNS} columns"));
        }
        let mut described = Described {
            table,
            name: String::new(),
            fields: Vec::new(),
            check: None,
            unique: Vec::new(),
            indexes: Vec::new(),
            notes: Vec::new(),
            names: Names::default(),
        };
        for column in &table.columns {
            if ignored(&column.name) {
                match is_key(column) {
                    true => return Err(format!("`{}` is in its primary key and ignored", column.name)),
                    false => described.left_out(column, "it is ignored"),
                }
                continue;
            }
            match RustType::of(dialect, table, column) {
                Ok(ty)
                    if is_key(column) && matches!(ty.name.as_str(), "f32" | "f64" | "serde_json::Value") =>
                {
                    return Err(format!(
                        "`{}` is in its primary key, and a {} is not exact",
                        column.name, ty.name
                    ));
                }
                Ok(ty) => described.field(structure, column, ty, is_key(column)),
                Err(why) if is_key(column) => {
                    return Err(format!("`{}` is in its primary key, and {why}", column.name));
                }
                Err(why) => described.left_out(column, &why),
            }
        }
        let name = struct_name(&table.name);
        let with_schema =
            table.schema.as_ref().map(|schema| struct_name(&format!("{schema}_{}", table.name)));
        described.name = taken.take(&std::iter::once(name).chain(with_schema).collect::<Vec<_>>());
        described.declare_indexes(structure);
        described.declare_checks();
        Ok(described)
    }

    fn left_out(&mut self, column: &LiveColumn, why: &str) {
        let needed = column.not_null && !column.filled_in;
        let so =
            if needed { "; it is NOT NULL without a default, so this model inserts no rows" } else { "" };
        self.notes.push(format!("The column `{}` is left out: {why}{so}.", column.name));
    }

    fn field(&mut self, structure: &Structure, column: &'t LiveColumn, ty: RustType, key: bool) {
        let plain = field_name(&column.name);
        // The field is named as a key, so its relationship can have the plain name.
        let mut wanted = vec![plain.clone()];
        if let Some(refers_to) = only_reference(structure, self.table, column)
            && role(&plain, &refers_to).is_none()
            && plain != refers_to
        {
            let of_key = if refers_to.ends_with("_id") { "id" } else { &refers_to };
            wanted.insert(0, format!("{plain}_{of_key}"));
        }
        let name = self.names.take(&wanted);
        self.fields.push(Field { column, name, ty, key, unique: false, index: false, check: None });
    }

    /// The field of a column.
    pub(super) fn place(&self, structure: &Structure, column: &str) -> Option<usize> {
        self.fields.iter().position(|field| structure.dialect.is_same_name(&field.column.name, column))
    }

    /// The fields of the primary key.
    pub(super) fn key(&self) -> Vec<usize> {
        (0..self.fields.len()).filter(|at| self.fields[*at].key).collect()
    }

    /// The struct's name in snake_case, the base of default names.
    pub(super) fn snake(&self) -> String {
        snake(&self.name)
    }

    /// What one row is called.
    pub(super) fn noun(&self) -> String {
        singular(&snake(&self.table.name))
    }

    /// Whether some fields are unique together, or a part of them is.
    pub(super) fn is_unique(&self, fields: &[usize]) -> bool {
        let within = |list: &[usize]| !list.is_empty() && list.iter().all(|at| fields.contains(at));
        within(&self.key())
            || fields.iter().any(|at| self.fields[*at].unique)
            || self.unique.iter().any(|list| list.condition.is_none() && within(&list.fields))
    }

    fn declare_indexes(&mut self, structure: &Structure) {
        for index in self.table.indexes.iter().filter(|index| !index.primary) {
            let fields = index.columns.iter().map(|name| self.place(structure, name.as_deref()?));
            let fields: Option<Vec<usize>> = fields.collect();
            let condition = self.condition(structure, index);
            let is_known = !index.special && (!index.partial || condition.is_some());
            match (fields.filter(|_| is_known).as_deref(), condition) {
                (None, _) => {
                    self.notes.push(format!("The index `{}` is left out: no model declares it.", index.name));
                }
                (Some([only]), None) if index.unique => {
                    self.fields[*only].unique = !self.is_key(&[*only]);
                }
                (Some([only]), None) => self.fields[*only].index = true,
                (Some(several), condition) => {
                    let list = if index.unique { &mut self.unique } else { &mut self.indexes };
                    let new = FieldList { fields: several.to_vec(), condition };
                    if !list.contains(&new) {
                        list.push(new);
                    }
                }
            }
        }
        let key = self.key();
        let is_key = |list: &FieldList| {
            list.fields.len() == key.len() && list.fields.iter().all(|at| key.contains(at))
        };
        self.unique.retain(|list| list.condition.is_some() || !is_key(list));
        for field in &mut self.fields {
            // What is unique has an index, and so has a key of one column.
            field.index &= !(field.unique || field.key && key.len() == 1);
        }
    }

    /// The condition of an index in the names of fields; `None` if it has none, or one that no model can have.
    fn condition(&self, structure: &Structure, index: &LiveIndex) -> Option<String> {
        let place = |name: &str| self.place(structure, name);
        let condition = Condition::read(index.condition.as_deref()?, &place).ok()?;
        let family = |at: usize| self.fields[at].ty.family;
        let condition = condition.of_kinds(&|at| match family(at) {
            Family::Bool => ValueKind::Bool,
            _ => ValueKind::Int64,
        });
        let fits = condition.comparisons().iter().all(|(at, how, value)| match (family(*at), value) {
            (Family::Bool, Literal::Bool(_)) | (Family::Enum, Literal::Text(_)) => how.is_equality(),
            (Family::Integer | Family::Float, Literal::Int(_)) | (Family::Text, Literal::Text(_)) => true,
            _ => false,
        });
        fits.then(|| condition.text(&|at| self.fields[at].name.clone()))
    }

    fn is_key(&self, fields: &[usize]) -> bool {
        self.key() == fields
    }

    fn declare_checks(&mut self) {
        for check in &self.table.checks {
            let expression = without_parentheses(&check.expression);
            // How MariaDB declares JSON.
            if expression.to_ascii_lowercase().starts_with("json_valid(") {
                continue;
            }
            let about: Vec<&LiveColumn> =
                self.table.columns.iter().filter(|column| mentions(expression, &column.name)).collect();
            if about.iter().any(|column| self.fields.iter().all(|field| field.column.name != column.name)) {
                self.notes.push(format!("CHECK ({expression}) is left out: a column of it has no field."));
                continue;
            }
            let place = match about.as_slice() {
                [only] => self.fields.iter_mut().find(|field| field.column.name == only.name),
                _ => None,
            };
            match place {
                Some(field) if field.check.is_none() => field.check = Some(expression.to_owned()),
                _ if self.check.is_none() => self.check = Some(expression.to_owned()),
                _ => self
                    .notes
                    .push(format!("CHECK ({expression}) is left out: a model declares one for its rows.")),
            }
        }
    }
}

/// The field that a column refers to, where it is the only one of a foreign key.
fn only_reference(structure: &Structure, table: &LiveTable, column: &LiveColumn) -> Option<String> {
    let mut keys = table.keys.iter().filter_map(|key| match key.columns.as_slice() {
        [(own, Some(refers_to))] if structure.dialect.is_same_name(own, &column.name) => {
            parent(structure, key).map(|_| field_name(refers_to))
        }
        _ => None,
    });
    keys.next()
}

/// The table that a key refers to.
pub(super) fn parent<'s>(structure: &'s Structure, key: &LiveKey) -> Option<&'s LiveTable> {
    structure.table(key.parent_schema.as_deref(), &key.parent)
}

/// The role that a key field names: `author` for `author_id`.
pub(super) fn role(field: &str, refers_to: &str) -> Option<String> {
    let own = format!("_{refers_to}");
    let role =
        [own.as_str(), "_id", "_uuid", "_fk"].into_iter().find_map(|suffix| field.strip_suffix(suffix));
    role.filter(|role| !role.is_empty()).map(str::to_owned)
}

/// `((a > 0))` is `a > 0`.
fn without_parentheses(expression: &str) -> &str {
    let Some(inside) = expression.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return expression.trim();
    };
    let (mut depth, mut quote) = (1_usize, None);
    for char in inside.chars() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(char),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return expression.trim();
        }
    }
    without_parentheses(inside)
}

#[cfg(test)]
mod tests {
    use super::{role, without_parentheses};

    #[test]
    fn parentheses_around_all_of_it_go() {
        assert_eq!(without_parentheses("((a > 0))"), "a > 0");
        assert_eq!(without_parentheses("(a) > (b)"), "(a) > (b)");
        assert_eq!(without_parentheses("(a <> ')')"), "a <> ')'");
    }

    #[test]
    fn a_key_has_a_role() {
        assert_eq!(role("author_id", "id").as_deref(), Some("author"));
        assert_eq!(role("country_code", "code").as_deref(), Some("country"));
        assert_eq!(role("created_by", "id"), None);
        assert_eq!(role("id", "id"), None);
    }
}
