//! Transactions on real servers: what they are, what ends them, and what is left when they end badly.

mod accounts;
mod ambiguous_commits;
mod begun;
mod dice;
mod durability;
mod galera;
mod nesting;
mod options;
mod outside;
mod own_errors;
mod replicas;
mod retries;
mod retry_codes;
