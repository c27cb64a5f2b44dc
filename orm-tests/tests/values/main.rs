//! What values, NULLs and conditions become, on every backend.

mod arithmetic;
mod contradictions;
mod depth;
mod labels;
mod many_conditions;
mod many_queries;
mod nulls;
mod statement_texts;
