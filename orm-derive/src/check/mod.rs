//! The rules: what must hold in one model for its code to mean something.
//!
//! Enters: a model. Leaves: every mistake, on the smallest token to edit, with the corrected text. One function is one
//! rule, and has one program in the tests that breaks it. What only the compiler can see, because it is about two
//! structs, is checked by the generated code.

mod belongs_to;
mod declarations;
mod generated;
mod has_many;
mod indexes;
mod keys;
mod many_to_many;
mod names;

pub use keys::{MOST_KEY_COLUMNS, can_be_key};

use crate::errors::Errors;
use crate::model::{Model, Relation};

const RULES: &[fn(&Model, &mut Errors)] = &[
    declarations::target_is_named,
    declarations::type_is_a_relationship,
    declarations::is_not_in_itself,
    declarations::has_an_attribute,
    declarations::has_one_attribute,
    declarations::attribute_fits_the_type,
    declarations::is_not_a_column,
    declarations::is_optional_only_here,
    declarations::option_fits_the_attribute,
    declarations::cascade_deletes_children,
    declarations::view_only_writes_nothing,
    declarations::part_has_no_inverse,
    names::module_can_be_one,
    names::names_are_sql,
    names::columns_differ,
    names::constants_differ,
    names::serialized_names_differ,
    names::is_not_reserved,
    names::fields_can_be_some,
    declarations::option_is_single,
    declarations::length_is_of_a_text,
    declarations::precision_is_of_a_time,
    declarations::checks_say_something,
    declarations::default_is_sql,
    indexes::indexes_are_of_columns,
    indexes::conditions_are_about_columns,
    keys::there_is_a_key,
    keys::key_is_small,
    keys::key_is_never_null,
    keys::key_is_exact,
    keys::auto_is_an_integer,
    keys::auto_is_single,
    keys::version_is_an_integer,
    keys::version_is_single,
    keys::version_is_not_a_key,
    declarations::stamps_are_plain,
    declarations::clocks_are_known,
    declarations::deleted_is_null_until_then,
    declarations::authors_are_plain,
    generated::is_filled_in_once,
    generated::sql_says_something,
    generated::is_virtual_by_sql,
    generated::default_with_is_the_only_source,
    generated::is_written_to_be_read_back,
    declarations::deferred_is_written_twice,
    keys::key_is_read,
    belongs_to::key_is_a_column,
    belongs_to::counts_are_equal,
    belongs_to::nullability_is_the_keys,
    has_many::refers_to_columns,
    has_many::key_is_written_for_composites,
    has_many::counts_are_equal,
    has_many::keys_tell_them_apart,
    many_to_many::there_is_a_table,
    many_to_many::model_has_its_schema,
    many_to_many::order_is_of_the_target_or_the_links,
    many_to_many::self_links_are_written,
    many_to_many::counts_are_equal,
];

/// Holds a model against every rule.
pub fn all(model: &Model, errors: &mut Errors) {
    if !model.has_fields {
        return;
    }
    for rule in RULES {
        rule(model, errors);
    }
}

/// The relationships whose attribute and type agree: the others have been reported.
fn sound(model: &Model) -> impl Iterator<Item = &Relation> {
    model.relations.iter().filter(|relation| relation.is_sound())
}

/// `2 columns`, `1 column`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
