//! Rules: hooks, chains, matches, targets, sets.
pub mod env;
pub mod hooks;
pub mod program;
pub use env::{AddrType, At, Env, Note, Verdict};
pub use hooks::Hooks;
