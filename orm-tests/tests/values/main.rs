//! What values, NULLs and conditions become, on every backend.

mod nulls;
mod statement_texts;
