//! Migrations: what is written for a difference, and that it leads where it should and back.

mod blueprint;
mod checked;
mod comments;
mod computed;
mod details;
#[path = "../equivalence/dice.rs"]
mod dice;
mod dropped;
mod errors;
mod fillers;
mod generated;
mod mutation;
mod online;
mod partial;
mod round_trip;
mod rows;
mod slots;
mod versions;
mod written;
