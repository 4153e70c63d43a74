//! Routing: which way a packet goes, or why it goes nowhere.
//!
//! ```text
//!   fib.rs        Fib: tables and rules of a namespace, both families      <- start here
//!   lookup.rs     rule -> table -> prefix -> route -> leg
//!   edit4, edit6  routes in and out, and the kernel's words when it refuses; gateway.rs: what may be a next hop
//!   connected.rs  the routes that come and go with an address; purge.rs: what goes with a device
//!   table.rs      routes to a prefix in order; info.rs: what routes share
//!   trie.rs       longest-prefix match: rib.rs for edits, ranges.rs while small, poptrie.rs when large
//!   rule.rs       policy rules; multipath.rs: which leg a flow takes
//! ```
//! What it asks of its surroundings is the trait [`Devices`]; it holds no device, address or neighbour itself.
pub mod batch;
pub mod connected;
pub mod device;
mod edit4;
mod edit6;
pub mod fib;
pub mod flow;
mod gateway;
mod info;
pub mod key;
mod lookup;
pub mod multipath;
pub mod output;
pub mod poptrie;
pub mod purge;
pub mod ranges;
pub mod refusal;
mod rib;
#[allow(clippy::module_inception)]
pub mod route;
pub mod rule;
mod table;
#[cfg(test)]
mod tests;
pub mod trie;

pub use connected::IfAddr;
pub use device::{Devices, Reach};
pub use fib::Fib;
pub use flow::{Ends, FlowKey, Found, RouteError};
pub use key::Key;
pub use multipath::Multipath;
pub use output::Output;
pub use purge::Gone;
pub use refusal::{errno, Refusal};
pub use route::{protocol, scope, table as tables, Edit, NextHop, NextHopSpec, Route, RouteSpec, RouteType};
pub use rule::{Action, Rule, RuleList, RuleQuery};
pub use trie::{Trie, NONE};
