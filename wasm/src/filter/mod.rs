//! Rules: what stands at a namespace's hooks, and what a packet meets there.
//!
//! `program` is the form in which a table comes in, `table` and `chain` run it (`classifier` and
//! `vectors` step over what cannot match), `matches` and `targets` are its words,
//! `memory` and `sets` what rules remember, `hooks` the order of it all, `env` all that rules may ask of the stack.
mod chain;
pub mod classifier;
mod context;
pub mod env;
pub mod hooks;
mod matches;
pub mod memory;
pub mod program;
pub mod sets;
pub mod table;
mod targets;
#[cfg(test)]
mod tests;
mod vectors;
pub use env::{AddrType, At, Env, Note, Verdict};
pub use hooks::Hooks;
