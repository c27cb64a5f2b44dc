//! Strategies other than selectin and joined, defaults and overrides, and loading onto existing objects.

#[allow(dead_code, unused_imports)]
#[path = "../fixtures/mod.rs"]
mod fixtures;

mod auto;
mod double_links;
mod existing_objects;
mod has_one_pages;
mod key_searches;
mod lists;
mod model_defaults;
mod option_conflicts;
mod overrides;
mod paths;
mod plans;
mod recursion;
mod repeated_loads;
mod subquery;
mod ties;
mod views_below;
