//! One suite on every backend.

mod loading;
mod shop;
mod writing;
