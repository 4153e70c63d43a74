//! podwire's plane.
pub mod abi;
pub mod filter;
pub mod flow;
pub mod wire;
