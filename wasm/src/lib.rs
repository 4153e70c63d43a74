//! podwire's plane.
pub mod abi;
pub mod filter;
pub mod wire;
