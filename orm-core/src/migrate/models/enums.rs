//! Enums of written models.

use super::described::Described;
use super::names::{Names, case_of, snake, type_name, variant_name};
use super::rust_type::Labels;

/// An enum that columns have.
#[derive(Debug)]
pub(super) struct EnumOf {
    pub(super) name: String,
    /// The type's name in the database, or one like it.
    native: String,
    labels: Labels,
    /// Variants and labels.
    variants: Vec<(String, String)>,
}

impl EnumOf {
    /// The enums of some structs, each before the first struct that has it; fields get their types.
    pub(super) fn of(structs: &mut [Described<'_>], taken: &mut Names) -> Vec<(usize, EnumOf)> {
        let mut enums: Vec<(usize, EnumOf)> = Vec::new();
        for (at, described) in structs.iter_mut().enumerate() {
            let noun = described.noun();
            for field in &mut described.fields {
                let Some(labels) = &field.ty.labels else { continue };
                let same =
                    |other: &EnumOf| labels.type_name.is_some() && other.labels.type_name == labels.type_name;
                let known = enums.iter().position(|(_, other)| same(other));
                let known = known.unwrap_or_else(|| {
                    // MySQL's have no name of their own.
                    let text = labels.type_name.clone().unwrap_or_else(|| format!("{noun}_{}", field.name));
                    let name = taken.take(&[type_name(&text), type_name(&format!("{text}_kind"))]);
                    let native = labels.type_name.clone().unwrap_or_else(|| snake(&name));
                    enums.push((
                        at,
                        EnumOf { name, native, labels: labels.clone(), variants: variants(&labels.labels) },
                    ));
                    enums.len() - 1
                });
                let name = &enums[known].1.name;
                field.ty.name = if labels.list { format!("Vec<{name}>") } else { name.clone() };
            }
        }
        enums
    }

    pub(super) fn code(&self) -> String {
        let case = case_of(&self.variants);
        let rename_all = case.map_or_else(String::new, |case| format!(", rename_all = {case:?}"));
        let mut code = "#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq)]\n".to_owned();
        code.push_str(&format!(
            "#[db_enum(native = {:?}{rename_all})]\npub enum {} {{\n",
            self.native, self.name
        ));
        for (variant, label) in &self.variants {
            if case.is_none() && variant != label {
                code.push_str(&format!("    #[db_enum(rename = {label:?})]\n"));
            }
            code.push_str(&format!("    {variant},\n"));
        }
        code.push_str("}\n");
        code
    }
}

fn variants(labels: &[String]) -> Vec<(String, String)> {
    let mut taken = Names::default();
    labels.iter().map(|label| (taken.take(&[variant_name(label)]).replace('_', "N"), label.clone())).collect()
}
