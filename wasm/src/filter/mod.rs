//! Rules: hooks, chains, matches, targets, sets.
pub mod env;
pub use env::{AddrType, Env, Note, Verdict};
pub mod program;
