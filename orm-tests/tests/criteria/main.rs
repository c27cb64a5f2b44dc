//! Criteria: rows that a session does not see, in whichever way it looks.
#![allow(missing_docs)]

mod blog;
mod corners;
mod deleted;
mod errors;
mod held;
mod loads;
mod plans;
mod reads;
mod shapes;
mod shop;
mod tenants;
mod writes;
