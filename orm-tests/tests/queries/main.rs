//! Queries beyond entities: their rows and their SQL on every backend.

// The tuples are what is tested.
#![allow(clippy::type_complexity)]

mod aggregates;
mod columns;
mod conditions;
mod decimals;
mod deferred;
mod documents;
mod entities;
mod explained;
mod fragments;
mod grammar;
mod joins;
mod locks;
mod names;
mod pages;
mod parts;
mod raw;
mod refusals;
mod sets;
mod sight;
mod subqueries;
mod texts;
mod times;
mod tree;
mod windows;

#[path = "../backends/shop.rs"]
mod shop;
