//! Every endpoint over HTTP, on every database, with the number of its statements.

mod articles;
mod client;
mod comments;
mod lists;
mod program;
mod users;
