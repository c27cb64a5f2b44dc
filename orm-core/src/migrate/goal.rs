//! The structure that models describe.

use super::difference::Difference;
use super::structure::{Structure, column};
use crate::ddl::{LiveTable, Schema, create_statements};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::sql::Dialect;

/// What the models define, beside the tables that `create_all` makes of them.
#[derive(Debug)]
pub(super) struct Goal<'s> {
    schema: &'s Schema,
    /// The schemas that tables are in.
    pub(super) schemas: Vec<String>,
    /// The columns that the database fills in, without SQL in the models.
    left_to_database: Vec<Place>,
    /// Declared renames.
    renames: Vec<Rename>,
    /// Patterns of tables that migrations ignore.
    ignored: Vec<String>,
}

#[derive(Debug)]
struct Place {
    schema: Option<&'static str>,
    table: &'static str,
    column: &'static str,
}

/// A table or a column that has another name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rename {
    pub(super) schema: Option<String>,
    /// The table, by its new name.
    pub(super) table: String,
    /// The new name of its column; `None` if the table itself is renamed.
    pub(super) column: Option<String>,
    /// The old name.
    pub(super) from: String,
    /// Whether it was asked for on the command line, and must be there.
    pub(super) asked: bool,
}

impl Goal<'_> {
    pub(super) fn new<'s>(
        schema: &'s Schema,
        asked: &[(String, String)],
        ignored: &[String],
    ) -> Result<Goal<'s>> {
        let links = schema.link_tables();
        let tables =
            schema.defs().map(|def| def.table).chain(links.iter().map(|(_, through)| through.table()));
        let mut schemas: Vec<String> = tables.filter_map(|table| Some(table.schema?.to_owned())).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let (mut left_to_database, mut renames) = (Vec::new(), Vec::new());
        for def in schema.defs() {
            let table = || def.table.name.to_owned();
            let schema = || def.table.schema.map(str::to_owned);
            if let Some(from) = def.renamed_from {
                let from = from.to_owned();
                renames.push(Rename { schema: schema(), table: table(), column: None, from, asked: false });
            }
            for column in def.columns {
                if let Some(from) = column.renamed_from {
                    let (name, from) = (column.name.to_owned(), from.to_owned());
                    renames.push(Rename {
                        schema: schema(),
                        table: table(),
                        column: Some(name),
                        from,
                        asked: false,
                    });
                }
                if column.generated && column.default.is_none() && column.computed.is_none() && !column.auto {
                    let (schema, table) = (def.table.schema, def.table.name);
                    left_to_database.push(Place { schema, table, column: column.name });
                }
            }
        }
        for (from, to) in asked {
            renames.push(asked_rename(from, to)?);
        }
        Ok(Goal { schema, schemas, left_to_database, renames, ignored: ignored.to_vec() })
    }

    /// The statements of `create_all`.
    pub(super) fn create(&self, dialect: Dialect) -> Result<Vec<String>> {
        if matches!(dialect, Dialect::Mysql(_))
            && let Some(schema) = self.schemas.first()
        {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "a model is in the schema `{schema}`, which on MySQL and MariaDB is another database: no scratch database \
                     can stand for it, so its migrations are written by hand"
                ),
            ));
        }
        create_statements(self.schema, dialect)
    }

    /// Whether a table is none of the models' business.
    pub(super) fn ignores(&self, table: &LiveTable) -> bool {
        self.ignored.iter().any(|pattern| matches_pattern(pattern, &table.name))
    }

    /// The renames that lead from one structure to another.
    ///
    /// # Errors
    /// `Migration`: one that was asked for leads nowhere.
    pub(super) fn renames(&self, before: &Structure, after: &Structure) -> Result<Vec<Rename>> {
        let dialect = after.dialect;
        let mut found: Vec<Rename> = Vec::new();
        let mut tables: Vec<&Rename> = self.renames.iter().filter(|rename| rename.column.is_none()).collect();
        tables.dedup();
        for rename in tables {
            let schema = self.schema_of(rename, after);
            let fits = before.table(schema, &rename.from).is_some()
                && before.table(schema, &rename.table).is_none()
                && after.table(schema, &rename.table).is_some()
                && after.table(schema, &rename.from).is_none();
            match fits {
                true => found.push(Rename { schema: schema.map(str::to_owned), ..rename.clone() }),
                false if rename.asked => return Err(leads_nowhere(rename)),
                false => {}
            }
        }
        for rename in &self.renames {
            let Some(name) = &rename.column else { continue };
            let schema = self.schema_of(rename, after);
            let old_name = found.iter().find(|other| {
                other.column.is_none() && other.schema.as_deref() == schema && other.table == rename.table
            });
            let old_name = old_name.map_or(&rename.table, |other| &other.from);
            let (old, new) = (before.table(schema, old_name), after.table(schema, &rename.table));
            let fits = old.zip(new).is_some_and(|(old, new)| {
                let has = |table, name| column(dialect, table, name).is_some();
                has(old, &rename.from) && !has(old, name) && has(new, name) && !has(new, &rename.from)
            });
            match fits {
                true => found.push(Rename { schema: schema.map(str::to_owned), ..rename.clone() }),
                false if rename.asked => return Err(leads_nowhere(rename)),
                false => {}
            }
        }
        Ok(found)
    }

    /// The schema of a rename as structures have it: the one that connections are in is not named there.
    fn schema_of<'r>(&self, rename: &'r Rename, after: &Structure) -> Option<&'r str> {
        let schema = rename.schema.as_deref();
        if after.table(schema, &rename.table).is_some() { schema } else { None }
    }

    /// Takes over what the models leave open from the existing table.
    pub(super) fn settle(&self, before: &Structure, after: &mut Structure) {
        let dialect = after.dialect;
        for table in &mut after.tables {
            let Some(old) = before.table(table.schema.as_deref(), &table.name) else { continue };
            if dialect == Dialect::Sqlite {
                table.options.clone_from(&old.options);
            }
            let has_comments = self.schema.comments && self.def(dialect, table).is_some();
            if !has_comments {
                table.comment.clone_from(&old.comment);
            }
            for new in &mut table.columns {
                let Some(old) = column(dialect, old, &new.name) else { continue };
                new.on_update.clone_from(&old.on_update);
                if !has_comments {
                    new.comment.clone_from(&old.comment);
                }
                if old.type_name == new.type_name && (dialect != Dialect::Sqlite || new.collation.is_none()) {
                    new.collation.clone_from(&old.collation);
                }
                let is_left = self.left_to_database.iter().any(|left| {
                    dialect.is_same_name(left.table, &table.name)
                        && dialect.is_same_name(left.column, &new.name)
                        && (left.schema == table.schema.as_deref() || table.schema.is_none())
                });
                if is_left {
                    new.default.clone_from(&old.default);
                    new.computed.clone_from(&old.computed);
                    new.auto = old.auto;
                }
            }
        }
    }

    /// The model of a table.
    fn def(&self, dialect: Dialect, table: &LiveTable) -> Option<&'static ModelDef> {
        self.schema.defs().find(|def| {
            dialect.is_same_name(def.table.name, &table.name)
                && (def.table.schema == table.schema.as_deref() || table.schema.is_none())
        })
    }

    /// Notes what the models declare columns as, where the catalogue does not tell.
    pub(super) fn name_kinds(&self, structure: &mut Structure) {
        let dialect = structure.dialect;
        for table in &mut structure.tables {
            let Some(def) = self.def(dialect, table) else { continue };
            for column in &mut table.columns {
                let declared = def.columns.iter().find(|def| dialect.is_same_name(def.name, &column.name));
                column.kind = declared.map(|declared| declared.kind);
            }
        }
    }

    /// What may be a rename, and is written as a drop and an addition.
    pub(super) fn suggestions(&self, difference: &Difference) -> Vec<String> {
        let mut suggestions = Vec::new();
        for change in &difference.changed {
            for old in &change.dropped {
                let alike = |new: &&crate::ddl::LiveColumn| {
                    new.type_name == old.type_name && new.not_null == old.not_null
                };
                for new in change.added.iter().filter(alike) {
                    suggestions.push(format!(
                        "`{table}.{}` is dropped and `{table}.{}` added; if it is the same column, write \
                         `#[column(renamed_from = \"{}\")]`, or add `--rename {table}.{}={}`",
                        old.name,
                        new.name,
                        old.name,
                        old.name,
                        new.name,
                        table = change.after.name,
                    ));
                }
            }
        }
        for old in &difference.dropped {
            let names = |table: &LiveTable| -> Vec<String> {
                let mut names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
                names.sort();
                names
            };
            for new in difference.created.iter().filter(|new| names(new) == names(old)) {
                suggestions.push(format!(
                    "`{}` is dropped and `{}` created; if it is the same table, write `#[model(renamed_from = \"{}\")]`, or \
                     add `--rename {}={}`",
                    old.name, new.name, old.name, old.name, new.name,
                ));
            }
        }
        suggestions
    }
}

fn leads_nowhere(rename: &Rename) -> Error {
    let (from, to) = match &rename.column {
        Some(column) => (format!("{}.{}", rename.table, rename.from), column),
        None => (rename.from.clone(), &rename.table),
    };
    Error::new(
        ErrorKind::Migration,
        format!(
            "`--rename {from}={to}`: the migrations must have `{from}` and the models `{to}`, but not the \
             other way round; name a column with its table, by the table's new name"
        ),
    )
}

/// `table=new`, `table.column=new` or `schema.table.column=new`.
fn asked_rename(from: &str, to: &str) -> Result<Rename> {
    let parts: Vec<&str> = from.split('.').collect();
    let (schema, table, column, from) = match parts.as_slice() {
        [table] => (None, to, None, table),
        [table, column] => (None, *table, Some(to), column),
        [schema, table, column] => (Some(*schema), *table, Some(to), column),
        _ => {
            return Err(Error::new(
                ErrorKind::Migration,
                format!("`--rename {from}={to}`: write `table.column=new_name` or `table=new_name`"),
            ));
        }
    };
    Ok(Rename {
        schema: schema.map(str::to_owned),
        table: table.to_owned(),
        column: column.map(str::to_owned),
        from: (*from).to_owned(),
        asked: true,
    })
}

/// Whether a name matches a pattern, in which `*` matches anything.
pub(super) fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len())
                .filter(|at| name.is_char_boundary(*at))
                .any(|at| matches_pattern(rest, &name[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("users", "users", true),
            ("users", "users2", false),
            ("audit_*", "audit_log", true),
            ("audit_*", "my_audit_log", false),
            ("*_log", "audit_log", true),
            ("a*b*c", "a_b_b_c", true),
            ("a*b*c", "a_c", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_pattern(pattern, name), expected, "{pattern} {name}");
        }
    }
}
