//! Models as data.

use super::descriptor::descriptor;
use super::special_columns::SpecialColumns;
use super::{CheckedModel, ColumnDef, IndexDef, RelationDef, Stamp};
use crate::sql::{KeyColumn, TableName};
use crate::value::Value;

descriptor! {
    /// One model as data: its table, columns, key and relationships. [`Model::def`](crate::Model::def) returns it.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// for relation in Book::def().relations() {
    ///     println!("{} leads to {}", relation.path(), relation.target().name());
    /// }
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct ModelDef {
        /// The struct's name.
        name: &'static str,
        /// The table's name, with its schema if it has one.
        table: TableName,
        /// The columns, in declaration order; a column's index is its place here.
        columns: &'static [ColumnDef],
        /// The indices of the primary key's columns, in declaration order.
        key: &'static [usize],
        /// The relationships, in declaration order.
        relations: &'static [RelationDef],
        /// `#[model(check = "..")]`: SQL that every row must satisfy.
        check_constraint => with_check_constraint: Option<&'static str>,
        /// `#[model(renamed_from = "..")]`: the table's earlier name, for migrations.
        renamed_from => with_renamed_from: Option<&'static str>,
        /// The struct's doc comment, which [`Schema::with_comments`](crate::schema::Schema::with_comments) makes a comment of the table.
        docs => with_docs: Option<&'static str>,
        /// `#[model(unique = "a, b", index = "c where d is null")]`: indexes over several columns, or some of the rows.
        indexes => with_indexes: &'static [IndexDef],
    }
    unread {
        /// Whether it is valid, checked once.
        checked: CheckedModel,
        /// The columns that are not plain.
        special: SpecialColumns,
    }
}

impl ModelDef {
    /// A model without checks and indexes of several columns; for generated code.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        table: TableName,
        columns: &'static [ColumnDef],
        key: &'static [usize],
        relations: &'static [RelationDef],
    ) -> ModelDef {
        let special = SpecialColumns::of(columns);
        let mark = match special.deleted {
            Some(deleted) => Some(&columns[deleted].name),
            None => None,
        };
        ModelDef {
            name,
            table: table.marking_deleted(mark),
            columns,
            key,
            relations,
            check_constraint: None,
            renamed_from: None,
            docs: None,
            indexes: &[],
            checked: CheckedModel::new(),
            special,
        }
    }

    /// The index of the column of a field; `None` if the model has no such field.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::def().column_of("title"), Some(2));
    /// assert_eq!(Book::def().column_of("isbn"), None);
    /// # }
    /// ```
    pub fn column_of(&self, field: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// The names of some columns.
    pub(crate) fn names(&self, columns: &[usize]) -> Vec<&'static str> {
        columns.iter().map(|column| self.columns[*column].name).collect()
    }

    /// Whether a key, a unique constraint or an index of the model is over a column.
    pub(crate) fn is_indexed(&self, column: usize) -> bool {
        let def = &self.columns[column];
        def.key || def.unique || def.index || self.indexes.iter().any(|index| index.columns.contains(&column))
    }

    /// The indices of the deferred columns.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::def().deferred().count(), 0);
    /// # }
    /// ```
    pub fn deferred(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().enumerate().filter(|(_, column)| column.deferred).map(|(index, _)| index)
    }

    /// Some columns as the parts of a key.
    pub(crate) fn key_columns(&self, columns: &[usize]) -> Vec<KeyColumn> {
        let part = |column: &usize| KeyColumn {
            name: self.columns[*column].name,
            secret: self.columns[*column].secret,
            kind: self.columns[*column].kind,
        };
        columns.iter().map(part).collect()
    }

    /// The values of some columns for a message; those of `secret` columns stay out of it.
    pub(crate) fn shown(&self, columns: &[usize], values: &[Value]) -> String {
        let show = |(column, value): (&usize, &Value)| match self.columns[*column].secret {
            true => "***".to_owned(),
            false => value.to_string(),
        };
        let shown: Vec<String> = columns.iter().zip(values).map(show).collect();
        shown.join(", ")
    }

    /// A key's values as its columns store them.
    pub(crate) fn stored_key(&self, mut key: Vec<Value>) -> Vec<Value> {
        let cut = |column: &usize| self.columns[*column].precision.is_some();
        for (column, value) in self.key.iter().zip(&mut key).filter(|(column, _)| cut(column)) {
            *value = self.columns[*column].stored(std::mem::replace(value, Value::Null));
        }
        key
    }

    /// The column that counts its updates, if it has one.
    pub(crate) fn version(&self) -> Option<usize> {
        self.special.version
    }

    /// The column that marks deleted rows, if it has one.
    pub(crate) fn deleted(&self) -> Option<usize> {
        self.special.deleted
    }

    /// The columns that hold when a row was last updated, and by whom.
    pub(crate) fn updated(&self) -> impl Iterator<Item = usize> {
        let columns = self.columns.iter().enumerate().skip(self.special.updated_from);
        columns.filter(|(_, column)| column.stamp == Some(Stamp::Updated)).map(|(index, _)| index)
    }

    /// The columns that state a precision.
    pub(crate) fn precise(&self) -> impl Iterator<Item = usize> {
        let columns = self.columns.iter().enumerate().skip(self.special.precise_from);
        columns.filter(|(_, column)| column.precision.is_some()).map(|(index, _)| index)
    }

    /// The columns of a unique index that MySQL names: it calls the key `PRIMARY`, and an index without a name like its first
    /// column, with a number behind it if the table has that name already. None if several indexes may be meant.
    pub(crate) fn columns_of_unique(&self, index: &str) -> Vec<usize> {
        if index == "PRIMARY" {
            return self.key.to_vec();
        }
        // Columns come before indexes over several, so the name of a unique column is that of its index.
        let mut single = (0..self.columns.len()).filter(|column| self.columns[*column].unique);
        if let Some(column) = single.find(|column| self.columns[*column].name == index) {
            return vec![column];
        }
        let is_meant = |columns: &&[usize]| {
            let first = columns.first().map(|column| self.columns[*column].name);
            let rest = first.and_then(|name| index.strip_prefix(name));
            let is_number =
                |rest: &str| rest.strip_prefix('_').is_some_and(|rest| rest.parse::<u32>().is_ok());
            rest.is_some_and(|rest| rest.is_empty() || is_number(rest))
        };
        let several = self.indexes.iter().filter(|index| index.is_key()).map(|index| index.columns);
        let mut meant = several.filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(only), None) => only.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether a part of the key must not be shown.
    pub(crate) fn has_secret_key(&self) -> bool {
        self.key.iter().any(|column| self.columns[*column].secret)
    }

    /// The index of the key column, if the key is one column that the database generates.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/library.rs"));
    /// # fn main() {
    /// assert_eq!(Book::def().auto_key(), Some(0));
    /// # }
    /// ```
    pub fn auto_key(&self) -> Option<usize> {
        match self.key {
            [only] if self.columns.get(*only).is_some_and(|column| column.auto) => Some(*only),
            _ => None,
        }
    }
}
