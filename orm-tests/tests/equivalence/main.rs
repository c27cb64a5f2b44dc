//! All strategies return the same: random rows and random option trees, compared with an oracle that knows only the
//! rows.
//!
//! A case is a number. `ORM_CASE=17` runs that one alone, `ORM_DEEP=1` many more of them, and `ORM_FIRST=100000` those from there on.

mod bind_limits;
mod cell;
mod choice;
mod compare;
mod data;
mod deletes;
mod dice;
mod forecast;
mod hidden;
mod member;
mod oracle;
mod pages;
mod run;
mod side_door;
mod strategies_agree;
mod streams;
mod tables;
mod whole;
mod world;
mod zoo;
