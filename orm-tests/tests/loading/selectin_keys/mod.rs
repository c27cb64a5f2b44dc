//! What kinds of keys relationships are loaded by: composite and nullable ones, texts and bytes, and integers of
//! different widths.

mod bytes;
mod composite;
mod natural;
mod texts;
mod truths;
mod two_keys;
mod widths;
