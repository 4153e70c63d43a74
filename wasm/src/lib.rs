//! podwire's plane.
pub mod abi;
pub mod errno;
pub mod export;
pub mod fabric;
pub mod filter;
pub mod flow;
#[cfg(test)]
pub mod golden;
pub mod hash;
pub mod heap;
pub mod link;
pub mod namespace;
pub mod pipeline;
pub mod random;
pub mod record;
pub mod route;
pub mod socket;
pub mod sysctl;
pub mod trace;
pub mod wire;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: heap::Heap = heap::Heap::new();
